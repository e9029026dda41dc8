# SPDX-License-Identifier: MIT
"""Where the files come from: an in-toto statement (v1) with SLSA's provenance (v1) as its predicate, unsigned. Nobody's clock is in it,
so that whoever builds the same gets the same."""

import facts

BUILD_TYPE = "urn:corekms:build-type:ck-image:1"
BUILDER = "urn:corekms:builder:ck:1"


def document(components, image, subjects, tools, configuration):
    """`subjects` are paths of out/, `tools` (name, version) of what compiled and wrote, `configuration` files that decide."""
    inputs = {}
    for component in components:
        for file in component.files:
            uri = component.purl(image.release) if component.kind == "host" else f"{component.purl(image.release)}#{file.name}"
            inputs[(uri, file.name)] = {"name": file.name, "uri": uri, "digest": {"sha256": file.sha256}}
    repository = {"name": "corekms", "uri": f"pkg:generic/corekms@{image.version}", "digest": {"sha256": image.tree_sha256}}
    if image.full_commit:
        repository["digest"]["gitCommit"] = image.full_commit
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "version": image.version,
                    "commit": image.commit,
                    "architecture": image.architecture,
                    "profile": image.profile,
                    "smp": image.smp == "yes",
                    **image.given,
                },
                "internalParameters": {
                    "buildId": image.build,
                    "debian": image.release,
                    "sourceDateEpoch": image.seconds,
                    "configuration": {str(name): facts.sha256(path) for name, path in configuration},
                },
                "resolvedDependencies": [repository]
                + [inputs[key] for key in sorted(inputs)]
                + [{"name": name, "uri": facts.debian_purl(name, version, image.release)} for name, version in tools],
            },
            "runDetails": {"builder": {"id": BUILDER}, "metadata": {"invocationId": f"urn:corekms:build:{image.build}"}},
        },
    }
