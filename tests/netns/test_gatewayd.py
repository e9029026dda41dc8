# SPDX-License-Identifier: MIT
"""gatewayd, the real program, between real sockets: two namespaces joined by a veth. The gateway has one to itself; the
other holds the clients, the upstreams and dnsmasq. What netd would publish is written by the tests."""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time
import urllib.parse
import uuid

import pytest
import upstream as rpc
from netns import program

SCALE = float(os.environ.get("COREKMS_TIMEOUT_SCALE", "1"))
GATEWAY4, GATEWAY6 = "192.0.2.2", "2001:db8::2"
LAN4, LAN6 = "192.0.2.1", "2001:db8::1"
DOMAIN = "branch.example.org"


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def wait_for(what, patience: float = 5.0):
    """The first true value of what(), or a failure."""
    end = time.monotonic() + patience * SCALE
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, f"waited {patience} s for {what}"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def lan():
    """Names of the two namespaces: (gateway's, lan's)."""
    gateway, other = f"gwd-g{os.getpid()}", f"gwd-l{os.getpid()}"
    try:
        for name in (gateway, other):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", gateway, "link", "add", "g0", "type", "veth", "peer", "name", "l0", "netns", other)
        for name, device, v4, v6 in ((gateway, "g0", [GATEWAY4], [GATEWAY6]), (other, "l0", [LAN4, "192.0.2.11"], [LAN6])):
            for address in v4:
                run("ip", "-n", name, "addr", "add", f"{address}/24", "dev", device)
            for address in v6:
                run("ip", "-n", name, "addr", "add", f"{address}/64", "dev", device, "nodad")
            run("ip", "-n", name, "link", "set", device, "up")
        run("ip", "netns", "exec", other, "ping", "-q", "-c1", "-W2", GATEWAY4)
        # The first neighbour discovery waits for the link-local address; let it be over.
        wait_for(lambda: subprocess.run(["ip", "netns", "exec", other, "ping", "-q", "-c1", "-W1", GATEWAY6],
                                        stdout=subprocess.DEVNULL).returncode == 0)
        yield gateway, other
    finally:
        for name in (gateway, other):
            subprocess.run(["ip", "netns", "del", name], check=False)


class Gateway:
    """gatewayd in its namespace, with a state folder of its own."""

    # All clients of a test have one address, and most tests are neither about how many of them there may be nor about checks.
    LIMITS = "pool name=kms checks=none\nlimits per-source=1024 burst=60000 per-minute=60000\n"

    def __init__(self, netns: str, folder: pathlib.Path, log, arguments: list[str], config: str = LIMITS) -> None:
        self.folder = folder
        (folder / "config").write_text(config)
        shown = subprocess.run(["ip", "-j", "-n", netns, "link", "show"], capture_output=True, text=True, check=True).stdout
        self.links = {link["ifname"]: link["ifindex"] for link in json.loads(shown)}
        for name in ("gatewayd", "netd"):
            (folder / name).mkdir(exist_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(folder / "notify"))
        self.notify.settimeout(5 * SCALE)
        environment = {**os.environ, "COREKMS_RUN": str(folder), "NOTIFY_SOCKET": str(folder / "notify")}
        command = ["ip", "netns", "exec", netns, program(), "gatewayd", "--config", str(folder / "config"), *arguments]
        self.process = subprocess.Popen(command, env=environment, stderr=log)
        assert self.notify.recv(100) == b"READY=1"
        self.record()

    def network(self, servers=(LAN4,), domains=(DOMAIN,), own=(GATEWAY4, GATEWAY6)) -> None:
        """Publishes as netd does."""
        lines = [f"link index={self.links['g0']} name=g0 mac=02:00:00:00:00:01 flags=UP mtu=1500 dhcp4=bound"]
        lines += [f"address link=g0 family={'inet6' if ':' in a else 'inet'} address={a}/24 source=dhcp" for a in own]
        lines += [f"dns link=g0 address={a} source=dhcp" for a in servers]
        lines += [f"domain link=g0 name={d} source=dhcp" for d in domains]
        (self.folder / "netd" / "state.new").write_text("".join(line + "\n" for line in lines))
        os.rename(self.folder / "netd" / "state.new", self.folder / "netd" / "state")

    def records(self, kind: str) -> list[dict]:
        try:
            text = (self.folder / "gatewayd" / "state").read_text()
        except FileNotFoundError:
            return []
        result = []
        for line in text.splitlines():
            words = line.split(" ")
            if words[0] == kind:
                result.append({k: urllib.parse.unquote(v) for k, v in (word.split("=", 1) for word in words[1:])})
        return result

    def record(self) -> dict:
        return wait_for(lambda: self.records("gateway"))[0]

    def count(self, key: str) -> int:
        return int(self.record()[key])

    def cpu_seconds(self) -> float:
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(5 * SCALE)
        finally:
            self.process.kill()
            self.notify.close()


@pytest.fixture
def gateway(lan, tmp_path, transcripts):
    """Starts gateways: gateway("--upstream", "192.0.2.1"). Each must end with status 0."""
    started = []
    with open(os.path.join(transcripts, "gatewayd.log"), "wb") as log:

        def start(*arguments: str, config: str = Gateway.LIMITS) -> Gateway:
            folder = tmp_path / f"run{len(started)}"
            folder.mkdir()
            started.append(Gateway(lan[0], folder, log, list(arguments), config))
            return started[-1]

        yield start
        statuses = [one.stop() for one in started]
    assert statuses == [0] * len(started)


@pytest.fixture
def upstream(lan):
    """Makes upstreams in the lan: upstream("192.0.2.1", "2001:db8::1", behave="silent")."""
    made = []

    def make(*hosts: str, port: int = 1688, **options) -> rpc.Upstream:
        one = rpc.Upstream(netns=lan[1], **options)
        made.append(one)
        for host in hosts:
            one.start(host, port)
        return one

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def dnsmasq(lan, transcripts):
    """Starts dnsmasq in the lan with more arguments; it answers on 192.0.2.1 and 2001:db8::1."""
    running = []

    def start(*arguments: str) -> subprocess.Popen:
        command = ["ip", "netns", "exec", lan[1], "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null",
                   "--bind-interfaces", "--log-queries", "--log-facility=-", f"--local=/{DOMAIN}/", "--local-ttl=5", *arguments]
        process = subprocess.Popen(command, stderr=log)
        running.append(process)

        def listens() -> bool:
            with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as probe:
                return probe.connect_ex((LAN4, 53)) == 0

        wait_for(listens)
        return process

    with open(os.path.join(transcripts, "dnsmasq.log"), "wb") as log:
        yield start
        for process in running:
            process.kill()
            process.wait()


@pytest.fixture
def client(lan):
    """client(address, ...) is rpc_exchange() from the lan to the gateway."""

    def exchange(address: str = GATEWAY4, **options) -> rpc.Exchange:
        return rpc.rpc_exchange((address, 1688), os.urandom(16), netns=lan[1], **options)

    return exchange


def connect(lan, address: str = GATEWAY4, timeout: float = 15.0) -> socket.socket:
    connection = rpc.socket_in(lan[1], rpc.family_of(address), socket.SOCK_STREAM)
    connection.settimeout(timeout * SCALE)
    connection.connect((address, 1688))
    return connection


def is_closed(connection: socket.socket) -> bool:
    """Waits for the end that the other side makes of it, whichever way; one refusal may come before."""
    try:
        while refusal := connection.recv(64):
            if refusal[2] not in (rpc.BIND_NAK, rpc.FAULT):
                return False
        return True
    except ConnectionResetError:
        return True


def relayed(served: rpc.Upstream) -> rpc.Session:
    """The newest session of a client; health checks have theirs between them, at times of their own."""
    return [session for session in served.sessions if session.received.startswith((rpc.bind(), rpc.bind(order=">")))][-1]


def same_bytes(exchange: rpc.Exchange, served: rpc.Upstream) -> bool:
    session = relayed(served)
    return exchange.sent == session.received and exchange.received == session.sent and len(exchange.stub) > 0


# ---- relaying --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("there", ["192.0.2.1", "[2001:db8::1]:1688"])
@pytest.mark.parametrize("here", [GATEWAY4, GATEWAY6])
def test_relays_byte_for_byte_in_each_family(gateway, upstream, client, here, there):
    served = upstream(LAN4, LAN6)
    gateway("--upstream", there)
    for order in "<>":
        assert same_bytes(client(here, order=order), served)
    assert (":" in relayed(served).peer[0]) == (":" in there)


def test_relays_the_largest_fragment(gateway, upstream, client):
    served = upstream(LAN4, reply_size=5840 - 24)
    gateway("--upstream", LAN4)
    exchange = client()
    assert len(exchange.stub) == 5816 and same_bytes(exchange, served)


def test_an_answer_beyond_the_largest_fragment_is_not_passed_on(gateway, upstream, client):
    upstream(LAN4, reply_size=5840 - 24 + 1)
    one = gateway("--upstream", LAN4)
    with pytest.raises((ConnectionError, AssertionError)):
        client()
    wait_for(lambda: "the host sent what it must not" in one.record()["error"])


def test_many_clients_at_once(gateway, upstream, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4)
    connections = [connect(lan) for _ in range(60)]
    for connection in connections:
        connection.sendall(rpc.bind())
    for connection in connections:
        assert rpc.read_pdu(connection)[2] == rpc.BIND_ACK
        connection.sendall(rpc.request(2, b"x" * 100))
    answers = set()
    for connection in connections:
        answers.add(rpc.read_pdu(connection))
        connection.close()
    assert len(answers) == 60  # each client got an answer of its own
    assert answers == {session.sent[60:] for session in served.sessions}
    wait_for(lambda: one.count("answered") == 60 and one.count("now") == 0)


def test_a_storm_of_clients_is_served(gateway, upstream, lan):
    """More clients than there are places: who finds none tries again, and all are answered in the end."""
    upstream(LAN4)
    one = gateway("--upstream", LAN4, config=Gateway.LIMITS + "limits connections=256\n")

    def client(index: int) -> int:
        exchange = rpc.rpc_exchange_until((GATEWAY4, 1688), b"%d" % index, 30 * SCALE, netns=lan[1])
        return len(exchange.stub)

    before = one.descriptors()
    held = [connect(lan) for _ in range(one.count("most") - 16)]  # leaves 16 places
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(client, range(400)))
    assert answers == [260] * 400
    for connection in held:
        connection.close()
    wait_for(lambda: one.count("answered") == 400 and one.count("now") == 0)
    wait_for(lambda: one.descriptors() == before)


def test_bytes_may_come_one_by_one(gateway, upstream, lan):
    served = upstream(LAN4)
    gateway("--upstream", LAN4)
    with connect(lan) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in rpc.bind():
            connection.sendall(bytes([byte]))
            time.sleep(0.001)
        assert rpc.read_pdu(connection) == relayed(served).sent


def test_one_call_at_a_time_and_sixteen_in_all(gateway, upstream, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4)
    with connect(lan) as connection:
        connection.sendall(rpc.bind())
        rpc.read_pdu(connection)
        for call in range(2, 18):
            connection.sendall(rpc.request(call, b"y" * 700))
            assert rpc.read_pdu(connection)[2] == rpc.RESPONSE, call
        connection.sendall(rpc.request(18, b"y"))
        fault = rpc.read_pdu(connection)
        assert (fault[2], fault[24:28]) == (rpc.FAULT, struct.pack("<I", 0x1C010014)) and fault[3] & 0x20
        assert is_closed(connection)
    assert relayed(served).received.count(b"y" * 700) == 16
    with connect(lan) as connection:
        connection.sendall(rpc.bind() + rpc.request(2, b"y") + rpc.request(3, b"y"))
        rpc.read_pdu(connection)
        assert is_closed(connection)
    wait_for(lambda: {r["name"]: r["count"] for r in one.records("verdict")}.get("call-within-call") == "1")


# ---- upstreams that fail -----------------------------------------------------------------------------------------------


def test_the_next_upstream_serves_when_the_first_is_dead(gateway, upstream, client):
    served = upstream("192.0.2.11")
    one = gateway("--upstream", LAN4, "--upstream", "192.0.2.11")
    assert same_bytes(client(), served)
    first, second = wait_for(lambda: [u for u in one.records("upstream") if one.records("upstream")[1]["state"] == "healthy"])
    assert first["state"] == "failing" and "refused" in first["error"].lower()
    assert second["state"] == "healthy" and int(second["rtt-ms"]) >= 0


@pytest.mark.parametrize("behave", ["reset", "garbage", "half"])
def test_an_upstream_that_fails_before_it_answered_is_replaced_with_the_same_bytes(gateway, upstream, client, behave):
    bad = upstream(LAN4, behave=behave)
    good = upstream("192.0.2.11")
    gateway("--upstream", LAN4, "--upstream", "192.0.2.11")
    exchange = client()
    assert same_bytes(exchange, good)
    assert bad.sessions[0].received == relayed(good).received[:72]


def test_a_silent_upstream_is_replaced_within_the_clients_patience(gateway, upstream, client):
    upstream(LAN4, behave="silent")
    good = upstream("192.0.2.11")
    one = gateway("--upstream", LAN4, "--upstream", "192.0.2.11")
    assert same_bytes(client(timeout=15 * SCALE), good)
    assert "not answered in time" in one.records("upstream")[0]["error"]
    begin = time.monotonic()
    assert same_bytes(client(), good)  # the next client does not wait for the silent one
    assert time.monotonic() - begin < 4


def test_an_upstream_that_comes_back_serves_again(gateway, upstream, client):
    one = gateway("--upstream", LAN4)
    with pytest.raises(OSError):
        client()
    wait_for(lambda: one.records("upstream")[0]["state"] == "failing")
    served = upstream(LAN4)
    assert same_bytes(client(), served)
    wait_for(lambda: one.records("upstream")[0]["state"] == "healthy")


def test_our_own_address_is_refused_as_an_upstream(gateway, client, upstream):
    served = upstream("192.0.2.11")
    one = gateway("--upstream", GATEWAY4, "--upstream", f"[{GATEWAY6}]:1688", "--upstream", "127.0.0.1", "--upstream", "192.0.2.11")
    one.network()
    wait_for(lambda: "is this machine itself" in one.records("upstream")[0]["error"])
    assert [u["state"] for u in one.records("upstream")][:3] == ["failing"] * 3
    assert same_bytes(client(), served)
    assert len(served.sessions) == 1


def test_our_own_address_is_refused_before_netd_has_told_it(gateway, client):
    one = gateway("--upstream", GATEWAY4)
    with pytest.raises(OSError):
        client()
    wait_for(lambda: "the gateway itself" in one.records("upstream")[0]["error"])
    wait_for(lambda: one.count("now") == 0 and one.count("total") == 1)  # nobody but the client ever got through


# ---- clients that misbehave -----------------------------------------------------------------------------------------------


def garbage(index: int) -> bytes:
    """A different kind of wrong each time: noise, a field out of range, another protocol, a PDU of the other side."""
    good = bytearray(rpc.bind())
    wrong = [
        os.urandom(64) if index % 2 else b"\x04" + os.urandom(63),
        b"GET / HTTP/1.0\r\n\r\n",
        bytes(good[:8]) + struct.pack("<H", 15) + bytes(good[10:]),
        bytes(good[:8]) + struct.pack("<H", 5841) + bytes(good[10:]),
        bytes(good[:10]) + struct.pack("<H", 8) + bytes(good[12:]),
        rpc.bind_ack(1, "<"),
        rpc.request(1, b"before the bind"),
        bytes(good[:2]) + b"\xff" + bytes(good[3:]),
        bytes(good[:4]) + b"\x21" + bytes(good[5:]),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(80),
    ]
    return wrong[index % len(wrong)]


def test_a_hundred_garbage_connections_hurt_nobody(gateway, upstream, client, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4)
    for index in range(100):
        with connect(lan) as connection:
            connection.sendall(garbage(index))
            assert is_closed(connection), index
    wait_for(lambda: one.count("refused") == 100)
    assert len(served.sessions) == 0  # none of it reached the upstream
    assert same_bytes(client(), served)


def test_a_second_bind_ends_the_connection(gateway, upstream, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4)
    with connect(lan) as connection:
        connection.sendall(rpc.bind())
        assert rpc.read_pdu(connection)[2] == rpc.BIND_ACK
        connection.sendall(rpc.bind())
        assert is_closed(connection)
    assert relayed(served).received == rpc.bind()
    wait_for(lambda: "second bind" in one.record()["error"])


def test_a_bare_connect_is_a_probe(gateway, lan):
    one = gateway("--upstream", LAN4)
    connect(lan).close()
    wait_for(lambda: one.count("probes") == 1)
    assert one.count("total") == 0 and one.count("refused") == 0


def test_slow_clients_are_closed_by_deadline(gateway, upstream, lan):
    upstream(LAN4)
    gateway("--upstream", LAN4)
    begin = time.monotonic()
    silent, trickler = connect(lan), connect(lan)
    sent, unit = 0, rpc.bind()
    trickler.setblocking(False)
    closed_after = None
    while closed_after is None:
        assert time.monotonic() - begin < 12 * SCALE
        try:
            if trickler.recv(1) == b"":
                closed_after = time.monotonic() - begin
        except BlockingIOError:
            with contextlib.suppress(OSError):
                trickler.send(unit[sent % 70 : sent % 70 + 1])
            sent += 1
            time.sleep(0.25)
        except ConnectionError:
            closed_after = time.monotonic() - begin
    assert 4.5 < closed_after and sent < 72
    assert is_closed(silent) and time.monotonic() - begin > 4.5
    silent.close()
    trickler.close()


def test_a_half_closed_client_is_answered_and_costs_no_processor(gateway, upstream, lan):
    served = upstream(LAN4, answer=lambda _stub: time.sleep(1) or b"late")
    one = gateway("--upstream", LAN4)
    with connect(lan) as connection:
        connection.sendall(rpc.bind())
        rpc.read_pdu(connection)
        connection.sendall(rpc.request(2, b"z"))
        connection.shutdown(socket.SHUT_WR)
        before = one.cpu_seconds()
        assert rpc.read_pdu(connection) == relayed(served).sent[60:]
        assert one.cpu_seconds() - before < 0.3
        assert is_closed(connection)
    wait_for(lambda: one.count("answered") == 1)


def test_a_reset_by_either_side_is_survived(gateway, upstream, client, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4)
    for steps in range(3):
        connection = connect(lan)
        if steps > 0:
            connection.sendall(rpc.bind()[: 72 if steps == 2 else 30])
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    wait_for(lambda: one.count("now") == 0)
    assert same_bytes(client(), served)


def test_the_cap_on_connections_holds(gateway, upstream, client, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4, config=Gateway.LIMITS + "limits connections=256\n")
    most = one.count("most")
    held = [connect(lan) for _ in range(most)]
    wait_for(lambda: one.count("now") == most)
    with connect(lan) as beyond:
        beyond.sendall(rpc.bind())
        assert rpc.read_pdu(beyond)[2] == rpc.BIND_NAK  # in one of the places kept for telling so
        assert is_closed(beyond)
    wait_for(lambda: one.count("refused") == 1)
    for connection in held:
        connection.close()
    wait_for(lambda: one.count("now") == 0)
    assert same_bytes(client(), served)


# ---- finding upstreams --------------------------------------------------------------------------------------------------


def test_upstreams_are_found_by_srv_in_the_order_of_priority(gateway, upstream, client, dnsmasq):
    dnsmasq(f"--srv-host=_vlmcs._tcp.{DOMAIN},kms2.{DOMAIN},1688,20", f"--srv-host=_vlmcs._tcp.{DOMAIN},kms1.{DOMAIN},1700,10",
            f"--host-record=kms1.{DOMAIN},{LAN4},{LAN6}", f"--host-record=kms2.{DOMAIN},192.0.2.11")
    first, second = upstream(LAN6, port=1700), upstream("192.0.2.11")
    one = gateway()
    one.network()
    wait_for(lambda: one.record()["state"] == "serving" and len(one.records("upstream")) == 2)
    assert [u["name"] for u in one.records("upstream")] == [f"kms1.{DOMAIN}", f"kms2.{DOMAIN}"]
    assert same_bytes(client(), first)
    wait_for(lambda: [u["state"] for u in one.records("upstream")] == ["healthy", "standby"])
    [lookup] = one.records("lookup")
    assert lookup["name"] == f"_vlmcs._tcp.{DOMAIN}" and lookup["server"] == LAN4 and lookup["state"] == "ok"
    first.stop()
    assert same_bytes(client(), second)


def test_among_srv_records_of_one_priority_the_weight_draws_the_first(gateway, dnsmasq):
    """Forty pools draw each for itself: weights 3 and 7 make some begin with either, and far more with the heavier one. (The draw's
    distribution is a unit test's business; here it is dnsmasq's records that it draws from.)"""
    dnsmasq(f"--srv-host=_vlmcs._tcp.{DOMAIN},kms1.{DOMAIN},1688,10,3", f"--srv-host=_vlmcs._tcp.{DOMAIN},kms2.{DOMAIN},1688,10,7",
            f"--srv-host=_vlmcs._tcp.{DOMAIN},kms3.{DOMAIN},1688,20,100", f"--host-record=kms1.{DOMAIN},{LAN4}",
            f"--host-record=kms2.{DOMAIN},192.0.2.11", f"--host-record=kms3.{DOMAIN},192.0.2.12")
    orders = []
    for number in range(10):
        pools = [f"p{each}" for each in range(4)]
        config = "".join(f"pool name={name} checks=none\nlistener pool={name} port={2000 + 4 * number + each}\n" for each, name in enumerate(pools))
        one = gateway(config=config)
        one.network()
        wait_for(lambda: len(one.records("upstream")) == 3 * len(pools))
        for name in pools:
            orders.append([u["name"].split(".")[0] for u in one.records("upstream") if u["pool"] == name])
        one.stop()
    firsts = [order[0] for order in orders]
    assert all(order[2] == "kms3" for order in orders), "a lower priority is never drawn before a higher one, whatever its weight"
    assert firsts.count("kms1") >= 1 and firsts.count("kms2") >= 14, firsts


def test_without_an_upstream_the_state_says_what_was_looked_for_and_where(gateway, dnsmasq, lan):
    one = gateway()
    wait_for(lambda: one.records("lookup"))
    assert one.records("lookup")[0]["error"] == "no domain is known yet"
    dnsmasq()
    one.network()
    lookup = wait_for(lambda: [r for r in one.records("lookup") if r["state"] == "failed"])[0]
    assert lookup["name"] == f"_vlmcs._tcp.{DOMAIN}" and lookup["server"] == LAN4 and lookup["error"]
    assert one.record()["state"] == "waiting"
    with connect(lan) as connection:
        connection.sendall(rpc.bind())
        assert is_closed(connection)
    wait_for(lambda: one.count("refused") == 1 and "no host is known" in one.record()["error"])


def test_a_record_that_appears_later_is_found(gateway, upstream, client, dnsmasq):
    server = dnsmasq()
    one = gateway()
    one.network()
    wait_for(lambda: [r for r in one.records("lookup") if r["state"] == "failed"])
    server.kill()
    server.wait()
    dnsmasq(f"--srv-host=_vlmcs._tcp.{DOMAIN},kms.{DOMAIN},1688", f"--host-record=kms.{DOMAIN},{LAN4}")
    served = upstream(LAN4)
    wait_for(lambda: one.record()["state"] == "serving", 15)
    assert same_bytes(client(), served)


def test_an_upstream_that_moves_is_followed_when_its_ttl_is_over(gateway, upstream, client, dnsmasq):
    server = dnsmasq(f"--host-record=kms.{DOMAIN},{LAN4},5")
    old, new = upstream(LAN4), upstream("192.0.2.11")
    one = gateway("--upstream", f"kms.{DOMAIN}")
    one.network()
    wait_for(lambda: one.record()["state"] == "serving")
    assert same_bytes(client(), old)
    server.kill()
    server.wait()
    dnsmasq(f"--host-record=kms.{DOMAIN},192.0.2.11,5")
    wait_for(lambda: one.records("upstream")[0]["address"] == "192.0.2.11", 15)
    assert same_bytes(client(), new)


def test_an_srv_record_that_names_the_gateway_is_refused(gateway, dnsmasq, lan):
    dnsmasq(f"--srv-host=_vlmcs._tcp.{DOMAIN},gate.{DOMAIN},1688", f"--host-record=gate.{DOMAIN},{GATEWAY4},{GATEWAY6}")
    one = gateway()
    one.network()
    wait_for(lambda: one.records("upstream") and "is this machine itself" in one.records("upstream")[0]["error"])
    assert one.record()["state"] == "waiting"
    with connect(lan) as connection:
        connection.sendall(rpc.bind())
        assert is_closed(connection)
    wait_for(lambda: one.count("now") == 0 and one.count("total") == 1)


def test_the_next_dns_server_is_asked_and_aliases_are_followed(gateway, upstream, client, dnsmasq):
    dnsmasq(f"--host-record=kms.{DOMAIN},{LAN4}", f"--cname=alias.{DOMAIN},kms.{DOMAIN}")
    served = upstream(LAN4)
    one = gateway("--upstream", f"alias.{DOMAIN}:1688")
    one.network(servers=("192.0.2.99", "192.0.2.11", LAN6))
    wait_for(lambda: one.record()["state"] == "serving")
    assert same_bytes(client(), served)


def test_a_dns_server_with_a_link_local_address_is_asked_on_its_link(gateway, upstream, client, dnsmasq, lan):
    """As routers announce themselves by RDNSS."""
    shown = subprocess.run(["ip", "-j", "-6", "-n", lan[1], "address", "show", "dev", "l0", "scope", "link"], capture_output=True, text=True, check=True)
    [server] = [a["local"] for link in json.loads(shown.stdout) for a in link.get("addr_info", []) if "local" in a]
    dnsmasq(f"--srv-host=_vlmcs._tcp.{DOMAIN},kms.{DOMAIN},1688", f"--host-record=kms.{DOMAIN},{LAN6}")
    served = upstream(LAN6)
    one = gateway()
    one.network(servers=(server,))
    wait_for(lambda: one.record()["state"] == "serving")
    assert same_bytes(client(), served)
    assert one.records("lookup")[0]["server"] == server


# ---- the program --------------------------------------------------------------------------------------------------------


def test_it_is_ready_before_there_is_any_network(tmp_path, transcripts):
    """In a namespace without a single address, loopback down, and no netd."""
    name = f"gwd-n{os.getpid()}"
    run("ip", "netns", "add", name)
    try:
        with open(os.path.join(transcripts, "gatewayd.log"), "wb") as log:
            one = Gateway(name, tmp_path, log, [])
            assert one.record()["state"] == "waiting" and one.record()["listen"] == "[::]:1688"
            assert one.stop() == 0
    finally:
        run("ip", "netns", "del", name)


def test_sigterm_lets_a_running_call_end(gateway, upstream, lan):
    served = upstream(LAN4, answer=lambda _stub: time.sleep(0.7) or b"late")
    one = gateway("--upstream", LAN4)
    connection, idle = connect(lan), connect(lan)
    connection.sendall(rpc.bind())
    rpc.read_pdu(connection)
    connection.sendall(rpc.request(2, b"q"))
    wait_for(lambda: len(relayed(served).received) > 72)
    begin = time.monotonic()
    one.process.send_signal(signal.SIGTERM)
    with pytest.raises(OSError):
        wait_for(lambda: connect(lan).close())  # accepts no more
    assert rpc.read_pdu(connection)[2] == rpc.RESPONSE
    assert one.process.wait(5) == 0
    assert 0.6 < time.monotonic() - begin < 2.5 * SCALE  # the idle one is cut after 1.5 s
    connection.close()
    idle.close()


@pytest.mark.parametrize("arguments", [["--upstream"], ["--upstream", "host:0"], ["--listen", "0"], ["--listen", "70000"], ["--nonsense", "1"],
                                       ["--upstream", "[192.0.2.1]:1"], ["--upstream", "bad host"]])
def test_wrong_arguments_are_named(arguments):
    result = subprocess.run([program(), "gatewayd", *arguments], capture_output=True, text=True, timeout=10)
    assert result.returncode == 64 and arguments[0] in result.stderr


# ---- configuration, limits, health ---------------------------------------------------------------------------------------

MANAGEMENT = "afa8bd80-7d8a-11c9-bef4-08002b102989"
KMS = "51c82175-844e-4750-b0d8-ec255555bc06"
KMS_BYTES = uuid.UUID(KMS).bytes_le


def verdicts(one: Gateway) -> dict[str, int]:
    return {r["name"]: int(r["count"]) for r in one.records("verdict")}


def refusal(connection: socket.socket) -> tuple[int, int]:
    """Type and reason or status of the refusal that comes."""
    pdu = rpc.read_pdu(connection)
    return pdu[2], struct.unpack_from("<H" if pdu[2] == rpc.BIND_NAK else "<I", pdu, 16 if pdu[2] == rpc.BIND_NAK else 24)[0]


def test_a_wrong_configuration_names_every_line(lan, tmp_path):
    config = tmp_path / "config"
    config.write_text("pool name=a mode=loose\nlistener pool=b port=1\nsource network=8.8.8.0/24\nnonsense x=1\n")
    ended = subprocess.run(["ip", "netns", "exec", lan[0], program(), "gatewayd", "--config", str(config)], capture_output=True, text=True)
    assert ended.returncode == 78
    for part in ("config:1: mode: neither enforce", "config:2: pool: not a pool", "config:3: network: a public network", "config:4: not a kind"):
        assert part in ended.stderr, ended.stderr


def test_a_source_network_that_is_not_served_is_closed_before_a_byte(gateway, upstream, client, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4, config="source network=10.0.0.0/8\nsource network=2001:db8::/64\n")
    with connect(lan) as connection:
        assert connection.recv(1) == b""
    wait_for(lambda: verdicts(one).get("source-denied") == 1)
    assert same_bytes(client(GATEWAY6), served)


def test_a_source_has_its_share_and_no_more(gateway, upstream, client, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4, config="limits per-source=4 burst=100 per-minute=6000\n")
    held = [connect(lan) for _ in range(4)]
    wait_for(lambda: one.count("now") == 4)
    with connect(lan) as connection:
        connection.sendall(rpc.bind())
        assert refusal(connection) == (rpc.BIND_NAK, 2)
    wait_for(lambda: verdicts(one).get("source-connections") == 1)
    assert same_bytes(client(GATEWAY6), served)  # another source is not hurt
    for connection in held:
        connection.close()
    wait_for(lambda: one.count("now") == 0)
    assert same_bytes(client(), served)


def test_a_source_that_is_too_fast_is_slowed_down(gateway, upstream, lan):
    upstream(LAN4)
    one = gateway("--upstream", LAN4, config="limits per-source=100 burst=5 per-minute=60\n")
    kinds = []
    for _ in range(8):
        with connect(lan) as connection:
            connection.sendall(rpc.bind())
            kinds.append(rpc.read_pdu(connection)[2])
    assert kinds.count(rpc.BIND_ACK) in (5, 6, 7) and kinds[-1] == rpc.BIND_NAK
    wait_for(lambda: verdicts(one).get("source-rate", 0) >= 1)


def test_the_interface_is_on_the_list_or_the_bind_is_refused(gateway, upstream, lan):
    served = upstream(LAN4)
    other = (uuid.UUID("12345678-1234-abcd-ef00-0123456789ab"), 1)
    one = gateway("--upstream", LAN4)
    with connect(lan) as connection:
        connection.sendall(rpc.bind(interface=other))
        assert refusal(connection) == (rpc.BIND_NAK, 0)
    wait_for(lambda: verdicts(one).get("interface-denied") == 1)
    assert not any(session.received for session in served.sessions if other[0].bytes_le in session.received)

    two = gateway("--upstream", LAN4, config=f"pool name=a\nlistener pool=a port=1700\ninterface pool=a uuid={other[0]} version=1.0 opnums=0-3\n")
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.connect((GATEWAY4, 1700))
        connection.sendall(rpc.bind(interface=other))
        assert rpc.read_pdu(connection)[2] == rpc.BIND_ACK
    assert two.records("pool")[0]["listen"] == "[::]:1700"


def test_monitoring_relays_and_learning_refuses(gateway, upstream, lan):
    upstream(LAN4)
    other = (uuid.UUID("12345678-1234-abcd-ef00-0123456789ab"), 1)
    gateway("--upstream", LAN4, config="pool name=a mode=monitor\nlistener pool=a port=1701\n")
    gateway("--upstream", LAN4, config="pool name=a mode=learn\nlistener pool=a port=1702\n")
    for port, kind in ((1701, rpc.BIND_ACK), (1702, rpc.BIND_NAK)):
        with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as connection:
            connection.connect((GATEWAY4, port))
            connection.sendall(rpc.bind(interface=other))
            assert rpc.read_pdu(connection)[2] == kind


def test_two_pools_have_their_own_ports_and_hosts(gateway, upstream, lan):
    windows, office = upstream(LAN4), upstream("192.0.2.11")
    gateway(config=f"pool name=windows\nlistener pool=windows port=1688\nupstream pool=windows host={LAN4}\n"
                   "pool name=office\nlistener pool=office port=1689\nupstream pool=office host=192.0.2.11\n")
    for port, served in ((1688, windows), (1689, office)):
        exchange = rpc.rpc_exchange((GATEWAY4, port), os.urandom(16), netns=lan[1])
        assert same_bytes(exchange, served)


def proxy_v2(source: str, destination: str, port: int) -> bytes:
    body = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack("!HH", port, 1688)
    return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(body)) + body


def test_a_balancer_that_is_listed_names_the_client_and_others_may_not(gateway, upstream, lan):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4, config=f"balancer network={LAN4}\n")
    for header in (proxy_v2("10.1.2.3", "10.9.9.9", 4711), b"PROXY TCP4 10.1.2.3 10.9.9.9 4711 1688\r\n"):
        with connect(lan) as connection:
            connection.sendall(header + rpc.bind())
            assert rpc.read_pdu(connection)[2] == rpc.BIND_ACK
            connection.sendall(rpc.request(2, b"x"))
            assert rpc.read_pdu(connection)[2] == rpc.RESPONSE
        assert relayed(served).received.startswith(rpc.bind())
    wait_for(lambda: [c["address"] for c in one.records("client")] == ["10.1.2.3", "10.1.2.3"])
    for header, verdict in ((b"", "proxy-missing"), (b"PROXY TCP4 10.1.2.3 nonsense\r\n", "proxy-malformed"),
                            (proxy_v2("8.8.8.8", "10.9.9.9", 4711), "source-denied")):
        with connect(lan) as connection:
            connection.sendall(header + rpc.bind())
            assert is_closed(connection)
        wait_for(lambda: verdicts(one).get(verdict) == 1)

    two = gateway("--upstream", LAN4, config="pool name=a\nlistener pool=a port=1703\n")
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.connect((GATEWAY4, 1703))
        connection.sendall(proxy_v2("10.1.2.3", "10.9.9.9", 4711) + rpc.bind())
        assert is_closed(connection)
    wait_for(lambda: verdicts(two).get("version") == 1)


def test_a_gateway_tells_the_next_one_who_the_client_is(gateway, lan):
    gateway(config=f"pool name=a proxy=v2 checks=none\nlistener pool=a port=1704\nupstream pool=a host={LAN4}\n")
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as host, rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as connection:
        host.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        host.bind((LAN4, 1688))
        host.listen()
        host.settimeout(5 * SCALE)
        connection.connect((GATEWAY4, 1704))
        connection.sendall(rpc.bind())
        served, _ = host.accept()
        with served:
            served.settimeout(5 * SCALE)
            header = rpc.read_exactly(served, 28)
            assert header[:24] == proxy_v2(LAN4, GATEWAY4, 0)[:24]
            assert struct.unpack_from("!HH", header, 24) == (connection.getsockname()[1], 1704)
            assert rpc.read_exactly(served, 72) == rpc.bind()


def test_a_check_of_the_next_gateway_says_that_nobody_is_behind_it(gateway, lan):
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as host:
        host.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        host.bind((LAN4, 1688))
        host.listen()
        host.settimeout(5 * SCALE)
        one = gateway(config=f"pool name=a proxy=v2\nupstream pool=a host={LAN4}\n")
        for _ in range(2):  # management, then the interface alone
            served, _ = host.accept()
            with served:
                served.settimeout(5 * SCALE)
                assert rpc.read_exactly(served, 16) == b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
                bind = rpc.read_pdu(served)
                assert bind[2] == rpc.BIND
                served.sendall(rpc.bind_ack(2, "<") if KMS_BYTES in bind else rpc.pdu(rpc.BIND_NAK, 1, bytes(8)))
        wait_for(lambda: one.records("upstream")[0]["state"] == "healthy")


def test_a_host_that_recovers_is_gone_back_to(gateway, upstream, client):
    first, second = upstream(LAN4), upstream("192.0.2.11")
    one = gateway("--upstream", LAN4, "--upstream", "192.0.2.11", config="")
    wait_for(lambda: [u["state"] for u in one.records("upstream")] == ["healthy", "standby"])
    assert one.records("upstream")[0]["rung"] == "bound"  # it answers binds and knows no management
    first.stop()
    assert same_bytes(client(), second)
    wait_for(lambda: one.records("upstream")[0]["state"] == "failing")
    again = upstream(LAN4)
    wait_for(lambda: one.records("upstream")[0]["state"] == "healthy", 25)
    assert same_bytes(client(), again)


def test_no_request_of_the_service_is_sent_by_a_check(gateway, upstream):
    served = upstream(LAN4)
    one = gateway("--upstream", LAN4, config="")
    wait_for(lambda: one.records("upstream") and one.records("upstream")[0]["state"] == "healthy")
    management, own = [session.received for session in served.sessions]
    # The host knew no management: its answer to is_server_listening, which has no stub, was none.
    assert uuid.UUID(MANAGEMENT).bytes_le in management and management[72:] == rpc.pdu(rpc.REQUEST, 2, struct.pack("<IHH", 0, 0, 2))
    assert own[2] == rpc.BIND and len(own) == 72 and uuid.UUID(KMS).bytes_le in own


def test_those_who_wait_for_a_place_get_it_in_turn(gateway, upstream, lan):
    served = upstream(LAN4)
    one = gateway(config=f"pool name=a concurrency=2 checks=none\nlistener pool=a port=1688\nupstream pool=a host={LAN4}\nlimits per-source=100 burst=1000\n")
    held = [connect(lan) for _ in range(5)]
    for connection in held[:2]:
        connection.sendall(rpc.bind())
        assert rpc.read_pdu(connection)[2] == rpc.BIND_ACK
    for connection in held[2:]:
        connection.sendall(rpc.bind())
    wait_for(lambda: one.records("pool")[0]["waiting"] == "3")
    assert len(served.sessions) == 2
    for connection, next_one in zip(held[:3], held[2:]):
        connection.close()
        assert rpc.read_pdu(next_one)[2] == rpc.BIND_ACK
    for connection in held[3:]:
        connection.close()


def test_the_record_of_a_connection_says_what_an_administrator_asks(gateway, upstream, client, transcripts):
    upstream(LAN4)
    gateway("--upstream", LAN4)
    exchange = client()
    log = pathlib.Path(transcripts, "gatewayd.log")
    line = wait_for(lambda: [l for l in log.read_text().splitlines() if "verdict=answered" in l])[-1]
    fields = dict(word.split("=", 1) for word in line.split("connection ", 1)[1].split())
    assert fields["client"].startswith(LAN4 + ":") and fields["upstream"] == f"{LAN4}:1688"
    assert fields["interface"] == f"{KMS}/v1.0" and (fields["syntax"], fields["bind"], fields["opnum"]) == ("NDR", "accepted", "0")
    assert int(fields["in"]) == len(exchange.sent) and int(fields["out"]) == len(exchange.received)
    assert fields["at"].endswith("Z") and {"connect-ms", "bind-ms", "call-ms", "total-ms"} <= set(fields)
    assert exchange.stub.hex() not in line


def test_hosts_are_reached_from_the_address_and_link_that_are_named(gateway, upstream, lan):
    served = upstream(LAN4, LAN6)
    others = ("192.0.2.22/24", "2001:db8::22/64")
    for other in others:
        run("ip", "-n", lan[0], "addr", "add", other, "dev", "g0", *(["nodad"] if ":" in other else []))
    try:
        lines = "pool name=a checks=none source4=192.0.2.22 source6=2001:db8::22 interface=g0\n"
        gateway("--upstream", LAN4, config=lines)
        rpc.rpc_exchange((GATEWAY4, 1688), os.urandom(16), netns=lan[1])
        assert relayed(served).peer[0] == "192.0.2.22"
        gateway("--upstream", f"[{LAN6}]:1688", "--listen", "1705", config=lines)
        rpc.rpc_exchange((GATEWAY4, 1705), os.urandom(16), netns=lan[1])
        assert relayed(served).peer[0] == "2001:db8::22"
        bad = gateway("--upstream", LAN4, "--listen", "1706", config="pool name=a checks=none interface=nowhere\n")
        with pytest.raises(ConnectionError):
            rpc.rpc_exchange((GATEWAY4, 1706), os.urandom(16), netns=lan[1])
        wait_for(lambda: "No such device" in bad.records("upstream")[0]["error"])
    finally:
        for other in others:
            run("ip", "-n", lan[0], "addr", "del", other, "dev", "g0")


def test_a_host_that_is_no_rpc_server_is_said_to_be_none(gateway, lan):
    """A diagnosis in words, from what a check met."""
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mute.bind((LAN4, 1688))
        mute.listen()
        one = gateway("--upstream", LAN4, config="")
        wait_for(lambda: "a proxy or an inspection is in the path" in one.records("upstream")[0]["error"], 15)
        assert one.records("upstream")[0]["rung"] == "connected"


def test_hosts_that_are_silent_cost_no_processor(gateway, lan):
    """More of them than are checked at once: the others' turn has come, and nothing can be done about it until a check has ended."""
    with rpc.socket_in(lan[1], socket.AF_INET, socket.SOCK_STREAM) as mute:
        mute.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        mute.bind((LAN4, 1688))
        mute.listen(64)
        names = [f"{LAN4}:1688", *(f"192.0.2.{host}:1688" for host in range(201, 208))]
        one = gateway(*(word for name in names for word in ("--upstream", name)), config="")
        wait_for(lambda: any(record["state"] == "failing" for record in one.records("upstream")), 15)
        before = one.cpu_seconds()
        time.sleep(3)
        assert one.cpu_seconds() - before < 0.3
        wait_for(lambda: all(record["state"] == "failing" for record in one.records("upstream")), 40)
