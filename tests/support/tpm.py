# SPDX-License-Identifier: MIT
"""A TPM 2.0 beside a machine: swtpm, its PCRs read without the machine's help once the machine is gone."""

import os
import socket
import struct
import subprocess
import tempfile

from qemu_net import wait_until

BANKS = {"sha1": 0x04, "sha256": 0x0B, "sha384": 0x0C, "sha512": 0x0D}  # TPM_ALG_ID, by hashlib's names
_SET_DATAFD = 0x10  # swtpm_ioctls(3)
_PCR_READ = 0x17E  # TPM 2.0 Library, part 3, 22.4


class Swtpm:
    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self._sockets = tempfile.TemporaryDirectory(prefix="corekms-tpm-")  # the name of a socket is short
        self._control = f"{self._sockets.name}/control"
        self._log = open(f"{folder}/swtpm.log", "ab")
        command = ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--ctrl", f"type=unixio,path={self._control}"]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        wait_until("swtpm's control socket", lambda: os.path.exists(self._control), 10)

    def arguments(self, device):
        """Of QEMU; `device` is tpm-tis, tpm-crb or, on ARM, tpm-tis-device."""
        return ("-chardev", f"socket,id=tpm,path={self._control}", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", f"{device},tpmdev=tpm0")

    def pcr(self, bank, index):
        """What stands in a PCR. The machine must have been killed, as QEMU's orderly end is the TPM's."""
        control = socket.socket(socket.AF_UNIX)
        control.settimeout(10)
        control.connect(self._control)
        ours, theirs = socket.socketpair()
        ours.settimeout(10)
        with control, ours, theirs:
            socket.send_fds(control, [struct.pack(">I", _SET_DATAFD)], [theirs.fileno()])
            assert struct.unpack(">I", control.recv(4)) == (0,), "swtpm takes no other than the machine"
            selection = struct.pack(">IHB", 1, BANKS[bank], 3) + (1 << index).to_bytes(3, "little")
            ours.sendall(struct.pack(">HII", 0x8001, 10 + len(selection), _PCR_READ) + selection)
            answer = ours.recv(4096)
        tag, size, code = struct.unpack_from(">HII", answer)
        assert (tag, size, code) == (0x8001, len(answer), 0), answer.hex()
        counts = struct.unpack_from(">IH", answer, 24)  # after the update counter and the selection
        assert counts[0] == 1, answer.hex()
        return answer[30 : 30 + counts[1]]

    def close(self):
        self.process.kill()
        self.process.wait()
        self._log.close()
        self._sockets.cleanup()
