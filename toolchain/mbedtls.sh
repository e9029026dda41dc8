#!/bin/bash
# SPDX-License-Identifier: MIT
# Mbed TLS from Debian's sources, as mbedtls_config.h wants it, in the cache; what is not wanted compiles to nothing.
#   toolchain/mbedtls.sh            the sources and headers (build/mbedtls), which the tests compile with their sanitizers
#   toolchain/mbedtls.sh TARGET     libmbedtls.a of that target (build/mbedtls-target, or build/mbedtls-target-TARGET), with the flags of `flags`
# Either prints its folder.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

here=$CK_ROOT/toolchain
target=${1-}
version=$(ck_pinned "$here/versions" mbedtls)

unpack() { # DIR
  local header
  ck_fetch_source mbedtls "$version" "$1/.from"
  mkdir -p "$1/include"
  cp -a "$1/.from/mbedtls/include/mbedtls" "$1/include/"
  [[ ! -d $1/.from/mbedtls/include/psa ]] || cp -a "$1/.from/mbedtls/include/psa" "$1/include/"
  cp -a "$1/.from/mbedtls/library" "$1/library"
  for header in config.h mbedtls_config.h; do # of 2.28, and of later ones
    [[ ! -f $1/include/mbedtls/$header ]] || cp "$here/mbedtls_config.h" "$1/include/mbedtls/$header"
  done
  mv "$1/.from/fetched.list" "$1/fetched.list"
  rm -rf "$1/.from"
}

compile() { # DIR
  local triple
  local -a target_flags flags
  read -r _ triple _ _ target_flags < <(awk -v t="$target" '!/^#/ && $1 == t' "$here/targets")
  read -ra target_flags <<<"${target_flags[*]}"
  mapfile -t flags < <(awk '/^-/ { print $1 }' "$here/flags")
  flags+=("${target_flags[@]}" "--target=$triple" "--sysroot=$sysroot" -std=c99 -fstack-protector-strong
    "-ffile-prefix-map=$sources=." -w "-I$sources/include" "-I$sources/library")
  cd "$1" || return
  # shellcheck disable=SC2016 # the inner shell's variables
  find "$sources/library" -name '*.c' -print0 | sort -z | xargs -0 -P"$CK_JOBS" -I{} \
    bash -euc 'source=$1; shift; clang-19 "$@" -c "$source" -o "$(basename "$source" .c).o"' - {} "${flags[@]}"
  llvm-ar-19 rcsD libmbedtls.a -- *.o
  rm -- *.o
  cp "$sources/fetched.list" .
}

key=$(ck_hash "$here"/{mbedtls.sh,mbedtls_config.h} -- "$version")
sources=$(ck_cached_dir mbedtls-source "$key")
ck_cached_ready mbedtls-source "$key" ||
  ck_step "Unpacking Mbed TLS" mbedtls-source ck_cached mbedtls-source "$key" unpack
mkdir -p "$CK_BUILD"
ln -sfn "$sources" "$CK_BUILD/mbedtls"
if [[ -z $target ]]; then
  printf '%s\n' "$sources"
  exit
fi

sysroot=$("$here/build.sh" "$target")
key=$(ck_hash "$here"/{flags,targets} -- "$key" "$sysroot")
name=mbedtls-$target
ck_cached_ready "$name" "$key" ||
  ck_step "Building Mbed TLS for $target" mbedtls ck_cached "$name" "$key" compile
ln -sfn "$(ck_cached_dir "$name" "$key")" "$CK_BUILD/mbedtls-target$(ck_suffix "$target")"
ck_cached_dir "$name" "$key"
