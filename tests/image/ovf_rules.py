# SPDX-License-Identifier: MIT
"""The rules of OVF 1.0 and 1.1 (DMTF DSP0243) that a description of one virtual system has to keep, written down here from the
specification: no package of Debian or npm ships DMTF's XML schemas, and these do not follow references. They name each fault."""

import re
import xml.etree.ElementTree as xml

OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"
VSSD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData}"
# The children of each element in their order; "?" at most one, "*" any number, nothing: exactly one. Elements of other namespaces may
# follow where "+" stands last.
CHILDREN = {
    "Envelope": "References DiskSection? NetworkSection? VirtualSystem",
    "References": "File*",
    "DiskSection": "Info Disk*",
    "NetworkSection": "Info Network*",
    "Network": "Description*",
    "VirtualSystem": "Info Name? OperatingSystemSection? VirtualHardwareSection? ProductSection*",
    "OperatingSystemSection": "Info Description?",
    "VirtualHardwareSection": "Info System? Item* +",
    "ProductSection": "Info Product? Vendor? Version? FullVersion? ProductUrl? VendorUrl? AppUrl? Property*",
    "Property": "Label? Description*",
}
ATTRIBUTES = {
    "File": ("id href", "size compression chunkSize"),
    "Disk": ("diskId capacity", "fileRef format capacityAllocationUnits populatedSize parentRef"),
    "Network": ("name", ""),
    "VirtualSystem": ("id", ""),
    "OperatingSystemSection": ("id", "version required"),
    "VirtualHardwareSection": ("", "transport id required"),
    "ProductSection": ("", "class instance required"),
    "Property": ("key type", "qualifiers userConfigurable value password"),
}
TYPES = {"uint8", "sint8", "uint16", "sint16", "uint32", "sint32", "uint64", "sint64", "string", "boolean", "real32", "real64"}
LINUX_64 = "101"  # CIM_OperatingSystem.OsType


def _children(element):
    name = element.tag.removeprefix(OVF)
    if name not in CHILDREN:
        return
    shape = CHILDREN[name].split()
    pattern = "".join(
        "(?:[{].* )*" if word == "+" else f"(?:{word.rstrip('?*')} ){word[-1] if word[-1] in '?*' else ''}" for word in shape
    )
    names = "".join(child.tag.removeprefix(OVF) + " " for child in element)
    if not re.fullmatch(pattern, names):
        yield f"{name}: its children are {names.split()}, not {CHILDREN[name]}"


def _attributes(element):
    name = element.tag.removeprefix(OVF)
    must, may = ATTRIBUTES.get(name, (None, None))
    if must is None:
        return
    own = {key.removeprefix(OVF) for key in element.attrib if key.startswith(OVF) or not key.startswith("{")}
    for key in sorted(set(must.split()) - own):
        yield f"{name}: the attribute {key} is missing"
    for key in sorted(own - set(must.split()) - set(may.split())):
        yield f"{name}: the attribute {key} is unknown"


def _items(tree):
    items = list(tree.iter(f"{OVF}Item"))
    instances = [item.findtext(f"{RASD}InstanceID") for item in items]
    networks = {network.get(f"{OVF}name") for network in tree.iter(f"{OVF}Network")}
    disks = {disk.get(f"{OVF}diskId") for disk in tree.iter(f"{OVF}Disk")}
    for item in items:
        what = f"Item {item.findtext(f'{RASD}InstanceID')}"
        for name in ("ElementName", "InstanceID", "ResourceType"):
            if not item.findtext(f"{RASD}{name}"):
                yield f"{what}: {name} is missing"
        names = [child.tag for child in item]
        if names != sorted(names) or not all(name.startswith(RASD) for name in names):
            yield f"{what}: its elements are not those of CIM in alphabetical order"
        if instances.count(item.findtext(f"{RASD}InstanceID")) > 1:
            yield f"{what}: stands there twice"
        if (parent := item.findtext(f"{RASD}Parent")) and parent not in instances:
            yield f"{what}: its parent {parent} is nowhere"
        if (network := item.findtext(f"{RASD}Connection")) and network not in networks:
            yield f"{what}: the network {network} is nowhere"
        for resource in item.findall(f"{RASD}HostResource"):
            if resource.text not in {f"ovf:/disk/{disk}" for disk in disks}:
                yield f"{what}: {resource.text} is nowhere"
    for system in tree.iter(f"{OVF}System"):
        names = [child.tag for child in system]
        if names != sorted(names) or not all(name.startswith(VSSD) for name in names):
            yield "System: its elements are not those of CIM in alphabetical order"


def faults(text):
    """Every rule that this description breaks, in words."""
    tree = xml.fromstring(text)
    if tree.tag != f"{OVF}Envelope":
        return [f"the root is {tree.tag}"]
    found = [fault for element in tree.iter() for check in (_children, _attributes) for fault in check(element)]
    found += _items(tree)
    files = [file.get(f"{OVF}id") for file in tree.iter(f"{OVF}File")]
    for disk in tree.iter(f"{OVF}Disk"):
        if disk.get(f"{OVF}fileRef") not in files:
            found.append(f"Disk: the file {disk.get(f'{OVF}fileRef')} is nowhere")
        if not re.match(r"https?://", disk.get(f"{OVF}format") or ""):
            found.append("Disk: its format is no URI")
    for system in tree.iter(f"{OVF}OperatingSystemSection"):
        if system.get(f"{OVF}id") != LINUX_64:
            found.append("OperatingSystemSection: is not Linux of 64 bits")
    properties = list(tree.iter(f"{OVF}Property"))
    for each in properties:
        if each.get(f"{OVF}type") not in TYPES:
            found.append(f"Property: the type {each.get(f'{OVF}type')} is none")
        if [other.get(f"{OVF}key") for other in properties].count(each.get(f"{OVF}key")) > 1:
            found.append(f"Property: {each.get(f'{OVF}key')} stands there twice")
    return found
