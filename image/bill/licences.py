# SPDX-License-Identifier: MIT
"""out/licenses: every licence text that goes with the image, what each is for, and the offer of the source that the GPL asks for."""

import pathlib
import shutil

import facts

COMMON = pathlib.Path("/usr/share/common-licenses")

OFFER = """\
Written offer (GNU General Public License, version 2, section 3 b)

The images of CoreKMS {version} (build {build}) contain programs under the GNU General Public License version 2
(of some: or any later version): {programs}.

{who} offers, valid for at least three years from the day on which the image was given, and as long
as spare parts or support for it are offered, to give any third party a complete machine-readable copy of the corresponding source
code of these programs, on a medium customarily used for software interchange, for a charge no more than the cost of
physically performing source distribution, to be distributed under the terms of sections 1 and 2 of that licence.

To make use of it, write to {whom}, and name the build: {build}.
It stands on the console's page 4 of a running machine, on its web page, and in corekms.cdx.json.

What the corresponding source is:

{sources}
* the patches of CoreKMS on them, in the repository of CoreKMS:
{patches}
* the configuration: image/kernel/fragments, and kernel.config, the configuration as it was built (sha256 {kernel_config})
* the scripts that control compilation and installation: the repository of CoreKMS at commit {commit}

`./ck sources` in that repository gathers all of it, these very versions, in out/sources. Whoever passes an image on may do the
same (section 3 a): give out/sources along with it. Whoever passes it on without commerce may pass on this offer (section 3 c).
"""


def _copyleft(components):
    """What stands beside our program under the GPL. Its own part of the kernel, the headers, is excepted (Linux-syscall-note)."""
    return [each for each in components if "GPL" in each.licence and each.part_of != "program"]


def _sources(components):
    lines = []
    for component in _copyleft(components):
        lines.append(f"* {component.name} {component.upstream_version}: Debian source package {component.source}, version {component.source_version}")
        if component.kind != "host":
            lines += [f"    {file.sha256}  {file.name}" for file in component.files]
    return "\n".join(lines)


def write(folder, components, image, collected, common, kernel_config_sha256, distributor):
    """Writes the folder anew. `common` are names of /usr/share/common-licenses by component."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    index = [f"CoreKMS {image.version}, build {image.build}: what is in the image, and under which licence."]
    index.append(f"corekms {image.version}: MIT\n  the programs of CoreKMS\n  corekms/LICENSE")
    (folder / "corekms").mkdir()
    shutil.copyfile(image.repository / "LICENSE", folder / "corekms/LICENSE")
    for component in components:
        own = collected.folder / "texts" / component.name
        texts = {f"{component.name}/{path.relative_to(own)}": path for path in collected.texts(component.name)}
        texts |= {f"{component.name}/common-licenses/{name}": COMMON / name for name in common.get(component.name, [])}
        for name, path in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
        origin = f"Debian source package {component.source} {component.source_version}"
        index.append(f"{component.name} {component.upstream_version}: {component.licence}\n  {component.about}; {origin}\n  " + "\n  ".join(texts))
    (folder / "NOTICE").write_text("\n\n".join(index) + "\n")
    patches = "\n".join(f"    {facts.sha256(patch.path)}  {patch.name}" for each in _copyleft(components) for patch in each.patches)
    (folder / "OFFER").write_text(
        OFFER.format(
            version=image.version,
            build=image.build,
            commit=image.commit,
            who=distributor or "Whoever gave you the image",
            programs=", ".join(f"{each.name} ({each.about})" for each in _copyleft(components)),
            whom=distributor or "whoever gave you the image",
            sources=_sources(components),
            patches=patches,
            kernel_config=kernel_config_sha256,
        )
    )
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
