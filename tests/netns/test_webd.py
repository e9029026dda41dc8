# SPDX-License-Identifier: MIT
"""webd, the real program, as init starts it (its own user, CAP_NET_BIND_SERVICE and nothing else), in a namespace of its own; clients in
another. What the other programs would publish is written by the tests."""

import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import threading

import pytest
import upstream as rpc
from netns import Namespace, program
from qemu_net import scaled, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UID = 105
WEB4, WEB6, CLIENT4, CLIENT6 = "192.0.2.2", "2001:db8::2", "192.0.2.1", "2001:db8::1"
OTHER = "198.51.100.7"  # the client's too, of another network

STATES = ROOT / "tests" / "fuzz" / "corpus" / "fuzz_web"


class Webd:
    def __init__(self, net, folder, config):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ck-webd-"))
        os.chmod(self.folder, 0o755)
        for name in ("init", "config", "netd", "gatewayd", "timed", "logd", "webd"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "webd", UID, UID)
        (self.folder / "webd.conf").write_text(config)
        elf = shutil.copy(program(), self.folder / "corekms")
        os.chmod(elf, 0o755)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.folder / "notify"))
        os.chmod(self.folder / "notify", 0o777)
        self.notify.settimeout(scaled(5))
        self.log = open(folder / f"webd-{secrets.token_hex(4)}.log", "w+")
        capabilities = "-all,+net_bind_service"
        command = [*net.server.prefix(), "setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "--no-new-privs",
                   f"--inh-caps={capabilities}", f"--ambient-caps={capabilities}", f"--bounding-set={capabilities}", elf, "webd",
                   "--config", str(self.folder / "webd.conf")]
        environment = {"PATH": "/usr/bin", "COREKMS_RUN": str(self.folder), "NOTIFY_SOCKET": str(self.folder / "notify")}
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def wait_ready(self):
        assert self.notify.recv(200) == b"READY=1", self.text_of_log()
        return self

    def text_of_log(self):
        self.log.seek(0)
        return self.log.read()

    def publish(self, name, text):
        (self.folder / name / "state.new").write_text(text)
        os.rename(self.folder / name / "state.new", self.folder / name / "state")

    def publish_all(self):
        for name in ("init", "config", "netd", "gatewayd", "timed", "logd"):
            self.publish(name, (STATES / name).read_text()[1:])  # behind the byte that the fuzz target takes

    def record(self):
        text = (self.folder / "webd" / "state").read_text()
        kind, *fields = text.split()
        assert kind == "web"
        return dict(field.split("=", 1) for field in fields)

    def memory_kib(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1])

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(scaled(5))
        finally:
            self.process.kill()
            self.process.wait()
            self.notify.close()
            self.log.close()
            shutil.rmtree(self.folder)


class Net:
    def __init__(self):
        nonce = secrets.token_hex(4)
        self.server, self.client = Namespace(f"wds-{nonce}"), Namespace(f"wdc-{nonce}")
        self.server.ip(f"link add w0 type veth peer name c0 netns {self.client.name}")
        for namespace, link, addresses in ((self.server, "w0", (WEB4, WEB6)), (self.client, "c0", (CLIENT4, CLIENT6))):
            namespace.ip(f"address add {addresses[0]}/24 dev {link}")
            namespace.ip(f"address add {addresses[1]}/64 dev {link} nodad")
            namespace.ip(f"link set {link} up")
        self.client.ip(f"address add {OTHER}/32 dev c0")
        self.server.ip(f"route add {OTHER}/32 dev w0")
        self.client.run("ping", "-q", "-c1", "-W2", WEB4)
        wait_until("IPv6", lambda: subprocess.run([*self.client.prefix(), "ping", "-q", "-c1", "-W1", WEB6], stdout=subprocess.DEVNULL,
                                                  check=False).returncode == 0, 10)

    def connect(self, source=None, port=80, address=WEB4):
        one = rpc.socket_in(self.client.name, socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        one.settimeout(scaled(10))
        if source:
            one.bind((source, 0))
        one.connect((address, port))
        return one

    def ask(self, data, **where):
        """All that comes for these bytes until the server closes."""
        with self.connect(**where) as one:
            one.sendall(data)
            return everything(one)

    def curl(self, *arguments):
        return subprocess.run([*self.client.prefix(), "curl", "-sS", "--max-time", str(scaled(10)), *arguments], check=True,
                              capture_output=True, text=True).stdout

    def delete(self):
        self.server.delete()
        self.client.delete()


def everything(one):
    data = b""
    while True:
        try:
            piece = one.recv(65536)
        except ConnectionResetError:
            return data
        if not piece:
            return data
        data += piece


def request(path="/healthz", headers=b"", method=b"GET", close=True):
    return b"%s %s HTTP/1.1\r\nHost: kms\r\n%s%s\r\n" % (method, path.encode(), b"Connection: close\r\n" if close else b"", headers)


def status_of(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:80]
    return int(answer[9:12])


def split(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")[1:]
    return {key.lower(): value for key, value in (line.split(": ", 1) for line in lines)}, body


@pytest.fixture(scope="module")
def net():
    net = Net()
    yield net
    net.delete()


@pytest.fixture
def start(net, tmp_path):
    started = []

    def start(config=""):
        started.append(Webd(net, tmp_path, config))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def webd(start):
    one = start().wait_ready()
    one.publish_all()
    return one


# ---- what there is -------------------------------------------------------------------------------------------------------------


def test_curl_gets_every_path(net, webd):
    page = net.curl(f"http://{WEB4}/")
    assert "<title>kms-7f3a: SERVING</title>" in page and len(page) < 30_000
    document = json.loads(net.curl(f"http://[{WEB6}]/status.json"))
    assert document["schema"] == 1 and document["complete"] and document["service"] == {"state": "SERVING", "serving": True}
    assert document["upstreams"][1]["error"] == "Connection refused"
    assert "\ncorekms_service_serving 1\n" in net.curl(f"http://{WEB4}/metrics")
    assert net.curl(f"http://{WEB4}/healthz") == "SERVING\n"
    assert net.curl("-o", "/dev/null", "-w", "%{http_code}", f"http://{WEB4}/nothing") == "404"


def test_curl_keeps_its_connection(net, webd):
    printed = net.curl("-w", "%{num_connects}", f"http://{WEB4}/healthz", f"http://{WEB4}/healthz")
    assert printed == "SERVING\n1SERVING\n0"
    assert net.curl("--http1.0", f"http://{WEB4}/healthz") == "SERVING\n"
    assert net.curl("--http2", f"http://{WEB4}/healthz") == "SERVING\n"  # an upgrade that is not followed


def test_health_follows_the_service(net, webd):
    for state, status in (("waiting", 503), ("serving", 200), ("draining", 503)):
        webd.publish("gatewayd", f"gateway state={state}\n")
        wait_until(state, lambda: status_of(net.ask(request())) == status, 5)
    webd.publish("gatewayd", "gateway state=serving\n")
    webd.publish("init", "program name=gatewayd role=service state=backoff\n")
    wait_until("backoff", lambda: status_of(net.ask(request())) == 503, 5)


def test_head_is_get_without_the_body(net, webd):
    for path in ("/healthz", "/nothing"):  # whose lengths do not change from one to the next
        get, body = split(net.ask(request(path)))
        head, nothing = split(net.ask(request(path, method=b"HEAD")))
        assert nothing == b"" and body
        assert {**head, "date": ""} == {**get, "date": ""} and int(get["content-length"]) == len(body)


def test_headers_forbid_what_a_page_needs_not(net, webd):
    for path in ("/", "/status.json", "/metrics", "/healthz", "/logs", "/nothing"):
        headers, body = split(net.ask(request(path)))
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; ") and "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store" and int(headers["content-length"]) == len(body)
        assert ("style-src" in policy) == (path == "/")
    headers, body = split(net.ask(request("/")))
    style = re.search(rb"<style>(.*?)</style>", body, re.S)[1]
    assert f"style-src 'sha256-{base64.b64encode(hashlib.sha256(style).digest()).decode()}'" in headers["content-security-policy"]
    assert body.count(b"<style") == 1 and b"style=" not in body and b"<script" not in body


# ---- strictness ------------------------------------------------------------------------------------------------------------------

REFUSED = {
    "a line that is too long": (b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 1024), 414),
    "headers that are too long": (b"GET / HTTP/1.1\r\nHost: x\r\nA: %s\r\n\r\n" % (b"a" * 4096), 431),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: x\n\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400),
    "a blank before the colon": (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    "two blanks": (b"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a zero byte": (b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "TLS": (bytes.fromhex("16030100") + b"\xc8\x01\x00\x00\xc4\x03\x03" + b"\r\n" * 20, 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505),
    "a body": (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 413),
    "a chunked body": (b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
    "two lengths": (b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n", 400),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refuses(net, webd, what):
    data, status = REFUSED[what]
    headers, _ = split(answer := net.ask(data))
    assert status_of(answer) == status and headers["connection"] == "close"
    assert answer.count(b"HTTP/1.1 ") == 1  # nothing of it is a second request


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"])
def test_knows_two_methods(net, webd, method):
    headers, _ = split(answer := net.ask(request("/", b"Content-Length: 4\r\n", method.encode()) + b"a=b\n"))
    assert status_of(answer) == 405 and headers["allow"] == "GET, HEAD"


def test_the_limits_themselves_are_served(net, webd):
    path = "/" + "a" * (1024 - len("GET / HTTP/1.1"))
    assert status_of(net.ask(request(path))) == 404
    frame = b"Host: kms\r\nConnection: close\r\nA: \r\n\r\n"
    assert status_of(net.ask(request("/healthz", b"A: " + b"a" * (4096 - len(frame)) + b"\r\n"))) == 200


def test_pipelined_requests_are_answered_in_order(net, webd):
    answer = net.ask(request("/healthz", close=False) + request("/nothing", close=False) + request("/metrics"))
    assert re.findall(rb"HTTP/1.1 (\d+)", answer) == [b"200", b"404", b"200"]
    # A hundred on one connection, and not one more.
    answer = net.ask(request("/healthz", close=False) * 130)
    assert answer.count(b"HTTP/1.1 200") == 100 and answer.rindex(b"Connection: close") > answer.rindex(b"Connection: keep-alive")


def test_a_request_in_single_bytes_is_a_request(net, webd):
    with net.connect() as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request():
            one.sendall(bytes([byte]))
        assert status_of(everything(one)) == 200


def test_a_client_that_says_all_and_ends_is_answered(net, webd):
    with net.connect() as one:
        one.sendall(request(close=False) + request("/nothing", close=False))
        one.shutdown(socket.SHUT_WR)
        assert re.findall(rb"HTTP/1.1 (\d+)", everything(one)) == [b"200", b"404"]


# ---- time and places ---------------------------------------------------------------------------------------------------------------


def test_a_slow_request_is_told_so_and_a_silent_client_is_dropped(net, webd):
    with net.connect() as slow, net.connect() as silent:
        slow.sendall(b"GET / HT")
        assert everything(silent) == b""
        assert status_of(everything(slow)) == 408


def test_a_slow_reader_is_dropped(net, webd):
    # More than the sockets' buffers hold, in answers that nobody reads.
    with net.connect() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(request("/", close=False) * 90)
        wait_until("the end of the connection", lambda: not connections(net), 15)
    assert status_of(net.ask(request())) == 200


def connections(net):
    return net.server.run("ss", "-Htn", "state", "established", "( sport = :80 )").splitlines()


def test_thirty_two_at_once_and_no_more(net, webd):
    places = [net.connect() for _ in range(16)]
    try:
        one = net.connect()
        assert status_of(everything(one)) == 503, "the seventeenth of one source"
        one.close()
        places += [net.connect(address=WEB6) for _ in range(16)]
        for one in places:
            one.sendall(b"GET /healthz HTTP/1.1\r\n")
        wait_until("all places", lambda: len(connections(net)) == 32, 5)
        answer = net.ask(b"")
        assert status_of(answer) == 503 and b"Connection: close" in answer
        for one in places:  # those that have a place are not harmed
            one.sendall(b"Host: x\r\nConnection: close\r\n\r\n")
            assert status_of(everything(one)) == 200
    finally:
        for one in places:
            one.close()
    assert status_of(net.ask(request())) == 200
    assert wait_until("a refusal is published", lambda: int(webd.record()["refused"]) >= 1, 5)


def test_a_crowd_is_served_in_bounded_memory(net, webd):
    def crowd(_):
        good = 0
        for path in ("/", "/status.json", "/metrics", "/healthz") * 15:
            answer = net.ask(request(path))
            good += answer.startswith(b"HTTP/1.1 200") and len(split(answer)[1]) == int(split(answer)[0]["content-length"])
        return good

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(crowd, range(8))) == 8 * 60
        before = webd.memory_kib()
        assert sum(pool.map(crowd, range(16))) == 16 * 60
    wait_until("their places are free", lambda: not connections(net), 10)
    assert webd.memory_kib() < before + 256
    assert len(os.listdir(f"/proc/{webd.process.pid}/fd")) < 20


# ---- who may come ----------------------------------------------------------------------------------------------------------------------


def test_a_network_that_is_not_served_is_closed_unread(net, start):
    webd = start("source network=192.0.2.0/24\n").wait_ready()
    webd.publish_all()
    assert net.ask(b"", source=OTHER) == b""
    assert status_of(net.ask(request(), source=CLIENT4)) == 200
    wait_until("the refusal is published", lambda: webd.record()["last-refused"] == OTHER, 5)
    assert webd.record()["refused"] == "1"


def test_who_is_not_served_is_logged_once_a_minute(net, start):
    webd = start("source network=192.0.2.0/24\n").wait_ready()
    for _ in range(5):
        assert net.ask(b"", source=OTHER) == b""
    wait_until("the refusals are published", lambda: webd.record()["refused"] == "5", 5)
    assert re.findall(r"^.*refused.*$", webd.text_of_log(), re.M) == [f"<5>webd: {OTHER}: refused: not among web.sources"]


def test_the_configuration_says_where_and_for_whom(net, start):
    one = start(f"listen port=8080 address={WEB4}\nlisten port=8081\nsource network={OTHER}\nserve logs=off\n").wait_ready()
    one.publish_all()
    assert one.record()["listen"] == f"{WEB4}:8080,%20[::]:8081"
    for port in (8080, 8081):
        assert status_of(net.ask(request(), source=OTHER, port=port)) == 200
        assert net.ask(b"", source=CLIENT4, port=port) == b""
    with pytest.raises(ConnectionRefusedError):
        net.connect()
    with pytest.raises(ConnectionRefusedError):
        net.connect(address=WEB6, port=8080)
    assert status_of(net.ask(request("/logs"), source=OTHER, port=8080)) == 503


def test_off_listens_on_nothing(net, start):
    one = start("serve http=off\n").wait_ready()
    assert one.record()["listen"] == ""
    with pytest.raises(ConnectionRefusedError):
        net.connect()


def test_a_wrong_configuration_is_told_whole(start):
    one = start("serve http=maybe\nlisten port=0\nsource network=8.8.8.8\n")
    assert one.process.wait(scaled(5)) == 78
    log = one.text_of_log()
    for line in ("webd.conf:1: http: neither on nor off", "webd.conf:2: port: not a port", "webd.conf:3: network: a public network"):
        assert line in log


def test_ends_when_told_to(webd):
    webd.process.terminate()
    assert webd.process.wait(scaled(5)) == 0


# ---- the log ------------------------------------------------------------------------------------------------------------------------------


class Log(threading.Thread):
    """Answers as the log does: `answers` are what each reader in turn gets, None for one that is never answered."""

    def __init__(self, webd, answers):
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        path = str(webd.folder / "logd" / "read")
        self.listener.bind(path)
        os.chmod(path, 0o666)
        self.listener.listen(8)
        self.questions, self._answers, self._kept = [], answers, []
        self.start()

    def run(self):
        for answer in self._answers:
            reader, _ = self.listener.accept()
            self.questions.append(reader.recv(100))
            if answer is None:
                self._kept.append(reader)
                continue
            reader.sendall(answer)
            reader.close()

    def close(self):
        self.join(scaled(5))
        self.listener.close()
        for reader in self._kept:
            reader.close()


def test_logs_since_a_number(net, webd):
    log = Log(webd, [b"entry seq=7 utc-ms=1795665540000 monotonic-ms=1 severity=info facility=3 program=netd text=eth0:%20up\n", b""])
    assert split(net.ask(request("/logs?since=6")))[1] == b"7 2026-11-26T03:59:00.000Z info netd: eth0: up\n"
    assert split(net.ask(request("/logs")))[1] == b""
    log.close()
    assert log.questions == [b"since=6\n", b"since=0\n"]


def test_a_long_log_says_where_to_go_on(net, webd):
    entries = b"".join(b"entry seq=%d utc-ms=1795665540000 severity=info program=p text=%s\n" % (i, b"x" * 100) for i in range(1, 2001))
    log = Log(webd, [entries])
    _, body = split(net.ask(request("/logs?since=0")))
    log.close()
    lines = body.decode().splitlines()
    assert 50_000 < len(body) <= 64 * 1024 and lines[-1] == f"# cut: go on with since={lines[-2].split()[0]}"


def test_no_log_is_said(net, webd):
    assert status_of(net.ask(request("/logs"))) == 503
    assert status_of(net.ask(request("/logs?since=x"))) == 400
    log = Log(webd, [None])
    assert status_of(net.ask(request("/logs"))) == 503  # after a while
    log.close()


def test_a_log_that_is_silent_holds_nobody_else_up(net, webd):
    log = Log(webd, [None] * 4)
    waiting = [net.connect() for _ in range(4)]
    for one in waiting:
        one.sendall(request("/logs"))
    wait_until("four questions", lambda: len(log.questions) == 4, 5)
    assert status_of(net.ask(request("/logs"))) == 503  # a fifth is not even asked
    assert status_of(net.ask(request())) == 200
    waiting[0].close()  # one that does not wait for it
    for one in waiting[1:]:
        assert status_of(everything(one)) == 503
        one.close()
    log.close()
    assert len(log.questions) == 4
