# SPDX-License-Identifier: MIT
"""The components of the image with all that is known of them: components.toml, and what bill.sh collected from the packages."""

import hashlib
import json
import pathlib
import re
import tomllib
import urllib.parse
import uuid
from dataclasses import dataclass, field

import debian_copyright

SPACE = uuid.UUID("c0e5c0e5-0000-5000-8000-000000000000")  # under which ours are derived
HERE = pathlib.Path(__file__).parent


@dataclass
class File:
    """One file that the build fetched, or that it took from an installed package."""

    name: str
    sha256: str


@dataclass
class Patch:
    """One of ours on a component: its path in the repository, and where it is."""

    name: str
    path: pathlib.Path


@dataclass
class Component:
    name: str
    about: str
    part_of: str
    without: str  # a profile
    package: str  # what was fetched or is installed
    kind: str  # "source", "tar" (upstream's part alone), "deb", "host"
    version: str  # of that package
    source: str  # Debian's source package, and its version
    source_version: str
    architecture: str
    licence: str  # SPDX expression
    own_licences: dict  # LicenseRef-...: text
    files: list  # of File
    patches: list = field(default_factory=list)  # of Patch
    archives: list = field(default_factory=list)
    cpe: str = ""

    @property
    def upstream_version(self):
        return upstream(self.version)

    def purl(self, release):
        return debian_purl(self.package, self.version, release, "source" if self.kind in ("source", "tar") else self.architecture)

    def cpe23(self):
        if not self.cpe:
            return ""
        part, vendor, product = self.cpe.split(":")
        return f"cpe:2.3:{part}:{vendor}:{product}:{self.upstream_version}:*:*:*:*:*:*:*"

    def source_purl(self, release):
        """The source package, which every archive of Debian's has under this name."""
        return debian_purl(self.source, self.source_version, release, "source")


def debian_purl(package, version, release, architecture=""):
    quoted = (urllib.parse.quote(text, safe="~.-_") for text in (package, version))
    return "pkg:deb/debian/{}@{}?".format(*quoted) + (f"arch={architecture}&" if architecture else "") + f"distro=debian-{release}"


def upstream(version):
    """Debian's version without what Debian added: epoch, revision, "+dfsg" and the like."""
    version = re.sub(r"^[0-9]+:", "", version)
    version = version.rsplit("-", 1)[0] if "-" in version else version
    if "+really" in version:
        return version.split("+really", 1)[1]
    return re.sub(r"[.+~](dfsg|ds|deb).*$", "", version)


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def identifier(document):
    """A UUID (version 5) that only this document has."""
    return str(uuid.uuid5(SPACE, json.dumps(document)))


def of_tree(folder):
    """One sum over a folder: of the lines that sha256sum prints, sorted by name."""
    folder = pathlib.Path(folder)
    lines = [f"{sha256(path)}  {path.relative_to(folder)}\n" for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "__pycache__"]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def in_archive(path):
    """What stands in the root file system: name and content of each regular file. It is a cpio archive as gen_init_cpio writes it, alone
    or within the kernel's ELF, where it is not compressed."""
    content, files = pathlib.Path(path).read_bytes(), {}
    start = re.search(rb"070701[0-9A-Fa-f]{104}", content)
    if not start:
        raise SystemExit(f"bill: there is no root file system in {path}")
    content, at = content[start.start() :], 0
    while content[at : at + 6] == b"070701":
        size, name_size = (int(content[at + offset : at + offset + 8], 16) for offset in (54, 94))
        mode = int(content[at + 14 : at + 22], 16)
        name = content[at + 110 : at + 110 + name_size - 1].decode()
        begin = at + 110 + name_size + 3 & ~3
        if mode >> 12 == 8:
            files[name.lstrip("/")] = content[begin : begin + size]
        at = begin + size + 3 & ~3
    return files


def used_file(path):
    return File(path, of_tree(path) if path.endswith("/") else sha256(path))


class Collected:
    """The folder that bill.sh filled: `packages` (a line each: kind name version source source-version architecture) and `fetched`,
    lines as ck_record writes them; `texts/COMPONENT/copyright` is debian/copyright, beside it stand the source's own texts."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.packages = {}
        for line in (self.folder / "packages").read_text().splitlines():
            kind, name, version, source, source_version, architecture = line.split()
            self.packages[name] = (kind, version, source, source_version, architecture)
        self.fetched = {}
        for line in (self.folder / "fetched").read_text().splitlines():
            _, package, _, digest, name = line.split()
            files = self.fetched.setdefault(package, [])
            if all(file.name != name for file in files):
                files.append(File(name, digest))

    def texts(self, component):
        folder = self.folder / "texts" / component
        return sorted(path for path in folder.rglob("*") if path.is_file())


def _licence(row, collected, known, repository):
    texts = collected.folder / "texts" / row["name"]
    if row.get("licence") == "headers":
        return _of_headers(collected, repository), {}
    if "licence" in row:
        expression = debian_copyright.identifier((texts / row["licence"]).read_text())
        if not expression:
            raise SystemExit(f"bill: {row['licence']} of {row['name']} has no SPDX-License-Identifier")
        return expression, {}
    stanzas = debian_copyright.read((texts / "copyright").read_text())
    names = debian_copyright.names_for(stanzas, row.get("takes", []), row.get("leaves", ()))
    if not names:
        raise SystemExit(f"bill: debian/copyright says nothing about what is taken of {row['name']}")
    licences = debian_copyright.Licences(row["name"], stanzas, known)
    return licences.expression(names), licences.own


def _of_headers(collected, repository):
    """Of the kernel's headers that our sources include: each says its own."""
    included = set()
    for path in (repository / "src").rglob("*.[ch]*"):
        included |= set(re.findall(r"^#include <((?:linux|asm)/[^>]+)>", path.read_text(), re.M))
    found = []
    for name in sorted(included):
        expression = debian_copyright.identifier((collected.folder / "include" / name).read_text(errors="replace"))
        if not expression:
            raise SystemExit(f"bill: the header {name} has no SPDX-License-Identifier")
        if expression not in found:
            found.append(expression)
    return debian_copyright.together(found)


def table(machine):
    """components.toml, for this kind of machine and, as it is the same, for the Debian release that builds."""
    result = tomllib.loads((HERE / "components.toml").read_text().replace("{machine}", machine))
    release = re.search(r'^VERSION_ID="?([0-9]+)', pathlib.Path("/etc/os-release").read_text(), re.M)
    here = {machine, f"{machine} {release.group(1) if release else ''}"}
    result["component"] = [row for row in result["component"] if row.get("only", machine) in here]
    return result


def _patches(row, version, repository):
    patterns = (pattern.replace("{version}", upstream(version)) for pattern in row.get("patches", []))
    return [Patch(str(path.relative_to(repository)), path) for pattern in patterns for path in sorted(repository.glob(pattern))]


def components(folder, repository, machine):
    """All of components.toml, with what was collected."""
    rows = table(machine)
    collected = Collected(folder)
    result = []
    for row in rows["component"]:
        package = row["from"].removeprefix("host:")
        kind, version, source, source_version, architecture = collected.packages[package]
        licence, own = _licence(row, collected, rows["licences"], repository)
        files = collected.fetched.get(package, []) if kind != "host" else [used_file(path) for path in row["uses"]]
        result.append(
            Component(
                name=row["name"],
                about=row["about"],
                part_of=row["part_of"],
                without=row.get("without", ""),
                package=package,
                kind=kind,
                version=version,
                source=source,
                source_version=source_version,
                architecture=architecture,
                licence=licence,
                own_licences=own,
                files=files,
                patches=_patches(row, version, repository),
                archives=row.get("archives", []),
                cpe=row.get("cpe", ""),
            )
        )
    return result
