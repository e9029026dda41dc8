# SPDX-License-Identifier: MIT
"""Faults: each program killed in the guest, again and again; the DHCP server away and back; a lease that moves; garbage at the door."""

import os
import re
import signal
import socket
import time

import pytest

import qemu_agent
from conftest import get, shows
from qemu import Nic
from qemu_net import ROUTER4, scaled, wait_until
from test_page import TimeServer
from upstream import socket_in

PROGRAMS = {"netd": 101, "gatewayd": 102, "console": 103, "logd": 105, "timed": 106, "webd": 107}


@pytest.fixture(scope="session")
def programs(repository):
    return qemu_agent.build_programs(repository)


@pytest.fixture
def inside(bench, programs):
    """Boots the image with a hand inside; yields a function that starts it."""

    def start(nics, **options):
        agent = qemu_agent.Agent()
        initrd = qemu_agent.archive(programs / "agent", f"{bench.folder}/agent.cpio")
        return bench.vm("kernel", nics=nics, agent=agent, initrd=initrd, cmdline=qemu_agent.CMDLINE, **options)

    return start


def program(agent, name):
    """What init says of a program."""
    return next(values for kind, values in agent.state("init") if kind == "program" and values["name"] == name)


def running(agent, name, other_than):
    found = agent.programs().get(name)
    return found and found[0] not in other_than and program(agent, name)["state"] == "running" and found


def test_each_program_killed_comes_back(bench, inside):
    """And does again what it is for, which is seen from outside."""
    lab = bench.network(dhcp=False)
    lab.start_dhcp(options=(f"--dhcp-option=option:ntp-server,{ROUTER4}",))
    clock = TimeServer(lab, 3600)
    clock.start()
    nic = Nic("virtio-net-pci")
    vm = inside([nic])
    address = lab.wait_lease(nic.mac)
    bench.relay(address)
    wait_until("the clock to be asked for", lambda: clock.asked, 20)
    agent = vm.agent

    def last_logged():
        return re.findall("^.*verdict=answered.*$", get(lab, address, "/logs?since=0")[1], re.MULTILINE)[-1:]

    def works(name, before):
        """Whether it has done something since; `before` is what there was of it when it was killed."""
        if name == "netd":
            return lab.dhcp_log.find(rf"DHCPACK\(br0\) {address} {nic.mac}", before)
        if name == "console":
            vm.type("\r")
            return vm.terminal.questions > before
        if name == "logd":
            return last_logged() not in ([], before)
        if name == "timed":
            return clock.asked > before
        return name != "webd" or address in get(lab, address, "/")[1]

    for name, uid in PROGRAMS.items():
        pid, found_uid = agent.programs()[name]
        assert found_uid == uid, f"{name} runs as {found_uid}"
        for count, number in enumerate((signal.SIGKILL, signal.SIGSEGV), 1):
            before = {"netd": time.monotonic(), "console": vm.terminal.questions, "timed": clock.asked, "logd": last_logged()}.get(name)
            assert agent.kill(name, number) == [pid]
            pid, _ = wait_until(f"{name} after {number.name}", lambda: running(agent, name, {pid}), 10)
            assert program(agent, name)["restarts"] == str(count)
            bench.relay(address)
            wait_until(f"{name} to work again", lambda: works(name, before), 10, step=0.1)
        assert lab.lease(nic.mac) == address and lab.ping(address), f"the address went with {name}"
    assert agent.programs()["init"][0] == 1
    vm.type("\r")
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING", r"2 restarts", r"2 more: press 4", rf"inet {re.escape(address)}/24"), 10)
    vm.type("4")
    vm.wait_screen(lambda text: len(re.findall("2 restarts, pid", text)) == len(PROGRAMS), 10, "every program and its restarts")
    assert vm.press_power_button() == ("guest-shutdown", 0)
    clock.close()


def test_a_crash_loop_is_slowed_and_ends(bench, inside):
    """A program that is killed whenever it appears is started ever more slowly, the others do not notice, and it serves in the end."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = inside([nic])
    address = lab.wait_lease(nic.mac)
    bench.relay(address)
    agent, deaths = vm.agent, []
    others = {name: agent.programs()[name] for name in ("init", "netd", "console")}
    end = time.monotonic() + scaled(6)
    while time.monotonic() < end:
        if agent.kill("gatewayd", signal.SIGKILL):
            deaths.append(time.monotonic())
        time.sleep(0.01)
    # 100 ms doubled each time: about six starts fit into six seconds; without a backoff there would be hundreds.
    assert 3 <= len(deaths) <= 12, f"{len(deaths)} starts"
    gaps = [later - earlier for earlier, later in zip(deaths, deaths[1:])]
    assert gaps[-1] > 4 * gaps[0], gaps
    vm.wait_screen(shows(r"(?i)SIGKILL|killed|backoff|restart"), 5, "the reason on the screen")
    wait_until("gatewayd is back", lambda: running(agent, "gatewayd", set()), 40)
    bench.relay(address)
    assert {name: agent.programs()[name] for name in others} == others


def test_init_cannot_be_killed_and_ends_in_order(bench, inside):
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = inside([nic])
    address = lab.wait_lease(nic.mac)
    bench.relay(address)
    for number in (signal.SIGKILL, signal.SIGSEGV, signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM):
        vm.agent.kill("init", number)
    time.sleep(0.3)
    assert vm.agent.programs()["init"][0] == 1
    bench.relay(address)
    mark = vm.qmp.mark()
    vm.agent.kill("init", signal.SIGTERM)
    event = vm.qmp.wait_event("SHUTDOWN", scaled(20), since=mark)
    assert (event["data"]["reason"], vm.process.wait(20)) == ("guest-shutdown", 0)


def test_dhcp_server_away_at_boot_and_back(bench):
    lab = bench.network(dhcp=False)
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic])
    # Without DHCP the machine can still be reached and read: by the router's prefix.
    address6 = lab.wait_global6(nic.mac)
    wait_until("the SLAAC address answers", lambda: lab.ping(address6), 10)
    vm.wait_screen(shows(rf"inet6 {address6}/64 .*SLAAC"), 10)
    assert not re.search(r"inet 192\.0\.2\.", vm.screen())
    time.sleep(scaled(5))
    back = time.monotonic()
    lab.start_dhcp()
    address4 = lab.wait_lease(nic.mac, 20)
    print(f"lease {time.monotonic() - back:.1f} s after the server came back")
    vm.wait_screen(shows(rf"inet {re.escape(address4)}/24 .*DHCP"), 5)
    bench.relay(address4)
    bench.relay(address6)
    # And away again: a lease that runs stays.
    lab.stop_dhcp()
    time.sleep(1)
    assert lab.ping(address4)
    assert vm.press_power_button() == ("guest-shutdown", 0)


@pytest.mark.slow
def test_a_lease_that_moves(bench):
    """The server forgets the lease and hands out another range: the machine asks to renew, is refused, and moves."""
    lab = bench.network(dhcp=False)
    lab.start_dhcp(lease_seconds=120)  # The least that dnsmasq grants: renewed after 60 s.
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic])
    before = lab.wait_lease(nic.mac)
    bench.relay(before)
    lab.stop_dhcp()
    lab.start_dhcp(first="192.0.2.200", last="192.0.2.220", forget=True)
    after = lab.wait_lease(nic.mac, 90)
    assert after != before
    vm.wait_screen(shows(rf"inet {re.escape(after)}/24 .*DHCP"), 5)
    assert f"inet {before}/" not in vm.screen()
    bench.relay(after)
    lab.ip("neigh flush dev br0")
    assert not lab.ping(before, 1), "the old address still answers"
    assert vm.press_power_button() == ("guest-shutdown", 0)


def test_a_cable_pulled_and_put_back(bench):
    """A moment without carrier costs nothing: the address stays and the lease is confirmed, not asked for anew."""
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic])
    address = lab.wait_lease(nic.mac)
    bench.relay(address)
    pulled = time.monotonic()
    vm.qmp.command("set_link", name=f"net-{nic.identity}", up=False)
    vm.wait_screen(shows("NO-CARRIER"), 5)
    vm.qmp.command("set_link", name=f"net-{nic.identity}", up=True)
    wait_until("the lease is confirmed", lambda: lab.dhcp_log.find(rf"DHCPACK\(br0\) {address} {nic.mac}", pulled), 10)
    assert not lab.dhcp_log.find("DHCPDISCOVER", pulled)
    bench.relay(address)
    vm.wait_screen(shows(rf"inet {re.escape(address)}/24", "LOWER_UP"), 5)


def garbage(count):
    """Openings that are no RPC, or are RPC that lies: (name, bytes)."""
    header = bytes.fromhex("05000b0310000000")
    shapes = [
        ("random", lambda: os.urandom(64)),
        ("http", lambda: b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"),
        ("zeros", lambda: bytes(512)),
        ("nothing", lambda: b""),
        ("one byte", lambda: b"\x05"),
        ("length beyond the bound", lambda: header + b"\xff\xff\x00\x00" + bytes(4) + os.urandom(3000)),
        ("length below the header", lambda: header + b"\x04\x00\x00\x00" + bytes(4)),
        ("cut short", lambda: header + b"\x48\x00\x00\x00" + bytes(14)),
        ("wrong version", lambda: b"\x09" + header[1:] + b"\x48\x00\x00\x00" + bytes(60)),
        ("flood", lambda: os.urandom(200_000)),
    ]
    return [(shapes[at % len(shapes)][0], shapes[at % len(shapes)][1]()) for at in range(count)]


def test_garbage_at_the_door(bench):
    lab = bench.network()
    nic = Nic("virtio-net-pci")
    vm = bench.vm("kernel", nics=[nic])
    address = lab.wait_lease(nic.mac)
    # The exchanges by IPv6: to the gateway that is another source, and what it refuses is all garbage.
    address6 = lab.wait_global6(nic.mac)
    vm.wait_screen(shows(rf"Upstream\s+{lab.upstream_name}\."), 20)  # nobody is refused for want of a host
    bench.relay(address6)
    sockets = []
    for number, (_, data) in enumerate(garbage(100)):
        peer = socket_in(lab.name, socket.AF_INET, socket.SOCK_STREAM)
        peer.settimeout(scaled(5))
        peer.connect((address, 1688))
        peer.setblocking(False)
        try:
            peer.send(data)
        except OSError:
            pass  # Closed in our face: that is an answer too.
        sockets.append(peer)
        if number % 20 == 19:
            bench.relay(address6)  # In the midst of it, while all of them are open.
    # Each is refused: for what it says, for how many they are of one source, or when its deadline comes.
    vm.wait_screen(shows(r"\b100 refused"), 20, "100 of 100 refused")
    bench.relay(address6)
    exchanges = [session for session in bench.upstream.sessions if len(session.received) > 96]  # what is less is a health check
    carried = sum(len(session.received) for session in exchanges)
    for peer in sockets:
        peer.close()
    bench.relay(address6)
    # Nothing of it reached the upstream: each session there is one of our own exchanges, of two PDUs.
    assert len(exchanges) == 7, [len(session.received) for session in bench.upstream.sessions]
    assert carried < 7 * 1000
    vm.wait_screen(shows(r"Service\s+gateway\s+SERVING", r"\b0 restarts", r"\b100 refused"), 5)
    bench.relay(address)
    assert vm.press_power_button() == ("guest-shutdown", 0)
