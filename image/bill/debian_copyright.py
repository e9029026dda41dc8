# SPDX-License-Identifier: MIT
"""debian/copyright as SPDX expressions: what of a source package is under which licence (the machine-readable form, DEP-5)."""

import fnmatch
import re


class Stanza:
    """One paragraph: its patterns of files, the short name of the licence, and that licence's text where it stands with it."""

    def __init__(self, fields):
        self.patterns = fields.get("files", "").split()
        head, _, text = fields.get("license", "").partition("\n")
        self.name = head.strip()
        self.text = "\n".join("" if line.strip() == "." else line[1:] for line in text.splitlines()).strip()


def read(text):
    """The stanzas that name a licence, in their order."""
    stanzas = []
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields, key = {}, None
        for line in paragraph.splitlines():
            if line[:1] in " \t" and key:
                fields[key] += "\n" + line
            elif ":" in line:
                key, _, value = line.partition(":")
                key = key.lower()
                fields[key] = value.strip()
        if "license" in fields:
            stanzas.append(Stanza(fields))
    return stanzas


def _covers(pattern, path):
    return fnmatch.fnmatchcase(path, pattern)


def names_for(stanzas, takes, leaves=()):
    """The names of the licences of these files. Of a file the last stanza holds whose pattern fits; of a folder, the last that fits all
    of it, and every one that fits something in it: rather one too many than one too few."""
    names = []
    with_files = [stanza for stanza in stanzas if stanza.patterns]
    for path in takes or ["/"]:
        whole, inside = None, []
        for stanza in with_files:
            if any(_covers(pattern, path) for pattern in stanza.patterns):
                whole, inside = stanza, inside if path.endswith("/") else []
            elif path.endswith("/") and any(
                (pattern.startswith(path) or path == "/" or ("*" in pattern and pattern.split("*")[0].startswith(path)))
                and not pattern.startswith(("debian/", *leaves))
                for pattern in stanza.patterns
            ):
                inside.append(stanza)
        for stanza in ([whole] if whole else []) + inside:
            if stanza.name not in names:
                names.append(stanza.name)
    return names


def together(parts):
    return " AND ".join(f"({part})" if " " in part and part[0] != "(" and len(parts) > 1 else part for part in parts)


def parts(expression):
    """What stands between the outermost ANDs."""
    found, depth, start = [], 0, 0
    for word in re.finditer(r"[()]| AND ", expression):
        depth += {"(": 1, ")": -1}.get(word[0], 0)
        if word[0] == " AND " and depth == 0:
            found.append(expression[start : word.start()])
            start = word.end()
    found.append(expression[start:])
    return [part[1:-1] if part[0] == "(" and " OR " not in part else part for part in found]


class Licences:
    """Expressions of one component. `known` maps Debian's names to SPDX's; others become LicenseRef-COMPONENT-NAME with their text."""

    def __init__(self, component, stanzas, known):
        self._component, self._stanzas, self._known = component, stanzas, known
        self.own = {}  # LicenseRef-...: text

    def expression(self, names):
        parts = []
        for name in names:
            choice = [self._one(each) for each in re.split(r" +or +", name)]
            part = choice[0] if len(choice) == 1 else "(" + " OR ".join(choice) + ")"
            if part not in parts:
                parts.append(part)
        return together(parts)

    def _one(self, name):
        if name in self._known:
            return self._known[name]
        text = next((stanza.text for stanza in self._stanzas if stanza.name == name and stanza.text), None)
        if not text:
            raise SystemExit(f"bill: debian/copyright of {self._component} names the licence {name!r} without its text, and components.toml does not know it")
        reference = "LicenseRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", f"{self._component}-{name}")
        self.own[reference] = text
        return reference


DEPRECATED = {"GPL-2.0": "GPL-2.0-only", "GPL-2.0+": "GPL-2.0-or-later", "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later", "GPL-1.0+": "GPL-1.0-or-later"}


def identifier(text):
    """The expression after SPDX-License-Identifier in a file, in today's identifiers."""
    found = re.search(r"SPDX-License-Identifier:\s*(.+?)\s*(?:\*/|-->)?\s*$", text, re.M)
    if not found:
        return None
    words = re.findall(r"[()]|[^\s()]+", found[1])
    return re.sub(r"\( | \)", lambda space: space[0].strip(), " ".join(DEPRECATED.get(word, word) for word in words))
