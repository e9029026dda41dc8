#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Secure Boot with keys of one's own.
#
#   ./ck keys new [DIR]                a platform key (PK), a key exchange key (KEK) and a signature key (db), with all that firmware takes
#                                      them as, and an image to enrol them from; DIR is out/keys unless named
#   ./ck sign --key KEY --cert CERT    signs the kernel and makes every image in out/ anew around it
#
# Keys never leave DIR; nothing here goes to any network.
set -euo pipefail
# shellcheck source=scripts/lib.sh
[[ $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
# shellcheck source=image/formats.sh
source "$CK_ROOT/image/formats.sh"

# Enrols, in setup mode alone, what lies in /loader/keys/auto (loader.conf(5), secure-boot-enroll), and restarts.
ENROLLER=/usr/lib/systemd/boot/efi/systemd-bootx64.efi

# Each key as .key and .crt (PEM), .cer (DER, for setup screens), .esl (a signature list) and .auth (an update that firmware accepts).
keys_make() { # DIR
  local dir=$1 name owner now
  local -A signer=([PK]=PK [KEK]=PK [db]=KEK)
  owner=$(cat /proc/sys/kernel/random/uuid)
  now=$(date -u '+%Y-%m-%d %H:%M:%S')
  umask 077
  for name in PK KEK db; do
    openssl req -new -x509 -newkey rsa:3072 -nodes -sha256 -days 7300 -subj "/CN=CoreKMS $name/" -keyout "$dir/$name.key" -out "$dir/$name.crt"
    openssl x509 -in "$dir/$name.crt" -outform DER -out "$dir/$name.cer"
    cert-to-efi-sig-list -g "$owner" "$dir/$name.crt" "$dir/$name.esl"
  done
  for name in PK KEK db; do
    sign-efi-sig-list -t "$now" -g "$owner" -k "$dir/${signer[$name]}.key" -c "$dir/${signer[$name]}.crt" "$name" "$dir/$name.esl" "$dir/$name.auth"
  done
  keys_image "$dir"
}

# Beside the three updates the certificates lie, for setup screens that take them one by one.
keys_image() { # DIR
  local image=$1/enrol.img
  truncate -s 2M "$image"
  mkfs.vfat -F 12 -n ENROL "$image"
  mmd -i "$image" ::/EFI ::/EFI/BOOT ::/loader ::/loader/keys ::/loader/keys/auto
  mcopy -i "$image" "$ENROLLER" ::/EFI/BOOT/BOOTX64.EFI
  # Where nothing is enrolled its menu stays: it has a way into the firmware's setup.
  printf 'secure-boot-enroll force\ntimeout menu-force\n' | mcopy -i "$image" - ::/loader/loader.conf
  mcopy -i "$image" "$1"/{PK,KEK,db}.auth ::/loader/keys/auto/
  mcopy -i "$image" "$1"/{PK,KEK,db}.{cer,esl} ::/
}

# Made within DIR under another name, on its own file system, and moved up when all is there: a step that fails leaves nothing.
keys_new() { # [DIR]
  local dir=${1:-$CK_OUT/keys} name work
  for name in PK KEK db; do
    [[ ! -e $dir/$name.key ]] || ck_die "there are keys in $dir; they are not replaced"
  done
  ck_need build secureboot
  mkdir -p "$dir"
  work=$(mktemp -d "$dir/.making.XXXXXX")
  # shellcheck disable=SC2064 # now: the variable is local
  trap "rm -rf ${work@Q}" EXIT
  ck_steps 1
  ck_step "Making the keys" keys keys_make "$work"
  mv "$work"/* "$dir/"
  ck_say "$dir: sign with db.key and db.crt. A machine in setup mode that is started from enrol.img enrols the keys by itself; or enrol db, KEK, then PK in the firmware's setup. Keep *.key where the images are not."
}

image_sign() { # --key KEY --cert CERT
  local key="" cert="" efi=$IMAGE_KERNEL
  while (($#)); do
    case $1 in
      --key) key=${2:?--key needs a file} && shift ;;
      --cert) cert=${2:?--cert needs a file} && shift ;;
      *) ck_die "sign does not know '$1': ./ck sign --key KEY --cert CERT" ;;
    esac
    shift
  done
  [[ -n $key && -n $cert ]] || ck_die "./ck sign --key KEY --cert CERT"
  [[ -r $key ]] || ck_die "there is no key $key"
  [[ -r $cert ]] || ck_die "there is no certificate $cert"
  [[ -r $efi ]] || ck_die "there is no out/${efi##*/} yet: ./ck build makes it first"
  ck_need build secureboot
  # The dates are those of the commit that was built, whatever has been committed since.
  SOURCE_DATE_EPOCH=$(sed -n 's/^CK_COMMIT_SECONDS:[A-Z]*=//p' "$(ck_target)/CMakeCache.txt")
  mkdir -p "$IMAGE_BUILD"
  ck_steps 2
  ck_step "Signing the kernel" sign image_sign_efi "$efi" "$key" "$cert"
  ck_step "Writing the ISO" iso image_iso
  image_formats
}

image_sign_efi() { # EFI KEY CERT
  local signed=$IMAGE_BUILD/signed.efi
  sbattach --remove "$1" 2>/dev/null || true # one signature, however often it is signed
  sbsign --key "$2" --cert "$3" --output "$signed" "$1"
  sbverify --cert "$3" "$signed"
  mv "$signed" "$1"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  case ${1-} in
    keys)
      [[ ${2-} == new ]] || ck_die "keys knows new [DIR]"
      keys_new "${3-}"
      ;;
    sign) image_sign "${@:2}" ;;
    *) ck_die "image/secure_boot.sh keys new [DIR] | sign --key KEY --cert CERT" ;;
  esac
  exit
fi
