# SPDX-License-Identifier: MIT
"""The bill of materials as CycloneDX 1.6 (ECMA-424) in JSON."""

import facts

IMAGE, PROGRAM, SERVICE = "corekms-image", "corekms-program", "service"


def _property(name, value):
    return {"name": f"corekms:{name}", "value": value}


def _sha256(value):
    return [{"alg": "SHA-256", "content": value}]


def _component(component, image):
    entry = {
        "type": "operating-system" if component.name == "linux" else "firmware" if component.part_of == "boot" else "library",
        "bom-ref": component.name,
        "supplier": {"name": "Debian"},
        "name": component.name,
        "version": component.upstream_version,
        "description": component.about,
        "licenses": [{"expression": component.licence}],
        "purl": component.purl(image.release),
    }
    if component.cpe:
        entry["cpe"] = component.cpe23()
    entry["externalReferences"] = [{"type": "source-distribution", "url": component.source_purl(image.release)}]
    if component.kind != "host":
        entry["externalReferences"] += [
            {"type": "distribution", "url": file.name, "comment": "what the build fetched", "hashes": _sha256(file.sha256)} for file in component.files
        ]
    if component.patches:
        entry["pedigree"] = {
            "patches": [{"type": "unofficial", "diff": {"url": patch.name}} for patch in component.patches],
        }
    entry["properties"] = [
        _property("part-of", component.part_of),
        _property("debian-source", f"{component.source} {component.source_version}"),
        *(_property("archive", name) for name in component.archives),
        *(_property("patch", f"{facts.sha256(patch.path)} {patch.name}") for patch in component.patches),
    ]
    if component.kind == "host":
        entry["properties"] += [_property("file", f"{file.sha256} {file.name}") for file in component.files]
    return entry


def document(components, image):
    program = {
        "type": "application",
        "bom-ref": PROGRAM,
        "supplier": {"name": "CoreKMS"},
        "name": "corekms",
        "version": image.version,
        "description": "every program of the image, in one static file",
        "hashes": _sha256(image.program_sha256),
        "licenses": [{"expression": "MIT"}],
        "purl": f"pkg:generic/corekms@{image.version}",
        "properties": [_property("part-of", "program"), _property("commit", image.commit)],
    }
    ours = [program]
    if image.service_sha256:
        service = {"type": "application", "bom-ref": SERVICE, "name": SERVICE, "description": "a program of who built the image, in the gateway's place"}
        with_it = [_property("file", f"{digest} {name}") for name, digest in image.service_files.items()]
        ours.append({**service, "hashes": _sha256(image.service_sha256), "properties": [_property("part-of", "image"), *with_it]})
    parts = {part: [each.name for each in components if each.part_of == part] for part in ("image", "program", "boot")}
    whole = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": image.moment,
            "tools": {"components": [{"type": "application", "name": "corekms-bill", "version": image.version}]},
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "operating-system",
                "bom-ref": IMAGE,
                "supplier": {"name": "CoreKMS"},
                "name": "CoreKMS",
                "version": image.version,
                "description": "system image: Linux and the programs of CoreKMS",
                "licenses": [{"expression": image.licence(components)}],
                "purl": f"pkg:generic/corekms-image@{image.version}?arch={image.architecture}&build={image.build}",
            },
            "properties": [_property("build-id", image.build), _property("commit", image.commit), _property("profile", image.profile)],
        },
        "components": ours + [_component(each, image) for each in components],
        "dependencies": [
            {"ref": IMAGE, "dependsOn": [*(each["bom-ref"] for each in ours), *parts["image"], *parts["boot"]]},
            {"ref": PROGRAM, "dependsOn": parts["program"]},
            *({"ref": each["bom-ref"]} for each in ours[1:]),
            *({"ref": each.name} for each in components),
        ],
        "compositions": [{"aggregate": "incomplete" if image.service_sha256 else "complete", "dependencies": [IMAGE, PROGRAM]}],
    }
    whole["serialNumber"] = f"urn:uuid:{facts.identifier(whole)}"
    return whole
