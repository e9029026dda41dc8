# SPDX-License-Identifier: MIT
"""One virtual machine under QEMU's own translation (TCG), in the namespace of a Lab, with its screen, its serial line and its QMP.

The machine is never a snapshot: the image file is opened for writing, so that a test can tell that nothing was written. The guest's
clock is QEMU's virtual clock, which without -icount runs with the host's while the machine runs: wall time is guest time.
Transcripts (qemu.log, qmp.log, serial.raw, screen.txt) stay in the machine's folder.
"""

import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from qemu_net import scaled
from qemu_qmp import Qmp, QmpError
from qemu_vt import Terminal

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
OVMF_SECURE_CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
EDK2_ARM64 = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd"
AAVMF_SECURE_CODE = "/usr/share/AAVMF/AAVMF_CODE.ms.fd"
AAVMF_VARS = "/usr/share/AAVMF/AAVMF_VARS.ms.fd"  # AAVMF_VARS.fd is no store yet


class Nic:
    """A network card to plug in: a model and the MAC under which the lab's servers will know it.

    `boots`: what the machine is booted from it by, "rom" (the card's own, iPXE) or "firmware" (UEFI's driver); None: it is not."""

    _count = 0

    def __init__(self, model, identity=None, boots=None):
        Nic._count += 1
        self.model, self.identity, self.boots = model, identity or f"nic{Nic._count}", boots
        value = Nic._count + (os.getpid() << 8)
        self.mac = f"52:54:{value >> 24 & 255:02x}:{value >> 16 & 255:02x}:{value >> 8 & 255:02x}:{value & 255:02x}"
        self.tap = None

    def netdev(self, lab):
        self.tap = self.tap or lab.tap()
        return f"tap,id=net-{self.identity},ifname={self.tap},script=no,downscript=no"

    def device(self):
        rom = "" if self.boots == "rom" or self.model.endswith("-device") or self.model.startswith("usb-") else ",romfile="
        order = ",bootindex=0" if self.boots else ""
        return f"{self.model},id={self.identity},netdev=net-{self.identity},mac={self.mac}{rom}{order}"


class Line:
    """A line of the machine that has a console at its end, and here a terminal. `child` is the machine's end: give it to QEMU and close it."""

    def __init__(self, path):
        self.terminal = Terminal()
        self._path = path
        self._raw = open(path, "ab", buffering=0)
        self._changed = threading.Condition()
        self._socket, self.child = socket.socketpair()

    def start(self):
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                return
            self._raw.write(data)
            with self._changed:
                self.terminal.feed(data)
                self._changed.notify_all()

    def raw(self, begin=0):
        """All that the machine has sent, from byte `begin` on."""
        with open(self._path, "rb") as file:
            file.seek(begin)
            return file.read()

    def raw_size(self):
        return os.path.getsize(self._path)

    def type(self, text):
        self._socket.sendall(text.encode())

    def wait(self, predicate, seconds, running):
        """What predicate(text) yields once that is true; None if it does not within `seconds`, or when `running`() is no longer true."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                found = predicate(self.terminal.text())
                left = end - time.monotonic()
                if found or left <= 0 or not running():
                    return found or None
                self._changed.wait(min(left, 0.5))

    def close(self):
        self._socket.close()
        self._raw.close()


class Vm:
    """Arguments: `boot` is one of iso-cd, iso-disk, disk (all with `image`), kernel (`image`, `cmdline`, `initrd`), network.

    A `machine` of "virt" is a 64-bit ARM one; its firmware is EDK2, with Secure Boot if `firmware` says so; its CD stands behind virtio-scsi.

    A disk is in the format `form` of QEMU and stands behind `device`: the last of them is the disk, those before are controllers.

    `agent` is an Agent of qemu_agent.py for the second serial port. With `virtio` there is a virtio console as well."""

    def __init__(self, lab, folder, *, image, boot, machine="q35", firmware="seabios", device=("ide-hd",), form="raw", nics=(), memory=64, cmdline="", initrd=None, extra=(), agent=None, virtio=False):
        os.makedirs(folder, exist_ok=True)
        self.lab, self.folder, self.nics = lab, folder, list(nics)
        self.serial = Line(f"{folder}/serial.raw")
        self.virtio = Line(f"{folder}/virtio.raw") if virtio else None
        self._qmp_log = open(f"{folder}/qmp.log", "a", encoding="utf-8")
        control, control_child = socket.socketpair()
        command = self._command(image, boot, machine, firmware, device, form, memory, cmdline, initrd)
        command += ["-chardev", f"socket,id=serial,fd={self.serial.child.fileno()}", "-serial", "chardev:serial"]
        command += ["-chardev", f"socket,id=qmp,fd={control_child.fileno()}", "-mon", "chardev=qmp,mode=control"]
        handed = [self.serial.child, control_child]
        self.agent = agent
        if virtio:
            command += ["-device", "virtio-serial-pci", "-chardev", f"socket,id=virtio,fd={self.virtio.child.fileno()}"]
            command += ["-device", "virtconsole,chardev=virtio"]
            handed.append(self.virtio.child)
        if agent:
            command += agent.arguments()
            handed.append(agent.child)
        command += list(extra)
        with open(f"{folder}/qemu.log", "ab") as log:
            log.write((" ".join(command) + "\n").encode())
            log.flush()
            self.started = time.monotonic()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[end.fileno() for end in handed]
            )
        for end in handed:
            end.close()
        for line in filter(None, (self.serial, self.virtio)):
            line.start()
        self.qmp = Qmp(control, self._qmp_log)
        try:
            self.qmp.negotiate(scaled(20))
        except QmpError:
            self.close()
            with open(f"{folder}/qemu.log", encoding="utf-8", errors="replace") as log:
                raise AssertionError("QEMU did not start: " + log.read()[-2000:]) from None

    def _command(self, image, boot, machine, firmware, device, form, memory, cmdline, initrd):
        arm = machine.startswith("virt")
        system = "qemu-system-aarch64" if arm else "qemu-system-x86_64"
        command = self.lab.leash() + [system, "-nodefaults", "-no-user-config", "-machine", machine, "-accel", "tcg,thread=single"]
        command += ["-smp", "1", "-m", str(memory), "-display", "none", "-no-reboot", "-rtc", "base=utc"]
        if not arm and not machine.startswith("microvm"):
            command += ["-vga", "std"]
        if arm:
            command += ["-cpu", "cortex-a72"]
        if firmware == "edk2-secure":  # the test has put its variables there
            command += [] if arm else ["-global", "driver=cfi.pflash01,property=secure,value=on"]
            command += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={AAVMF_SECURE_CODE if arm else OVMF_SECURE_CODE}"]
            command += ["-drive", f"if=pflash,unit=1,format=raw,file={self.folder}/edk2-vars.fd"]
        elif arm:
            command += ["-bios", EDK2_ARM64]
        elif firmware == "ovmf":
            variables = f"{self.folder}/ovmf-vars.fd"
            shutil.copyfile(OVMF_VARS, variables)
            command += ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}"]
            command += ["-drive", f"if=pflash,unit=1,format=raw,file={variables}"]
        if boot == "kernel":
            command += ["-kernel", image] + (["-append", cmdline] if cmdline else []) + (["-initrd", initrd] if initrd else [])
        elif boot == "iso-cd":
            command += ["-drive", f"if=none,id=boot,media=cdrom,readonly=on,format=raw,file={image}"]
            command += ["-device", "virtio-scsi-pci", "-device", "scsi-cd,drive=boot,bootindex=0"] if arm else ["-device", "ide-cd,drive=boot,bootindex=0"]
        elif boot in ("iso-disk", "disk"):
            *controllers, drive = device
            command += ["-drive", f"if=none,id=boot,format={form},cache=writethrough,file={image}"]
            for word in (*controllers, f"{drive},drive=boot,bootindex=0"):
                command += ["-device", word]
        elif boot != "network":
            raise ValueError(boot)
        for nic in self.nics:
            command += ["-netdev", nic.netdev(self.lab), "-device", nic.device()]
        return command

    # -- the screen ---------------------------------------------------------------------------------------------------------------
    @property
    def terminal(self):
        return self.serial.terminal

    def raw(self, begin=0):
        return self.serial.raw(begin)

    def raw_size(self):
        return self.serial.raw_size()

    def screen(self):
        return self.terminal.text()

    def wait_screen(self, predicate, timeout, what="the screen", line=None):
        """Waits until predicate(text) of the serial line's screen, or of another line's, yields something true, and returns that."""
        line = line or self.serial
        found = line.wait(predicate, scaled(timeout), lambda: self.process.poll() is None)
        if not found:
            self._keep_screen()
            state = f"QEMU ended with {self.process.poll()}" if self.process.poll() is not None else f"not within {scaled(timeout):.0f} s"
            raise AssertionError(f"{what}: {state}; the screen is:\n{line.terminal.text()}")
        return found

    def type(self, text):
        self.serial.type(text)

    def screendump(self, path):
        self.qmp.command("screendump", filename=path, format="png")

    # -- devices ------------------------------------------------------------------------------------------------------------------
    def plug(self, nic, bus):
        """Adds a card; returns the moment at which the guest could first know of it."""
        kind, *settings = nic.netdev(self.lab).split(",")
        values = dict(setting.split("=", 1) for setting in settings)
        self.qmp.command("netdev_add", type=kind, id=values["id"], ifname=values["ifname"], script="no", downscript="no")
        at = time.monotonic()
        self.qmp.command("device_add", driver=nic.model, id=nic.identity, netdev=values["id"], mac=nic.mac, bus=bus, romfile="")
        return at

    def unplug(self, *nics, timeout=30):
        """Asks the guest to let go of the cards, all at once, and waits until it did."""
        mark = self.qmp.mark()
        for nic in nics:
            self.qmp.command("device_del", id=nic.identity)
        for nic in nics:
            self.qmp.wait_event("DEVICE_DELETED", scaled(timeout), since=mark, device=nic.identity)
            self.qmp.command("netdev_del", id=f"net-{nic.identity}")

    def starved(self):
        """Seconds that the machine's busiest thread was ready to run and waited for a processor (schedstat's second number)."""
        waited = []
        for thread in os.listdir(f"/proc/{self.process.pid}/task"):
            try:
                with open(f"/proc/{self.process.pid}/task/{thread}/schedstat", encoding="ascii") as file:
                    waited.append([int(number) for number in file.read().split()][:2])
            except FileNotFoundError:
                continue  # a worker that has just ended
        return max(waited)[1] / 1e9

    # -- the end ------------------------------------------------------------------------------------------------------------------
    def press_power_button(self, timeout=20):
        """Presses the ACPI power button; the machine must go off by itself. Returns (reason, QEMU's exit status)."""
        mark = self.qmp.mark()
        self.qmp.command("system_powerdown")
        return self.ended(mark, timeout)

    def press_ctrl_alt_del(self, timeout=20):
        mark = self.qmp.mark()
        keys = [{"type": "qcode", "data": key} for key in ("ctrl", "alt", "delete")]
        self.qmp.command("send-key", keys=keys)
        return self.ended(mark, timeout)

    def ended(self, mark, timeout):
        event = self.qmp.wait_event("SHUTDOWN", scaled(timeout), since=mark)
        self._keep_screen()
        return event["data"]["reason"], self.process.wait(scaled(20))

    def pull_the_plug(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def _keep_screen(self):
        with open(f"{self.folder}/screen.txt", "w", encoding="utf-8") as file:
            file.write(self.terminal.text() + "\n")

    def close(self):
        if self.process.poll() is None:
            self._keep_screen()
            self.process.kill()
            self.process.wait()
        for line in filter(None, (self.serial, self.virtio)):
            line.close()
        if self.agent:
            self.agent.close()
