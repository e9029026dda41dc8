#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./ck image [FORMAT...]: out/ in the form that each hypervisor takes, and SHA256SUMS (SHA256SUMS-micro ...) over all of it. The files that `./ck build` makes
# (.efi, .vmlinux, .iso) are among them. Everything follows from the .efi: the same bytes on every machine, at any time.
#   --check FORMAT...   dies when there is no such format for this profile and architecture, and does nothing else
set -euo pipefail
# shellcheck source=scripts/lib.sh
[[ $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
# shellcheck source=image/build.sh
source "$CK_ROOT/image/build.sh"
# shellcheck source=image/bill/bill.sh
source "$CK_ROOT/image/bill/bill.sh"

FORMATS=$CK_ROOT/image/formats
FORMATS_BUILD=$IMAGE_BUILD/formats
# A fixed disk of whole megabytes with one partition: what Hyper-V and Azure take without rounding. Azure makes no managed disk of less
# than 20 MiB (uploadSizeBytes: 20,972,032, the footer among them).
DISK_MB=8
VHD_MB=20
ESP_MB=6
DISK_GUID=434f5245-4b4d-5300-8000-000000000001
ESP_GUID=434f5245-4b4d-5300-8000-000000000002
# The memory in MB of the virtual machine in the OVA. VMware's EFI does not power on with less than 96 ("Change the Memory Configuration" of
# vSphere's manual), OVMF does not start in 64.
declare -A OVA_MEMORY=([bios]=64 [efi]=128)

# format, file, for, how it was tried (tests/boot; under QEMU's emulation); in the order in which they are made. "(not run)": nobody has.
formats() {
  case $CK_PROFILE-$CK_ARCH in
    full-x86_64)
      cat <<TABLE
efi|$CK_STEM.efi|any boot loader, EFI, HTTP boot|QEMU: -kernel, OVMF, its HTTP boot
vmlinux|$CK_STEM.vmlinux|Firecracker, Cloud Hypervisor, microvm (PVH)|QEMU microvm; Firecracker, Cloud Hypervisor (not run)
iso|$CK_STEM.iso|every x86 platform, as CD and as disk|QEMU: SeaBIOS, OVMF; the others (not run)
img|$CK_STEM.img|KVM, Proxmox, OpenStack, Cloud Hypervisor|QEMU: SeaBIOS, OVMF, virtio-blk; the others (not run)
qcow2|$CK_STEM.qcow2|KVM, Proxmox, OpenStack|QEMU: SeaBIOS, OVMF, virtio-scsi; the others (not run)
vhd|$CK_STEM-gen1.vhd|Hyper-V generation 1, Azure|QEMU: SeaBIOS, PIIX IDE; Hyper-V, Azure (not run)
vhdx|$CK_STEM-gen2.vhdx|Hyper-V generation 2|QEMU: OVMF, SCSI; Hyper-V (not run)
vmdk|$CK_STEM.vmdk|VMware|QEMU: SeaBIOS, OVMF, AHCI, vmxnet3; VMware (not run)
ova|$CK_STEM.ova|VMware, VirtualBox, with EFI|the disk as above; VMware, VirtualBox (not run)
ova-bios|$CK_STEM-bios.ova|the same, with BIOS|the disk as above; VMware, VirtualBox (not run)
vdi|$CK_STEM.vdi|VirtualBox|QEMU: SeaBIOS and PIIX IDE, OVMF and AHCI, e1000; VirtualBox (not run)
ipxe|$CK_STEM.ipxe|iPXE, beside corekms.efi|QEMU: iPXE with SeaBIOS, by TFTP and by HTTP; by hand with OVMF
TABLE
      ;;
    full-aarch64)
      cat <<TABLE
efi|$CK_STEM.efi|64-bit ARM: EFI, HTTP boot|QEMU virt, EDK2, its HTTP boot; Graviton, Ampere (not run)
iso|$CK_STEM.iso|64-bit ARM with UEFI, as CD and as disk|QEMU virt, EDK2; Hyper-V, VMware on ARM (not run)
img|$CK_STEM.img|64-bit ARM with UEFI: KVM, clouds|QEMU virt, EDK2; KVM, clouds (not run)
TABLE
      ;;
    micro-x86_64)
      cat <<TABLE
bzimage|$CK_STEM.bzimage|QEMU and other loaders of Linux|QEMU: q35 -kernel
vmlinux|$CK_STEM.vmlinux|Firecracker, microvm (PVH)|QEMU microvm; Firecracker (not run)
TABLE
      ;;
    metal-x86_64)
      cat <<TABLE
efi|$CK_STEM.efi|any boot loader, EFI, HTTP boot|QEMU: -kernel with e1000e, rtl8139, USB network and keyboard; HTTP boot, real machines (not run)
iso|$CK_STEM.iso|CD and USB stick, BIOS and EFI|QEMU: OVMF, as a USB stick; real machines (not run)
img|$CK_STEM.img|disks and USB sticks, BIOS and EFI|QEMU: SeaBIOS, OVMF, as a USB stick; real machines (not run)
TABLE
      ;;
  esac
}

format_version() { sed -nE 's/^project\(corekms VERSION ([0-9.]+).*/\1/p' "$CK_ROOT/CMakeLists.txt"; }

# A GPT with one EFI system partition, which on x86 a BIOS starts by syslinux, too (gptmbr.bin finds it by its "legacy BIOS bootable" bit).
format_img() { # OUTPUT
  local start=$((1024 * 1024)) work=$FORMATS_BUILD/esp
  local -a bootable=()
  [[ $CK_ARCH != x86_64 ]] || bootable=(-A 1:set:2)
  rm -rf "$1" "$work"
  mkdir -p "$work"
  truncate -s "${DISK_MB}M" "$1"
  sgdisk -a 1 -U "$DISK_GUID" -n "1:2048:$((2048 + ESP_MB * 2048 - 1))" -t 1:EF00 -c 1:COREKMS -u "1:$ESP_GUID" "${bootable[@]}" "$1"
  mkfs.vfat -F 12 -s 4 -n COREKMS_SYS --invariant --offset 2048 "$1" $((ESP_MB * 1024))
  install -m 644 "$IMAGE_KERNEL" "$work/kernel"
  install -m 644 "$FORMATS/syslinux.cfg" "$work/syslinux.cfg"
  touch -d "@$SOURCE_DATE_EPOCH" "$work"/*
  export MTOOLS_SKIP_CHECK=1 TZ=UTC
  mmd -i "$1@@$start" ::/EFI ::/EFI/BOOT
  if [[ $CK_ARCH == aarch64 ]]; then
    mcopy -m -i "$1@@$start" "$work/kernel" ::/EFI/BOOT/BOOTAA64.EFI
    return
  fi
  mcopy -m -i "$1@@$start" "$work/kernel" ::/EFI/BOOT/BOOTX64.EFI
  mcopy -m -i "$1@@$start" "$work/syslinux.cfg" ::/syslinux.cfg
  syslinux --install -t "$start" "$1"
  dd if=/usr/lib/syslinux/mbr/gptmbr.bin of="$1" bs=440 count=1 conv=notrunc status=none
}

format_convert() { # DISK OUTPUT KIND OPTIONS... : by qemu-img
  qemu-img convert -f raw "${@:4}" "$1" "$2"
  [[ $3 == qcow2 ]] || "$(image_tool settle_image)" "$3" "$2"
}
format_of_disk() { format_convert "$IMAGE_OUT/$CK_STEM.img" "$@"; } # OUTPUT KIND OPTIONS...
format_qcow2() { format_of_disk "$1" qcow2 -c -O qcow2; }
format_vhd() { # the same disk with room behind it
  DISK_MB=$VHD_MB format_img "$FORMATS_BUILD/vhd.img"
  format_convert "$FORMATS_BUILD/vhd.img" "$1" vhd -O vpc -o subformat=fixed,force_size=on
}
format_vhdx() { format_of_disk "$1" vhdx -O vhdx -o subformat=dynamic,block_size=1M; }
format_vmdk() { format_of_disk "$1" vmdk -O vmdk -o subformat=streamOptimized,adapter_type=lsilogic,hwversion=14; }
format_vdi() { format_of_disk "$1" vdi -O vdi; }
format_ipxe() { install -m 644 "$FORMATS/corekms.ipxe" "$1"; }
format_ova() { format_ovf "$1" efi; }
format_ova_bios() { format_ovf "$1" bios; }

# The description first, then what it is signed by, then the disk: readers take an OVA as a stream (DSP0243 5.3).
format_ovf() { # OUTPUT FIRMWARE
  local work=$FORMATS_BUILD/ova-$2 name=${1##*/}
  name=${name%.ova*}
  rm -rf "$work"
  mkdir -p "$work"
  cp "$IMAGE_OUT/$CK_STEM.vmdk" "$work/$name-disk1.vmdk"
  sed -e "s/@DISK@/$name-disk1.vmdk/; s/@DISK_BYTES@/$(stat -c %s "$work/$name-disk1.vmdk")/; s/@CAPACITY@/$((DISK_MB * 1024 * 1024))/" \
    -e "s/@POPULATED@/$((ESP_MB * 1024 * 1024))/; s/@MEMORY@/${OVA_MEMORY[$2]}/; s/@FIRMWARE@/$2/; s/@VERSION@/$(format_version)/" \
    "$FORMATS/corekms.ovf.in" | grep -v '^<!--' >"$work/$name.ovf"
  (
    cd "$work"
    sha256sum "$name.ovf" "$name-disk1.vmdk" | sed -E 's/^([0-9a-f]+) +(.*)$/SHA256(\2)= \1/' >"$name.mf"
    tar -c --format=ustar --owner=0 --group=0 --numeric-owner --mode=644 --mtime="@$SOURCE_DATE_EPOCH" -f out.tar "$name.ovf" "$name.mf" "$name-disk1.vmdk"
  )
  mv "$work/out.tar" "$1"
}

format_make() { # FORMAT FILE
  "format_${1//-/_}" "$FORMATS_BUILD/$2"
  mv "$FORMATS_BUILD/$2" "$IMAGE_OUT/$2"
}

# What a format is made of, apart from the files before it in the table.
format_needs() { # FORMAT
  case $1 in
    qcow2 | vhdx | vmdk | vdi) echo img ;;
    ova | ova-bios) printf 'img\nvmdk\n' ;;
  esac
}

formats_check() { # FORMAT...
  local format
  for format; do
    [[ $format == sbom ]] || formats | cut -d '|' -f 1 | grep -qxF -e "$format" ||
      ck_die "image does not know '$format'; it knows $(formats | cut -d '|' -f 1 | paste -sd ' ' -) sbom"
  done
}

# Whether it stands there as it was "made" of what the key says, or "changed" since; else nothing.
format_state() { # FORMAT FILE KEY
  local stamp=$FORMATS_BUILD/$1.stamp
  [[ -f $IMAGE_OUT/$2 && -f $stamp && $(<"$stamp") == "$3 "* ]] || return 0
  if ck_fresh "$stamp" "$3 $(image_sum "$IMAGE_OUT/$2")"; then echo made; else echo changed; fi
}

image_formats() { # [FORMAT...]
  local format file platform tried key lock build
  local -a wanted=() all=() present=()
  local -A chosen=()
  formats_check "$@"
  mapfile -t all < <(formats | cut -d '|' -f 1)
  (($#)) || set -- "${all[@]}"
  ck_need_build
  mkdir -p "$FORMATS_BUILD"
  exec {lock}>"$FORMATS_BUILD/.lock" # one at a time in a checkout
  flock "$lock"
  key=$(ck_hash "$FORMATS" "$IMAGE/formats.sh" "$IMAGE/tools" "$IMAGE_KERNEL" -- "$(format_version)")
  # Others are made of it, and SHA256SUMS names it: what was changed is made anew whether it is asked for or not.
  while IFS='|' read -r format file _; do
    [[ " ${IMAGE_KINDS[*]} " != *" $format "* && $(format_state "$format" "$file" "$key") == changed ]] || continue
    image_say_changed "$IMAGE_OUT/$file"
    set -- "$@" "$format"
  done < <(formats)
  for format; do
    [[ $format != sbom ]] || continue # the papers are always written
    for file in $(format_needs "$format") "$format"; do chosen[$file]=1; done
  done
  while IFS='|' read -r format file _; do
    [[ -n ${chosen[$format]-} ]] || continue
    wanted+=("$format")
  done < <(formats)
  ck_steps ${#wanted[@]}
  for format in "${wanted[@]}"; do
    file=$(formats | grep "^$format|" | cut -d '|' -f 2)
    [[ " ${IMAGE_KINDS[*]} " != *" $format "* && $(format_state "$format" "$file" "$key") != made ]] || continue
    ck_step "Writing $file" "image-$format" format_make "$format" "$file"
    ck_mark "$FORMATS_BUILD/$format.stamp" "$key $(image_sum "$IMAGE_OUT/$file")"
  done
  # What an older kernel is in would be taken for the present one.
  while IFS='|' read -r format file _; do
    [[ " ${IMAGE_KINDS[*]} " != *" $format "* ]] || continue
    [[ $(format_state "$format" "$file" "$key") == made ]] || rm -f "$IMAGE_OUT/$file"
  done < <(formats)
  mapfile -t present < <(cd "$IMAGE_OUT" && formats | cut -d '|' -f 2 | while read -r file; do [[ ! -f $file ]] || printf '%s\n' "$file"; done)
  build=$(bill_write "${present[@]}")
  (cd "$IMAGE_OUT" && { printf '%s\n' "${present[@]}" && bill_papers; } | xargs -d '\n' sha256sum >"SHA256SUMS${CK_STEM#corekms}")
  printf '%-19s %10s  %-46s %s\n' file bytes for "started in"
  while IFS='|' read -r format file platform tried; do
    [[ -n ${chosen[$format]-} ]] || continue
    printf '%-19s %10s  %-46s %s\n' "$file" "$(stat -c %s "$IMAGE_OUT/$file")" "$platform" "$tried"
  done < <(formats)
  printf '%-19s %10s  %s\n' "$CK_STEM.cdx.json" "$(stat -c %s "$IMAGE_OUT/$CK_STEM.cdx.json")" "bill of materials, CycloneDX 1.6" \
    "$CK_STEM.spdx.json" "$(stat -c %s "$IMAGE_OUT/$CK_STEM.spdx.json")" "bill of materials, SPDX 2.3" \
    "$CK_STEM.provenance.json" "$(stat -c %s "$IMAGE_OUT/$CK_STEM.provenance.json")" "what it was made of, SLSA 1.0" \
    "$BILL_LICENSES/" "$(du -sb "$IMAGE_OUT/$BILL_LICENSES" | cut -f 1)" "licence texts, notice, written offer of the source"
  printf 'build id %s\n' "$build"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  if [[ ${1-} == --check ]]; then formats_check "${@:2}"; else image_formats "$@"; fi
  exit
fi
