# SPDX-License-Identifier: MIT
"""timed against chronyd, ntpd and servers that lie, with names from dnsmasq and servers from netd's leases. It observes: the state file
says what it would do, and the machine's clock is never touched."""

import os
import struct
import subprocess

import peers
import pytest
from netns import ROUTER4, ROUTER6, Net, program
from qemu_net import wait_until
from time_servers import CLIENT4, CLIENT6, ERA, ScriptedNtp, Timed, chronyd, ntpd

HOUR = 3_600_000_000  # in microseconds
SERVER = f"server address={ROUTER4}\n"


@pytest.fixture
def net(transcripts):
    net = Net(transcripts)
    net.join()
    for address in ("192.0.2.11", "192.0.2.12"):
        net.server.ip(f"address add {address}/24 dev s-v0")
    yield net
    net.close()


@pytest.fixture
def lan(net):
    """The client has addresses, as if netd had been there."""
    net.client.ip(f"address add {CLIENT4}/24 dev v0")
    net.client.ip("link set v0 up")
    net.client.ip(f"address add {CLIENT6}/64 dev v0 nodad")
    wait_until("the link to run", lambda: "LOWER_UP" in net.client.ip("link show dev v0"), 5)
    return net


@pytest.fixture
def start(net):
    made = []

    def begin(config="", *arguments):
        made.append(Timed(net, config, arguments))
        return made[-1].wait_ready()

    yield begin
    for one in made:
        one.close()


@pytest.fixture
def scripted(net):
    made = []

    def begin(*arguments, **settings):
        made.append(ScriptedNtp(net, *arguments, **settings))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def near(value, wanted, tolerance=1_000_000):
    return abs(int(value) - wanted) < tolerance


# ---- servers of others -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server, package", [(chronyd, "chrony"), (ntpd, "ntpsec")], ids=["chronyd", "ntpd"])
def test_a_real_server_tells_the_time(lan, start, server, package):
    peers.need(package)
    server(lan, *(["local stratum 3"] if server is chronyd else []))
    timed = start(SERVER)
    clock = timed.wait_clock(timeout=60, state="observed")  # ntpd takes its time to trust its clock
    assert (clock["server"], clock["source"], clock["error"]) == (ROUTER4, "static", "")
    assert near(clock["offset-us"], 0)
    assert 0 <= int(clock["delay-us"]) < 1_000_000
    assert 1 <= int(clock["stratum"]) <= 15
    one = timed.wait_server(timeout=15, **{"interval-ms": "128000"})  # the burst is over
    assert one["state"] == "source" and int(one["answers"]) >= 4


def test_a_real_server_over_ipv6(lan, start):
    peers.need("chrony")
    chronyd(lan, "local stratum 3")
    clock = start(f"server address=[{ROUTER6}]:123\n").wait_clock(state="observed")
    assert clock["server"] == ROUTER6 and near(clock["offset-us"], 0)


def test_a_real_server_that_is_not_synchronised_is_not_believed(lan, start):
    peers.need("chrony")
    chronyd(lan)
    timed = start(SERVER)
    server = timed.wait_server(state="failing")
    assert server["error"] == "it%20is%20not%20synchronised%20itself"
    assert timed.records("clock", state="unset", source="")


# ---- where servers are from ------------------------------------------------------------------------------------------------------


def test_servers_that_a_lease_names_are_asked(net, start, scripted):
    servers = [scripted(address) for address in (ROUTER4, "192.0.2.11")]
    net.dnsmasq("--dhcp-option=option:ntp-server,192.0.2.1,192.0.2.11")
    timed = start()
    assert timed.wait_clock(state="unset")["error"] == "no%20server%20is%20known"
    netd = net.netd()
    netd.wait_lease()
    clock = timed.wait_clock(timeout=10, state="observed", source="learnt")
    assert clock["server"] in (ROUTER4, "192.0.2.11") and near(clock["offset-us"], 0)
    wait_until("both servers to answer", lambda: len(timed.records("server", source="learnt", error="")) == 2, 10)
    assert all(server.seen for server in servers)


def test_what_a_lease_names_comes_after_what_is_configured_or_not_at_all(lan, start, scripted):
    first, second = scripted(ROUTER4), scripted("192.0.2.11")
    timed = start(SERVER)
    timed.network("ntp link=2 address=192.0.2.11 source=dhcp", f"ntp link=2 address={ROUTER4} source=dhcp")
    timed.wait_server(address="192.0.2.11", state="good")
    assert [server["source"] for server in timed.records("server")] == ["static", "learnt"]
    timed.network()
    wait_until("one server", lambda: len(timed.records("server")) == 1, 5)
    timed.close()
    asked = len(second.seen)
    alone = start(SERVER + "use learnt=off\n")
    alone.network("ntp link=2 address=192.0.2.11 source=dhcp")
    alone.wait_server(state="source", **{"interval-ms": "128000"}, timeout=15)
    assert (len(alone.records("server")), len(second.seen)) == (1, asked) and first.seen


def test_a_server_beside_us_is_reached_through_its_link(lan, start, scripted):
    [entry] = lan.server.ip_json("-6 address show dev s-v0 scope link")
    address = next(a["local"] for a in entry["addr_info"] if a.get("local"))
    scope = next(link["ifindex"] for link in lan.server.ip_json("link show dev s-v0"))
    server = scripted(address, scope=scope)
    link = next(link["ifindex"] for link in lan.client.ip_json("link show dev v0"))
    timed = start()
    timed.network(f"ntp link={link} address={address} source=dhcp6")
    assert timed.wait_clock(state="observed", timeout=10)["server"] == address
    assert server.seen


def test_a_server_by_name(lan, start, scripted):
    server = scripted("192.0.2.11")
    lan.spawn(lan.server, "dns", ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--log-facility=-", "--pid-file=",
                                  "--no-resolv", "--no-hosts", "--interface=s-v0", "--bind-interfaces", "--host-record=time.example.org,192.0.2.11"])
    timed = start("server name=time.example.org\n")
    assert timed.wait_server(state="unresolved")["error"] == "no%20DNS%20server%20is%20known%20yet"
    timed.network(f"dns link=2 address={ROUTER4} source=dhcp")
    clock = timed.wait_clock(state="observed", timeout=10)
    assert (clock["server"], clock["source"]) == ("192.0.2.11", "static")
    assert timed.records("server", name="time.example.org", address="192.0.2.11")
    assert server.seen


def test_without_a_route_it_asks_as_soon_as_there_is_one(net, start, scripted):
    server = scripted()
    timed = start(SERVER)
    error = timed.wait_server(state="failing", timeout=10)["error"]
    assert error in ("Network%20unreachable", "Network%20is%20unreachable")  # as the C library has it
    net.client.ip("link set v0 up")
    net.client.ip(f"address add {CLIENT4}/24 dev v0")
    timed.network(f"address link=2 address={CLIENT4}/24")
    assert near(timed.wait_clock(state="observed")["offset-us"], 0)
    assert server.seen


def test_where_nobody_listens_it_says_so(lan, start):
    assert start(SERVER).wait_server(state="failing", timeout=15)["error"] == "Connection%20refused"


# ---- servers that lie ------------------------------------------------------------------------------------------------------------


def kiss(code):
    return lambda answer: b"\xe4\0" + answer[2:12] + code + answer[16:]


def with_time(seconds):
    stamp = struct.pack("!II", (seconds + ERA) % 2**32, 0)
    return lambda answer: answer[:32] + stamp + stamp


def test_how_far_the_clock_is_off_is_told(lan, start, scripted):
    scripted(error=5400.0)
    timed = start(SERVER)
    assert near(timed.wait_clock(state="observed")["offset-us"], 3 * HOUR // 2)


def test_a_question_tells_nothing_and_no_two_are_alike(lan, start, scripted):
    server = scripted()
    start(SERVER).wait_server(timeout=15, **{"interval-ms": "128000"})
    questions = [question for question, _ in server.seen]
    assert len(questions) == 4
    assert {question[:40] for question in questions} == {b"\x23" + bytes(39)}
    assert len({question[40:] for question in questions}) == 4
    assert len({port for _, (_, port) in server.seen}) > 1


@pytest.mark.parametrize("code", [b"DENY", b"RSTR"])
def test_a_server_that_denies_is_left_alone(lan, start, scripted, code):
    denier, other = scripted(mangle=kiss(code)), scripted("192.0.2.11")
    timed = start(SERVER + "server address=192.0.2.11\n")
    timed.wait_server(address=ROUTER4, state="denied")
    timed.wait_server(address="192.0.2.11", timeout=15, **{"interval-ms": "128000"})
    assert (len(denier.seen), len(other.seen)) == (1, 4)
    timed.log.wait("denies us the time")


def test_rate_doubles_the_interval(lan, start, scripted):
    server = scripted(mangle=kiss(b"RATE"))
    one = start(SERVER).wait_server(state="failing")
    assert (one["interval-ms"], one["error"]) == ("128000", "it%20asks%20for%20fewer%20questions")
    assert len(server.seen) == 1


LIES = {
    "another-origin": lambda answer: answer[:24] + bytes([answer[24] ^ 1]) + answer[25:],
    "a-denial-with-another-origin": lambda answer: kiss(b"DENY")(answer[:24] + bytes(8) + answer[32:]),
    "half-an-answer": lambda answer: [answer[:47], answer[:20], b""],
    "a-longer-answer": lambda answer: answer + bytes(20),
    "a-client": lambda answer: b"\x23" + answer[1:],
    "a-broadcast": lambda answer: b"\x25" + answer[1:],
    "version-1": lambda answer: b"\x0c" + answer[1:],
    "garbage": lambda answer: [os.urandom(48) for _ in range(20)],
}


@pytest.mark.parametrize("kind", sorted(LIES))
def test_what_is_no_answer_to_the_question_is_dropped_and_the_answer_heard(lan, start, scripted, kind):
    def mangle(answer):
        lies = LIES[kind](with_time(4_000_000_000)(answer))
        return [*(lies if isinstance(lies, list) else [lies]), answer]

    scripted(mangle=mangle)
    timed = start(SERVER)
    clock = timed.wait_clock(state="observed")
    assert near(clock["offset-us"], 0)
    assert int(timed.wait_server(timeout=15, **{"interval-ms": "128000"})["dropped"]) >= 4


def test_an_answer_from_another_port_is_not_heard(lan, start, scripted):
    server = scripted(mangle=lambda answer: [(answer, server.other)])
    timed = start(SERVER)
    one = timed.wait_server(state="failing", timeout=15)
    assert (one["error"], one["answers"], one["dropped"]) == ("no%20answer", "0", "0")
    assert len(server.seen) >= 3


REFUSED = {
    "of-1970": (with_time(3600), "absurd%20time,%20refused:%20"),
    "before-the-build": (with_time(1_600_000_000), "absurd%20time,%20refused:%202020-09-13"),
    "in-a-hundred-years": (with_time(4_900_000_000), "absurd%20time,%20refused:%20"),
    "no-time": (lambda answer: answer[:32] + bytes(16), "it%20tells%20no%20time"),
    "not-synchronised": (lambda answer: b"\xe4" + answer[1:], "it%20is%20not%20synchronised%20itself"),
    "stratum-16": (lambda answer: answer[:1] + b"\x10" + answer[2:], "it%20is%20not%20synchronised%20itself"),
    "far-from-its-source": (lambda answer: answer[:8] + b"\0\x20\0\0" + answer[12:], "it%20is%20too%20far%20from%20its%20own%20source"),
    "left-before-it-came": (lambda answer: answer[:40] + with_time(1_600_000_000)(answer)[40:], "absurd"),
    "an-unknown-kiss": (kiss(b"INIT"), "kiss%20code%20INIT"),
    "a-kiss-of-escapes": (kiss(b"\x1b[2J"), "kiss%20code%20[2J"),
}


@pytest.mark.parametrize("kind", sorted(REFUSED))
def test_an_answer_of_no_use_is_refused_with_the_reason(lan, start, scripted, kind):
    mangle, error = REFUSED[kind]
    scripted(mangle=mangle)
    timed = start(SERVER)
    one = timed.wait_server(state="failing")
    assert one["error"].startswith(error), one["error"]
    assert timed.records("clock", state="unset", source="")
    timed.log.wait(f"{ROUTER4}: ")


def test_a_liar_is_outvoted_by_two(lan, start, scripted):
    scripted(error=7200.0), scripted("192.0.2.11"), scripted("192.0.2.12")
    timed = start(SERVER + "server address=192.0.2.11\nserver address=192.0.2.12\n")
    timed.wait_server(address=ROUTER4, state="outvoted", timeout=10)
    clock = timed.wait_clock(server="192.0.2.11")
    assert near(clock["offset-us"], 0) and clock["error"] == ""
    timed.log.wait(f"{ROUTER4}: disagrees")


def test_two_that_disagree_are_told(lan, start, scripted):
    scripted(), scripted("192.0.2.11", error=7200.0)
    timed = start(SERVER + "server address=192.0.2.11\n")
    timed.wait_clock(error="servers%20disagree,%20and%20no%20majority%20agrees", timeout=10)


# ---- the program -----------------------------------------------------------------------------------------------------------------


def test_ends_at_once(lan, start, scripted):
    scripted()
    timed = start(SERVER)
    timed.wait_clock(state="observed")
    assert timed.stop() == 0


@pytest.mark.parametrize(
    "arguments, config, status, told",
    [
        (["--config"], "", 64, "--config: a value is missing"),
        (["--step"], "", 64, "--step: unknown argument"),
        (["--config", "CONFIG"], "use learnt=on\nserver address=time.example.org\n", 78, "CONFIG:2: address: neither ADDRESS nor ADDRESS:PORT"),
        (["--config", "/nowhere/at/all"], "", 78, "/nowhere/at/all"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, arguments, config, status, told):
    path = tmp_path / "config"
    path.write_text(config)
    command = [program(), "timed", *[str(path) if word == "CONFIG" else word for word in arguments]]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    assert ended.returncode == status
    assert told.replace("CONFIG", str(path)) in ended.stderr
