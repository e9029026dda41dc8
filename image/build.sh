#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Puts the userland and the kernel together.
#
#   image/build.sh               out/corekms.efi (= bzImage), out/corekms.vmlinux (PVH), out/corekms.iso; the micro profile:
#                                out/corekms-micro.bzimage and .vmlinux; for aarch64: out/corekms-aarch64.efi and .iso
#   image/build.sh esp FILE      a disk image with one EFI system partition that holds out/corekms.efi
#   image/build.sh tool NAME     compiles image/tools/NAME.cc and prints where it is
#
# Reads the userland (ck_target in scripts/lib.sh, or $CK_USERLAND). CK_ARCH, CK_PROFILE and CK_SMP say which kernel. With CK_SERVICE=FILE, CK_SERVICE_ARGS="..." and
# CK_SERVICE_FILES=DIR that static program takes the gateway's place in this image. Nothing is done when the inputs and the outputs are those of the last time.
set -euo pipefail
[[ $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
source "$CK_ROOT/image/kernel/kernel.sh"
source "$CK_ROOT/image/config_place.sh"

IMAGE=$CK_ROOT/image
# Another place for everything that is made, so that a test can build beside what is there.
IMAGE_BUILD=${CK_IMAGE_BUILD:-$CK_BUILD/image${CK_STEM#corekms}}
IMAGE_OUT=${CK_IMAGE_BUILD:-$CK_OUT}
USERLAND=${CK_USERLAND:-$(ck_target)/corekms}
# One moment for everything in the image, that of its commit: whoever builds it, and when, gets the same bytes.
SOURCE_DATE_EPOCH=$(ck_commit_seconds)
export SOURCE_DATE_EPOCH
# The kernel with everything in it, and all that `./ck build` makes.
if [[ $CK_ARCH != x86_64 ]]; then
  IMAGE_KERNEL=$IMAGE_OUT/$CK_STEM.efi
  IMAGE_KINDS=(efi iso)
elif [[ $CK_PROFILE == micro ]]; then
  IMAGE_KERNEL=$IMAGE_OUT/$CK_STEM.bzimage
  IMAGE_KINDS=(bzimage vmlinux)
else
  IMAGE_KERNEL=$IMAGE_OUT/$CK_STEM.efi
  IMAGE_KINDS=(efi vmlinux iso)
fi

# A C++ tool of image/tools, compiled when its source changed. Prints its path.
image_tool() { # NAME
  local name=$1 out=$IMAGE_BUILD/tools/$1 key
  key=$(ck_hash "$IMAGE/tools/$name.cc" "$IMAGE"/tools/*.h)
  if ! [[ -x $out ]] || ! ck_fresh "$out.key" "$key"; then
    mkdir -p "$(dirname "$out")"
    ck_compile_tool "$name" "$out"
    ck_mark "$out.key" "$key"
  fi
  printf '%s\n' "$out"
}

# --- root file system ----------------------------------------------------------------------------------------------

image_rootfs() { # OUTPUT
  local inside=$IMAGE_BUILD/inside # links, since gen_init_cpio reads names between blanks
  local list=$IMAGE_BUILD/rootfs.list generator=$IMAGE_BUILD/tools/gen_init_cpio
  mkdir -p "$IMAGE_BUILD/tools"
  cp "$IMAGE/rootfs.list" "$list"
  rm -rf "$inside"
  mkdir -p "$inside"
  if [[ -n ${CK_SERVICE-} ]]; then
    image_service_args >"$inside/args"
    ln -s "$(realpath "$CK_SERVICE")" "$inside/program"
    cat >>"$list" <<TEXT
dir /service 0755 0 0
file /service/program $inside/program 0755 0 0
file /service/args $inside/args 0644 0 0
TEXT
    [[ -z ${CK_SERVICE_FILES-} ]] || image_service_files "$inside/files" >>"$list"
  fi
  if [[ -n ${CK_CONFIG-} ]]; then
    ln -s "$(realpath "$CK_CONFIG")" "$inside/config"
    printf 'dir /config 0755 0 0\nfile /config/corekms.toml %s 0600 0 0\n' "$inside/config" >>"$list"
  fi
  [[ -x $generator ]] || gcc -O1 -o "$generator" "$KERNEL_SOURCE/usr/gen_init_cpio.c"
  image_pack "$list" >"$1"
  image_id "$1" >"$IMAGE_BUILD/build-id"
  printf 'file /etc/build-id %s 0644 0 0\n' "$IMAGE_BUILD/build-id" >>"$list"
  image_pack "$list" >"$1"
}

image_pack() { CK_ELF=$USERLAND CK_ROOTFS=$IMAGE/rootfs "$IMAGE_BUILD/tools/gen_init_cpio" -t "$SOURCE_DATE_EPOCH" "$1"; } # LIST

# Which image this is: all that it is made of, the kernel's objects among it. It is in the image for the screen, the page and the log
# to show, and in the papers that image/bill writes.
image_id() { ck_hash -- "$(sha256sum <"$1")" "$(kernel_key "$IMAGE_BUILD/kernel.request")" | cut -c 1-32; } # CPIO

# Everybody may read all of it, and execute what is executable there.
image_service_files() { # LINK
  local from=$1 mode path
  ln -s "$(realpath "$CK_SERVICE_FILES")" "$from"
  printf 'dir /service/files 0755 0 0\n'
  find "$from/" -mindepth 1 -type d -printf '%P\n' | LC_ALL=C sort | sed 's,.*,dir /service/files/& 0755 0 0,'
  find "$from/" -type f -printf '%m %P\n' | LC_ALL=C sort -k 2 | while read -r mode path; do
    printf 'file /service/files/%s %s 0%o 0 0\n' "$path" "$from/$path" $((8#$mode & 8#111 ? 8#755 : 8#644))
  done
}

# CK_SERVICE_ARGS is split at blanks, as the shell would without its quotes; one argument a line.
image_service_args() {
  local -a words
  read -ra words <<<"${CK_SERVICE_ARGS-}"
  ((${#words[@]} == 0)) || printf '%s\n' "${words[@]}"
}

# --- kernel with it ------------------------------------------------------------------------------------------------

image_link() { # REQUEST CPIO
  kernel_link "$1" "$2"
  install -m 644 "$KERNEL_OBJECTS/$KERNEL_IMAGE" "$IMAGE_KERNEL"
  if [[ ${IMAGE_KINDS[*]} == *vmlinux* ]]; then
    strip --strip-all -o "$IMAGE_BUILD/vmlinux" "$KERNEL_OBJECTS/vmlinux"
    install -m 644 "$IMAGE_BUILD/vmlinux" "$IMAGE_OUT/$CK_STEM.vmlinux"
  fi
  install -m 644 "$KERNEL_OBJECTS/.config" "$IMAGE_BUILD/kernel.config"
}

# --- EFI system partition, ISO -------------------------------------------------------------------------------------

image_esp() { "$(image_tool make_esp)" "$1" "$2"; } # KERNEL OUTPUT

image_iso() {
  local tree=$IMAGE_BUILD/iso iso=$IMAGE_BUILD/new.iso
  rm -rf "$tree" "$iso"
  mkdir -p "$tree"
  "image_iso_$CK_ARCH" "$tree" "$iso"
  mv "$iso" "$IMAGE_OUT/$CK_STEM.iso"
}

# UEFI alone: the El Torito image is the partition of a GPT, too.
image_iso_aarch64() { # TREE ISO
  local tree=$1 iso=$2
  image_esp "$IMAGE_KERNEL" "$tree/esp.img"
  config_blank >"$tree/corekms.toml"
  find "$tree" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
  xorriso -as mkisofs -quiet -o "$iso" -V COREKMS_SYS -e esp.img -no-emul-boot -efi-boot-part --efi-boot-image -no-pad "$tree"
}

image_iso_x86_64() { # TREE ISO
  local tree=$1 iso=$2
  install -m 644 /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$IMAGE/boot/isolinux.cfg" "$tree/"
  image_esp "$IMAGE_KERNEL" "$tree/esp.img"
  printf 'x' >"$tree/kernel" # its directory entry is pointed at the kernel inside esp.img below
  config_blank >"$tree/corekms.toml"
  find "$tree" -exec touch -d "@$SOURCE_DATE_EPOCH" {} +
  xorriso -as mkisofs -quiet -o "$iso" -V COREKMS_SYS \
    -b isolinux.bin -no-emul-boot -boot-load-size 4 -boot-info-table -c boot.cat \
    -eltorito-alt-boot -e esp.img -no-emul-boot -isohybrid-mbr /usr/lib/ISOLINUX/isohdpfx.bin -isohybrid-gpt-basdat -partition_cyl_align off \
    -no-pad "$tree"
  "$(image_tool iso_share_extent)" "$iso" KERNEL
}

# --- commands ------------------------------------------------------------------------------------------------------

# What every output depends on. The kernel's objects are a function of what stands in image/kernel.
image_key() {
  local -a inputs=("$IMAGE"/{build.sh,config_place.sh,rootfs.list,rootfs,boot} "$IMAGE"/kernel/{kernel.sh,version,profiles,fragments,patches} "$IMAGE"/tools)
  [[ -z ${CK_SERVICE-} ]] || inputs+=("$CK_SERVICE")
  [[ -z ${CK_CONFIG-} ]] || inputs+=("$CK_CONFIG")
  ck_hash "$USERLAND" "${inputs[@]}" -- "${CK_SERVICE:+service}" "${CK_CONFIG:+config}" "${CK_SERVICE_ARGS-}" \
    "${CK_SERVICE_FILES:+$(find "$CK_SERVICE_FILES"/ -printf '%m %P\n' -type f -exec sha256sum {} \; | sort)}" "$CK_NEWEST" "$CK_STEM"
}
image_outputs() { printf '%s\n' "${IMAGE_KINDS[@]/#/$IMAGE_OUT/$CK_STEM.}"; }
image_sums() { image_outputs | xargs sha256sum 2>/dev/null | cut -d ' ' -f 1 | tr '\n' ' ' || true; }

image_sum() { sha256sum "$1" | cut -d ' ' -f 1; } # FILE

# What was put into a file since it was made is lost with it: that is said.
image_say_changed() { ck_warn "${1#"$CK_ROOT"/} was changed since it was made (a document or a signature?): made anew"; } # FILE
image_say_all_changed() { # STAMP KEY
  local output
  [[ -f $1 && $(<"$1") == "$2 "* ]] || return 0
  while read -r output; do
    [[ ! -f $output || $(<"$1") == *" $(image_sum "$output") "* ]] || image_say_changed "$output"
  done < <(image_outputs)
}

image_build() {
  local key stamp=$IMAGE_BUILD/stamp request=$IMAGE_BUILD/kernel.request what="Linking the kernel with it" output lock
  [[ -r $USERLAND ]] || ck_die "there is no userland yet (${USERLAND#"$CK_ROOT"/}): ./ck build makes it first"
  key=$(image_key)
  ck_fresh "$stamp" "$key $(image_sums)" && return 0
  ck_need_build
  mkdir -p "$IMAGE_BUILD" "$IMAGE_OUT"
  exec {lock}>"$IMAGE_BUILD/.lock" # one build of a checkout at a time
  flock "$lock"
  ck_fresh "$stamp" "$key $(image_sums)" && return 0 # the other one has made it
  image_say_all_changed "$stamp" "$key"
  kernel_source
  kernel_request >"$request"
  ck_steps 3
  ck_step "Packing the root file system" rootfs image_rootfs "$IMAGE_BUILD/corekms.cpio"
  kernel_objects "$request"
  kernel_built || what="Compiling the kernel (some minutes, once for a configuration)"
  ck_step "$what" kernel image_link "$request" "$IMAGE_BUILD/corekms.cpio"
  kernel_unlock
  [[ ${IMAGE_KINDS[*]} != *iso* ]] || ck_step "Writing the ISO" iso image_iso
  ck_mark "$stamp" "$key $(image_sums)"
  while read -r output; do
    printf '%10d  %s\n' "$(stat -c %s "$output")" "${output#"$CK_ROOT"/}"
  done < <(image_outputs)
}

image_main() {
  case ${1:-build} in
    build) image_build ;;
    esp)
      (($# == 2)) || ck_die "image/build.sh esp FILE"
      [[ -r $IMAGE_KERNEL ]] || ck_die "there is no out/${IMAGE_KERNEL##*/} yet: ./ck build makes it first"
      "$(image_tool make_esp)" --disk "$IMAGE_KERNEL" "$2"
      ;;
    tool) image_tool "${2?image/build.sh tool NAME}" ;;
    *) ck_die "image/build.sh [build | esp FILE | tool NAME]" ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  image_main "$@"
  exit # a script that is edited while it runs must not be read on
fi
