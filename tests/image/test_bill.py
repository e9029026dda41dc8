# SPDX-License-Identifier: MIT
"""The papers of the image: the bill of materials by CycloneDX's own schema and by the rules of SPDX, complete to the last archive of the
link line; licences, offer and provenance; and that each check can fail."""

import copy
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

import jsonschema
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent / "image" / "bill"))
import cpio  # noqa: E402
import debian_copyright  # noqa: E402
import facts  # noqa: E402
import spdx_rules  # noqa: E402


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def papers(run, out):
    done = run("image/formats.sh", "sbom")
    assert done.returncode == 0, done.stderr
    return {name: json.loads((out / f"corekms.{name}.json").read_text()) for name in ("cdx", "spdx", "provenance")}


@pytest.fixture(scope="module")
def build_id(built):
    return (built / "build-id").read_text().strip()


# --- CycloneDX -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(run):
    """A function from a document to what its schema says against it."""
    done = run("scripts/schemas.sh")
    assert done.returncode == 0, done.stderr
    folder = pathlib.Path(done.stdout.strip()) / "node_modules/@cyclonedx/cyclonedx-library/res/schema"
    main = json.loads((folder / "bom-1.6.SNAPSHOT.schema.json").read_text())

    def load(uri):
        return json.loads((folder / uri.rsplit("/", 1)[1]).read_text())

    resolver = jsonschema.RefResolver(main["$id"], main, handlers={"http": load, "https": load, "file": load})
    validator = jsonschema.Draft7Validator(main, resolver=resolver, format_checker=jsonschema.draft7_format_checker)
    return lambda document: [error.message for error in validator.iter_errors(document)]


def test_cyclonedx_keeps_its_schema(papers, schema):
    assert schema(papers["cdx"]) == []


@pytest.mark.parametrize(
    "breakage",
    [
        lambda d: d.pop("specVersion"),
        lambda d: d.update(serialNumber="urn:uuid:1"),
        lambda d: d["components"][1].update(type="kernel"),
        lambda d: d["components"][1].pop("name"),
        lambda d: d["components"][1].update(sha256="0" * 64),
        lambda d: d["components"][1]["licenses"].append({"license": {"id": "GPL-7.0"}}),
        lambda d: d["components"][1]["externalReferences"][1]["hashes"][0].update(content="abc"),
        lambda d: d["components"][1]["externalReferences"][0].update(type="somewhere"),
        lambda d: d["dependencies"].append(d["dependencies"][0]),
    ],
)
def test_a_broken_cyclonedx_is_refused(papers, schema, breakage):
    document = copy.deepcopy(papers["cdx"])
    breakage(document)
    assert schema(document)


def test_what_cyclonedx_refers_to_is_there(papers):
    document = papers["cdx"]
    names = [document["metadata"]["component"]["bom-ref"]] + [each["bom-ref"] for each in document["components"]]
    assert len(set(names)) == len(names)
    assert sorted(each["ref"] for each in document["dependencies"]) == sorted(names)
    reached = {name for each in document["dependencies"] for name in each.get("dependsOn", [])}
    assert reached == set(names[1:])


# --- SPDX ----------------------------------------------------------------------------------------------------------


def test_spdx_keeps_its_rules(papers):
    assert spdx_rules.faults(papers["spdx"]) == []


@pytest.mark.parametrize(
    "breakage, told",
    [
        (lambda d: d.pop("dataLicense"), "dataLicense is missing"),
        (lambda d: d.update(spdxVersion="SPDX-2.2"), "spdxVersion"),
        (lambda d: d.update(timestamp="now"), "timestamp is unknown"),
        (lambda d: d["creationInfo"].update(created="yesterday"), "no UTC time"),
        (lambda d: d.update(documentNamespace="corekms"), "documentNamespace"),
        (lambda d: d["packages"][2].pop("downloadLocation"), "downloadLocation is missing"),
        (lambda d: d["packages"][2].update(licenseDeclared="GPL-7.0"), "GPL-7.0 is no licence"),
        (lambda d: d["packages"][2].update(licenseDeclared="MIT AND"), "licenseDeclared"),
        (lambda d: d["hasExtractedLicensingInfos"].pop(0), "is no licence"),
        (lambda d: d["packages"][2]["checksums"][0].update(checksumValue="abc"), "checksum"),
        (lambda d: d["packages"][3].update(SPDXID="SPDXRef-linux"), "stands there twice"),
        (lambda d: d["packages"][3]["externalRefs"][0].update(referenceLocator="musl"), "annex F"),
        (lambda d: d["files"][0]["checksums"].pop(0), "has no SHA1"),
        (lambda d: d["relationships"].pop(0), "describes nothing"),
        (lambda d: d["relationships"][3].update(relatedSpdxElement="SPDXRef-x"), "SPDXRef-x is nowhere"),
    ],
)
def test_a_broken_spdx_is_refused(papers, breakage, told):
    document = copy.deepcopy(papers["spdx"])
    breakage(document)
    assert told in "\n".join(spdx_rules.faults(document))


def test_both_say_the_same(papers):
    cyclonedx = [(each["name"], each["version"], each["licenses"][0]["expression"], each.get("cpe")) for each in papers["cdx"]["components"]]
    references = lambda each: {ref["referenceType"]: ref["referenceLocator"] for ref in each.get("externalRefs", [])}  # noqa: E731
    packages = papers["spdx"]["packages"]
    spdx = [(each["name"], each["versionInfo"], each["licenseDeclared"], references(each).get("cpe23Type")) for each in packages[1:]]
    assert cyclonedx == spdx
    assert [each["purl"] for each in papers["cdx"]["components"][1:]] == [references(each)["purl"] for each in packages[2:]]
    assert papers["cdx"]["metadata"]["component"]["licenses"][0]["expression"] == packages[0]["licenseDeclared"]


# --- against what was built ----------------------------------------------------------------------------------------


def test_a_program_in_the_gateways_place_is_named(run, schema, out, built, repository, tmp_path):
    for name in ("corekms.efi", "corekms.iso"):
        (tmp_path / name).symlink_to(out / name)
    (tmp_path / "kernel.config").symlink_to(built / "kernel.config")
    files = {"init": repository / "build/target/corekms", "etc/build-id": built / "build-id", "service/program": repository / "LICENSE"}
    files["service/files/data"] = repository / "README.md"
    (tmp_path / "list").write_text("".join(f"file /{name} {path} 0755 0 0\n" for name, path in files.items()))
    archive = subprocess.run([built / "tools/gen_init_cpio", tmp_path / "list"], capture_output=True, check=True).stdout
    (tmp_path / "corekms.vmlinux").write_bytes(b"kernel 070701 " + archive)
    done = run("image/formats.sh", "sbom", environment={"CK_IMAGE_BUILD": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    cyclonedx, spdx = (json.loads((tmp_path / f"corekms.{name}.json").read_text()) for name in ("cdx", "spdx"))
    assert schema(cyclonedx) == [] and spdx_rules.faults(spdx) == []
    [service] = [each for each in cyclonedx["components"] if each["name"] == "service"]
    assert service["hashes"][0]["content"] == digest(repository / "LICENSE")
    assert properties(service, "file") == [f"{digest(repository / 'README.md')} service/files/data"]
    assert cyclonedx["compositions"][0]["aggregate"] == "incomplete"
    assert [each["checksums"][0]["checksumValue"] for each in spdx["packages"] if each["name"] == "service"] == [digest(repository / "LICENSE")]
    provenance = json.loads((tmp_path / "corekms.provenance.json").read_text())
    given = provenance["predicate"]["buildDefinition"]["externalParameters"]
    assert given["service"] == {"sha256": digest(repository / "LICENSE")}
    assert given["serviceFiles"] == {"sha256": hashlib.sha256(f"{digest(repository / 'README.md')}  service/files/data\n".encode()).hexdigest()}
    [package] = [each for each in spdx["packages"] if each["name"] == "service"]
    assert package["comment"] == f"service/files/data sha256:{digest(repository / 'README.md')}"


def properties(component, name):
    return [each["value"] for each in component.get("properties", []) if each["name"] == f"corekms:{name}"]


def fetched_lists(repository):
    return [repository / "build" / name / "fetched.list" for name in ("toolchain", "zlib", "mbedtls-target")]


def test_every_fetched_file_is_named_with_its_hash(papers, repository):
    named = {
        (reference["url"], reference["hashes"][0]["content"])
        for each in papers["cdx"]["components"]
        for reference in each.get("externalReferences", [])
        if "hashes" in reference
    }
    fetched = {(line.split()[4], line.split()[3]) for path in fetched_lists(repository) for line in path.read_text().splitlines()}
    assert len(fetched) > 10
    assert fetched <= named
    assert any(name.startswith("linux-source") for name, _ in named - fetched)


def test_the_program_and_what_is_linked_with_it(papers, repository):
    components = {each["name"]: each for each in papers["cdx"]["components"]}
    assert components["corekms"]["hashes"][0]["content"] == digest(repository / "build/target/corekms")
    [builtins] = [value.split()[0] for value in properties(components["compiler-rt"], "file")]
    assert builtins == digest(repository / "build/toolchain/usr/lib/libclang_rt.builtins.a")
    syslinux = dict(reversed(value.split()) for value in properties(components["syslinux"], "file"))
    for path, value in syslinux.items():
        assert digest(pathlib.Path(path)) == value


def link_line(repository):
    commands = subprocess.run(["ninja", "-C", repository / "build/target", "-t", "commands", "corekms"], capture_output=True, text=True, check=True).stdout
    [line] = [line for line in commands.splitlines() if "rcrt1.o" in line]
    return line


def strangers(line, archives):
    """Archives and objects of a link line that are neither ours (made in its folder) nor of a component."""
    words = re.findall(r"(?:^|\s)(\S+\.(?:a|o)|-l[^\s,]+)(?=\s|$)", line)
    names = [f"lib{word[2:]}.a" if word.startswith("-l") else word for word in words if not word.startswith(("lib", "CMakeFiles/"))]
    return sorted(name for name in names if pathlib.PurePath(name).name not in archives)


def test_every_archive_that_is_linked_belongs_to_a_component(papers, repository):
    archives = [name for each in papers["cdx"]["components"] for name in properties(each, "archive")]
    assert len(set(archives)) == len(archives)
    line = link_line(repository)
    for part in ("libmbedtls.a", "libz.a", "-lyaml", "-lc++", "-lclang_rt.builtins"):
        assert part in line
    assert strangers(line, archives) == []
    assert strangers(line, [name for name in archives if name != "libz.a"])[0].endswith("libz.a")
    assert strangers(line + " -lfoo", archives) == ["libfoo.a"]
    # All that the sysroot offers, too, and the headers that become code.
    offered = {path.name for path in (repository / "build/toolchain/usr/lib").iterdir()}
    assert offered <= set(archives)
    assert {path.name for path in (repository / "build/target/headers").iterdir()} == {"toml++"}


def test_what_the_micro_profile_does_without_is_not_in_its_papers(run, papers, out, repository):
    """Nor in its program, though the linker is given the same archives."""
    done = run("image/formats.sh", "sbom", environment={"CK_PROFILE": "micro"})
    assert done.returncode == 0, done.stderr
    micro = json.loads((out / "corekms-micro.cdx.json").read_text())
    full, less = ({each["name"] for each in document["components"]} for document in (papers["cdx"], micro))
    assert full - less == {"libyaml", "zlib", "syslinux"}  # the last as there is no ISO
    for folder, expected in (("target", True), ("target-micro", False)):
        program = repository / "build" / folder / "corekms.unstripped"
        names = subprocess.run(["nm", program], capture_output=True, text=True, check=True, timeout=60).stdout
        assert (" yaml_parser_parse" in names) == (" inflate" in names) == expected
        assert "mbedtls_ssl_handshake" in names


def patches_of(repository, *folders):
    """{path in the repository: path}"""
    return {str(path.relative_to(repository)): path for folder in folders for path in sorted((repository / folder).glob("*.patch"))}


def kernel_patches(repository):
    """Those of the x86 image."""
    return patches_of(repository, "image/kernel/patches", "image/kernel/patches/x86_64")


def test_each_patch_is_named(papers, repository):
    components = {each["name"]: each for each in papers["cdx"]["components"]}
    expected = {"linux": kernel_patches(repository), "musl": patches_of(repository, f"toolchain/patches/musl-{components['musl']['version']}")}
    assert expected["linux"]
    for name, component in components.items():
        patches = expected.get(name, {})
        assert properties(component, "patch") == [f"{digest(path)} {patch}" for patch, path in patches.items()]
        assert [each["diff"]["url"] for each in component.get("pedigree", {}).get("patches", [])] == list(patches)
    assert [each["fileName"] for each in papers["spdx"]["files"]] == [f"./{patch}" for patches in expected.values() for patch in patches]


def test_the_kernel_is_the_version_that_is_named(papers, out):
    [linux] = [each for each in papers["cdx"]["components"] if each["name"] == "linux"]
    assert f"Linux version {linux['version']}".encode() in (out / "corekms.vmlinux").read_bytes()


# --- build id, provenance ------------------------------------------------------------------------------------------


def test_the_build_id_of_the_image_is_in_each_paper(papers, built, build_id, out):
    assert re.fullmatch(r"[0-9a-f]{32}", build_id)
    archive = {entry.name.lstrip("/"): entry for entry in cpio.read((built / "corekms.cpio").read_bytes())}
    assert archive["etc/build-id"].data.decode().strip() == build_id
    assert {"name": "corekms:build-id", "value": build_id} in papers["cdx"]["metadata"]["properties"]
    assert f"build id {build_id}" in papers["spdx"]["comment"]
    assert papers["provenance"]["predicate"]["buildDefinition"]["internalParameters"]["buildId"] == build_id
    assert build_id in (out / "licenses/OFFER").read_text()


def provenance_faults(statement, out):
    """What in-toto's Statement v1 and SLSA's provenance v1 demand, and whether the subjects are the files."""
    found = []
    if statement.get("_type") != "https://in-toto.io/Statement/v1" or statement.get("predicateType") != "https://slsa.dev/provenance/v1":
        found.append("not of these types")
    predicate = statement["predicate"]
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    for uri in (definition["buildType"], details["builder"]["id"]):
        if not re.match(r"[a-z]+:\S+$", uri):
            found.append(f"{uri} is no URI")
    if not isinstance(definition["externalParameters"], dict):
        found.append("externalParameters")
    for each in definition["resolvedDependencies"]:
        if not (each.get("uri") or each.get("digest")):
            found.append(f"{each} is no resource")
    for each in statement["subject"]:
        path = out / each["name"]
        if not path.is_file() or digest(path) != each["digest"]["sha256"]:
            found.append(f"{each['name']} is another file")
    return found


def test_provenance(papers, out):
    statement = papers["provenance"]
    assert provenance_faults(statement, out) == []
    names = {each["name"] for each in statement["subject"]}
    assert {"corekms.efi", "corekms.iso", "corekms.vmlinux", "corekms.cdx.json", "corekms.spdx.json"} <= names
    inputs = {each["digest"]["sha256"] for each in statement["predicate"]["buildDefinition"]["resolvedDependencies"] if "digest" in each}
    hashed = [reference["hashes"][0]["content"] for each in papers["cdx"]["components"] for reference in each.get("externalReferences", []) if "hashes" in reference]
    assert hashed and set(hashed) <= inputs


# What had a part in which image, and what in none though a build host has it.
TOOLS = {
    "full": ({}, {"clang-19", "lld-19", "gcc", "binutils", "xorriso", "syslinux", "gdisk", "qemu-utils"}, set()),
    "metal": ({"CK_PROFILE": "metal"}, {"clang-19", "lld-19", "gcc", "xorriso", "syslinux", "gdisk"}, {"qemu-utils"}),
    "micro": ({"CK_PROFILE": "micro"}, {"clang-19", "lld-19", "gcc", "binutils"}, {"qemu-utils", "xorriso", "syslinux", "isolinux", "gdisk", "mtools"}),
    "aarch64": ({"CK_ARCH": "aarch64"}, {"clang-19", "lld-19", "gcc-aarch64-linux-gnu", "binutils-aarch64-linux-gnu", "xorriso", "gdisk"}, {"qemu-utils", "syslinux", "isolinux"}),
}


@pytest.mark.parametrize("variant", TOOLS)
def test_the_provenance_names_the_tools_of_this_image_alone(run, out, variant):
    environment, used, unused = TOOLS[variant]
    done = run("image/formats.sh", "sbom", environment=environment)
    assert done.returncode == 0, done.stderr
    statement = json.loads((out / f"corekms{'' if variant == 'full' else '-' + variant}.provenance.json").read_text())
    names = {each["name"] for each in statement["predicate"]["buildDefinition"]["resolvedDependencies"] if each.get("uri", "").startswith("pkg:deb/")}
    assert used <= names
    assert not (unused | {"systemd-boot-efi", "libc++-19-dev", "zlib1g-dev"}) & names
    compilers = sorted(name for name in names if re.match(r"gcc-[0-9]+", name))
    assert any(name.endswith("aarch64-linux-gnu") for name in compilers) == (variant == "aarch64")
    assert [name for name in compilers if "aarch64" not in name]  # the host programs of the kernel's build


@pytest.mark.parametrize(
    "breakage",
    [
        lambda d: d.update(_type="x"),
        lambda d: d["subject"][0]["digest"].update(sha256="0" * 64),
        lambda d: d["predicate"]["runDetails"]["builder"].update(id=""),
        lambda d: d["predicate"]["buildDefinition"]["resolvedDependencies"].append({"name": "x"}),
    ],
)
def test_a_broken_provenance_is_refused(papers, out, breakage):
    document = copy.deepcopy(papers["provenance"])
    breakage(document)
    assert provenance_faults(document, out)


# --- licences ------------------------------------------------------------------------------------------------------


def test_every_component_has_its_licence_texts_and_no_text_is_without_one(papers, out):
    folder = out / "licenses"
    notice = (folder / "NOTICE").read_text()
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"NOTICE", "OFFER"}
    assert {line.strip() for line in notice.splitlines() if "/" in line and line.strip() in files} == files
    for each in papers["cdx"]["components"]:
        assert f"{each['name']} {each['version']}: {each['licenses'][0]['expression']}\n" in notice
        texts = [path for path in (folder / each["name"]).rglob("*") if path.is_file()]
        assert texts and all(path.stat().st_size > 200 for path in texts), each["name"]
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {each["name"] for each in papers["cdx"]["components"]}
    assert "GNU GENERAL PUBLIC LICENSE" in (folder / "linux/LICENSES/preferred/GPL-2.0").read_text()
    assert "GNU GENERAL PUBLIC LICENSE" in (folder / "syslinux/common-licenses/GPL-2").read_text()
    assert "Apache License" in (folder / "mbedtls/LICENSE").read_text()


def test_the_offer_names_every_source_under_the_gpl(papers, out, repository):
    offer = re.sub(r"\s+", " ", (out / "licenses/OFFER").read_text())
    assert "three years" in offer and "any third party" in offer and "./ck sources" in offer
    copyleft = [each for each in papers["cdx"]["components"] if "GPL" in each["licenses"][0]["expression"] and "program" not in properties(each, "part-of")]
    assert {each["name"] for each in copyleft} == {"linux", "syslinux"}
    for each in copyleft:
        source, version = properties(each, "debian-source")[0].split()
        assert f"source package {source}, version {version}" in offer
    for name, path in kernel_patches(repository).items():
        assert f"{digest(path)} {name}" in offer
    assert "toolchain/patches" not in offer


def test_who_distributes_can_put_his_name_into_the_offer(run, tmp_path, out, built):
    for name in ("corekms.efi", "corekms.iso", "corekms.vmlinux"):
        (tmp_path / name).symlink_to(out / name)
    (tmp_path / "kernel.config").symlink_to(built / "kernel.config")
    done = run("image/formats.sh", "sbom", environment={"CK_IMAGE_BUILD": str(tmp_path), "COREKMS_DISTRIBUTOR": "Example Ltd, 1 Road, Town"})
    assert done.returncode == 0, done.stderr
    assert "Example Ltd, 1 Road, Town offers" in (tmp_path / "licenses/OFFER").read_text()


@pytest.fixture(scope="module")
def sources(run, papers, out, tmp_path_factory):
    """Of an image that is no longer what the build made, as one that is signed: it stays what it is."""
    folder = tmp_path_factory.mktemp("out")
    for name in ("corekms.efi", "corekms.vmlinux", "corekms.iso"):
        shutil.copy(out / name, folder / name)
    with open(folder / "corekms.iso", "ab") as iso:
        iso.write(b"changed")
    before = {path.name: digest(path) for path in folder.iterdir()}
    done = run("ck", "sources", environment={"COREKMS_OUT": str(folder)})
    assert done.returncode == 0, done.stderr
    assert {path.name: digest(path) for path in folder.iterdir() if path.is_file()} == before
    return folder / "sources"


def test_sources_of_no_image_or_of_another_are_not_gathered(run, out, repository, tmp_path):
    done = run("ck", "sources", environment={"COREKMS_OUT": str(tmp_path / "none")})
    assert done.returncode == 1 and re.search(r"there is no \S+/none/corekms.efi: ./ck build makes it first", done.stderr)
    for name in ("corekms.efi", "corekms.iso"):
        (tmp_path / name).symlink_to(out / name)
    program = (repository / "build/target/corekms").read_bytes()
    other = program[:-1] + bytes([program[-1] ^ 1])
    (tmp_path / "corekms.vmlinux").write_bytes((out / "corekms.vmlinux").read_bytes().replace(program, other))
    done = run("ck", "sources", environment={"COREKMS_OUT": str(tmp_path)})
    assert done.returncode == 1 and "is of another state than this checkout" in done.stderr
    assert not (tmp_path / "sources").exists()
    done = run("ck", "sources", "--config", "document.toml")
    assert done.returncode == 1 and "sources does not know '--config'" in done.stderr


def test_sources_are_complete(sources, papers):
    folder = sources
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"SHA256SUMS"} == set(sums)
    hashes = {each["content"] for component in papers["cdx"]["components"] for ref in component.get("externalReferences", []) for each in ref.get("hashes", [])}
    assert hashes <= set(sums.values())
    for each in papers["cdx"]["components"][1:]:
        source, version = properties(each, "debian-source")[0].split()
        version = version.split(":")[-1]
        assert [name for name in sums if name.startswith("packages/") and facts.upstream(version) in name], (source, version)
    assert any(name.startswith("packages/syslinux_") and name.endswith(".dsc") for name in sums)
    with tarfile.open(folder / "corekms.tar") as archive:
        names = archive.getnames()
    assert {"corekms/ck", "corekms/image/kernel/patches/01-e1000-carrier.patch", "corekms/image/kernel/kernel.sh", "corekms/toolchain/flags"} <= set(names)
    assert sums["kernel.config"] in (folder / "README").read_text()


def test_what_was_gathered_serves_a_build_without_the_archive(repository, sources, tmp_path):
    """Each kind of package, byte for byte what the archive gave; and nothing that was tampered with."""

    def take(folder, kind, package, version, cache):
        script = f'set -euo pipefail; source scripts/lib.sh; ck_download {kind} {package} "{version}"'
        environment = {**os.environ, "COREKMS_CACHE": str(tmp_path / cache), "COREKMS_SOURCES": str(folder)}
        return subprocess.run(["bash", "-c", script], cwd=repository, env=environment, capture_output=True, text=True, check=False)

    packages = [line.split()[:3] for line in (repository / "build/image/bill/packages").read_text().splitlines() if not line.startswith("host ")]
    assert {kind for kind, *_ in packages} == {"source", "tar", "deb"}
    hashes = {line.split()[3] for path in fetched_lists(repository) for line in path.read_text().splitlines()}
    for kind, package, version in packages:
        done = take(sources, kind, package, version, "cache")
        assert done.returncode == 0, done.stderr
        taken = {digest(path) for path in pathlib.Path(done.stdout.strip()).iterdir() if path.name != ".used"}
        assert taken and (taken <= hashes or package.startswith("linux-source"))
    broken = tmp_path / "sources"
    (broken / "packages").mkdir(parents=True)
    shutil.copy(sources / "SHA256SUMS", broken)
    for path in (sources / "packages").glob("musl_*"):
        shutil.copy(path, broken / "packages")
    [archive] = (broken / "packages").glob("musl_*.orig.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")
    [version] = [version for _, package, version in packages if package == "musl"]
    done = take(broken, "source", "musl", version, "other")
    assert done.returncode != 0 and "is damaged" in done.stderr
    done = take(broken, "source", "zlib", "1", "other")
    assert done.returncode != 0 and "has no zlib 1" in done.stderr


# --- how licences and versions are read ----------------------------------------------------------------------------

COPYRIGHT = """\
Format: x

Files: *
Copyright: A
License: GPL-2+

Files: lib/*
Copyright: B
License: Expat

Files: lib/odd.c doc/*
License: odd
 Do as you
 .
 like.

Files: debian/*
License: ISC
"""


@pytest.mark.parametrize(
    "takes, leaves, names",
    [
        ([], (), ["GPL-2+", "Expat", "odd"]),
        (["lib/"], (), ["Expat", "odd"]),
        (["lib/"], ("lib/odd",), ["Expat"]),
        (["lib/a.c"], (), ["Expat"]),
        (["lib/odd.c"], (), ["odd"]),
        (["src/", "lib/a.c"], (), ["GPL-2+", "Expat"]),
    ],
)
def test_the_last_stanza_that_fits_holds(takes, leaves, names):
    assert debian_copyright.names_for(debian_copyright.read(COPYRIGHT), takes, leaves) == names


def test_expressions():
    licences = debian_copyright.Licences("x", debian_copyright.read(COPYRIGHT), {"GPL-2+": "GPL-2.0-or-later", "Expat": "MIT"})
    assert licences.expression(["GPL-2+", "Expat or odd"]) == "GPL-2.0-or-later AND (MIT OR LicenseRef-x-odd)"
    assert licences.own == {"LicenseRef-x-odd": "Do as you\n\nlike."}
    with pytest.raises(SystemExit, match="'ISC' without its text"):
        licences.expression(["ISC"])
    assert debian_copyright.identifier("/* SPDX-License-Identifier: ((GPL-2.0+ WITH Linux-syscall-note) OR MIT) */\n") == "((GPL-2.0-or-later WITH Linux-syscall-note) OR MIT)"
    assert debian_copyright.identifier("nothing") is None


@pytest.mark.parametrize(
    "debian, upstream",
    [
        ("1.2.3-1", "1.2.3"),
        ("1:1.2.13.dfsg-1", "1.2.13"),
        ("1:1.3.dfsg+really1.3.1-1", "1.3.1"),
        ("3.3.0+ds-1", "3.3.0"),
        ("6.12.117-1~deb12u1", "6.12.117"),
        ("3:6.04~git20190206.bf6db5b4+dfsg1-3", "6.04~git20190206.bf6db5b4"),
    ],
)
def test_the_upstream_version(debian, upstream):
    assert facts.upstream(debian) == upstream
