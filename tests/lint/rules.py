# SPDX-License-Identifier: MIT
"""The rules: each takes a path (relative to the repository) and the text of that file, and yields complaints."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Which folder of src/ may include which: "app" here is src/app/program.h, the only thing that all programs share.
MAY_INCLUDE = {
    "base": {"base"},
    "wire": {"wire", "base"},
    "engine": {"engine", "wire", "base"},
    "sys": {"sys", "base"},
    "app": {"app", "engine", "wire", "base", "sys"},
}
# Pure libraries of others, and the one source or folder that may include each.
LIBRARIES = {
    "src/wire/toml/document.cc": "toml++/",
    "src/wire/yaml/document.cc": "yaml.h",
    "src/wire/gzip/member.cc": "zlib.h",
    "src/engine/tls/": "mbedtls/",
}
PURE = {"base", "wire", "engine"}

# Headers of the standard library that reach the kernel, the clock, randomness or a stream.
IMPURE_HEADERS = {"cerrno", "chrono_io", "cstdio", "ctime", "csignal", "filesystem", "fstream", "iostream", "mutex", "random", "thread",
                  "future", "condition_variable", "shared_mutex", "syncstream", "ostream", "sstream"}
IMPURE_WORDS = re.compile(r"\berrno\b|_clock::now\b|\bclock_gettime\b|\bgetenv\b|\bgetrandom\b|\bstd::rand\b|\brandom_device\b"
                          r"|\bprintf\b|\bthread_local\b")


def tracked(*patterns):
    """Files of the repository that git tracks or would track."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return [name for name in sorted(set(names)) if name and (ROOT / name).is_file()]


def read(name):
    return (ROOT / name).read_text(errors="replace")


def without_comments(text):
    """C++ with comments and literals blanked, lines kept."""
    keep = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
    return keep.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)


def layer_of(path):
    """'engine' of src/engine/x.h; 'app/netd' of src/app/netd/x.h; 'app' of src/app/main.cc."""
    parts = pathlib.PurePath(path).parts
    if parts[1] == "app" and len(parts) > 3:
        return f"app/{parts[2]}"
    return parts[1]


def is_library(path, name):
    return any(str(path).startswith(place) and name.startswith(prefix) for place, prefix in LIBRARIES.items())


def layers(path, text):
    me = layer_of(path)
    folder = me.split("/")[0]
    if folder not in MAY_INCLUDE:
        yield f"{path}: src/{folder} is no layer"
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not found:
            continue
        kind, name = found.groups()
        where = f"{path}:{number}"
        if kind == '"':
            target = name.split("/")[0]
            if "/" not in name or ".." in name or target not in MAY_INCLUDE:
                yield f"{where}: include \"{name}\" from the root of src/, by its layer"
            elif target not in MAY_INCLUDE[folder]:
                yield f"{where}: {folder} may not use {target}"
            elif target == "app" and name.count("/") > 1 and not name.startswith(f"{me}/"):
                yield f"{where}: a program may not use another ({name})"
        elif folder in PURE and (name.endswith(".h") or name in IMPURE_HEADERS) and not is_library(path, name):
            yield f"{where}: <{name}> reaches out of {folder}"


def purity(path, text):
    """base, wire and engine: no kernel, clock, randomness; and errno is read in sys alone."""
    me = layer_of(path).split("/")[0]
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        if me in PURE:
            for word in IMPURE_WORDS.findall(line):
                yield f"{path}:{number}: {word} has no place in {me}"
        elif me == "app" and re.search(r"\berrno\b", line):
            yield f"{path}:{number}: errno is read in sys alone"


def header_lines(path, text):
    head = "\n".join(text.splitlines()[:3])
    if "SPDX-License-Identifier: MIT" not in head:
        yield f"{path}: no SPDX line at its top"
    if path.endswith(".h"):
        if not re.search(r"^#pragma once$", text, re.M):
            yield f"{path}: no #pragma once"
        comment = re.match(r"(?://[^\n]*\n)+", text)
        if not comment or comment.group().count("\n") < 2:
            yield f"{path}: no comment that says what it is"


def file_name(path, _text=""):
    name = pathlib.PurePath(path).name
    if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9]+)*", name):
        yield f"{path}: file names are snake_case"


def exceptions(path, text):
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        for word in re.findall(r"\b(throw|try|catch|dynamic_cast|typeid)\b", line):
            yield f"{path}:{number}: {word}: neither exceptions nor RTTI here"


def readme(path, text):
    if len(text.splitlines()) > 5:
        yield f"{path}: a folder's README has at most five lines"


# In pieces, so that this file does not hold what it looks for.
FOREIGN = re.compile(r"(?<![\w.$}/])/(?:wo" + r"rk|home|root|Users)/[\w.-]|\bdeb\.deb" + r"ian\.org|\barchive\.ub" + r"untu\.com", re.I)


def paths(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        for found in FOREIGN.findall(line):
            yield f"{path}:{number}: {found} is of one machine"


def complaints(rule, names):
    return [complaint for name in names for complaint in rule(name, read(name))]
