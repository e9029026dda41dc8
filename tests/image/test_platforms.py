# SPDX-License-Identifier: MIT
"""docs/platforms and deploy/platforms: what can be checked of them without the platform."""

import json
import re
import subprocess
import textwrap

import pytest


@pytest.fixture
def deploy(repository):
    return repository / "deploy" / "platforms"


def test_libvirt_takes_the_domain(deploy):
    """By its own schema and its test driver."""
    command = ["virsh", "-c", "test:///default", "define", "--validate", deploy / "libvirt.xml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Domain 'corekms' defined" in done.stdout


def test_firecracker_configuration(deploy, out):
    config = json.loads((deploy / "firecracker.json").read_text())
    assert (out / config["boot-source"]["kernel_image_path"]).exists()
    assert config["machine-config"]["mem_size_mib"] >= 32


@pytest.mark.parametrize("name", ["kubevirt.yaml", "libvirt.tf"])
def test_the_documents_in_them_are_good(repository, deploy, tmp_path, name):
    lines = (deploy / name).read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if line.strip() == "#corekms")
    indent = len(lines[first]) - len(lines[first].lstrip())
    block = []
    for line in lines[first:]:
        if line.strip() and len(line) - len(line.lstrip()) < indent:
            break
        block.append(line)
    document = tmp_path / "corekms.toml"
    document.write_text(textwrap.dedent("\n".join(block)) + "\n")
    checked = subprocess.run([repository / "build" / "target" / "corekms", "config", "check", document], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_each_page_says_what_was_run_and_what_not(repository):
    pages = [page for page in (repository / "docs" / "platforms").glob("*.md") if page.stem not in ("README", "high_availability")]
    assert len(pages) >= 9
    for page in pages:
        text = page.read_text()
        states = re.findall(r"^\| .* \| (run|not run) \|$", text, re.M)
        assert {"run", "not run"} == set(states), page
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert (page.parent / link).exists(), f"{page}: {link}"
