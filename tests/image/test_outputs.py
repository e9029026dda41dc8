# SPDX-License-Identifier: MIT
"""The three outputs: of the right kind, under their limits, and the same bytes when built again."""

import os
import shutil
import subprocess

import pytest

# The limits that the project has set itself, in bytes.
LIMITS = {"corekms.efi": 2_800_000, "corekms.iso": 3_500_000, "corekms-metal.efi": 5_000_000, "corekms-micro.bzimage": 1_474_560}


def kind(path):
    return subprocess.run(["file", "-b", path], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("name", LIMITS)
def test_it_is_under_its_limit(out, name):
    assert (out / name).stat().st_size < LIMITS[name]


def test_the_efi_file_is_a_kernel_for_bios_and_an_efi_program(out):
    assert "Linux kernel x86 boot executable bzImage" in kind(out / "corekms.efi")
    image = (out / "corekms.efi").read_bytes()
    assert image[0x202:0x206] == b"HdrS"
    header = int.from_bytes(image[0x3C:0x40], "little")
    assert image[header : header + 4] == b"PE\0\0"
    assert int.from_bytes(image[header + 4 : header + 6], "little") == 0x8664
    assert int.from_bytes(image[header + 24 : header + 26], "little") == 0x20B  # PE32+
    assert int.from_bytes(image[header + 92 : header + 94], "little") == 10  # an EFI application


def test_the_vmlinux_is_a_stripped_elf_with_a_pvh_entry(out):
    described = kind(out / "corekms.vmlinux")
    assert "ELF 64-bit LSB executable, x86-64" in described and "statically linked" in described and ", stripped" in described
    notes = subprocess.run(["readelf", "-nW", out / "corekms.vmlinux"], capture_output=True, text=True, check=True, timeout=60).stdout
    # XEN_ELFNOTE_PHYS32_ENTRY is 18: where a loader that speaks PVH begins.
    assert "Xen" in notes and "0x00000012" in notes


def test_the_iso_is_bootable(out):
    assert "ISO 9660 CD-ROM filesystem data" in kind(out / "corekms.iso")
    assert "(bootable)" in kind(out / "corekms.iso")


def build(run, folder, **environment):
    done = run("image/build.sh", environment={"CK_IMAGE_BUILD": str(folder), **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return {name: (folder / name).read_bytes() for name in ("corekms.efi", "corekms.vmlinux", "corekms.iso", "corekms.cpio", "build-id")}


def test_a_service_takes_its_place_and_building_without_it_gives_the_same_bytes_as_before(run, out, built, repository, tmp_path):
    """Linked with another root file system in between, so that the second link is a real one."""
    program = tmp_path / "service"
    shutil.copy(repository / "build/target/corekms", program)
    other = build(run, tmp_path / "other", CK_SERVICE=str(program), CK_SERVICE_ARGS="--port 1688  --verbose")
    assert b"/service/program\0" in other["corekms.cpio"] or b"service/program\0" in other["corekms.cpio"]
    assert b"--port\n1688\n--verbose\n" in other["corekms.cpio"]
    again = build(run, tmp_path / "again", CK_SERVICE="", CK_SERVICE_ARGS="")
    for name in ("corekms.efi", "corekms.vmlinux", "corekms.iso"):
        assert again[name] == (out / name).read_bytes(), f"{name} differs"
        assert again[name] != other[name]
    assert again["build-id"] == (built / "build-id").read_bytes() != other["build-id"]


def in_shell(repository, script, *arguments, **environment):
    """What this prints in a shell that knows the functions of image/build.sh: stdout and stderr."""
    command = ["bash", "-c", f"source image/build.sh; {script}", "bash", *arguments]
    done = subprocess.run(command, cwd=repository, env={**os.environ, **environment}, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout, done.stderr


def test_what_was_changed_since_it_was_made_is_named_and_made_anew(run, out, built, repository, tmp_path):
    for name in ("corekms.efi", "corekms.vmlinux", "corekms.iso"):
        shutil.copy(out / name, tmp_path / name)
    with open(tmp_path / "corekms.iso", "ab") as iso:
        iso.write(b"signed")
    told = f"ck: {tmp_path}/corekms.iso was changed since it was made (a document or a signature?): made anew\n"
    key = (built / "stamp").read_text().split()[0]
    for of_this, expected in ((key, told), ("0" * 64, "")):  # made of something else, it is not what was changed
        assert in_shell(repository, 'image_say_all_changed "$1" "$2"', built / "stamp", of_this, COREKMS_OUT=str(tmp_path)) == ("", expected)
    done = run("image/build.sh", environment={"COREKMS_OUT": str(tmp_path)})
    assert done.returncode == 0 and done.stderr.startswith(told), done.stderr
    assert (tmp_path / "corekms.iso").read_bytes() == (out / "corekms.iso").read_bytes()


def keys_of(repository, **environment):
    return in_shell(repository, "image_key", **environment)[0]


def test_the_files_of_a_service_are_part_of_what_the_image_is_made_of(repository, tmp_path):
    """Each byte, and whether it may be executed."""
    file = tmp_path / "folder" / "file"
    file.parent.mkdir()
    file.write_bytes(b"one")
    given = {"CK_SERVICE": str(repository / "build/target/corekms"), "CK_SERVICE_FILES": str(tmp_path)}
    seen = [keys_of(repository, **given)]
    assert keys_of(repository, **given) == seen[0]
    file.write_bytes(b"two")
    seen.append(keys_of(repository, **given))
    file.chmod(0o755)
    seen.append(keys_of(repository, **given))
    file.rename(file.with_name("other"))
    seen.append(keys_of(repository, **given))
    assert len(set(seen)) == 4 and all(len(key) == 65 for key in seen)


def test_nothing_is_done_when_nothing_changed(run, out):
    before = [(path.name, path.stat().st_mtime_ns) for path in sorted(out.glob("corekms.*"))]
    done = run("image/build.sh")
    assert done.returncode == 0 and done.stdout == "" and done.stderr == ""
    assert [(path.name, path.stat().st_mtime_ns) for path in sorted(out.glob("corekms.*"))] == before
