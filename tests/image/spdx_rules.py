# SPDX-License-Identifier: MIT
"""The rules of SPDX 2.3 (its clauses 6 to 11) that a bill of materials of packages has to keep, written down here from the specification:
no package of Debian or npm ships its JSON schema. They judge a whole document and name each fault."""

import re

from license_expression import get_spdx_licensing

LICENSING = get_spdx_licensing()
SUMS = {"SHA1": 40, "SHA256": 64, "SHA384": 96, "SHA512": 128, "MD5": 32}
RELATIONS = {"DESCRIBES", "CONTAINS", "STATIC_LINK", "PATCH_APPLIED", "GENERATED_FROM", "DEPENDS_ON", "OTHER"}
PURPOSES = {"APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING_SYSTEM", "DEVICE", "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL", "OTHER"}
NOTHING = {"NOASSERTION", "NONE"}
# What each object may hold and must hold: the schema knows no other keys.
DOCUMENT = (
    {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo"},
    {"comment", "packages", "files", "relationships", "hasExtractedLicensingInfos", "externalDocumentRefs", "annotations", "documentDescribes"},
)
PACKAGE = (
    {"SPDXID", "name", "downloadLocation"},
    {"versionInfo", "packageFileName", "supplier", "originator", "filesAnalyzed", "checksums", "homepage", "sourceInfo", "licenseConcluded", "licenseDeclared"}
    | {"licenseComments", "copyrightText", "summary", "description", "comment", "externalRefs", "attributionTexts", "primaryPackagePurpose"}
    | {"builtDate", "releaseDate", "validUntilDate", "annotations"},
)
FILE = ({"SPDXID", "fileName", "checksums"}, {"fileTypes", "licenseConcluded", "licenseInfoInFiles", "licenseComments", "copyrightText", "comment", "noticeText"})


def _keys(what, entry, allowed):
    must, may = allowed
    for key in sorted(must - entry.keys()):
        yield f"{what}: {key} is missing"
    for key in sorted(entry.keys() - must - may):
        yield f"{what}: {key} is unknown"


def licence_faults(expression, references=()):
    """What is wrong with a licence expression: a word that SPDX does not list, a LicenseRef without its text, or bad grammar."""
    if expression in NOTHING:
        return []
    try:
        unknown = LICENSING.unknown_license_keys(expression)
        LICENSING.parse(expression)
    except Exception as error:  # noqa: BLE001 the library has several
        return [f"{expression!r}: {error}"]
    return [f"{expression!r}: {key} is no licence" for key in unknown if key not in references]


def faults(document):
    """Every rule that this document breaks, in words."""
    found = list(_keys("document", document, DOCUMENT))
    if found:
        return found
    for key, wanted in (("spdxVersion", "SPDX-2.3"), ("dataLicense", "CC0-1.0"), ("SPDXID", "SPDXRef-DOCUMENT")):
        if document[key] != wanted:
            found.append(f"document: {key} is {document[key]!r}")
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*:[^\s#]+", document["documentNamespace"]):
        found.append("document: documentNamespace is no absolute URI without a fragment")
    creation = document["creationInfo"]
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", creation.get("created", "")):
        found.append("creationInfo: created is no UTC time")
    if not creation.get("creators") or not all(re.match(r"(Person|Organization|Tool): \S", each) for each in creation["creators"]):
        found.append("creationInfo: creators are not Person, Organization or Tool")
    references = {each["licenseId"]: each.get("extractedText", "") for each in document.get("hasExtractedLicensingInfos", [])}
    for reference, text in references.items():
        if not re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", reference) or not text.strip():
            found.append(f"{reference}: no LicenseRef with a text")

    packages, files = document.get("packages", []), document.get("files", [])
    for kind, entries, allowed in (("package", packages, PACKAGE), ("file", files, FILE)):
        for entry in entries:
            what = f"{kind} {entry.get('name', entry.get('fileName'))}"
            broken = list(_keys(what, entry, allowed))
            found += broken
            if broken:
                continue
            sums = entry.get("checksums", [])
            for each in sums:
                if not re.fullmatch(r"[0-9a-f]{%d}" % SUMS.get(each.get("algorithm"), 0), each.get("checksumValue", "")):
                    found.append(f"{what}: the checksum {each} is none")
            if kind == "file" and "SHA1" not in [each["algorithm"] for each in sums]:
                found.append(f"{what}: has no SHA1 (clause 8.4)")
            for key in ("licenseConcluded", "licenseDeclared"):
                found += [f"{what}: {key}: {fault}" for fault in licence_faults(entry.get(key, "NOASSERTION"), references)]
    for entry in packages:
        what = f"package {entry.get('name')}"
        if entry.get("primaryPackagePurpose", "OTHER") not in PURPOSES:
            found.append(f"{what}: its purpose {entry['primaryPackagePurpose']!r} is none of clause 7.24")
        if not re.fullmatch(r"NOASSERTION|NONE|[a-z+]+://\S+", entry.get("downloadLocation", "")):
            found.append(f"{what}: downloadLocation is no place")
        if not re.match(r"(NOASSERTION$|(Person|Organization): \S)", entry.get("supplier", "NOASSERTION")):
            found.append(f"{what}: supplier is neither Person nor Organization")
        for each in entry.get("externalRefs", []):
            kind, locator = each.get("referenceType"), each.get("referenceLocator", "")
            if kind == "purl":
                good = each.get("referenceCategory") == "PACKAGE-MANAGER" and re.fullmatch(r"pkg:[a-z]+/\S+@\S+", locator)
            else:
                good = kind == "cpe23Type" and each.get("referenceCategory") == "SECURITY" and re.fullmatch(r"cpe:2\.3:[aho](:[^:\s]+){10}", locator)
            if not good:
                found.append(f"{what}: the reference {each} is none of annex F")

    known = [document["SPDXID"]] + [entry.get("SPDXID") for entry in packages + files]
    for identifier in known:
        if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", identifier or ""):
            found.append(f"{identifier}: no identifier")
        if known.count(identifier) > 1:
            found.append(f"{identifier}: stands there twice")
    for each in document.get("relationships", []):
        for key in ("spdxElementId", "relatedSpdxElement"):
            if each.get(key) not in known:
                found.append(f"relationship: {each.get(key)} is nowhere")
        if each.get("relationshipType") not in RELATIONS:
            found.append(f"relationship: {each.get('relationshipType')} is none of clause 11")
    if not any(each.get("relationshipType") == "DESCRIBES" and each.get("spdxElementId") == "SPDXRef-DOCUMENT" for each in document.get("relationships", [])):
        found.append("relationship: the document describes nothing")
    return found
