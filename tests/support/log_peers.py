# SPDX-License-Identifier: MIT
"""logd with the user and the capability that init gives it, and log servers: small ones that a test can hold, stall and end, and the real
rsyslogd and syslog-ng, which only lie unpacked in the cache (peers.py). One network namespace for all of them."""

import array
import fcntl
import os
import pathlib
import secrets
import shutil
import socket
import ssl
import subprocess
import tempfile
import termios
import threading
import urllib.parse

import peers
from netns import Namespace, program
from qemu_net import scaled, wait_until

LOGD_UID = 105
SO_RCVBUFFORCE = 33  # of Linux; the module has no name for it
SERVER4, SERVER6, OTHER4 = "192.0.2.9", "2001:db8::9", "192.0.2.10"


def records(text, kind=None):
    """The records of a text as (kind, fields) pairs, or the fields of those of one kind."""
    found = []
    for line in text.splitlines():
        words = line.split(" ")
        found.append((words[0], {k: urllib.parse.unquote(v, errors="surrogateescape") for k, v in (w.split("=", 1) for w in words[1:])}))
    return found if kind is None else [fields for name, fields in found if name == kind]


class Lan:
    """A namespace whose loopback has the addresses of the servers, and a folder that every user can reach."""

    def __init__(self):
        self.namespace = Namespace(f"ckl-{secrets.token_hex(4)}")
        for address in (SERVER4, OTHER4):
            self.namespace.ip(f"address add {address}/32 dev lo")
        self.namespace.ip(f"address add {SERVER6}/128 dev lo nodad")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ck-log-"))
        os.chmod(self.folder, 0o755)
        self.program = shutil.copy(program(), self.folder / "corekms")
        os.chmod(self.program, 0o755)
        self._closers = []

    def add(self, thing):
        self._closers.append(thing.close)
        return thing

    def end_all(self):
        while self._closers:
            self._closers.pop()()

    def close(self):
        self.end_all()
        self.namespace.delete()
        shutil.rmtree(self.folder, ignore_errors=True)


class Logd:
    """One run. A FIFO stands in for the kernel's log, unless `kmsg` is given."""

    def __init__(self, lan, transcripts, config="learnt use=off\n", kmsg=None):
        self.folder = lan.folder / secrets.token_hex(4)
        for name in ("logd", "netd"):
            (self.folder / name).mkdir(parents=True)
        os.chown(self.folder / "logd", LOGD_UID, LOGD_UID)
        (self.folder / "config").write_text(config)
        os.mkfifo(self.folder / "kmsg")
        self._kmsg = os.open(self.folder / "kmsg", os.O_RDWR)
        self._sequence = 0
        self.log_path = str(self.folder / "logd" / "log")
        capabilities = "-all,+syslog"
        command = lan.namespace.prefix() + [
            "setpriv", f"--reuid={LOGD_UID}", f"--regid={LOGD_UID}", "--clear-groups", "--no-new-privs", f"--inh-caps={capabilities}",
            f"--ambient-caps={capabilities}", f"--bounding-set={capabilities}", lan.program, "logd", "--config", str(self.folder / "config"),
            "--kmsg", kmsg or str(self.folder / "kmsg"),
        ]
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(self.folder / "notify"))
        os.chmod(self.folder / "notify", 0o777)
        self._notify.settimeout(scaled(20))
        environment = {"PATH": "/usr/bin", "COREKMS_RUN": str(self.folder), "NOTIFY_SOCKET": str(self.folder / "notify")}
        self.output = pathlib.Path(transcripts) / "logd.log"
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment)
        assert self._notify.recv(100) == b"READY=1"
        self._notify.shutdown(socket.SHUT_RDWR)
        self._local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._local.connect(self.log_path)

    def send(self, datagram):
        self._local.send(datagram if isinstance(datagram, bytes) else datagram.encode())

    def say(self, text, priority=30, name="app", pid=7):
        """As syslog(3) does."""
        self.send(f"<{priority}>Nov 26 04:05:06 {name}[{pid}]: {text}")

    def kernel(self, text, priority=6, skip=0, usec=1_000_000):
        self._sequence += 1 + skip
        os.write(self._kmsg, f"{priority},{self._sequence},{usec},-;{text}\n".encode())

    def netd_says(self, text):
        (self.folder / "netd" / "state.new").write_text(text)
        os.rename(self.folder / "netd" / "state.new", self.folder / "netd" / "state")

    def records(self, kind):
        try:
            return records((self.folder / "logd" / "state").read_text(), kind)
        except FileNotFoundError:
            return []

    def count(self, key, kind="logs", **fields):
        """A number of the first record of the kind with these fields; -1 while there is none."""
        for record in self.records(kind):
            if all(record[k] == v for k, v in fields.items()):
                return int(record[key])
        return -1

    def reader(self, question=b"since=0\n"):
        """A connection to the socket of readers, with the question asked."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(scaled(20))
        connection.connect(str(self.folder / "logd" / "read"))
        if question:
            connection.sendall(question)
        return connection

    def read(self, since=0):
        """All records after that number, as (kind, fields)."""
        with self.reader(f"since={since}\n".encode()) as connection:
            return records(read_all(connection).decode())

    def entries(self, since=0):
        return [fields for kind, fields in self.read(since) if kind == "entry"]

    def wait_entries(self, count):
        return wait_until(f"{count} entries", lambda: (found := self.entries()) and len(found) >= count and found, 20)

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(scaled(20))

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for thing in (self._local, self._notify):
            thing.close()
        os.close(self._kmsg)


def read_all(connection):
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


class UdpSink:
    """A server whose messages are datagrams."""

    def __init__(self, lan, port, address=SERVER4):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = lan.namespace.inside(socket.socket, family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
        self._socket.bind((address, port))
        self._socket.settimeout(0.2)
        self.messages, self._end = [], threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._end.is_set():
            try:
                self.messages.append(self._socket.recv(65536))
            except TimeoutError:
                pass

    def close(self):
        self._end.set()
        self._thread.join()
        self._socket.close()


class TcpSink:
    """A server whose messages are framed; `framing` is octet, newline or null. With `reads` off it accepts and lets everything lie."""

    def __init__(self, lan, port, framing, address=SERVER4, reads=True):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = lan.namespace.inside(socket.socket, family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096 if not reads else 65536)
        self._listener.bind((address, port))
        self._listener.listen(8)
        self._listener.settimeout(0.2)
        self.framing, self.reads = framing, reads
        self.messages, self.connections, self._open, self._end = [], 0, [], threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while not self._end.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._open.append(connection)
            self.connections += 1
            if self.reads:
                threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        rest = b""
        try:
            while part := connection.recv(65536):
                rest = self._take(rest + part)
        except OSError:
            pass

    def _take(self, data):
        while True:
            if self.framing == "octet":
                length, blank, message = data.partition(b" ")
                if not blank or len(message) < int(length):
                    return data
                self.messages.append(message[: int(length)])
                data = message[int(length) :]
            else:
                message, end, data_after = data.partition(b"\n" if self.framing == "newline" else b"\0")
                if not end:
                    return data
                self.messages.append(message)
                data = data_after

    def unread(self):
        """Bytes that lie in the one connection, waiting to be read."""
        count = array.array("i", [0])
        fcntl.ioctl(self._open[0], termios.FIONREAD, count)
        return count[0]

    def drop_connections(self):
        for connection in self._open:
            connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._open.clear()

    def close(self):
        self._end.set()
        self._thread.join()
        self._listener.close()
        for connection in self._open:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()


class NameServer:
    """dnsmasq on the address OTHER4, which knows these: {"name": ("address", seconds)}."""

    def __init__(self, lan, transcripts, known):
        records = [f"--host-record={name},{address},{ttl}" for name, (address, ttl) in known.items()]
        self._log = pathlib.Path(transcripts) / "dnsmasq.log"
        with open(self._log, "ab") as output:
            self.process = subprocess.Popen(lan.namespace.prefix() + [
                "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--log-facility=-", "--log-queries", "--pid-file=",
                "--no-resolv", "--no-hosts", f"--listen-address={OTHER4}", "--bind-interfaces", "--local=/example.org/", *records,
            ], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        wait_until("dnsmasq listens", lambda: f"{OTHER4}:53 " in lan.namespace.run("ss", "-Hlun"), 10)

    def questions(self):
        return self._log.read_text().count("query[")

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


# ---- real servers ------------------------------------------------------------------------------------------------------------------

FIELDS = ("pri", "time", "host", "app", "pid", "id", "data", "text")  # of a line of the file that they write

RSYSLOG = """
global(workDirectory="/var" parser.escapeControlCharactersOnReceive="off")
module(load="imudp")
module(load="imtcp")
template(name="all" type="string" string="%pri%|%timereported:::date-rfc3339%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")
template(name="raw" type="string" string="%rawmsg%\\n")
ruleset(name="parsed") { action(type="omfile" file="FOLDER/parsed" template="all") }
ruleset(name="raw") { action(type="omfile" file="FOLDER/raw" template="raw") }
input(type="imudp" address="192.0.2.9" port="5514" ruleset="parsed")
input(type="imtcp" address="192.0.2.9" port="5514" ruleset="parsed")
input(type="imtcp" address="192.0.2.9" port="5515" ruleset="raw")
"""

SYSLOG_NG = """@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); flush-lines(1); time-reopen(1); };
source s_udp { syslog(ip("192.0.2.9") port(5514) transport("udp")); };
source s_octet { syslog(ip("192.0.2.9") port(5514) transport("tcp")); };
source s_newline { network(ip("192.0.2.9") port(5516) transport("tcp") flags(syslog-protocol)); };
source s_raw { network(ip("192.0.2.9") port(5515) transport("tcp") flags(no-parse)); };
destination d_parsed { file("FOLDER/parsed" template("${PRI}|${S_ISODATE}|${HOST}|${PROGRAM}|${PID}|${MSGID}|${SDATA}|${MSG}\\n") frac-digits(3)); };
destination d_raw { file("FOLDER/raw" template("${MSG}\\n")); };
log { source(s_udp); source(s_octet); source(s_newline); destination(d_parsed); };
log { source(s_raw); destination(d_raw); };
"""


RSYSLOG_TLS = """
global(workDirectory="/var" defaultNetstreamDriver="DRIVER" defaultNetstreamDriverCAFile="PKI/ca.pem"
       defaultNetstreamDriverCertFile="PKI/server.pem" defaultNetstreamDriverKeyFile="PKI/server.key")
module(load="imtcp" streamDriver.name="DRIVER" streamDriver.mode="1" AUTH)
template(name="all" type="string" string="%pri%|%timereported:::date-rfc3339%|%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%msg%\\n")
ruleset(name="parsed") { action(type="omfile" file="FOLDER/parsed" template="all") }
input(type="imtcp" address="192.0.2.9" port="6514" ruleset="parsed")
"""
RSYSLOG_AUTH = {False: 'streamDriver.authMode="anon"', True: 'streamDriver.authMode="x509/name" permittedPeer=["kms-branch7"]'}

SYSLOG_NG_TLS = """@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); flush-lines(1); time-reopen(1); };
source s_tls { syslog(ip("192.0.2.9") port(6514) transport("tls")
  tls(key-file("PKI/server.key") cert-file("PKI/server.pem") ca-dir("PKI/hashed") peer-verify(AUTH))); };
destination d_parsed { file("FOLDER/parsed" template("${PRI}|${S_ISODATE}|${HOST}|${PROGRAM}|${PID}|${MSGID}|${SDATA}|${MSG}\\n") frac-digits(3)); };
log { source(s_tls); destination(d_parsed); };
"""
SYSLOG_NG_AUTH = {False: "optional-untrusted", True: "required-trusted"}


class RealServer:
    """rsyslogd or syslog-ng: parsed messages on TCP and UDP port 5514 (newlines: `newline_port`), anything of one line on TCP port 5515."""

    def __init__(self, lan, kind, transcripts):
        peers.need({"rsyslog": "rsyslog", "syslog-ng": "syslog-ng-core"}[kind])
        self.newline_port = 5514 if kind == "rsyslog" else 5516
        self._ports = (5514, 5515, self.newline_port)
        self._start(lan, kind, transcripts, RSYSLOG if kind == "rsyslog" else SYSLOG_NG)

    def _start(self, lan, kind, transcripts, text):
        self.folder = lan.folder / kind
        self.folder.mkdir(exist_ok=True)
        config = self.folder / "config"
        config.write_text(text.replace("FOLDER", str(self.folder)))
        command = {"rsyslog": ["rsyslogd", "-n", "-f", str(config), "-i", "/run/pid"],
                   "syslog-ng": ["syslog-ng", "-F", "--no-caps", "-f", str(config), "-R", "/run/persist", "-p", "/run/pid", "-c", "/run/control"]}
        jailed = peers.jailed(command[kind], self.folder / f"jail-{secrets.token_hex(4)}")
        self._lan, self._log = lan, pathlib.Path(transcripts) / f"{kind}.log"
        with open(self._log, "ab") as output:
            self.process = subprocess.Popen(lan.namespace.prefix() + jailed, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        wait_until(f"{kind} listens", self._listens, 60)

    def _listens(self):
        assert self.process.poll() is None, self._log.read_text()
        return all(f"192.0.2.9:{port} " in self._lan.namespace.run("ss", "-Hltn") for port in self._ports) and \
            (5514 not in self._ports or "192.0.2.9:5514 " in self._lan.namespace.run("ss", "-Hlun"))

    def parsed(self):
        try:
            lines = (self.folder / "parsed").read_bytes().decode(errors="surrogateescape").splitlines()
        except FileNotFoundError:
            return []
        return [dict(zip(FIELDS, line.split("|", len(FIELDS) - 1))) for line in lines]

    def raw(self):
        try:
            return (self.folder / "raw").read_text().splitlines()
        except FileNotFoundError:
            return []

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class RealTlsServer(RealServer):
    """The same under TLS, on port 6514; `kind` is rsyslog-gnutls, rsyslog-openssl or syslog-ng. With `asks` it wants the certificate of
    kms-branch7."""

    def __init__(self, lan, kind, transcripts, asks=False):
        peers.need({"syslog-ng": "syslog-ng-core"}.get(kind, kind))
        self._ports = (6514,)
        if kind == "syslog-ng":
            text = SYSLOG_NG_TLS.replace("AUTH", SYSLOG_NG_AUTH[asks])
        else:
            text = RSYSLOG_TLS.replace("AUTH", RSYSLOG_AUTH[asks]).replace("DRIVER", {"rsyslog-gnutls": "gtls", "rsyslog-openssl": "ossl"}[kind])
        self._start(lan, kind.split("-")[0] if kind != "syslog-ng" else kind, transcripts, text.replace("PKI", str(lan.folder / "pki")))


class TlsSink(TcpSink):
    """A server of RFC 5425 by Python's ssl, whose certificate the test chooses; `asks` for one of the client, too."""

    def __init__(self, lan, port, certificate, key, asks=None, address=SERVER4):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        if asks:
            self._context.verify_mode = ssl.CERT_REQUIRED
            self._context.load_verify_locations(asks)
        self.errors, self.ciphers, self.goodbyes = [], [], 0
        super().__init__(lan, port, "octet", address)

    def _read(self, connection):
        rest, plain = b"", connection
        try:
            connection = self._context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
            self._open[self._open.index(plain)] = connection
            self.ciphers.append(connection.cipher())
            while part := connection.recv(65536):
                rest = self._take(rest + part)
            self.goodbyes += 1
        except OSError as error:
            self.errors.append(str(error))
