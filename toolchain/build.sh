#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes the sysroot of one target in the cache: kernel headers, musl, compiler-rt's builtins, libc++ and libc++abi
# without exceptions, RTTI, threads, locales, file systems and wide characters, and libyaml's parser. The compiler is
# the host's clang-19.
#   toolchain/build.sh [--print] [TARGET]    --print: only say where it is or would be
# build/toolchain (for another target than x86_64: build/toolchain-TARGET) becomes a link to it. README.md beside this file says more.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/../scripts/lib.sh"

print=no
if [[ ${1-} == --print ]]; then
  print=yes
  shift
fi
target=${1:-x86_64}
here=$CK_ROOT/toolchain
read -r _ triple debian_arch debian_triple target_flags < <(awk -v t="$target" '!/^#/ && $1 == t' "$here/targets") ||
  ck_die "toolchain/targets has no target $target"
read -ra target_flags <<<"$target_flags"
mapfile -t common_flags < <(awk '/^-/ { print $1 }' "$here/flags")

musl_version=$(ck_pinned "$here/versions" musl)
llvm_version=$(ck_pinned "$here/versions" llvm-toolchain-19)
headers_version=$(ck_pinned "$here/versions" linux-libc-dev deb)
yaml_version=$(ck_pinned "$here/versions" libyaml)
native=no cross_headers_version=""
[[ $debian_arch != "$(dpkg --print-architecture)" ]] || native=yes
[[ $native == yes || $(ck_debian_release) != 12 ]] ||
  cross_headers_version=$(ck_pinned "$here/versions" "linux-libc-dev-$debian_arch-cross" deb)
compiler=$(clang-19 --version | head -n 1)

# --- the parts; each runs in a temporary folder $work and fills $root, both of which are gone or renamed at the end ----

# <asm/...> of another machine: Debian 13's package holds it; beside Debian 12's there is one that is made for cross compilers.
install_kernel_headers() {
  local asm=$work/linux-libc-dev/usr/include/$debian_triple/asm
  ck_fetch_deb linux-libc-dev "$headers_version" "$work"
  cp -a "$work"/linux-libc-dev/usr/include/{linux,asm-generic} "$root/usr/include/"
  if [[ -n $cross_headers_version ]]; then
    ck_fetch_deb "linux-libc-dev-$debian_arch-cross" "$cross_headers_version" "$work"
    asm=$work/linux-libc-dev-$debian_arch-cross/usr/$debian_triple/include/asm
  fi
  cp -rLT "$asm" "$root/usr/include/asm" # links to elsewhere, on Debian 13
}

build_musl() {
  local -a cflags=("${common_flags[@]/-flto*/}" "${target_flags[@]}" -fstack-protector-strong "-ffile-prefix-map=$work=.")
  local patch
  ck_fetch_source musl "$musl_version" "$work"
  cd "$work/musl"
  for patch in "$here/patches/musl-${musl_version%-*}"/*.patch; do # there are none for a newer one
    [[ ! -f $patch ]] || patch -p1 --fuzz=0 <"$patch" || ck_die "${patch##*/} does not fit musl $musl_version"
  done
  ./configure --target="$triple" --prefix=/usr --disable-shared --disable-wrapper \
    CC="clang-19 --target=$triple" AR=llvm-ar-19 RANLIB=llvm-ranlib-19 LIBCC=" " CFLAGS="${cflags[*]}"
  # The start files stay machine code: the assembly in them calls by name what LTO would take to be unused.
  make -j"$CK_JOBS" install-headers lib/crt1.o lib/rcrt1.o lib/crti.o lib/crtn.o DESTDIR="$root"
  make -j"$CK_JOBS" lib/libc.a CFLAGS="${cflags[*]} $(grep -o -- '^-flto[^ ]*' "$here/flags" || true)"
  cp lib/{crt1,rcrt1,crti,crtn}.o lib/libc.a "$root/usr/lib/"
  for library in m pthread rt dl util; do llvm-ar-19 rcsD "$root/usr/lib/lib$library.a"; done
}

# Of LLVM's sources what the two functions below compile, as $work/llvm.
unpack_llvm() {
  local from
  # Debian's part of it is not needed, and is not always there: the archive has lost that of Debian 13's version.
  from=$(ck_download tar llvm-toolchain-19 "$llvm_version")
  ck_record source llvm-toolchain-19 "$llvm_version" "$work" "$from"/*
  mkdir -p "$work/llvm"
  # Of 1.7 GB only what is needed. Debian's patches touch none of it but tests and build files.
  tar -xJf "$from"/*.orig.tar.xz -C "$work/llvm" --strip-components=1 --wildcards \
    '*/libcxx/include' '*/libcxx/src' '*/libcxx/vendor/llvm' '*/libcxxabi/include' '*/libcxxabi/src' '*/compiler-rt/lib/builtins'
}

# The part of compiler-rt that the compiler calls by itself (128-bit division and the like): for this machine as Debian has built it.
install_builtins() {
  local -a flags
  if [[ $native == yes ]]; then
    cp "$(clang-19 --target="$debian_triple" --rtlib=compiler-rt --print-libgcc-file-name)" "$root/usr/lib/libclang_rt.builtins.a"
    return
  fi
  mapfile -t flags < <(printf '%s\n' "${common_flags[@]}" | grep -v '^-flto') # machine code: the linker may need it after LTO
  flags+=("--target=$triple" "--sysroot=$root" "${target_flags[@]}" -ffreestanding "-ffile-prefix-map=$work=." -w -DVISIBILITY_HIDDEN)
  mkdir "$work/builtins"
  # shellcheck disable=SC2016 # the inner shell's variables
  sed 's/#.*//' "$here/builtins_sources" | xargs -n 1 -P"$CK_JOBS" bash -euc \
    'clang-19 "${@:3:$#-3}" -c "$1/${*: -1}.c" -o "$2/${*: -1}.o"' - "$work/llvm/compiler-rt/lib/builtins" "$work/builtins" "${flags[@]}"
  llvm-ar-19 rcsD "$root/usr/lib/libclang_rt.builtins.a" "$work"/builtins/*.o
}

build_libcxx() {
  local site=$root/usr/include/c++/v1
  mkdir -p "$site"
  cp -aT "$work/llvm/libcxx/include" "$site"
  cp "$work"/llvm/libcxxabi/include/*.h "$site/"
  cp "$work/llvm/libcxx/vendor/llvm/default_assertion_handler.in" "$site/__assertion_handler"
  cp "$here/libcxx_config_site.h" "$site/__config_site"
  rm "$site"/{CMakeLists.txt,__config_site.in,module.modulemap,*.in} 2>/dev/null || true

  local -a flags=("--target=$triple" "--sysroot=$root" -nostdinc++ "-isystem$site" "-I$work/llvm/libcxx/src"
    "${common_flags[@]}" "${target_flags[@]}" -std=c++23 -fno-exceptions -fno-rtti -fno-threadsafe-statics
    -fstack-protector-strong "-ffile-prefix-map=$work=." -w -D_LIBCPP_BUILDING_LIBRARY -D_LIBCXXABI_BUILDING_LIBRARY
    -DLIBCXX_BUILDING_LIBCXXABI -D_LIBCPP_REMOVE_TRANSITIVE_INCLUDES -D_LIBCXXABI_HAS_NO_THREADS -DNDEBUG)
  cd "$work/llvm"
  # shellcheck disable=SC2016 # the inner shell's variables
  sed 's/#.*//;/^ *$/d' "$here/libcxx_sources" | xargs -P"$CK_JOBS" -I{} \
    bash -euc 'source=$1; shift; clang++-19 "$@" -c "$source" -o "$(tr / _ <<<"${source%.cpp}").o"' - {} "${flags[@]}"
  llvm-ar-19 rcsD "$root/usr/lib/libc++.a" libcxx_*.o
  llvm-ar-19 rcsD "$root/usr/lib/libc++abi.a" libcxxabi_*.o
}

# The parser alone: nothing here writes YAML. The version is for a function that nobody calls.
build_libyaml() {
  local part
  local -a flags=("--target=$triple" "--sysroot=$root" "${common_flags[@]}" "${target_flags[@]}" -fstack-protector-strong
    "-ffile-prefix-map=$work=." -w -DNDEBUG -DYAML_VERSION_MAJOR=0 -DYAML_VERSION_MINOR=0 -DYAML_VERSION_PATCH=0
    '-DYAML_VERSION_STRING=""')
  ck_fetch_source libyaml "$yaml_version" "$work"
  cd "$work/libyaml"
  for part in api reader scanner parser; do clang-19 "${flags[@]}" -Iinclude -c "src/$part.c" -o "$part.o"; done
  llvm-ar-19 rcsD "$root/usr/lib/libyaml.a" {api,reader,scanner,parser}.o
  cp include/yaml.h "$root/usr/include/"
}

build_sysroot() { # ROOT
  root=$1
  work=$(mktemp -d "$CK_CACHE/.work-toolchain.XXXXXX")
  # shellcheck disable=SC2064 # now, not then
  trap "rm -rf '$work'" EXIT
  mkdir -p "$root/usr/include" "$root/usr/lib"
  (install_kernel_headers)
  (build_musl)
  (unpack_llvm)
  (install_builtins)
  (build_libcxx)
  (build_libyaml)
  cp "$work/fetched.list" "$root/fetched.list"
}

# $here/README.md may change without a rebuild.
key=$(ck_hash "$here"/{build.sh,flags,targets,builtins_sources,libcxx_config_site.h,libcxx_sources,patches/*/} -- \
  "$target $musl_version $llvm_version $headers_version $cross_headers_version $yaml_version $compiler")
name=toolchain-$target
if [[ $print == no ]]; then
  ck_cached_ready "$name" "$key" ||
    ck_step "Building the C and C++ libraries for $target (musl, libc++, libyaml)" toolchain ck_cached "$name" "$key" build_sysroot
  mkdir -p "$CK_BUILD"
  ln -sfn "$(ck_cached_dir "$name" "$key")" "$CK_BUILD/toolchain$(ck_suffix "$target")"
fi
ck_cached_dir "$name" "$key"
