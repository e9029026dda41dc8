# SPDX-License-Identifier: MIT
"""Debian's DHCP clients, servers, attackers, RPC programs, log servers and TCP relays, run as if they were installed, though they only lie unpacked in the cache
(scripts/peers.sh): each runs in a mount namespace of its own, where /usr and /etc hold their files too, /run and /var are empty, and
whatever it writes is gone with it.
"""

import functools
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# $1: the unpacked packages, $2: an empty folder. /var and /run are new; what is written to /etc and /usr stays in memory.
JAIL = r"""
peers=$1 scratch=$2
shift 2
mount -t tmpfs -o mode=755 peers "$scratch"
for folder in usr etc; do
  mkdir -p "$scratch/$folder/upper" "$scratch/$folder/work"
  mount -t overlay -o "lowerdir=$peers/$folder:/$folder,upperdir=$scratch/$folder/upper,workdir=$scratch/$folder/work" overlay "/$folder"
done
mount -t tmpfs -o mode=755 peers /var
mount -t tmpfs -o mode=755 peers /run
mount -t sysfs -o ro sysfs /sys # of this network namespace; networkd waits for udev where it may write
mkdir -p /var/lib/dhcp /var/lib/dhcpcd /var/lib/kea /var/lib/misc /var/lib/dibbler /var/log/kea /var/log/dibbler /var/tmp /run/lock /run/kea \
  /run/systemd/network
ln -s /run /var/run
for user in dhcpcd:64001 dhcpd:64002 systemd-network:64003; do
  id=${user#*:} name=${user%:*}
  grep -q "^$name:" /etc/passwd || echo "$name:x:$id:$id::/var/lib/$name:/usr/sbin/nologin" >>/etc/passwd
  grep -q "^$name:" /etc/group || echo "$name:x:$id:" >>/etc/group
done
"""


@functools.cache
def folder():
    """Where the packages are unpacked."""
    printed = subprocess.run([ROOT / "scripts" / "peers.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return pathlib.Path(printed.strip())


def missing(package):
    """Does this release of Debian have no such package?"""
    return package in (folder() / "missing").read_text().split()


def need(package):
    if missing(package):
        pytest.skip(f"this release of Debian has no package {package}")


def need_file(path, what):
    if not (folder() / path).exists() and not os.path.exists(f"/{path}"):
        pytest.skip(f"this release of Debian ships no {what}")


def jailed(command, scratch, setup="", wait=False):
    """The command line that runs `command` where the packages seem to be installed. `scratch`: an empty folder of the caller's for it
    alone. `setup`: shell commands that run before it, there. With `wait` it says "ready" and starts when a line has been read.
    The process that is started becomes the command."""
    os.makedirs(scratch, exist_ok=True)
    gate = "echo ready; read -r go;" if wait else ""
    script = f'set -eu\n{JAIL}\n{setup}\n{gate}\nexec "$@"'
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", str(folder()), str(scratch), *command]
