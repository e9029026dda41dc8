# SPDX-License-Identifier: MIT
"""docs/platforms and deploy/platforms: what can be checked of them without the platform."""

import json
import re
import subprocess
import textwrap

import pytest
import yaml


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


def kubevirt_faults(text):
    """What keeps this from being two gateways on two nodes behind one service."""
    objects = [each for document in yaml.safe_load_all(text) for each in document.get("items", [document])]
    machines = [each for each in objects if (each["apiVersion"], each["kind"]) == ("kubevirt.io/v1", "VirtualMachine")]
    [service] = [each for each in objects if (each["apiVersion"], each["kind"]) == ("v1", "Service")]
    [secret] = [each for each in objects if (each["apiVersion"], each["kind"]) == ("v1", "Secret")]
    faults = []
    if len({machine["metadata"]["name"] for machine in machines}) != 2:
        faults.append("not two machines")
    if [(port["port"], port["targetPort"]) for port in service["spec"]["ports"]] != [(1688, 1688)]:
        faults.append("another port")
    for machine in machines:
        template, spec = machine["spec"]["template"]["metadata"], machine["spec"]["template"]["spec"]
        if machine["spec"].get("runStrategy") != "Always":
            faults.append("is not kept running")
        apart = spec.get("affinity", {}).get("podAntiAffinity", {}).get("requiredDuringSchedulingIgnoredDuringExecution", [])
        selectors = [service["spec"]["selector"], *(term["labelSelector"]["matchLabels"] for term in apart)]
        if any(not selector.items() <= template["labels"].items() for selector in selectors):
            faults.append("is not selected")
        if [term["topologyKey"] for term in apart] != ["kubernetes.io/hostname"]:
            faults.append("may stand on the node of the other one")
        disks = {disk["name"] for disk in spec["domain"]["devices"]["disks"]}
        if disks != {volume["name"] for volume in spec["volumes"]}:
            faults.append("its disks are not its volumes")
        if [volume["cloudInitNoCloud"]["secretRef"]["name"] for volume in spec["volumes"] if "cloudInitNoCloud" in volume] != [secret["metadata"]["name"]]:
            faults.append("another document")
        if {interface["name"] for interface in spec["domain"]["devices"]["interfaces"]} != {network["name"] for network in spec["networks"]}:
            faults.append("its cards are not its networks")
    return faults


def test_kubevirt_is_given_two_gateways_on_two_nodes_behind_one_service(deploy):
    assert kubevirt_faults((deploy / "kubevirt.yaml").read_text()) == []


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ("name: corekms-2", "name: corekms-1", "not two machines"),
        ("    kind: VirtualMachine\n", "    kind: VirtualMachineInstance\n", "not two machines"),
        ("runStrategy: Always", "runStrategy: Manual", "is not kept running"),
        ("            app: corekms\n        spec", "            app: other\n        spec", "is not selected"),
        ("                      app: corekms", "                      app: other", "is not selected"),
        ("topologyKey: kubernetes.io/hostname", "topologyKey: topology.kubernetes.io/zone", "may stand on the node"),
        ("podAntiAffinity:", "podAffinity:", "may stand on the node"),
        ("targetPort: 1688", "targetPort: 80", "another port"),
        ("- name: document\n              cloudInit", "- name: text\n              cloudInit", "its disks are not its volumes"),
    ],
)
def test_kubevirt_manifests_that_are_less_than_that_are_noticed(deploy, old, new, fault):
    text = (deploy / "kubevirt.yaml").read_text()
    assert old in text
    assert fault in "; ".join(kubevirt_faults(text.replace(old, new)))


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


def test_the_page_of_network_boot_has_lines_that_dnsmasq_takes_and_the_script_of_out(repository, tmp_path):
    lines, script = re.findall(r"^```\n(.*?)^```$", (repository / "docs" / "platforms" / "network_boot.md").read_text(), re.M | re.S)
    shipped = (repository / "image" / "formats" / "corekms.ipxe").read_text().splitlines()
    assert script.splitlines() == [line for line in shipped if line == "#!ipxe" or not line.startswith("#")]
    for text, status in ((lines, 0), (lines.replace("client-arch", "client-arc"), 1), (lines.replace("dhcp-option-force", "dhcp-option-forced"), 1)):
        (tmp_path / "dnsmasq.conf").write_text(text.replace("/srv/corekms", str(tmp_path)))
        done = subprocess.run(["/usr/sbin/dnsmasq", "--test", f"--conf-file={tmp_path}/dnsmasq.conf"], capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
