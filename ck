#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The one driver of CoreKMS: picks the script that does the work. `./ck help` is the manual.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/scripts/lib.sh"

usage() {
  cat <<'TEXT'
./ck build     makes what is out of date: toolchain, program, kernel, out/corekms.{efi,vmlinux,iso}
      --service PATH        this static program in the gateway's place (docs/service.md), in this build only (of image, run, too)
      --service-args "..."  its arguments
      --service-files DIR   what it reads: DIR becomes /service/files
      --config FILE         this document (docs/configuration.md) where the machine is given no other (of image, run, too)
      --profile NAME        full (every hypervisor, the default), micro (virtio alone, the smallest), metal (real machines)
      --arch NAME           x86_64 (the default), aarch64 (64-bit ARM with UEFI: out/corekms-aarch64.{efi,iso})
      --smp                 for several processors; on aarch64 it always is
      --newest              where a pinned Debian version is gone from the archive, go on with the newest (of image, run, test ..., too)
./ck image [FORMAT...]  builds, then writes out/ in the form that each hypervisor takes: img qcow2 vhd vhdx vmdk ova ova-bios vdi ipxe;
                      without any argument or option those of aarch64 (efi iso img), too
                      and its papers (alone: ./ck image sbom): bill of materials, provenance, licenses/ with the offer of the source
      COREKMS_DISTRIBUTOR="name, address"  who makes that offer
./ck sources   out/sources: the complete source that corresponds to the image in out/, to pass on with it
      COREKMS_SOURCES=DIR ./ck build   takes the packages from such a folder, where Debian has them no longer
./ck keys new [DIR]    keys of your own for Secure Boot, and an image to enrol them from
./ck sign --key KEY --cert CERT   signs out/corekms.efi and makes every image around it
./ck update    moves the pinned versions to the newest of Debian, builds, tests, prints what changed (--pins-only stops before the build)
./ck run       builds, then boots in QEMU with the console in this terminal; Ctrl-A X leaves
      --iso                 boot out/corekms.iso instead of out/corekms.efi
      --uefi                with UEFI firmware (OVMF) instead of SeaBIOS
      --memory MB           RAM of the machine (default 64; 160 with UEFI)
      --nic MODEL           virtio-net-pci (default), e1000, e1000e, pcnet, vmxnet3 ...
      --upstream HOST[:PORT]  the KMS host to relay to; the machine may then reach the network (else it may not)
      --no-build            boot what stands in out/
      COREKMS_ACCEL=kvm|tcg   overrides the choice between them
./ck test [SUITE...]   lint unit sim fuzz image netns soak boot; all of them when none is named: unit and sim with lint beside, then netns and
                      soak with image and fuzz beside, then boot
      COREKMS_FUZZ_SECONDS=N  seconds for each fuzz target (default 3)
      COREKMS_SOAK_SECONDS=N  seconds of the soak suite (default 45; hours find what minutes do not)
./ck bench [size|ram|boot|build|lease|gateway|flood]   the numbers of the README
      --storm N             how many clients come at once in that of the gateway (default 10000)
      COREKMS_LEASE_RUNS=N  how often each DHCP client is run (default 10)
      COREKMS_GATEWAY_ROUNDS=N  how often each relay is measured (default 5); bench/gateway.py names more
./ck config check FILE     says all that is wrong with a configuration document, as the image would
./ck config put IMAGE FILE  writes a document into a built .iso, .img, .qcow2, .vhd, .vhdx, .vmdk, .vdi or .efi
./ck config example        a document with every key      ./ck config reference  the tables of docs/configuration.md
./ck kernel menuconfig|savedefconfig|diff|cost      --profile, --arch and --smp say of which kernel
./ck fmt       formats the C++ sources            ./ck lint   the same as ./ck test lint
./ck clean     removes build/ and out/, but not the keys and the sources in it; --cache also what the cache has not used for 30 days, --cache=all all of it

The cache is $COREKMS_CACHE, else $XDG_CACHE_HOME/corekms, else ~/.cache/corekms. Logs are in build/log/.
TEXT
}

command=${1:-help}
(($# == 0)) || shift
case $command in
  build | image | run | sign | sources | kernel)
    arguments=$#
    [[ $* != --newest ]] || arguments=0
    ck_variant "$@"
    set -- "${CK_REST[@]}"
    [[ ${#CK_INSIDE[@]} == 0 || $command =~ ^(build|image|run)$ ]] || ck_die "$command does not know '${CK_INSIDE[0]}' (./ck help)"
    ;;
esac
case $command in
  build) exec "$CK_ROOT/scripts/build.sh" "${CK_INSIDE[@]}" "$@" ;;
  image)
    # What would stop it after the first image is found out before.
    "$CK_ROOT/image/formats.sh" --check "$@"
    ((arguments)) || ck_need build aarch64
    "$CK_ROOT/scripts/build.sh" "${CK_INSIDE[@]}"
    "$CK_ROOT/image/formats.sh" "$@"
    ((arguments == 0)) || exit 0
    export CK_ARCH=aarch64 # the other architecture is among all that there is
    "$CK_ROOT/scripts/build.sh"
    exec "$CK_ROOT/image/formats.sh"
    ;;
  update) exec "$CK_ROOT/scripts/update.sh" "$@" ;;
  sources) exec "$CK_ROOT/image/bill/bill.sh" sources "$@" ;;
  keys | sign) exec "$CK_ROOT/image/secure_boot.sh" "$command" "$@" ;;
  run) exec "$CK_ROOT/scripts/run.sh" "$@" "${CK_INSIDE[@]}" ;;
  test) exec "$CK_ROOT/scripts/test.sh" "$@" ;;
  lint) exec "$CK_ROOT/scripts/test.sh" lint "$@" ;;
  bench)
    ck_need build test
    if [[ $* =~ ^(lease|gateway|flood|--storm|[0-9]+|\ )+$ ]]; then "$CK_ROOT/scripts/build.sh" --userland-only; else "$CK_ROOT/scripts/build.sh"; fi
    exec /usr/bin/python3 "$CK_ROOT/bench/bench.py" "$@"
    ;;
  config)
    [[ ${1-} != put ]] || exec "$CK_ROOT/image/config_place.sh" "${@:2}"
    [[ ${1-} =~ ^(check|example|reference)$ ]] || ck_die "config knows check FILE, put IMAGE FILE, example and reference"
    "$CK_ROOT/scripts/build.sh" --userland-only >&2
    exec "$CK_BUILD/target/corekms" config "$@"
    ;;
  kernel)
    [[ ${1-} != menuconfig ]] || ck_need menuconfig
    ck_need_build
    exec "$CK_ROOT/image/kernel/kernel.sh" "$@"
    ;;
  fmt)
    ck_need test
    cd "$CK_ROOT"
    git ls-files -co --exclude-standard -z -- '*.h' '*.cc' | xargs -0r clang-format-19 -i
    ;;
  clean)
    [[ ${1-} =~ ^(--cache(=all)?)?$ ]] || ck_die "clean knows --cache and --cache=all"
    rm -rf "$CK_BUILD"
    if [[ -d $CK_OUT ]]; then
      find "$CK_OUT/" -mindepth 1 -maxdepth 1 ! -name keys ! -name 'sources*' -exec rm -rf {} +
      rmdir "$CK_OUT" 2>/dev/null || true
      for left in "$CK_OUT"/{keys,sources*}; do
        [[ ! -e $left ]] || ck_say "left: $left"
      done
    fi
    case ${1-} in
      --cache) find "$CK_CACHE" -mindepth 2 -maxdepth 2 -name .used -mtime +30 -printf '%h\0' | xargs -0r rm -rf ;;
      --cache=all) rm -rf "$CK_CACHE" ;;
    esac
    ;;
  help | -h | --help) usage ;;
  *)
    usage >&2
    ck_die "there is no command '$command'"
    ;;
esac
