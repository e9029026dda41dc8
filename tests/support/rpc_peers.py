# SPDX-License-Identifier: MIT
"""Real DCE/RPC peers in a network namespace: Samba as a domain controller, with its tests of raw DCE/RPC; impacket as client and server.
Both only lie unpacked in the cache (peers.py). They use port 135: Samba's tests know no other.
"""

import json
import os
import pathlib
import subprocess
import time

import peers

PORT = 135
INTERFACES = {  # what they bind: name, UUID and version, and how many operations it has that they call
    "mgmt": ("afa8bd80-7d8a-11c9-bef4-08002b102989", "1.0", 5),
    "epmapper": ("e1af8308-5d1f-11c9-91a4-08002b14a0fa", "3.0", 8),
    "lsarpc": ("12345778-1234-abcd-ef00-0123456789ab", "0.0", 82),
    "netlogon": ("12345678-1234-abcd-ef00-01234567cffb", "1.0", 60),
}
SCALE = float(os.environ.get("COREKMS_TIMEOUT_SCALE", "1"))
HERE = pathlib.Path(__file__).resolve().parent

# Only the RPC server, in one process. The domain is of the kind that needs the least: no DNS server, nothing over SMB.
_SAMBA = r"""
samba-tool domain provision --quiet --realm=EXAMPLE.ORG --domain=EXAMPLE --server-role=dc --dns-backend=NONE --host-name=dc1 \
  --host-ip="$HOST_IP" --targetdir=/var/dc --option="interfaces=$INTERFACES" --option="bind interfaces only=yes"
cat >>/var/dc/etc/smb.conf <<END
[global]
  server services = rpc
  ncalrpc dir = /var/dc/ncalrpc
  pid directory = /var/dc
END
"""

_CLIENT = "mkdir -p /var/samba; printf '[global]\n  lock directory = /var/samba\n  private dir = /var/samba\n' >/var/samba/smb.conf"


class Peer:
    """A server on the address `host` in `netns`, with its output in `log`. `scratch`: an empty folder for it alone."""

    def __init__(self, netns, host, command, scratch, log, setup="", environment=None):
        jailed = peers.jailed(command, scratch, setup)
        with open(log, "wb") as output:
            self.process = subprocess.Popen(in_namespace(netns, jailed), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                            env={**os.environ, **(environment or {})})
        self.netns, self.host, self.log = netns, host, pathlib.Path(log)

    def wait_listening(self, patience=60):
        end = time.monotonic() + patience * SCALE
        while (self.host, PORT) not in listening(self.netns):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, f"nothing listens on port {PORT}:\n{self.log.read_text()}"
            time.sleep(0.1)

    def stop(self):
        self.process.kill()
        self.process.wait()


def listening(netns):
    """The (address, port) pairs of the namespace's TCP servers."""
    pairs = [line.split()[3].rsplit(":", 1) for line in run_in(netns, ["ss", "-Hltn"]).splitlines()]
    return sorted((address.strip("[]"), int(port)) for address, port in pairs)


def in_namespace(netns, command):
    return ["nsenter", f"--net=/run/netns/{netns}", "--", *command]


def run_in(netns, command, **options):
    done = subprocess.run(in_namespace(netns, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def samba(netns, addresses, scratch, log):
    """A domain controller that has just been made, listening on these addresses of the namespace, an IPv4 address first."""
    environment = {"HOST_IP": addresses[0], "INTERFACES": " ".join(addresses)}
    command = ["samba", "-s", "/var/dc/etc/smb.conf", "-M", "single", "--foreground", "--no-process-group", "--debug-stdout"]
    return Peer(netns, addresses[0], command, scratch, log, _SAMBA, environment)


def raw_tests(netns, server, scratch, names=()):
    """What becomes of Samba's raw tests against that address: {name: (outcome, reason)}; see samba_raw_tests.py."""
    command = peers.jailed(["/usr/bin/python3", str(HERE / "samba_raw_tests.py"), *names], scratch, _CLIENT)
    environment = {**os.environ, "SERVER": server, "SMB_CONF_PATH": "/var/samba/smb.conf"}
    outcomes = json.loads(run_in(netns, command, env=environment, timeout=240 * SCALE))
    return {name: tuple(outcome) for name, outcome in outcomes.items()}


def impacket(netns, scratch, *arguments):
    """What impacket_peer.py prints."""
    command = peers.jailed(["/usr/bin/python3", str(HERE / "impacket_peer.py"), *arguments], scratch)
    return run_in(netns, command, timeout=60 * SCALE).splitlines()


def impacket_server(netns, host, scratch, log):
    return Peer(netns, host, ["/usr/bin/python3", str(HERE / "impacket_peer.py"), "serve", host], scratch, log)
