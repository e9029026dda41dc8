# SPDX-License-Identifier: MIT
"""The bill of materials as SPDX 2.3 (ISO/IEC 5962:2021 and after) in JSON."""

import hashlib
import re

import facts



def _id(text):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]+", "-", text.replace("+", "p"))


def _package(component, image):
    references = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": component.purl(image.release)}]
    if component.cpe:
        references.append({"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": component.cpe23()})
    files = "; ".join(f"{file.name} sha256:{file.sha256}" for file in component.files)
    entry = {
        "SPDXID": _id(component.name),
        "name": component.name,
        "versionInfo": component.upstream_version,
        "summary": component.about,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",  # whichever archive of Debian's: sourceInfo and the purl say of what
        "filesAnalyzed": False,
        "primaryPackagePurpose": "OPERATING_SYSTEM" if component.name == "linux" else "FIRMWARE" if component.part_of == "boot" else "LIBRARY",
        "sourceInfo": f"Debian source package {component.source} {component.source_version}; {files}",
        "licenseConcluded": component.licence,
        "licenseDeclared": component.licence,
        "copyrightText": "NOASSERTION",
        "comment": "; ".join([f"part of the {component.part_of}"] + [f"archive {name}" for name in component.archives]),
        "externalRefs": references,
    }
    if len(component.files) == 1 and component.kind != "host":
        entry["packageFileName"] = component.files[0].name
        entry["checksums"] = [{"algorithm": "SHA256", "checksumValue": component.files[0].sha256}]
    return entry


def _patch(patch, component):
    content = patch.path.read_bytes()
    return {
        "SPDXID": _id("patch-" + patch.name),
        "fileName": f"./{patch.name}",
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},  # the one that SPDX demands
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()},
        ],
        "fileTypes": ["SOURCE"],
        "licenseConcluded": component.licence,
        "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def _own(name, spdx_id, purpose, image, **more):
    return {
        "SPDXID": _id(spdx_id),
        "name": name,
        "versionInfo": image.version,
        "supplier": "Organization: CoreKMS",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "primaryPackagePurpose": purpose,
        "copyrightText": "NOASSERTION",
        **more,
    }


def document(components, image):
    licence = image.licence(components)
    system = _own(
        "CoreKMS",
        "image",
        "OPERATING_SYSTEM",
        image,
        licenseConcluded=licence,
        licenseDeclared=licence,
        summary="system image: Linux and the programs of CoreKMS",
        comment=f"build id {image.build}",
    )
    program = _own(
        "corekms",
        "program",
        "APPLICATION",
        image,
        licenseConcluded="MIT",
        licenseDeclared="MIT",
        summary="every program of the image, in one static file",
        sourceInfo=f"commit {image.commit}",
        checksums=[{"algorithm": "SHA256", "checksumValue": image.program_sha256}],
    )
    ours = [system, program]
    if image.service_sha256:
        ours.append(
            {
                "SPDXID": _id("service"),
                "name": "service",
                "downloadLocation": "NOASSERTION",
                "filesAnalyzed": False,
                "primaryPackagePurpose": "APPLICATION",
                "summary": "a program of who built the image, in the gateway's place",
                "licenseConcluded": "NOASSERTION",
                "licenseDeclared": "NOASSERTION",
                "copyrightText": "NOASSERTION",
                "checksums": [{"algorithm": "SHA256", "checksumValue": image.service_sha256}],
                **({"comment": "; ".join(f"{name} sha256:{digest}" for name, digest in image.service_files.items())} if image.service_files else {}),
            }
        )
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", system["SPDXID"]), *((system["SPDXID"], "CONTAINS", each["SPDXID"]) for each in ours[1:])]
    for each in components:
        inside = program if each.part_of == "program" else system
        kind = "STATIC_LINK" if each.part_of == "program" else "CONTAINS"
        relations.append((inside["SPDXID"], kind, _id(each.name)))
        relations += [(_id("patch-" + patch.name), "PATCH_APPLIED", _id(each.name)) for patch in each.patches]
    own = {reference: text for each in components for reference, text in each.own_licences.items()}
    whole = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"CoreKMS-{image.version}-{image.architecture}-{image.build}",
        "documentNamespace": "",
        "creationInfo": {"created": image.moment, "creators": [f"Tool: corekms-bill-{image.version}"]},
        "comment": f"build id {image.build}, commit {image.commit}",
        "packages": ours + [_package(each, image) for each in components],
        "files": [_patch(patch, each) for each in components for patch in each.patches],
        "hasExtractedLicensingInfos": [{"licenseId": reference, "name": reference, "extractedText": text} for reference, text in sorted(own.items())],
        "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations],
    }
    whole["documentNamespace"] = f"https://spdx.org/spdxdocs/corekms-{image.version}-{facts.identifier(whole)}"
    return whole
