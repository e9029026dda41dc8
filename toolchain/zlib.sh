#!/bin/bash
# SPDX-License-Identifier: MIT
# The half of zlib that unpacks, from Debian's sources, in the cache: libz.a and its headers for one target, with the flags
# of `flags`. The host's programs link Debian's own zlib1g-dev instead, which is made of the same sources.
#   toolchain/zlib.sh TARGET     prints the folder; build/zlib (of another target than x86_64: build/zlib-TARGET) becomes a link to it
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

here=$CK_ROOT/toolchain
target=$1
read -r _ triple _ _ target_flags < <(awk -v t="$target" '!/^#/ && $1 == t' "$here/targets") ||
  ck_die "toolchain/targets has no target $target"
read -ra target_flags <<<"$target_flags"
mapfile -t common_flags < <(awk '/^-/ { print $1 }' "$here/flags")
version=$(ck_pinned "$here/versions" zlib)
sysroot=$("$here/build.sh" "$target")

# DYNAMIC_CRC_TABLE: the tables of its checksum are made when they are first asked for; in the file they are 20 KB.
compile() { # DIR
  local from=$1/.from name
  local -a flags=("--target=$triple" "--sysroot=$sysroot" "${common_flags[@]}" "${target_flags[@]}" -fstack-protector-strong
    "-ffile-prefix-map=$from=." -w -DDYNAMIC_CRC_TABLE)
  ck_fetch_source zlib "$version" "$from"
  for name in adler32 crc32 inffast inflate inftrees zutil; do
    clang-19 "${flags[@]}" -c "$from/zlib/$name.c" -o "$from/$name.o"
  done
  llvm-ar-19 rcsD "$1/libz.a" "$from"/{adler32,crc32,inffast,inflate,inftrees,zutil}.o
  mkdir "$1/include"
  cp "$from"/zlib/{zlib,zconf}.h "$1/include/"
  cp "$from/fetched.list" "$1/"
  rm -rf "$from"
}

key=$(ck_hash "$here"/{zlib.sh,flags,targets} -- "$version" "$sysroot")
name=zlib-$target
ck_cached_ready "$name" "$key" ||
  ck_step "Building zlib for $target" zlib ck_cached "$name" "$key" compile
mkdir -p "$CK_BUILD"
ln -sfn "$(ck_cached_dir "$name" "$key")" "$CK_BUILD/zlib$(ck_suffix "$target")"
ck_cached_dir "$name" "$key"
