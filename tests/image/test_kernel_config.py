# SPDX-License-Identifier: MIT
"""The built kernel's configuration against image/kernel/required."""

import pathlib
import re
import shutil
import subprocess

import pytest

KERNEL = "image/kernel/kernel.sh"


@pytest.fixture(scope="session")
def config(built):
    return built / "kernel.config"


def required(repository):
    done = subprocess.run([repository / KERNEL, "required"], capture_output=True, text=True, timeout=60, check=True)
    lines = done.stdout.splitlines()
    return dict(line.split("=", 1) for line in lines if line.startswith("CONFIG_"))


def test_the_built_kernel_is_what_is_required(run, config):
    done = run(KERNEL, "check", config)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("profile", ["micro", "metal"])
def test_so_are_the_other_profiles(run, repository, profile):
    done = run(KERNEL, "check", repository / f"build/image-{profile}/kernel.config", environment={"CK_PROFILE": profile})
    assert done.returncode == 0, done.stdout + done.stderr


# Some of what patches/x86_64/04-micro.patch leaves out, and some of what it must not.
GONE = {"__x64_sys_ptrace", "__x64_sys_setxattr", "__x64_sys_fsopen", "dev_ethtool", "rtm_new_nexthop", "genl_register_family", "ping_rcv", "tpacket_rcv",
        "virtnet_xdp", "tcp4_seq_show", "load_ucode_bsp"}  # fmt: skip
STAYS = {"__x64_sys_splice", "__x64_sys_seccomp", "__x64_sys_timerfd_create", "__x64_sys_prctl", "packet_rcv", "rtnetlink_rcv", "__seccomp_filter",
         "cpu_select_mitigations", "__stack_chk_fail", "_printk", "__warn"}  # fmt: skip


@pytest.mark.parametrize("profile, present, absent", [("full", GONE | STAYS, set()), ("micro", STAYS, GONE)])
def test_micro_has_no_code_for_what_it_leaves_out(run, profile, present, absent):
    done = run(KERNEL, "build", environment={"CK_PROFILE": profile})
    assert done.returncode == 0, done.stderr
    names = {line.split()[2] for line in (pathlib.Path(done.stdout.split()[-1]) / "System.map").read_text().splitlines()}
    assert present - names == set() and absent & names == set()


def test_the_built_kernel_is_all_that_the_fragments_ask_for(run, built, config):
    done = run(KERNEL, "check", built / "kernel.request", config)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("symbol", ["CONFIG_IPV6", "CONFIG_STACKPROTECTOR_STRONG", "CONFIG_PHYSICAL_START", "CONFIG_VIRTIO_NET"])
def test_a_requirement_that_is_not_met_is_reported(run, config, tmp_path, symbol):
    spoilt = tmp_path / "config"
    text, count = re.subn(rf"^{symbol}=.*$", f"# {symbol} is not set", config.read_text(), flags=re.M)
    assert count == 1
    spoilt.write_text(text)
    done = run(KERNEL, "check", spoilt)
    assert done.returncode != 0
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [symbol]


@pytest.mark.parametrize("symbol", ["CONFIG_MODULES", "CONFIG_BPF_SYSCALL", "CONFIG_DEVMEM", "CONFIG_SMP"])
def test_something_forbidden_that_is_on_is_reported(run, config, tmp_path, symbol):
    spoilt = tmp_path / "config"
    spoilt.write_text(config.read_text() + f"{symbol}=y\n")
    done = run(KERNEL, "check", spoilt)
    assert done.returncode != 0
    assert done.stdout.strip() == f"{symbol}: wanted n, built y"


def test_every_requirement_names_a_symbol_that_the_kernel_knows_or_has_dropped(repository, config):
    """A misspelt `=y` is caught by the build; a misspelt `=n` would pass for ever, so it must at least be off by name."""
    text = config.read_text()
    # Symbols behind a switch that is off are not even written as "is not set".
    hidden = {"CONFIG_KEXEC_FILE", "CONFIG_USER_NS", "CONFIG_X86_X32_ABI", "CONFIG_X86_MSR", "CONFIG_DEBUG_FS", "CONFIG_MODULES",
              "CONFIG_SWAP", "CONFIG_COREDUMP", "CONFIG_PROC_KCORE"}
    for symbol, value in required(repository).items():
        if value == "n" and symbol not in hidden:
            assert f"# {symbol} is not set" in text, symbol


def test_the_built_in_command_line_names_every_console_and_can_be_added_to(config):
    text = config.read_text()
    line = re.search(r'^CONFIG_CMDLINE="(.*)"$', text, re.M).group(1).split()
    assert "quiet" in line
    assert [word for word in line if word.startswith("console=")] == ["console=hvc0", "console=ttyS0,115200", "console=tty0"]
    assert "CONFIG_CMDLINE_OVERRIDE=y" not in text


@pytest.fixture
def tree(repository, tmp_path):
    """A copy of what the kernel's driver reads, whose fragments may be changed: (its folder, a function that calls it)."""
    copy = tmp_path / "tree"
    for folder in ("image", "scripts", "toolchain"):
        shutil.copytree(repository / folder, copy / folder)

    def kernel(*arguments):
        return subprocess.run([copy / KERNEL, *arguments], capture_output=True, text=True, timeout=300, check=False)

    return copy, kernel


def test_what_was_edited_is_written_into_the_fragments(tree, config, tmp_path):
    copy, kernel = tree
    storage = copy / "image/kernel/fragments/storage.config"
    before = {path.name: path.read_text() for path in storage.parent.iterdir()}
    edited = tmp_path / "edited.config"
    text = config.read_text()
    assert "CONFIG_JOLIET=y\n" in text and "# CONFIG_DUMMY is not set\n" in text
    edited.write_text(text.replace("CONFIG_JOLIET=y\n", "# CONFIG_JOLIET is not set\n").replace("# CONFIG_DUMMY is not set\n", "CONFIG_DUMMY=y\n"))
    done = kernel("savedefconfig", edited)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The fragments give the edited configuration." in done.stdout
    after = {path.name: path.read_text() for path in storage.parent.iterdir()}
    assert {name for name in before if before[name] != after[name]} == {"storage.config", "base.config"}
    assert "CONFIG_JOLIET" not in after["storage.config"]
    assert after["base.config"] == before["base.config"] + "CONFIG_DUMMY=y\n"


def test_what_the_fragments_do_not_get_is_shown(tree):
    copy, kernel = tree
    with open(copy / "image/kernel/fragments/base.config", "a", encoding="ascii") as fragment:
        fragment.write("CONFIG_NO_SUCH_THING=y\n")
    done = kernel("diff")
    assert done.returncode == 0
    refused, selected = done.stdout.split("Built, and no fragment names it:\n")
    assert refused.splitlines()[1:] == ["  CONFIG_NO_SUCH_THING: wanted y, built n"]
    assert "  CONFIG_X86=y\n" in selected and "CONFIG_IPV6=y" not in selected


def test_two_fragments_cannot_ask_for_different_things(repository, tmp_path):
    """On a copy of image/kernel, since the fragments themselves agree."""
    copy = tmp_path / "tree"
    shutil.copytree(repository / "image/kernel", copy / "image/kernel")
    shutil.copytree(repository / "scripts", copy / "scripts")
    with open(copy / "image/kernel/fragments/xen.config", "a", encoding="ascii") as fragment:
        fragment.write("CONFIG_HZ_1000=n\n")
    command = f"source {copy}/image/kernel/kernel.sh; kernel_request"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "xen.config says CONFIG_HZ_1000=n, but base.config says CONFIG_HZ_1000=y" in done.stderr
