# SPDX-License-Identifier: MIT
"""`./ck bench gateway`: gatewayd beside the TCP relays that people use, on this machine's kernel, each in fresh namespaces. For the
rates and latencies all of them run at once and take turns of a fraction of a second, so that what else the machine does hits all
alike; who has no turn waits and costs nothing.

    clients 198.51.100.0/24 ---- relay ---- upstream      three namespaces; "direct" is a third cable, from clients to upstream

Clients and upstream (load/) have one CPU, the relay has the other. An exchange is connect, bind, one request of 250 opaque bytes, its
response, close. Each relay is set to take 1,024 connections, one thread or one worker process, nothing logged.

Exchanges a second: 32 clients that begin anew as soon as they are served. Latency: clients that come at a fixed rate, served or not;
"added" is the median (the 99th percentile) of a turn less that of direct in the same round. Memory: what the relay's processes
have resident, after one exchange and with clients that are bound and then wait; in runs of their own. CPU time: what the
scheduler gave to the processes of the relay. Instructions: those of user space, counted by callgrind in runs of their own, the difference of
two counts; the kernel's are in the CPU time alone. Storm: see load/clients.h. No figure is asserted by a test.
"""

import collections
import contextlib
import functools
import json
import os
import pathlib
import random
import re
import resource
import secrets
import shutil
import statistics
import subprocess
import tempfile
import threading
import time

import peers
from lease_watch import processes
from netns import ROOT, Namespace


def setting(name, default):
    """What COREKMS_GATEWAY_<name> says."""
    return int(os.environ.get(f"COREKMS_GATEWAY_{name}", default))


ROUNDS = setting("ROUNDS", 30)  # in each of which every relay has a turn; 0: the storm alone
EXCHANGES = setting("EXCHANGES", 2_000)  # of 32 clients, a turn
RATE = setting("RATE", 500)  # a second; what the slowest of them bears
ARRIVALS = setting("ARRIVALS", 500)  # at that rate, a turn
HOLDS = setting("HOLDS", 3)  # how often memory is measured
HELD = setting("HELD", 1_000)  # clients that are bound and wait
STORM = setting("STORM", 10_000)  # clients at once, with as many sockets as the descriptor limit lets them have; 0: none
SOURCES = setting("SOURCES", 250)  # addresses that the clients come from
COUNTED = setting("COUNTED", 400)  # exchanges under callgrind, and then three times as many; 0: none
PATIENCE = setting("PATIENCE", 180)  # seconds for one measurement
# What gatewayd needs to let so few addresses do so much, and to hold clients for as long as the others do; else its defaults.
CONFIG = "pool name=bench concurrency=1024\nlimits connections=1024 per-source=1024 burst=60000 per-minute=60000\n"

PORT = 1688
CONNECTIONS = 1_024
CLIENTS_TO_RELAY, RELAY_TO_CLIENTS = "192.0.2.1", "192.0.2.2"
CLIENTS_DIRECT, UPSTREAM_DIRECT = "192.0.2.129", "192.0.2.130"
RELAY_TO_UPSTREAM, UPSTREAM = "203.0.113.1", "203.0.113.2"
SOURCE_NET, SOURCE = "198.51.100.0/24", "198.51.100.1"

HAPROXY = f"""global
  nbthread 1
  maxconn {CONNECTIONS}
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen relay
  bind :{PORT}
  server upstream {UPSTREAM}:{PORT}
"""
NGINX = f"""load_module /usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
user root;
pid /run/nginx.pid;
worker_processes 1;
error_log stderr;
events {{ worker_connections {2 * CONNECTIONS + 16}; }}
stream {{
  server {{
    listen {PORT} backlog={CONNECTIONS};
    proxy_pass {UPSTREAM}:{PORT};
    proxy_connect_timeout 5s;
    proxy_timeout 30s;
  }}
}}
"""
RELAYS = {
    "gatewayd": None,
    "HAProxy": ["/usr/sbin/haproxy", "-db", "-q", "-f", "/run/haproxy.cfg"],
    "nginx stream": ["/usr/sbin/nginx", "-c", "/run/nginx.conf"],
    "socat": ["/usr/bin/socat", f"TCP4-LISTEN:{PORT},fork,reuseaddr,nodelay,backlog={CONNECTIONS},max-children={CONNECTIONS}",
              f"TCP4:{UPSTREAM}:{PORT},nodelay"],
    "systemd-socket-proxyd": ["/usr/bin/systemd-socket-activate", "-l", str(PORT), "/usr/lib/systemd/systemd-socket-proxyd",
                              f"--connections-max={CONNECTIONS}", f"{UPSTREAM}:{PORT}"],
}
DIRECT = "direct"
# A process of its own for each connection; under callgrind the count of a child begins with that of its parent.
UNCOUNTABLE = {"socat"}
SETUP = f"mkdir -p /var/lib/nginx /var/log/nginx\ncat >/run/haproxy.cfg <<'END'\n{HAPROXY}END\ncat >/run/nginx.conf <<'END'\n{NGINX}END"


def chosen():
    """The programs of this run: all, or those that COREKMS_GATEWAY_PROGRAMS names, separated by commas."""
    named = os.environ.get("COREKMS_GATEWAY_PROGRAMS")
    names = named.split(",") if named else list(RELAYS)
    if unknown := [name for name in names if name not in RELAYS]:
        raise SystemExit(f"bench: no such relay: {', '.join(unknown)} (there are: {', '.join(RELAYS)})")
    return names


def gatewayd():
    return os.environ.get("COREKMS_PROGRAM") or str(ROOT / "build" / "target" / "corekms")


@functools.cache
def load_program():
    """gateway_load, compiled when something of it has changed."""
    tree = ROOT / "build" / "tools"
    for command in (["cmake", "--preset", "tools", "-S", ROOT], ["cmake", "--build", tree, "--target", "gateway_load"]):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"bench: gateway_load cannot be built:\n{done.stdout[-3000:]}")
    return str(tree / "gateway_load")


def cpus():
    """(of clients and upstream, of the relay)"""
    allowed = sorted(os.sched_getaffinity(0))
    return str(allowed[0]), str(allowed[-1])


class Net:
    """The three namespaces and their cables."""

    def __init__(self):
        nonce = secrets.token_hex(4)
        self.clients, self.relay, self.upstream = (Namespace(f"ckg{kind}-{nonce}") for kind in "cru")
        for namespace in (self.clients, self.relay, self.upstream):
            # Thousands of connections a second between two addresses: the ports of those that are over are used anew.
            namespace.run("sysctl", "-qw", "net.ipv4.tcp_tw_reuse=1", "net.ipv4.ip_local_port_range=1024 65535")
        self._cable(self.clients, f"{CLIENTS_TO_RELAY}/25", self.relay, f"{RELAY_TO_CLIENTS}/25")
        self._cable(self.clients, f"{CLIENTS_DIRECT}/25", self.upstream, f"{UPSTREAM_DIRECT}/25")
        self._cable(self.relay, f"{RELAY_TO_UPSTREAM}/24", self.upstream, f"{UPSTREAM}/24")
        self.clients.ip(f"route add local {SOURCE_NET} dev lo table local")
        self.relay.ip(f"route add {SOURCE_NET} via {CLIENTS_TO_RELAY}")
        self.upstream.ip(f"route add {SOURCE_NET} via {CLIENTS_DIRECT}")

    def _cable(self, one, address, other, other_address):
        name = secrets.token_hex(4)
        one.ip(f"link add a{name} type veth peer name b{name} netns {other.name}")
        for namespace, link, its_address in ((one, f"a{name}", address), (other, f"b{name}", other_address)):
            namespace.ip(f"address add {its_address} dev {link}")
            namespace.ip(f"link set {link} up")

    def close(self):
        for namespace in (self.clients, self.relay, self.upstream):
            namespace.delete()


class Run:
    """One relay (or none) between clients and upstream; a context manager."""

    def __init__(self, program, counting=False):
        self.program, self._counting = program, counting
        self.folder = tempfile.mkdtemp(prefix="ck-gateway-", dir="/dev/shm")  # memory, as /run is in the image
        self._log = open(f"{self.folder}/relay.log", "wb")
        self._load_cpu, self._relay_cpu = cpus()
        self._processes = []
        self.net = Net()

    def __enter__(self):
        try:
            upstream = self._start(self.net.upstream, self._load_cpu, [load_program(), "upstream", str(PORT)], stdout=subprocess.PIPE)
            if upstream.stdout.readline() != b"listening\n":
                raise SystemExit("bench: the upstream does not start")
            if self.program != DIRECT:
                self._relay = self._start(self.net.relay, self._relay_cpu, self._command(), env=self._environment())
            # Refused connections are repeated until the relay is there.
            if self.load("closed", count=1, parallel=1, patience=5) is None:
                raise SystemExit(f"bench: {self.program} relays nothing:\n{pathlib.Path(self._log.name).read_text()[-2000:]}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        while left := [pid for space in (self.net.clients, self.net.relay, self.net.upstream) for pid, _, _ in processes(space)]:
            for pid in left:  # nobody else is in these namespaces
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)
        for process in self._processes:
            process.wait()
        self._log.close()
        self.net.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, namespace, cpu, command, **options):
        command = [*namespace.prefix(), "taskset", "-c", cpu, *command]
        process = subprocess.Popen(command, **{"stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log, **options})
        self._processes.append(process)
        return process

    def start_beside(self, command, **options):
        """Another program beside the clients, on their CPU: not counted among the relay's."""
        return self._start(self.net.clients, self._load_cpu, command, env=self._environment(), **options)

    def _command(self):
        counter = []
        if self._counting:
            counter = ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={self.folder}/out.%p",
                       f"--log-file={self.folder}/count.%p"]
        if self.program != "gatewayd":
            return peers.jailed(counter + RELAYS[self.program], f"{self.folder}/jail", setup=SETUP)
        pathlib.Path(self.folder, "config").write_text(CONFIG)
        own = [gatewayd(), "gatewayd", "--config", f"{self.folder}/config", "--upstream", f"{UPSTREAM}:{PORT}"]
        # What valgrind is may lie among the peers.
        return peers.jailed(counter + own, f"{self.folder}/jail") if counter else own

    def _environment(self):
        for name in ("gatewayd", "netd"):
            os.makedirs(f"{self.folder}/run/{name}", exist_ok=True)
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "COREKMS_RUN": f"{self.folder}/run"}

    def _load_command(self, mode, **options):
        to = UPSTREAM_DIRECT if self.program == DIRECT else RELAY_TO_CLIENTS
        options = {"source": SOURCE, "sources": SOURCES, **options}
        return [load_program(), mode, to, str(PORT), *(word for name, value in options.items() for word in (f"--{name}", str(value)))]

    def load(self, mode, **options):
        """What gateway_load reports of it, or None when it came to no end."""
        process = self._start(self.net.clients, self._load_cpu, self._load_command(mode, **options), stdout=subprocess.PIPE)
        try:
            printed, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        if process.returncode != 0:
            raise SystemExit(f"bench: gateway_load failed:\n{pathlib.Path(self._log.name).read_text()[-2000:]}")
        return json.loads(printed)

    def hold(self, count):
        """(clients held, memory meanwhile)"""
        process = self._start(self.net.clients, self._load_cpu, self._load_command("hold", count=count), stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)
        report = json.loads(process.stdout.readline())
        memory = self.memory()
        process.stdin.close()
        process.wait()
        time.sleep(0.5)  # the relay sees that they are gone
        return report["held"], memory

    def memory(self):
        """(RSS, PSS) of the relay's processes, in bytes."""
        time.sleep(0.2)
        found = processes(self.net.relay)
        return sum(rss for _, rss, _ in found), sum(pss for _, _, pss in found)

    def cpu_seconds(self):
        """What the relay's processes have had of their CPU; of those that have ended, in clock ticks."""
        nanoseconds, ticks = 0, 0
        for pid, _, _ in processes(self.net.relay):
            try:
                for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
                    nanoseconds += int((task / "schedstat").read_text().split()[0])
                ticks += sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[13:15]))
            except (FileNotFoundError, ProcessLookupError):
                continue
        return nanoseconds / 1e9 + ticks / os.sysconf("SC_CLK_TCK")

    def size(self):
        """Bytes of the files that the relay runs code of: the program and its libraries."""
        files = {}
        for pid, _, _ in processes(self.net.relay):
            for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
                fields = line.split()
                if len(fields) == 6 and "x" in fields[1] and fields[5].startswith("/"):
                    files[fields[5]] = os.stat(f"/proc/{pid}/root{fields[5]}").st_size
        return sum(files.values())

    def counted(self):
        """Ends the relay, and returns how many instructions callgrind saw in all."""
        self._relay.terminate()
        self._relay.wait(20)
        end = time.monotonic() + 5
        while processes(self.net.relay) and time.monotonic() < end:
            time.sleep(0.05)
        logs = "".join(path.read_text() for path in pathlib.Path(self.folder).glob("count.*"))
        return sum(map(int, re.findall(r"Collected : (\d+)", logs)))


# ---- what is measured ----------------------------------------------------------------------------------------------------------


def measure_memory(program):
    """{what: number}, of a relay that was just started."""
    with Run(program) as run:
        found = dict(zip(("rss", "pss"), run.memory(), strict=True))
        found["size"] = run.size()
        found["held"], (found["held_rss"], found["held_pss"]) = run.hold(HELD)
    return found


def take_turn(run):
    """{what: number}"""
    before = run.cpu_seconds()
    closed = run.load("closed", count=EXCHANGES, parallel=32)
    cpu_us = (run.cpu_seconds() - before) * 1e6 / EXCHANGES
    open_ = run.load("open", count=ARRIVALS, rate=RATE)
    if closed is None or open_ is None or open_["served"] == 0:
        raise SystemExit(f"bench: {run.program} did not relay {EXCHANGES} exchanges within {PATIENCE} s")
    return {"per_second": closed["served"] / closed["seconds"], "cpu_us": cpu_us, "median_us": open_["median_us"],
            "p99_us": open_["p99_us"], "failed": closed["refused"] + closed["timed_out"] + open_["given_up"]}


def measure(programs):
    """{program: {what: [number of each round]}}, and of direct as well"""
    results = {program: collections.defaultdict(list) for program in (DIRECT, *programs)}
    for _ in range(HOLDS):
        for program in programs:
            for what, number in measure_memory(program).items():
                results[program][what].append(number)
    with contextlib.ExitStack() as stack:
        runs = [stack.enter_context(Run(program)) for program in results]
        for _ in range(ROUNDS):
            for run in random.sample(runs, len(runs)):
                for what, number in take_turn(run).items():
                    results[run.program][what].append(number)
    for result in results.values():
        for what in ("median_us", "p99_us"):
            result[f"added_{what}"] = [own - direct for own, direct in zip(result[what], results[DIRECT][what], strict=True)]
    return results


def instructions(program):
    """Instructions an exchange in user space, or None where callgrind cannot say."""
    if COUNTED == 0 or program in UNCOUNTABLE:
        return None
    totals = []
    for count in (COUNTED, 3 * COUNTED):
        with Run(program, counting=True) as run:
            if run.load("closed", count=count, parallel=4) is None:
                return None
            time.sleep(0.5)
            totals.append(run.counted())
    return (totals[1] - totals[0]) / (2 * COUNTED) if totals[0] else None


def storm(program):
    """(what gateway_load reports of it or None, the most memory that was seen)"""
    most, over = 0, threading.Event()
    parallel = min(STORM, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 64)

    def watch(run):
        nonlocal most
        ended = False
        while not ended:  # and once more when it is over, however short it was
            ended = over.wait(0.1)
            most = max(most, sum(rss for _, rss, _ in processes(run.net.relay)))

    with Run(program) as run:
        watcher = threading.Thread(target=watch, args=(run,))
        watcher.start()
        try:
            report = run.load("storm", count=STORM, parallel=parallel)
        finally:
            over.set()
            watcher.join()
    return report, most


# ---- the tables ------------------------------------------------------------------------------------------------------------------


def middle(values, digits=0, scale=1.0):
    """Median of the rounds (lower to upper quartile)."""
    low, _, high = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    text = f"{statistics.median(values) / scale:,.{digits}f}"
    low, high = f"{low / scale:,.{digits}f}", f"{high / scale:,.{digits}f}"
    return text + (f" ({low} to {high})" if low != high else "")


def print_relays(programs, results):
    print(f"| program | exchanges/s, 32 clients | added median, {RATE}/s (us) | added p99 (us) | CPU time an exchange (us) "
          f"| instructions an exchange, user space | RSS idle (kB) | RSS, {HELD:,} held (kB) | PSS idle, held (kB) | held | attempts failed "
          "| program and libraries (kB) |")
    print("|---" * 12 + "|")
    direct = results[DIRECT]
    print(f"| direct | {middle(direct['per_second'])} | median {middle(direct['median_us'])} | p99 {middle(direct['p99_us'])} "
          f"| - | - | - | - | - | - | {sum(direct['failed'])} | - |")
    for program in programs:
        found, count = results[program], instructions(program)
        print(f"| {program} | {middle(found['per_second'])} | {middle(found['added_median_us'])} | {middle(found['added_p99_us'])} "
              f"| {middle(found['cpu_us'], 1)} | {'-' if count is None else format(count, ',.0f')} | {middle(found['rss'], scale=1000)} "
              f"| {middle(found['held_rss'], scale=1000)} | {middle(found['pss'], scale=1000)}, {middle(found['held_pss'], scale=1000)} "
              f"| {middle(found['held'])} | {sum(found['failed'])} | {middle(found['size'], scale=1000)} |", flush=True)


def print_verdicts(results, verdict):
    """gatewayd against the relays that the musts name."""
    def value(program, what):
        return statistics.median(results[program][what])

    rivals = [name for name in ("HAProxy", "nginx stream") if name in results]
    print("\n| what | gatewayd | best of HAProxy and nginx | ratio | must | aim |\n|---|---|---|---|---|---|")
    own = value("gatewayd", "per_second")
    best = max((value(name, "per_second") for name in rivals), default=None)
    if best:
        mark = verdict("exchanges a second, the best rival's by gatewayd's", round(best / own, 2), 1.0)
        print(f"| exchanges a second | {own:,.0f} | {best:,.0f} | {own / best:.2f}{mark} | 1 or more | 1.3 |")
    own = value("gatewayd", "added_p99_us")
    best = min((value(name, "added_p99_us") for name in rivals), default=None)
    if best is not None:
        mark = verdict("added p99 latency (us)", own, best)
        ratio = f"{own / best:.2f}" if best > 0 and own > 0 else "-"
        print(f"| added p99 latency (us) | {own:,.0f} | {best:,.0f} | {ratio}{mark} | at most 1 | 0.5 |")
    own, held = value("gatewayd", "held_rss"), value("gatewayd", "held")
    if "HAProxy" in results:
        best = value("HAProxy", "held_rss")
        mark = verdict(f"RSS at {HELD:,} held, by HAProxy's", round(own / best, 3), 0.25)
        print(f"| RSS at {HELD:,} held (kB) | {own / 1000:,.0f} | HAProxy: {best / 1000:,.0f} | {own / best:.2f}{mark} | at most 0.25 | 0.1 |")
    held = int(held)
    mark = verdict(f"clients of {HELD:,} that were not held", HELD - held, 0)
    print(f"| clients held | {held:,.0f} | of {HELD:,} | {held / HELD:.2f}{mark} | all | all |", flush=True)


def print_storm(programs, verdict):
    print(f"\n{STORM:,} clients at once:\n\n| program | served | seconds | attempts refused | timed out | most attempts of a client "
          "| longest wait (s) | p99 wait (s) | most RSS (kB) |")
    print("|---" * 9 + "|")
    for program in programs:
        report, most = storm(program)
        left = STORM - (report["served"] if report else 0)
        mark = verdict(f"clients of a storm of {STORM:,} that were not served within {PATIENCE} s", left, 0) if program == "gatewayd" else ""
        if report is None:
            print(f"| {program} | not all{mark} | over {PATIENCE} | - | - | - | - | - | {most / 1000:,.0f} |", flush=True)
            continue
        print(f"| {program} | {report['served']:,}{mark} | {report['seconds']:.1f} | {report['refused']:,} | {report['timed_out']:,} "
              f"| {report['most_attempts']} | {report['longest_us'] / 1e6:.1f} | {report['p99_us'] / 1e6:.1f} | {most / 1000:,.0f} |", flush=True)


def gateway(verdict):
    """`verdict(what, value, must)` notes a value over its must and returns the mark for it."""
    programs = chosen()
    if ROUNDS:
        print(f"Median of {ROUNDS} rounds of {EXCHANGES:,} exchanges (the middle half of them).\n")
        results = measure(programs)
        print_relays(programs, results)
        if "gatewayd" in programs:
            print_verdicts(results, verdict)
    if STORM:
        print_storm(programs, verdict)
