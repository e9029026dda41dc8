#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`./ck bench [size|ram|boot|build|lease|gateway|flood]`: the numbers of the README, as Markdown tables, measured on the files in out/.

size   bytes of the outputs.
ram    the least -m at which the image serves: a lease, then an RPC exchange through the gateway.
build  `./ck build` when nothing changed.
boot   kernel start to listening, split by two -icount shifts into work (N instructions) and waiting (W); power-on to the first
       relayed reply; and the same of the recipe that this image succeeds, booted in the same run on the same kernel (predecessor.py).
lease  netd beside other DHCP clients: times to an address, memory (lease.py).
gateway  gatewayd beside other TCP relays: exchanges, latency, memory, a storm of clients (gateway.py); `--storm N`: how many.
flood  gatewayd while another program floods the log (flood.py).

A figure that misses its must is marked so and makes the exit status 1; no other verdict is given.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, f"{ROOT}/tests/support")

import flood  # noqa: E402
import gateway  # noqa: E402
import lease  # noqa: E402
import predecessor  # noqa: E402
from qemu import Nic, Vm  # noqa: E402
from qemu_net import UPSTREAM4, Lab  # noqa: E402
from upstream import Upstream, rpc_exchange  # noqa: E402

OUT = f"{ROOT}/out"
EFI, VMLINUX, ISO, ELF = f"{OUT}/corekms.efi", f"{OUT}/corekms.vmlinux", f"{OUT}/corekms.iso", f"{ROOT}/build/target/corekms"
ARM64_ISO = f"{OUT}/corekms-aarch64.iso"  # where ./ck build --arch aarch64 was run
MICRO_VMLINUX = f"{OUT}/corekms-micro.vmlinux"  # and --profile micro
MICROVM = "microvm,acpi=off"  # Without its interval timer (pit=off) no clock can be calibrated under TCG.
missed = []


def verdict(name, value, must):
    if value > must:
        missed.append(f"{name}: {value} is over the must of {must}")
        return " (**over the must**)"
    return ""


# ---- size ------------------------------------------------------------------------------------------------------------------------


def size():
    print("| file | bytes | must | aim |\n|---|---|---|---|")
    rows = [(EFI, 2_800_000, 2_400_000), (ISO, 3_500_000, 3_000_000)]
    rows += [(f"{OUT}/corekms-aarch64.efi", 4_500_000, None), (f"{OUT}/corekms-metal.efi", 5_000_000, None), (f"{OUT}/corekms-micro.bzimage", 1_474_560, None)]
    rows += [(ELF, 500_000, 250_000), (VMLINUX, None, None)]
    for path, must, aim in rows:
        if not os.path.exists(path):  # a profile that has not been built
            continue
        value = os.path.getsize(path)
        mark = verdict(os.path.basename(path), value, must) if must else ""
        name = "userland ELF" if path == ELF else os.path.basename(path)
        limits = " | ".join(f"{limit:,}" if limit else "-" for limit in (must, aim))
        print(f"| {name} | {value:,}{mark} | {limits} |")


# ---- helpers ---------------------------------------------------------------------------------------------------------------------


class Bench:
    """A lab with an upstream, and machines booted in it one after the other."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="corekms-bench-")
        self.lab = Lab(f"{self.folder}/lab")
        self.upstream = Upstream(netns=self.lab.name)
        self.upstream.start("::", 1688)
        self.count = 0
        return self

    def __exit__(self, *_):
        self.upstream.stop()
        self.lab.close()

    def boot(self, **options):
        self.count += 1
        nic = Nic("virtio-net-device" if options.get("machine", "").startswith("microvm") else "virtio-net-pci")
        return Vm(self.lab, f"{self.folder}/vm{self.count}", nics=[nic], **options), nic.mac

    def relayed(self, mac, patience):
        """The moment at which a reply came back through the guest, or None."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            address = self.lab.lease(mac)
            if not address:
                time.sleep(0.01)
                continue
            try:
                rpc_exchange((address, 1688), b"bench", timeout=min(left, 0.5), netns=self.lab.name)
                return time.monotonic()
            except OSError:  # asked before the guest had the address: this side would ask for its MAC again, or send its SYN, a second later
                self.lab.ip(f"neigh flush to {address}")
        return None


# ---- ram -------------------------------------------------------------------------------------------------------------------------


def serves(bench, memory, patience, options):
    machine, mac = bench.boot(memory=memory, **options)
    try:
        return bench.relayed(mac, patience) is not None
    except AssertionError:
        return False
    finally:
        machine.close()


def least(bench, low, high, patience, options, step=1):
    """The least memory in (low, high] MiB that serves, found by halving; None when even `high` does not."""
    if not serves(bench, high, patience, options):
        return None
    while high - low > step:
        middle = low + (high - low) // step // 2 * step
        if serves(bench, middle, patience, options):
            high = middle
        else:
            low = middle
    return high


def ram():
    paths = [
        ("SeaBIOS, ISO, q35", dict(image=ISO, boot="iso-cd"), 12, 36, 20, 1, 32, 20),
        ("PVH, microvm", dict(image=VMLINUX, boot="kernel", machine=MICROVM, cmdline="reboot=t"), 10, 34, 15, 1, 28, 18),
        ("OVMF, ISO, q35", dict(image=ISO, boot="iso-cd", firmware="ovmf"), 48, 128, 40, 4, 1 << 30, 64),
    ]
    if os.path.exists(MICRO_VMLINUX):
        paths.append(("PVH, microvm, the micro profile", dict(image=MICRO_VMLINUX, boot="kernel", machine=MICROVM, cmdline="reboot=t"), 8, 34, 15, 1, 1 << 30, 16))
    if os.path.exists(ARM64_ISO):
        paths.append(("EDK2, ISO, virt (64-bit ARM)", dict(image=ARM64_ISO, boot="iso-cd", machine="virt"), 64, 192, 60, 4, 1 << 30, "-"))
    print("| path | least RAM that serves (MiB) | must | aim |\n|---|---|---|---|")
    with Bench() as bench:
        for name, options, low, high, patience, step, must, aim in paths:
            value = least(bench, low, high, patience, options, step)
            if value is None:
                missed.append(f"{name}: does not serve with {high} MiB")
                print(f"| {name} | none up to {high} (**over the must**) | {must} | {aim} |", flush=True)
                continue
            shown = "measured" if must == 1 << 30 else must
            print(f"| {name} | {value}{verdict(name, value, must)} | {shown} | {aim} |", flush=True)


# ---- boot ------------------------------------------------------------------------------------------------------------------------


def guest_ms(bench, shift, serving, options):
    """Milliseconds of guest time from the start of the kernel's clock to a listening socket, an instruction lasting 2^shift ns."""
    machine, _ = bench.boot(memory=128, extra=["-icount", f"shift={shift},sleep=off"], **options)
    try:
        if "initrd" not in options:
            machine.wait_screen(re.compile("SERVING").search, 120, "the status screen")
            machine.type("4")  # the page that says when each program was ready
        return float(machine.wait_screen(serving, 120, "the moment of serving").group(1))
    finally:
        machine.close()


def split(bench, serving, options, shifts=(2, 5)):
    """(N in millions of instructions, W in ms) from T(S) = W + N * 2^S."""
    low, high = (guest_ms(bench, shift, serving, options) for shift in shifts)
    per = (high - low) / (2 ** shifts[1] - 2 ** shifts[0])  # ms per (instruction * 2^S ns), i.e. N in millions
    return per, low - per * 2 ** shifts[0]


def first_reply(bench, runs, options):
    times = []
    for _ in range(runs):
        machine, mac = bench.boot(memory=128, **options)
        try:
            at = bench.relayed(mac, 90)
            if at is None:
                raise SystemExit(f"no reply was relayed; the screen is:\n{machine.screen()}")
            times.append(at - machine.started)
        finally:
            machine.close()
    return statistics.median(times)


def compressed_size(path):
    """What the archive would add to a kernel that has it built in, under the same compression."""
    return len(subprocess.run(["zstd", "-19", "-q", "-c", path], check=True, capture_output=True).stdout)


def boot():
    ours = dict(image=EFI, boot="kernel")
    listening = re.compile(r"gatewayd +running .*\(boot \+ (\d+) ms\)").search
    with Bench() as bench:
        old = dict(image=EFI, boot="kernel", initrd=predecessor.assemble(ROOT, bench.folder, UPSTREAM4), cmdline="rdinit=/init")
        old_listening = re.compile(r"LISTENING (\d+) ms").search
        work, wait = split(bench, listening, ours)
        old_work, old_wait = split(bench, old_listening, old)
        reply = first_reply(bench, 3, dict(image=ISO, boot="iso-cd"))
        reply_kernel, old_reply = first_reply(bench, 3, ours), first_reply(bench, 3, old)
        payload, old_payload = os.path.getsize(EFI), os.path.getsize(EFI) + compressed_size(old["initrd"])
    mark = verdict("instructions to serving (millions)", round(work), 120)
    reply_mark = verdict("power-on to first relayed reply (s)", round(reply, 1), 5.0)
    print("| what | CoreKMS | predecessor's recipe | ratio | must | aim |\n|---|---|---|---|---|---|")
    print(f"| kernel start to listening, work N (q35, virtio) | {work:.0f} M instructions{mark} | {old_work:.0f} M | {old_work / work:.1f} | 120 M | 75 M |")
    print(f"| the same, waiting W | {wait:.0f} ms | {old_wait:.0f} ms | | | |")
    print(f"| power-on to first relayed reply, SeaBIOS, ISO, TCG | {reply:.1f} s{reply_mark} | | | 5 s | 2.5 s |")
    print(f"| the same, kernel loaded by QEMU | {reply_kernel:.1f} s | {old_reply:.1f} s | {old_reply / reply_kernel:.1f} | | |")
    print(f"| bytes to load | {payload:,} | {old_payload:,} | {old_payload / payload:.1f} | | |")


# ---- build -----------------------------------------------------------------------------------------------------------------------


def build():
    command = [f"{ROOT}/ck", "build"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    times = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - began)
    value = statistics.median(times)
    print("| what | time | must | aim |\n|---|---|---|---|")
    print(f"| `./ck build`, nothing changed | {value:.1f} s{verdict('build with nothing changed', round(value, 1), 3.0)} | 3 s | 1 s |")


def read_arguments(arguments):
    """The measurements that are named; options go where they belong."""
    if "--storm" not in arguments:
        return arguments
    at = arguments.index("--storm")
    if not arguments[at + 1 :] or not arguments[at + 1].isdigit():
        raise SystemExit("bench: --storm wants a number of clients")
    gateway.STORM = int(arguments[at + 1])
    return arguments[:at] + arguments[at + 2 :]


def main():
    tables = {"size": size, "ram": ram, "boot": boot, "build": build, "lease": lambda: lease.lease(verdict),
              "gateway": lambda: gateway.gateway(verdict), "flood": lambda: flood.flood(verdict)}
    wanted = read_arguments(sys.argv[1:]) or list(tables)
    for name in wanted:
        if name not in tables:
            raise SystemExit(f"bench: no such measurement: {name} (there are: {', '.join(tables)})")
    for path in (ELF,) if set(wanted) <= {"lease", "gateway", "flood"} else (EFI, VMLINUX, ISO, ELF):
        if not os.path.exists(path):
            raise SystemExit(f"bench: {os.path.relpath(path, ROOT)} is missing: run ./ck build first")
    for name in wanted:
        print(f"\n`./ck bench {name}`\n", flush=True)
        tables[name]()
    for line in missed:
        print(f"bench: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
