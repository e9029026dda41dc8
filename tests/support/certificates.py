# SPDX-License-Identifier: MIT
"""Authorities, certificates and keys, made by openssl while a test runs."""

import pathlib
import shutil
import subprocess
import time


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


class Authority:
    """One that signs. What it makes lies in `folder`: NAME.pem and NAME.key."""

    def __init__(self, folder, name="ca", algorithm="ec"):
        self.folder, self.name, self._algorithm = pathlib.Path(folder), name, algorithm
        self.folder.mkdir(exist_ok=True)
        openssl("req", "-x509", *self._new(name), "-out", self.path(name), "-days", "30", "-subj", f"/CN=Test {name}",
                "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def _new(self, name):
        kind = ["rsa:2048"] if self._algorithm == "rsa" else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        return ["-newkey", *kind, "-nodes", "-keyout", self.path(name, "key")]

    def path(self, name, kind="pem"):
        return self.folder / f"{name}.{kind}"

    def sign(self, name, names, common_name=None, days=20, usage="serverAuth,clientAuth"):
        """A certificate for these names ("DNS:a.example,IP:192.0.2.9"); with no days it has expired on return."""
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"basicConstraints=CA:FALSE\nsubjectAltName={names}\nextendedKeyUsage={usage}\n")
        request = self.folder / f"{name}.csr"
        openssl("req", *self._new(name), "-out", request, "-subj", f"/CN={common_name or name}")
        openssl("x509", "-req", "-in", request, "-CA", self.path(self.name), "-CAkey", self.path(self.name, "key"), "-CAcreateserial",
                "-out", self.path(name), "-days", days, "-extfile", extensions)
        if days == 0:
            time.sleep(1.1)  # it is good to the end of its second; OpenSSL from 3.5 on makes none that ends before it begins

    def hash(self):
        """The folder in the form that OpenSSL looks authorities up in."""
        hashed = self.folder / "hashed"
        hashed.mkdir(exist_ok=True)
        number = openssl("x509", "-hash", "-noout", "-in", self.path(self.name)).strip()
        shutil.copy(self.path(self.name), hashed / f"{number}.0")


def field(path):
    """As a value of a record."""
    return "".join("%%%02x" % ord(c) if c in " \n%" else c for c in pathlib.Path(path).read_text())
