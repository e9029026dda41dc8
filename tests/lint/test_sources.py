# SPDX-License-Identifier: MIT
"""Every rule of rules.py against the repository, and against a text that breaks it."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import rules  # noqa: E402

SRC = ("src/*.h", "src/*.cc")
CPP = ("*.h", "*.cc")
OURS = (*CPP, "*.sh", "*.py", "*.cmake", "CMakeLists.txt", "ck", ".ci/run")


def check(rule, patterns, least=1):
    names = rules.tracked(*patterns)
    assert len(names) >= least, f"found only {names}"
    assert rules.complaints(rule, names) == []


def test_layers_include_downwards_only():
    check(rules.layers, SRC, least=20)


def test_pure_layers_reach_for_nothing():
    check(rules.purity, SRC, least=20)


def test_no_exceptions_no_rtti():
    check(rules.exceptions, SRC, least=20)


def test_files_say_licence_and_purpose():
    check(rules.header_lines, OURS, least=20)


def test_file_names():
    check(rules.file_name, CPP, least=20)


def test_folder_readmes_are_short():
    check(rules.readme, ("*/README.md",), least=5)


def test_every_source_folder_has_a_readme():
    folders = {str(pathlib.PurePath(name).parent) for name in rules.tracked("src/*", "tests/*.py", "toolchain/*", "image/*.cc", "image/*.sh")}
    top = {"/".join(pathlib.PurePath(folder).parts[:2]) for folder in folders if folder != "tests"}
    assert sorted(folder for folder in top if not (rules.ROOT / folder / "README.md").is_file()) == []


def test_nothing_names_one_machine():
    check(rules.paths, (".",), least=50)


@pytest.mark.parametrize(
    "rule, path, text",
    [
        (rules.layers, "src/engine/x.cc", '#include "sys/file.h"\n'),
        (rules.layers, "src/wire/x.cc", '#include "engine/x.h"\n'),
        (rules.layers, "src/base/x.cc", '#include "wire/x.h"\n'),
        (rules.layers, "src/sys/x.cc", '#include "engine/x.h"\n'),
        (rules.layers, "src/app/netd/x.cc", '#include "app/init/x.h"\n'),
        (rules.layers, "src/engine/dhcp4/x.cc", '#include "../../sys/file.h"\n'),
        (rules.layers, "src/engine/dhcp4/x.cc", '#include "x.h"\n'),
        (rules.layers, "src/wire/x.cc", "#include <sys/socket.h>\n"),
        (rules.layers, "src/engine/x.cc", "#include <iostream>\n"),
        (rules.layers, "src/other/x.cc", '#include "base/x.h"\n'),
        (rules.purity, "src/engine/x.cc", "auto t = std::chrono::steady_clock::now();\n"),
        (rules.purity, "src/base/x.cc", "return errno;\n"),
        (rules.purity, "src/app/netd/x.cc", "if (errno == EAGAIN) return;\n"),
        (rules.exceptions, "src/base/x.cc", "throw 1;\n"),
        (rules.header_lines, "src/base/x.h", "#pragma once\n"),
        (rules.header_lines, "src/base/x.h", "// SPDX-License-Identifier: MIT\n// What it is.\n"),
        (rules.header_lines, "src/base/x.h", "// SPDX-License-Identifier: MIT\n#pragma once\n"),
        (rules.file_name, "src/base/CamelCase.h", ""),
        (rules.readme, "src/base/README.md", "line\n" * 6),
        (rules.paths, "src/base/x.h", "// see /ho" + "me/someone/x\n"),
        (rules.paths, "x.sh", "cp /wo" + "rk/x .\n"),
    ],
)
def test_each_rule_can_fail(rule, path, text):
    assert list(rule(path, text)) != []


@pytest.mark.parametrize(
    "rule, path, text",
    [
        (rules.layers, "src/engine/x.cc", '#include "wire/x.h"\n#include "base/x.h"\n#include <span>\n'),
        (rules.layers, "src/app/netd/x.cc", '#include "app/netd/y.h"\n#include "app/program.h"\n#include <unistd.h>\n'),
        (rules.purity, "src/engine/x.cc", '// errno is not ours\nlog("errno");\n'),
        (rules.exceptions, "src/base/x.cc", "// try again; do not throw\nCK_TRY(x());\n"),
        (rules.paths, "x.sh", 'cp "$ROOT/home/x" build/home/y\n'),
    ],
)
def test_each_rule_lets_the_good_pass(rule, path, text):
    assert list(rule(path, text)) == []
