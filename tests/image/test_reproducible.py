# SPDX-License-Identifier: MIT
"""Two builds of one tree give the same bytes, whatever the path, the moment, the umask, the language and the time zone.

The second build takes nothing from the first but what was downloaded: it has a checkout and a cache of its own. That cache stays (in the
folder `second` of the first), so that a run after a small change compiles what changed in both; the program, the link of the kernel and
every image are made anew each time. COREKMS_REPRODUCE names more than the full profile: "micro metal aarch64"."""

import hashlib
import os
import shutil
import subprocess

import pytest

VARIANTS = {"full": ["--arch", "x86_64"], "micro": ["--profile", "micro"], "metal": ["--profile", "metal"], "aarch64": ["--arch", "aarch64"]}
ELSEWHERE = {"TZ": "Asia/Kolkata", "LANG": "tr_TR.UTF-8", "LC_ALL": "de_DE.UTF-8", "SOURCE_DATE_EPOCH": "1", "USER": "somebody", "HOSTNAME": "elsewhere"}


def output(*command, **options) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def cache_of(repository) -> str:
    return output("bash", "-c", f"source {repository}/scripts/lib.sh; printf %s $CK_CACHE")


@pytest.fixture(scope="module")
def second(repository, tmp_path_factory):
    """(checkout, environment) of the second build."""
    checkout = tmp_path_factory.mktemp("second") / "a checkout of another name".replace(" ", "-")
    listed = output("git", "-C", repository, "ls-files", "-coz", "--exclude-standard").split("\0")
    for name in filter(None, listed):
        if (repository / name).exists():  # and not deleted since the last commit
            os.makedirs((checkout / name).parent, exist_ok=True)
            shutil.copy2(repository / name, checkout / name, follow_symlinks=False)
    # What says which commit it is.
    where = output("git", "-C", repository, "rev-parse", "--absolute-git-dir").strip()
    (checkout / ".git").write_text(f"gitdir: {where}\n") if not os.path.isdir(repository / ".git") else shutil.copytree(where, checkout / ".git", symlinks=True)
    cache = cache_of(repository)
    own = f"{cache}/second"
    os.makedirs(own, exist_ok=True)
    if not os.path.lexists(f"{own}/apt"):
        os.symlink("../apt", f"{own}/apt")
    for name in os.listdir(cache):
        if name.startswith("download-") and not os.path.exists(f"{own}/{name}"):
            shutil.copytree(f"{cache}/{name}", f"{own}/{name}", copy_function=os.link)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CK_", "COREKMS_OUT", "XDG_"))}
    return checkout, {**environment, **ELSEWHERE, "COREKMS_CACHE": own, "CCACHE_DISABLE": "1"}


def sums(out) -> dict[str, str]:
    files = [os.path.join(folder, name) for folder, _, names in os.walk(out) for name in names]
    return {os.path.relpath(path, out): hashlib.sha256(open(path, "rb").read()).hexdigest() for path in files}


@pytest.mark.parametrize("variant", ["full", *os.environ.get("COREKMS_REPRODUCE", "").split()])
def test_the_same_bytes_from_another_checkout(repository, second, tmp_path, variant):
    """What the first build makes goes to a folder of its own, too: neither may make a file that the other does not."""
    checkout, environment = second
    first_out, second_out = tmp_path / "out", checkout / "out"
    shutil.rmtree(second_out, ignore_errors=True)  # another variant's
    output(repository / "ck", "image", *VARIANTS[variant], env={**os.environ, "COREKMS_OUT": str(first_out)})
    output(checkout / "ck", "image", *VARIANTS[variant], env=environment, preexec_fn=lambda: os.umask(0o077))
    assert any(name.endswith((".efi", ".bzimage")) for name in sums(first_out))
    names = differing(first_out, second_out)
    assert not names, f"{names}\n" + difference(first_out / names[0], second_out / names[0])


def differing(first_out, second_out) -> list[str]:
    first, second = sums(first_out), sums(second_out)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def difference(one, other) -> str:
    for made, missing, which in ((one, other, "first"), (other, one, "second")):
        if not missing.exists():
            return f"{made.name} is made by the {which} build alone"
    return subprocess.run(["diffoscope", "--text-color", "never", "--max-report-size", "20000", one, other], capture_output=True, text=True, timeout=300).stdout[:20_000]


def test_a_difference_would_be_explained(tmp_path):
    (tmp_path / "one").write_text("same\nthis\n")
    (tmp_path / "other").write_text("same\nthat\n")
    told = difference(tmp_path / "one", tmp_path / "other")
    assert "-this" in told and "+that" in told


def test_a_file_that_one_build_alone_makes_is_noticed(tmp_path):
    for folder, files in (("first", ("both", "licenses/one")), ("second", ("both", "two"))):
        for name in files:
            (tmp_path / folder / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / folder / name).write_text("same\n")
    names = differing(tmp_path / "first", tmp_path / "second")
    assert names == ["licenses/one", "two"]
    told = [difference(tmp_path / "first" / name, tmp_path / "second" / name) for name in names]
    assert told == ["one is made by the first build alone", "two is made by the second build alone"]
