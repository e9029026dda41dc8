# SPDX-License-Identifier: MIT
"""The service slot: a static program of a user's own takes the gateway's place at build time."""

import errno
import os
import re
import signal
import socket
import subprocess

import pytest

import qemu_agent
from conftest import get, shows
from qemu import Nic
from qemu_net import scaled, wait_until
from test_config import fw_cfg, in_file
from upstream import socket_in


@pytest.fixture(scope="module")
def programs(repository):
    return qemu_agent.build_programs(repository)


def build(repository, out, *arguments, command="build"):
    """./ck build into a folder of its own; the images in out/ stay what they are."""
    environment = dict(os.environ, COREKMS_OUT=str(out))
    command = [str(repository / "ck"), command, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def listening(lab, address, port=1688):
    """A connection to the service, which counts as running before it listens."""

    def connected():
        peer = socket_in(lab.name, socket.AF_INET, socket.SOCK_STREAM)
        peer.settimeout(scaled(10))
        try:
            peer.connect((address, port))
        except ConnectionRefusedError:
            peer.close()
            return None
        return peer

    return wait_until("the service to listen", connected, 10)


def ask(lab, address, data):
    with listening(lab, address) as peer:
        peer.sendall(data)
        got = b""
        while not got.endswith(data):
            part = peer.recv(4096)
            assert part, got
            got += part
        return got[: -len(data)].decode()


def test_a_program_of_ones_own(bench, repository, programs, tmp_path):
    done = build(repository, tmp_path, "--service", str(programs / "echo"), "--service-args", "hello slot")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    agent = qemu_agent.Agent()
    initrd = qemu_agent.archive(programs / "agent", f"{bench.folder}/agent.cpio")
    image = str(tmp_path / "corekms.efi")
    vm = bench.vm("kernel", image=image, nics=[nic], agent=agent, initrd=initrd, cmdline=qemu_agent.CMDLINE)
    address = lab.wait_lease(nic.mac)
    vm.wait_screen(shows(r"Service\s+(service|program|echo)\b.*", rf"inet {address}/24"), 10)
    assert ask(lab, address, lab.nonce.encode()) == "104 hello slot\n"
    assert "gatewayd" not in agent.programs()
    # It is supervised like the gateway.
    name = next(name for name, (_, uid) in agent.programs().items() if uid == 104)
    assert agent.kill(name, signal.SIGKILL)
    vm.wait_screen(shows(r"\b1 restart"), 10)
    assert ask(lab, address, b"again") == "104 hello slot\n"
    assert vm.press_power_button() == ("guest-shutdown", 0)


def told(lab, address):
    """The report of greedy.cc as numbers; it listens before it has one."""
    with socket_in(lab.name, socket.AF_INET, socket.SOCK_STREAM) as peer:
        peer.settimeout(scaled(20))
        peer.connect((address, 1688))
        with peer.makefile(encoding="ascii") as lines:
            return {key: int(value) for key, value in (pair.split("=") for pair in lines.readline().split())}


# docs/platforms/micro.md
UNKNOWN_TO_MICRO = {"ptrace", "mlock", "setxattr", "fallocate", "copy_file_range", "preadv", "pwritev", "timer_create", "setns", "fsopen"}


@pytest.mark.slow
@pytest.mark.parametrize("profile, kind, unknown", [("full", "efi", set()), ("micro", "bzimage", UNKNOWN_TO_MICRO)])
def test_it_finds_the_system_calls_that_servers_make(bench, repository, programs, tmp_path, profile, kind, unknown):
    done = build(repository, tmp_path, "--profile", profile, "--service", str(programs / "calls"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", image=str(next(tmp_path.glob(f"corekms*.{kind}"))), nics=[nic])
    address = lab.wait_lease(nic.mac)
    with socket_in(lab.name, socket.AF_INET, socket.SOCK_STREAM) as peer:
        peer.settimeout(scaled(20))
        peer.connect((address, 1688))
        with peer.makefile(encoding="ascii") as lines:
            known = dict(line.strip().split("=") for line in lines)
    assert len(known) > 40 and {name for name, answer in known.items() if answer == "0"} == unknown
    vm.qmp.command("quit")
    assert vm.process.wait(20) == 0


def since(agent, address):
    """When netd says that this lease began, if it says so."""
    rows = [values for kind, values in agent.state("netd") if kind == "address" and values["address"] == f"{address}/24"]
    return [int(values["since-ms"]) for values in rows if values["source"] == "dhcp"]


def test_a_program_that_takes_all_it_gets(bench, repository, programs, tmp_path):
    """It fills what is its own and no more: the others have room to publish in, and processes."""
    done = build(repository, tmp_path, "--service", str(programs / "greedy"))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    agent = qemu_agent.Agent()
    initrd = qemu_agent.archive(programs / "agent", f"{bench.folder}/agent.cpio")
    image = str(tmp_path / "corekms.efi")
    vm = bench.vm("kernel", image=image, nics=[nic], agent=agent, initrd=initrd, cmdline=qemu_agent.CMDLINE, memory=96)
    address = lab.wait_lease(nic.mac)
    taken = told(lab, address)
    assert 200 < taken["files"] <= 256 and taken["files-errno"] == errno.ENOSPC, taken
    assert taken["bytes"] == 1024 * 1024 and taken["bytes-errno"] == errno.ENOSPC, taken
    assert taken["processes"] + 1 == 256 and taken["processes-errno"] == errno.EAGAIN, taken
    assert taken["asked"] == 6, "what it asked init for was heard"
    assert taken["left"] > 1024 * 1024 and taken["left-files"] > 256, taken
    # What changes from now on is still published: netd's successor tells of the lease again.
    before = wait_until("netd to publish", lambda: since(agent, address), 10)[0]
    assert agent.kill("netd", signal.SIGKILL)
    wait_until("netd's successor to publish", lambda: [then for then in since(agent, address) if then > before], 10)
    vm.wait_screen(shows(r"Service\s+(service|program|greedy)\b.*", rf"inet {address}/24"), 10)
    assert "init: service: asked for the end of the machine, refused: it may not ask" in get(lab, address, "/logs?since=0")[1]
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_what_a_program_writes_is_in_the_log_line_by_line_and_on_no_console(bench, repository, programs, tmp_path):
    done = build(repository, tmp_path, "qcow2", "--service", str(programs / "talker"), command="image")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("disk", image=str(tmp_path / "corekms.qcow2"), form="qcow2", device=("virtio-blk-pci",), nics=[nic])
    address = lab.wait_lease(nic.mac)
    vm.wait_screen(shows(r"\b[2-9] restart"), 30)
    told = re.findall(r"^\d+ \S+ (\w+) service: (.*)$", get(lab, address, "/logs?since=0")[1], re.MULTILINE)
    once = [("info", f"line {number} of a block that is larger than one message of the kernel") for number in range(100)]
    once += [("alert", "an emergency"), ("error", "an error"), ("info", "Zürich")]
    once += [("info", "x" * 900), ("info", "x" * 100), ("info", "no end")]
    assert told[: 2 * len(once)] == 2 * once
    assert b"emergency" not in vm.raw()


def test_a_program_has_its_files_any_port_and_the_room_that_it_was_given(bench, repository, programs, tmp_path):
    files = tmp_path / "my files"  # a path with a blank
    (files / "deep" / "er").mkdir(parents=True)
    (files / "deep" / "er" / "motd").write_text("of the day")
    (files / "tool").write_text("#!/bin/sh\n")
    (files / "tool").chmod(0o700)
    (tmp_path / "my document").write_text("[service]\nstorage-bytes = 3_145_728\n")
    given = ["--service", str(programs / "keeper"), "--service-files", str(files), "--config", str(tmp_path / "my document")]
    done = build(repository, tmp_path / "out", *given)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    bench.vm("kernel", image=str(tmp_path / "out" / "corekms.efi"), nics=[nic])
    with listening(lab, lab.wait_lease(nic.mac), 443) as peer, peer.makefile(encoding="ascii") as lines:
        told = lines.readline()
    assert told == "of the day executable=1 writable=0 bytes=3145728 folder=/run/corekms/service\n"
    # More than the machine can bear is half of its memory, and said to be.
    nic = Nic("virtio-net-pci")
    more = fw_cfg(in_file(bench, "more.toml", "[service]\nstorage-bytes = 1_073_741_824\n"))
    vm = bench.vm("kernel", folder=f"{bench.folder}/more", image=str(tmp_path / "out" / "corekms.efi"), nics=[nic], extra=more)
    vm.wait_screen(shows(r"! service\.storage-bytes: more than half of the memory"), 20)
    with listening(lab, lab.wait_lease(nic.mac), 443) as peer, peer.makefile(encoding="ascii") as lines:
        told = lines.readline()
    assert 16 * 1024 * 1024 < int(re.search(r"bytes=(\d+)", told)[1]) < 32 * 1024 * 1024


ODD_FILES = {  # what is among the files, and what is said of it
    "a link": (lambda folder: (folder / "link").symlink_to("x"), r"/link' is neither a file nor a folder"),
    "a blank": (lambda folder: (folder / "a b").write_text(""), r"'\./a b': names are of letters"),
    "a variable": (lambda folder: (folder / "${HOME}").write_text(""), r"'\./\$\{HOME\}': names are of letters"),
    "a line end": (lambda folder: (folder / "a\nb").write_text(""), r"a\\nb': names are of letters"),
}


@pytest.mark.parametrize("what", ODD_FILES)
def test_files_that_cannot_be_put_in_are_refused(repository, programs, tmp_path, what):
    make, reason = ODD_FILES[what]
    (tmp_path / "files").mkdir()
    make(tmp_path / "files")
    done = build(repository, tmp_path / "out", "--service", str(programs / "echo"), "--service-files", str(tmp_path / "files"))
    assert done.returncode != 0 and re.search(reason, done.stderr), done.stderr


def arm64_program(folder):
    """A whole static program, of another architecture."""
    path = folder / "arm64"
    command = ["clang-19", "--target=aarch64-linux-gnu", "-static", "-nostdlib", "-fuse-ld=lld", "-x", "c", "-", "-o", path]
    subprocess.run(command, input=b"void _start(void) { for (;;); }", check=True)
    return path


REFUSED = {  # what is given, and what is said of it
    "dynamic": (lambda _: "/bin/sh", r"is linked dynamically .*libc\.so"),
    "no ELF": (lambda _: "/etc/passwd", r"is not an ELF program"),
    "for another machine": (arm64_program, r"is for another machine \(AArch64\)"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_run_is_refused(repository, tmp_path, what):
    given, reason = REFUSED[what]
    out = tmp_path / "out"
    done = build(repository, out, "--service", str(given(tmp_path)))
    assert done.returncode != 0
    assert re.search(reason, done.stdout + done.stderr), done.stdout + done.stderr
    assert not list(out.glob("corekms.*")), "an image was made all the same"
