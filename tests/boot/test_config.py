# SPDX-License-Identifier: MIT
"""The configuration document in the booted image: each way that it is given, what it changes, and what a broken one does."""

import base64
import hashlib
import os
import socket
import subprocess
from types import SimpleNamespace

import pytest

from certificates import Authority
from conftest import UPSTREAM4, get, shows
from log_peers import TlsSink
from qemu import Nic
from qemu_net import ROUTER4, scaled, wait_until

STATIC = "192.0.2.77"
DOCUMENT = f"""\
# An address by hand, on a network without any DHCP server or router.
[system]
hostname = "branch7"
[[link]]
name = "eth0"
dhcp4 = false
addresses = "{STATIC}/24"
gateway = "{ROUTER4}"
[gateway]
upstreams = ["{UPSTREAM4}"]
"""


def in_file(bench, name, text):
    path = f"{bench.folder}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def fw_cfg(path):
    return ("-fw_cfg", f"name=opt/corekms/config,file={path}")


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def is_closed(lab, address):
    """Whether the machine is there and refuses TCP 1688."""
    client = lab.inside(socket.socket)
    client.settimeout(scaled(5))
    try:
        client.connect((address, 1688))
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    finally:
        client.close()
    return False


def test_a_document_by_fw_cfg_and_no_server_anywhere(bench):
    bench.network(dhcp=False, router=False)
    vm = bench.vm("kernel", nics=[Nic("virtio-net-pci")], extra=fw_cfg(in_file(bench, "corekms.toml", DOCUMENT)))
    bench.relay(STATIC, 40)
    vm.wait_screen(shows(r"branch7", rf"Config\s+fw_cfg, sha256 {digest(DOCUMENT)[:12]}, 6 set", rf"inet {STATIC}/24\s+static"), 10)
    vm.type("4")
    vm.wait_screen(shows(digest(DOCUMENT), r"SMBIOS: absent", r"fw_cfg: used"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_smbios_comes_before_fw_cfg_and_the_command_line_over_both(bench):
    lab = bench.network()
    document = '[system]\nhostname = "by-smbios"\n[gateway]\nupstreams = "192.0.2.200"\n'
    credential = base64.b64encode(document.encode()).decode()
    nic = Nic("virtio-net-pci")
    extra = ("-smbios", f"type=11,value=io.systemd.credential.binary:corekms.toml={credential}", *fw_cfg(in_file(bench, "other.toml", DOCUMENT)))
    vm = bench.vm("kernel", nics=[nic], extra=extra, cmdline=f"corekms.upstream={UPSTREAM4} corekms.gateway.calls=9")
    address = lab.wait_lease(nic.mac, 60)
    bench.relay(address)
    vm.wait_screen(shows(r"by-smbios", rf"Config\s+SMBIOS, sha256 {digest(document)[:12]}, 1 set; kernel command line, 2 set"), 10)
    vm.wait_screen(shows(r"Log\s+no log server is set, press l"), 10)
    page = get(lab, address, "/")[1]
    assert "from SMBIOS" in page and f"SHA-256 {digest(document)}" in page
    assert "no log server is set" in page
    assert f"good, from SMBIOS, sha256 {digest(document)}" in get(lab, address, "/logs?since=0")[1]
    vm.type("4")
    vm.wait_screen(shows(r"SMBIOS: used", r"fw_cfg: found", r"gateway\.pool\[0\]\.calls = 9\s+\(kernel command line\)"), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_a_document_of_the_build(bench, repository):
    """What ./ck build --config FILE makes, beside out/."""
    lab = bench.network()
    document = f'[system]\nhostname = "by-build"\n[gateway]\nupstreams = "{UPSTREAM4}"\n'
    environment = {**os.environ, "CK_IMAGE_BUILD": f"{bench.folder}/build", "CK_CONFIG": in_file(bench, "corekms.toml", document)}
    subprocess.run([repository / "image" / "build.sh"], check=True, capture_output=True, env=environment)
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", image=f"{bench.folder}/build/corekms.efi", nics=[nic])
    bench.relay(lab.wait_lease(nic.mac, 60))
    vm.wait_screen(shows(r"by-build", rf"Config\s+built in, sha256 {digest(document)[:12]}, 2 set"), 10)


def test_a_static_address_as_dracut_writes_it(bench):
    bench.network(dhcp=False, router=False)
    bench.vm("kernel", nics=[Nic("virtio-net-pci")], cmdline=f"ip={STATIC}::{ROUTER4}:255.255.255.0:branch7:eth0:none corekms.upstream={UPSTREAM4}")
    bench.relay(STATIC, 40)


def test_the_log_is_sent_over_tls_and_the_key_is_not_shown(bench, tmp_path):
    lab = bench.network()
    authority = Authority(tmp_path / "pki")
    authority.sign("server", "DNS:logs.example.org")
    authority.sign("client", "DNS:branch7")
    sink = TlsSink(SimpleNamespace(namespace=lab), 6514, authority.path("server"), authority.path("server", "key"),
                   asks=authority.path("ca"), address=UPSTREAM4)
    try:
        texts = {key: authority.path(name, kind).read_text() for key, name, kind in
                 [("ca", "ca", "pem"), ("certificate", "client", "pem"), ("key", "client", "key")]}
        document = f'[[log.target]]\nkind = "tls"\naddress = "{UPSTREAM4}"\nserver-name = "logs.example.org"\n'
        document += "".join(f'{key} = """\n{text}"""\n' for key, text in texts.items())
        nic = Nic("virtio-net-pci")
        vm = bench.vm("kernel", nics=[nic], extra=fw_cfg(in_file(bench, "corekms.toml", document)))
        lab.wait_lease(nic.mac, 60)
        wait_until("the log arrives", lambda: any(b" netd " in message for message in sink.messages), 60)
        vm.type("l")
        vm.wait_screen(shows(rf"to {UPSTREAM4}:6514 tls\s+ready"), 20)
        vm.type("4")
        vm.wait_screen(shows(r"log\.target\[0\]\.kind = tls"), 20)
        vm.type("n")
        vm.wait_screen(shows(r"log\.target\[0\]\.key = \(not shown\)"), 20)
        assert vm.press_power_button() == ("guest-shutdown", 0)
    finally:
        sink.close()


@pytest.mark.parametrize(("document", "finding"), [
    ('[gateway]\nupstreams = ["kms.example.org"]\nupstream = 1\n', r"fw_cfg:3:1: gateway\.upstream: not a key of \[gateway\]"),
    ("[gateway]\nupstreams = [\n", r"fw_cfg:2:"),
    ("# " + "x" * 10_000_000, r"fw_cfg: longer than 65536 bytes"),
], ids=["unknown-key", "no-toml", "ten-megabytes"])
def test_a_broken_document_closes_the_service_and_nothing_else(bench, document, finding):
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic], memory=96, extra=fw_cfg(in_file(bench, "corekms.toml", document)))
    address = lab.wait_lease(nic.mac, 60)
    vm.wait_screen(shows(r"Config\s+BROKEN, fw_cfg, 1 mistake", r"Service\s+gateway\s+STOPPED", rf"inet {address}/24"), 20)
    assert is_closed(lab, address)
    vm.type("4")
    vm.wait_screen(shows(finding), 10)
    assert vm.press_power_button() == ("guest-shutdown", 0)
