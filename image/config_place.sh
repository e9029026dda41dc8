#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./ck config put IMAGE FILE: a configuration document into an image that is there already. Nothing is built.
#
#   .iso                               over the place that the ISO keeps for it, in the file itself
#   .img .raw .qcow2 .vhd .vhdx .vmdk .vdi   as /corekms.toml on the FAT volume (the EFI system partition)
#   .efi                               a unified kernel image: systemd's stub with this kernel and a small initramfs that holds the
#                                      document as the built-in one; it starts by UEFI alone. Not of 64-bit ARM, whose stub Debian keeps
#                                      for that architecture alone
# An image is replaced as a whole once all went well; until then the old one stands.
set -euo pipefail
# shellcheck source=scripts/lib.sh
[[ $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

CONFIG_PLACE=65536 # bytes: the longest document
CONFIG_MARK='# The place of corekms.toml, filled by ./ck config put; empty lines stand for nothing.'
CONFIG_STUB=/usr/lib/systemd/boot/efi/linuxx64.efi.stub

# The place, with this text or none in it: always as long as it can be, since it is written over where it lies. Its first line says how
# long the text is (engine/config/place.h), so that what is read, shown and measured is the file itself.
config_blank() { # [FILE]
  local first=$CONFIG_MARK size=0
  if [[ -n ${1-} ]]; then
    size=$(stat -L -c %s "$1")
    first+=" $size bytes:"
  fi
  ((${#first} + 1 + size <= CONFIG_PLACE)) || ck_die "$1: the place in the image holds $CONFIG_PLACE bytes, one line of which is taken"
  printf '%s\n' "$first"
  [[ -z ${1-} ]] || cat "$1"
  head -c $((CONFIG_PLACE - ${#first} - 1 - size)) /dev/zero | tr '\0' '\n'
}

config_into_iso() { # IMAGE FILE
  local at
  at=$(grep -aobF -m 1 -- "$CONFIG_MARK" "$1" | head -n 1 | cut -d : -f 1) || true
  [[ -n $at ]] || ck_die "$1 keeps no place for a document: it was built before there was one, or is none of CoreKMS"
  config_blank "$2" | dd of="$1" bs=64K seek="$at" oflag=seek_bytes conv=notrunc,fsync status=none
}

# Where the FAT volume of a raw disk begins, in bytes: the EFI system partition, else the first FAT partition, else the whole.
config_fat_of() { # RAW
  local start
  if [[ $(dd if="$1" bs=1 skip=54 count=3 status=none | tr -d '\0') == FAT || $(dd if="$1" bs=1 skip=82 count=3 status=none | tr -d '\0') == FAT ]]; then
    echo 0
    return
  fi
  start=$(sfdisk --dump "$1" 2>/dev/null | awk '
    / start=/ {
      start = $0; sub(/.*start= */, "", start); sub(/,.*/, "", start)
      type = $0; sub(/.*type=/, "", type); sub(/,.*/, "", type); type = tolower(type)
      if (type ~ /^(c12a7328-f81f-11d2-ba4b-00a0c93ec93b|ef)$/ && esp == "") esp = start
      if (type ~ /^(1|4|6|b|c|e|ebd0a0a2-b9e5-4433-87c0-68b6b72699c7)$/ && fat == "") fat = start
    }
    END { print esp != "" ? esp : fat }')
  [[ -n $start ]] || ck_die "there is no FAT partition in it"
  echo $((start * 512))
}

config_into_raw() { # RAW FILE
  local at
  at=$(config_fat_of "$1")
  # mcopy's exit status does not tell when the volume is full.
  MTOOLS_SKIP_CHECK=1 mcopy -o -i "$1@@$at" "$2" ::/corekms.toml
  MTOOLS_SKIP_CHECK=1 mtype -i "$1@@$at" ::/corekms.toml 2>/dev/null | cmp -s - "$2" || ck_die "its FAT volume has no room for the document"
}

# The same for the formats that qemu-img knows; what the format could vary in is kept.
config_into_disk() { # IMAGE FORMAT FILE WORK
  local kind
  local -a options=()
  qemu-img convert -f "$2" -O raw "$1" "$4/raw" # a VHD of a fixed size would be taken for a raw disk
  config_into_raw "$4/raw" "$3"
  kind=$(qemu-img info -f "$2" --output=json "$1" | sed -nE 's/.*"create-type": "([A-Za-z]+)".*/\1/p' | head -n 1)
  case $2 in
    qcow2) options=(-c) ;;
    vmdk) options=(-o "subformat=${kind:-monolithicSparse}") ;;
    vpc) if cmp -s <(head -c 8 "$1") <(printf conectix); then options=(-o subformat=dynamic); else options=(-o 'subformat=fixed,force_size=on'); fi ;;
    vhdx) options=(-o subformat=dynamic) ;;
  esac
  qemu-img convert -O "$2" "${options[@]}" "$4/raw" "$4/new"
}

# The machine in the PE header, as two bytes in hexadecimal, low one first: 6486 or 64aa.
config_machine() { # EFI
  local header
  header=$(od -An -tu4 -j60 -N4 "$1" | tr -d ' ')
  od -An -tx1 -j$((${header:-0} + 4)) -N2 "$1" | tr -d ' '
}

# Whether its PE header has a table of certificates (the fifth data directory of PE32+).
config_is_signed() { # EFI
  local header size
  header=$(od -An -tu4 -j60 -N4 "$1" | tr -d ' ')
  size=$(od -An -tu4 -j$((${header:-0} + 24 + 112 + 4 * 8 + 4)) -N4 "$1" | tr -d ' ')
  ((${size:-0}))
}

# Sections are put behind those of the stub, each on a page of its own.
config_into_efi() { # EFI FILE WORK
  local end=0 size last name
  local -a add=()
  [[ $(config_machine "$1") != 64aa ]] ||
    ck_die "$1 is for 64-bit ARM: a document goes into its .iso or .img, or in at the build (./ck build --arch aarch64 --config FILE)"
  [[ -r $CONFIG_STUB ]] || ck_die "$CONFIG_STUB is missing: apt-get install systemd-boot-efi"
  if objdump -h "$1" 2>/dev/null | grep -q ' \.linux '; then # of an earlier time
    objcopy -O binary --only-section=.linux --set-section-flags .linux=alloc "$1" "$3/linux"
  else
    cp "$1" "$3/linux"
  fi
  mkdir -p "$3/root/config"
  install -m 644 "$2" "$3/root/config/corekms.toml"
  touch -d @0 "$3/root/config" "$3/root/config/corekms.toml"
  (cd "$3/root" && printf '%s\n' config config/corekms.toml | cpio --quiet --reproducible -o -H newc -R 0:0) >"$3/initrd"
  printf 'ID=corekms\nNAME=CoreKMS\n' >"$3/osrel"
  while read -r size last; do
    if ((0x$last + 0x$size > end)); then end=$((0x$last + 0x$size)); fi
  done < <(objdump -h "$CONFIG_STUB" | awk '$1 ~ /^[0-9]+$/ { print $3, $4 }')
  for name in osrel linux initrd; do
    end=$(((end + 4095) / 4096 * 4096))
    add+=(--add-section ".$name=$3/$name" --change-section-vma ".$name=$(printf '%#x' "$end")")
    size=$(stat -c %s "$3/$name")
    end=$((end + size))
  done
  objcopy "${add[@]}" "$CONFIG_STUB" "$3/new"
}

config_put() { # IMAGE FILE
  local image=${1-} file=${2-} work signed=no
  [[ -n $image && -n $file ]] || ck_die "./ck config put IMAGE FILE"
  [[ -f $image ]] || ck_die "there is no image $image"
  [[ -f $file ]] || ck_die "there is no document $file"
  (($(stat -c %s "$file") <= CONFIG_PLACE)) || ck_die "$file is longer than $CONFIG_PLACE bytes"
  ck_need build
  if [[ -x $CK_BUILD/target/corekms ]]; then
    "$CK_BUILD/target/corekms" config check "$file" || ck_die "the document is broken (above); the image was left as it is"
  else
    ck_say "The document was not checked: that needs ./ck build."
  fi
  work=$(mktemp -d "$image.XXXXXX")
  # shellcheck disable=SC2064 # now: the variable is local
  trap "rm -rf '$work'" EXIT
  case $image in
    *.iso) cp --reflink=auto "$image" "$work/new" && config_into_iso "$work/new" "$file" ;;
    *.img | *.raw) cp --reflink=auto "$image" "$work/new" && config_into_raw "$work/new" "$file" ;;
    *.qcow2) config_into_disk "$image" qcow2 "$file" "$work" ;;
    *.vhd) config_into_disk "$image" vpc "$file" "$work" ;;
    *.vhdx) config_into_disk "$image" vhdx "$file" "$work" ;;
    *.vmdk) config_into_disk "$image" vmdk "$file" "$work" ;;
    *.vdi) config_into_disk "$image" vdi "$file" "$work" ;;
    *.efi)
      config_into_efi "$image" "$file" "$work"
      if config_is_signed "$image"; then signed=yes; fi
      ;;
    *) ck_die "$image: known are .iso .img .raw .qcow2 .vhd .vhdx .vmdk .vdi .efi" ;;
  esac
  chmod --reference="$image" "$work/new"
  mv "$work/new" "$image"
  ck_say "$file is in $image."
  [[ $signed == no ]] || ck_say "$image was signed and is no longer: ./ck build --config $file, then ./ck sign makes one that is."
  [[ $(realpath "$(dirname "$image")")/ != "$(realpath -m "$CK_OUT")"/* ]] || ck_say "The next ./ck build or image makes $image anew, without it: keep a copy elsewhere."
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  config_put "$@"
  exit
fi
