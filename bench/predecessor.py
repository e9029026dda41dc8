# SPDX-License-Identifier: MIT
"""The recipe that this image succeeds, assembled from Debian's packages: BusyBox init, dhcpcd and a shell status loop.

The same kernel boots it: the archive made here is unpacked over the built-in root file system, so its /init wins. Its service is
BusyBox's own `nc`, which relays TCP 1688 to the upstream: the cheapest thing that can answer, so the comparison favours it.
"""

import os
import shutil
import subprocess

_PACKAGES = ("busybox-static", "dhcpcd-base", "libc6", "libudev1", "libcap2")

_INITTAB = """\
::sysinit:/etc/rc
::respawn:/bin/service
::respawn:/bin/status
"""

_RC = """\
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs run /run
mkdir -p /run/dhcpcd /var/lib/dhcpcd
ip link set lo up
hostname predecessor
LD_PRELOAD=/lib/no_locks.so /sbin/dhcpcd -B -q eth0 >/dev/null 2>&1 &
"""

_SERVICE = """\
#!/bin/sh
read up rest </proc/uptime
echo "LISTENING ${up%.*}${up#*.}0 ms" >/dev/ttyS0
exec nc -ll -p 1688 -e /bin/relay
"""

_RELAY = """\
#!/bin/sh
exec nc UPSTREAM 1688
"""

_STATUS = """\
#!/bin/sh
while true; do
  printf '\\033[H\\033[J' >/dev/tty1
  { hostname; uptime; free; ip address; } >/dev/tty1
  sleep 2
done
"""


def _script(root, path, text):
    with open(f"{root}/{path}", "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(f"{root}/{path}", 0o755)


def assemble(checkout, folder, upstream):
    """Makes the archive (newc, uncompressed) and returns its path."""
    packages, root, archive = f"{folder}/predecessor-packages", f"{folder}/predecessor", f"{folder}/predecessor.cpio"
    fetch = """. scripts/lib.sh; ck_apt_source
for p in "${@:2}"; do v=$(ck_versions_available deb "$p" | tail -n 1); ck_fetch_deb "$p" "$v" "$1"; done"""
    subprocess.run(["bash", "-euc", fetch, "fetch", packages, *_PACKAGES], cwd=checkout, check=True, stdout=subprocess.DEVNULL)
    unpacked = {}
    for directory, _, names in os.walk(packages):
        for name in names:
            path = os.path.realpath(f"{directory}/{name}")
            if os.path.isfile(path):
                unpacked[name] = path
    for directory in ("bin", "sbin", "etc", "dev", "proc", "sys", "run", "usr/lib", "var/lib/dhcpcd", "var/run", "lib64", "tmp", "root"):
        os.makedirs(f"{root}/{directory}", exist_ok=True)
    shutil.copy(unpacked["busybox"], f"{root}/bin/busybox")
    applets = subprocess.run([f"{root}/bin/busybox", "--list"], check=True, capture_output=True, text=True).stdout.split()
    for applet in applets:
        if not os.path.lexists(f"{root}/bin/{applet}"):
            os.symlink("busybox", f"{root}/bin/{applet}")
    os.symlink("bin/busybox", f"{root}/init")
    shutil.copy(unpacked["dhcpcd"], f"{root}/sbin/dhcpcd")
    for library in ("libc.so.6", "libudev.so.1", "libcap.so.2", "ld-linux-x86-64.so.2"):
        shutil.copy(unpacked[library], f"{root}/{'lib64' if library.startswith('ld-') else 'usr/lib'}/{library}")
    os.makedirs(f"{root}/lib", exist_ok=True)
    os.symlink("../usr/lib", f"{root}/lib/x86_64-linux-gnu")
    shim = ["clang-19", "-shared", "-nostdlib", "-fPIC", "-Os", "-x", "c", "-", "-o", f"{root}/usr/lib/no_locks.so"]
    subprocess.run(shim, input=b"int flock(int fd, int how) { return fd < 0 || how < 0 ? -1 : 0; }", check=True)
    os.symlink("../usr/lib/no_locks.so", f"{root}/lib/no_locks.so")
    _script(root, "etc/inittab", _INITTAB)
    _script(root, "etc/rc", _RC)
    _script(root, "bin/service", _SERVICE)
    _script(root, "bin/relay", _RELAY.replace("UPSTREAM", upstream))
    _script(root, "bin/status", _STATUS)
    _script(root, "etc/dhcpcd.conf", "hostname\nnohook resolv.conf\noption rapid_commit\noption domain_name_servers, domain_name\n")
    _script(root, "etc/passwd", "root:x:0:0::/root:/bin/sh\ndhcpcd:x:114:65534::/var/lib/dhcpcd:/bin/false\nnobody:x:65534:65534::/:/bin/false\n")
    _script(root, "etc/group", "root:x:0:\nnogroup:x:65534:\n")
    names = subprocess.run(["find", "."], cwd=root, check=True, capture_output=True).stdout
    with open(archive, "wb") as file:
        subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=root, input=names, stdout=file, check=True)
    return archive
