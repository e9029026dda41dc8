#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the papers of the image from what bill.sh collected.

    bill.py sbom COLLECTED OUT                  bill of materials (corekms.cdx.json, corekms.spdx.json) and licenses/
    bill.py provenance COLLECTED OUT NAME...   corekms.provenance.json, whose subjects are these files of OUT; prints the build id
    bill.py list MACHINE                        what components.toml is made from, for bill.sh
    bill.py headers MACHINE                     folders of it that are source themselves
    bill.py program ROOT                        the hash of the program in this root file system

Same inputs, same bytes: the moment is that of the commit, every identifier is a hash of what it identifies.
"""

import datetime
import hashlib
import json
import pathlib
import sys
from dataclasses import dataclass

import cyclonedx
import debian_copyright
import facts
import licences
import provenance
import spdx

REPOSITORY = facts.HERE.parent.parent


@dataclass
class Image:
    """What bill.sh wrote into COLLECTED/image, a `key=value` a line."""

    version: str
    commit: str
    full_commit: str
    tree_sha256: str
    seconds: int
    release: str
    stem: str  # of the names in out/
    architecture: str
    profile: str
    smp: str
    fragments: str  # of the kernel's configuration
    kinds: str  # what ./ck build makes
    root: str  # where the root file system is
    kernel_config: str
    distributor: str
    repository: pathlib.Path = REPOSITORY

    def __post_init__(self):
        self.seconds = int(self.seconds)
        files = facts.in_archive(self.root)
        self.build = files["etc/build-id"].decode().strip()
        self.program_sha256 = hashlib.sha256(files["init"]).hexdigest()
        # A program of the build in the gateway's place (./ck build --service), of which nothing else is known.
        self.service_sha256 = hashlib.sha256(files["service/program"]).hexdigest() if "service/program" in files else ""
        # And what else the command line of ./ck build put in, by hash.
        given = {"service": "service/program", "serviceArguments": "service/args", "configuration": "config/corekms.toml"}
        self.given = {key: {"sha256": hashlib.sha256(files[name]).hexdigest()} for key, name in given.items() if name in files}
        self.service_files = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items()) if name.startswith("service/files/")}
        if self.service_files:
            lines = "".join(f"{digest}  {name}\n" for name, digest in self.service_files.items())
            self.given["serviceFiles"] = {"sha256": hashlib.sha256(lines.encode()).hexdigest()}

    @property
    def moment(self):
        return datetime.datetime.fromtimestamp(self.seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    @staticmethod
    def licence(components):
        """Of the whole: ours, and each part's, once."""
        parts = ["MIT"]
        for component in components:
            for part in debian_copyright.parts(component.licence):
                if part not in parts:
                    parts.append(part)
        return debian_copyright.together(parts)


def write(path, document):
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    path.chmod(0o644)


def sbom(components, image, collected, out):
    common = {row["name"]: row["common"] for row in facts.table(image.architecture)["component"] if "common" in row}
    write(out / f"{image.stem}.cdx.json", cyclonedx.document(components, image))
    write(out / f"{image.stem}.spdx.json", spdx.document(components, image))
    licences.write(out / f"licenses{image.stem.removeprefix('corekms')}", components, image, collected, common, facts.sha256(image.kernel_config), image.distributor)


def statement(components, image, collected, out, names):
    tools = [line.split() for line in (collected.folder / "tools").read_text().splitlines()]
    fragments = [REPOSITORY / f"image/kernel/fragments/{name}.config" for name in image.fragments.split()]
    ours = [REPOSITORY / "toolchain" / name for name in ("flags", "targets", "mbedtls_config.h", "libcxx_config_site.h")] + fragments
    configuration = [(path.relative_to(REPOSITORY), path) for path in ours] + [("kernel.config", image.kernel_config)]
    subjects = [(name, facts.sha256(out / name)) for name in names]
    write(out / f"{image.stem}.provenance.json", provenance.document(components, image, subjects, tools, configuration))
    print(image.build)


def list_rows(machine):
    """A line each for bill.sh: name, what it is made from, and the texts of its own."""
    for row in facts.table(machine)["component"]:
        print(row["name"], row["from"], *row.get("texts", []))


def list_headers(machine):
    """What is used of an installed package as it is, being source itself: package and folder."""
    for row in facts.table(machine)["component"]:
        for path in row.get("uses", []):
            if path.endswith("/"):
                print(row["from"].removeprefix("host:"), path)


def main(arguments):
    if arguments[:1] == ["list"]:
        return list_rows(*arguments[1:])
    if arguments[:1] == ["headers"]:
        return list_headers(*arguments[1:])
    if arguments[:1] == ["program"]:
        return print(hashlib.sha256(facts.in_archive(arguments[1])["init"]).hexdigest())
    command, folder, out, *names = arguments
    collected = facts.Collected(folder)
    pairs = (line.partition("=") for line in (collected.folder / "image").read_text().splitlines())
    image = Image(**{key: value for key, _, value in pairs})
    components = [each for each in facts.components(folder, REPOSITORY, image.architecture) if each.without != image.profile]
    if "iso" not in image.kinds.split():
        components = [each for each in components if each.part_of != "boot"]
    if command == "sbom":
        return sbom(components, image, collected, pathlib.Path(out))
    return statement(components, image, collected, pathlib.Path(out), names)


if __name__ == "__main__":
    main(sys.argv[1:])
