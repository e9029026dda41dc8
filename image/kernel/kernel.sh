#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The kernel: fetches its source, makes the configuration from the fragments, builds the objects, keeps them.
#
# Two places, both in the cache (never in the checkout, never in the unpacked tree):
#   kernel-source-KEY  the unpacked source; nothing writes into it
#   kernel-KEY         the object tree of one configuration and compiler. An interrupted build goes on from here; a root
#                      file system that changed is only linked in. Whoever uses it holds its lock.
# build.sh sources this file for its functions; ./ck kernel runs it for the commands at the end.
set -euo pipefail
# shellcheck source=scripts/lib.sh
[[ $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

KERNEL_DIR=$CK_ROOT/image/kernel
KERNEL_PACKAGE=linux-source-6.12
read -r _ _ KERNEL_FRAGMENTS < <(awk -v p="$CK_PROFILE" -v a="$CK_ARCH" '$1 == p && $2 == a' "$KERNEL_DIR/profiles") ||
  ck_die "there is no profile $CK_PROFILE for $CK_ARCH (image/kernel/profiles)"
read -ra KERNEL_FRAGMENTS <<<"$KERNEL_FRAGMENTS"
[[ $CK_SMP == no ]] || KERNEL_FRAGMENTS+=(smp)
# The boot stub's decompressor, which is not itself compressed, in its small form: 33 KB instead of 119 KB (NOTES.md).
KERNEL_SMALL_ZSTD="-Os -DHUF_FORCE_DECOMPRESS_X1 -DZSTD_FORCE_DECOMPRESS_SEQUENCES_SHORT -DZSTD_NO_INLINE -DZSTD_STRIP_ERROR_STRINGS"
# What kbuild calls the architecture, what it is to make, and where that lies then; the compiler's prefix.
case $CK_ARCH in
  x86_64)
    KERNEL_ARCH=x86_64 KERNEL_TARGET=bzImage KERNEL_IMAGE=arch/x86/boot/bzImage KERNEL_CROSS=""
    KERNEL_MAKE=(CFLAGS_misc.o="$KERNEL_SMALL_ZSTD")
    ;;
  aarch64)
    KERNEL_ARCH=arm64 KERNEL_TARGET=vmlinuz.efi KERNEL_IMAGE=arch/arm64/boot/vmlinuz.efi KERNEL_CROSS=aarch64-linux-gnu-
    KERNEL_MAKE=(CFLAGS_zboot.o="$KERNEL_SMALL_ZSTD" CROSS_COMPILE="$KERNEL_CROSS")
    ;;
esac

# What would otherwise make two builds differ.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=corekms KBUILD_BUILD_HOST=corekms KBUILD_BUILD_VERSION=1

kernel_version() { ck_pinned "$KERNEL_DIR/version" "$KERNEL_PACKAGE" deb; }
kernel_compiler() { "${KERNEL_CROSS}gcc" --version | head -n 1; }

# --- source --------------------------------------------------------------------------------------------------------

kernel_unpack() { # VERSION DIR
  ck_fetch_deb "$KERNEL_PACKAGE" "$1" "$2"
  mkdir "$2/linux"
  # Documentation and the register lists of one family of GPUs are a third of the tree, and nothing here reads them.
  tar -xJf "$2/$KERNEL_PACKAGE/usr/src/$KERNEL_PACKAGE.tar.xz" -C "$2/linux" --strip-components=1 \
    --exclude='*/drivers/gpu/drm/amd/include' --exclude="$KERNEL_PACKAGE/Documentation/*/*"
  rm -rf "${2:?}/$KERNEL_PACKAGE"
  kernel_patch "$2" "$KERNEL_DIR"/patches/*.patch
}

kernel_patch() { # DIR PATCH...
  local patch
  for patch in "${@:2}"; do
    patch --silent -d "$1/linux" -p1 --fuzz=0 <"$patch" || ck_die "${patch##*/} does not fit this version of the kernel"
  done
}

# The same source with an architecture's own patches. Files that they do not touch are the other tree's: patch writes a new file.
kernel_patch_more() { # LINUX DIR
  cp -al "$1" "$2/linux"
  cp "${1%/*}/fetched.list" "$2/"
  kernel_patch "$2" "$KERNEL_DIR/patches/$CK_ARCH"/*.patch
}

# The unpacked source, as $KERNEL_SOURCE.
kernel_source() {
  local version key common
  version=$(kernel_version)
  key=$(ck_hash "$KERNEL_DIR"/patches/*.patch -- "$version" 1)
  if ! ck_cached_ready kernel-source "$key"; then
    ck_step "Fetching and unpacking the kernel's source ($version)" kernel-source \
      ck_cached kernel-source "$key" kernel_unpack "$version"
  fi
  if [[ -d $KERNEL_DIR/patches/$CK_ARCH ]]; then
    common=$(ck_cached_dir kernel-source "$key")/linux
    key=$(ck_hash "$KERNEL_DIR/patches/$CK_ARCH" -- "$key")
    ck_cached kernel-source "$key" kernel_patch_more "$common" >/dev/null
  fi
  KERNEL_SOURCE_KEY=$key
  KERNEL_SOURCE=$(ck_cached_dir kernel-source "$key")/linux
  [[ $CK_ARCH != x86_64 ]] || kernel_tools
}

# What patches/x86_64 run and include. Their path stands in the objects' commands: another version of them has another one. What
# names a kernel holds their content instead, for a cache may stand anywhere.
kernel_tools() {
  KERNEL_TOOLS_KEY=$(ck_hash "$CK_ROOT"/image/tools/{prune_tables.cc,pack_kernel.cc,unpack_code.h,bytes.h})
  KERNEL_TOOLS=$(ck_cached kernel-tools "$KERNEL_TOOLS_KEY" kernel_compile_tools)
}
kernel_compile_tools() { # DIR
  ck_compile_tool prune_tables "$1/prune_tables"
  ck_compile_tool pack_kernel "$1/pack_kernel"
  cp "$CK_ROOT/image/tools/unpack_code.h" "$1/"
}

# --- configuration -------------------------------------------------------------------------------------------------

# All fragments as one request on stdout: each symbol once. Two fragments may ask for the same, not for different things.
kernel_request() { # [FRAGMENT...]
  local -a files
  (($#)) || set -- "${KERNEL_FRAGMENTS[@]}"
  files=("${@/#/$KERNEL_DIR/fragments/}")
  awk '
    function name(path) { sub(/.*\//, "", path); return path }
    /^# CONFIG_[A-Za-z0-9_]+ is not set$/ { $0 = $2 "=n" }
    /^[ \t]*(#|$)/ { next }
    !/^CONFIG_[A-Za-z0-9_]+=/ { printf "%s:%d: not a configuration line: %s\n", FILENAME, FNR, $0 > "/dev/stderr"; bad = 1; next }
    {
      symbol = substr($0, 1, index($0, "=") - 1)
      if (!(symbol in value)) { order[++n] = symbol; value[symbol] = $0; owner[symbol] = FILENAME }
      else if (value[symbol] != $0) {
        printf "%s says %s, but %s says %s\n", name(FILENAME), $0, name(owner[symbol]), value[symbol] > "/dev/stderr"; bad = 1
      }
    }
    END { if (bad) exit 1; for (i = 1; i <= n; i++) print value[order[i]] }' "${files[@]/%/.config}"
}

# What the built kernel must be, on stdout.
kernel_required() {
  local part
  for part in common "$CK_ARCH" "$CK_PROFILE" "${CK_PROFILE}_$CK_ARCH"; do
    [[ ! -f $KERNEL_DIR/required/$part.config ]] || cat "$KERNEL_DIR/required/$part.config"
  done | if [[ $CK_SMP == no ]]; then cat; else sed 's/^CONFIG_SMP=n/CONFIG_SMP=y/'; fi
}

# Lines of a request (or of what is required) that a .config does not fulfil. Prints each; fails when there is one.
kernel_check() { # REQUEST CONFIG
  awk '
    /^# CONFIG_[A-Za-z0-9_]+ is not set$/ { $0 = $2 "=n" }
    /^[ \t]*(#|$)/ { next }
    { symbol = substr($0, 1, index($0, "=") - 1); v = substr($0, index($0, "=") + 1) }
    FILENAME == ARGV[1] { built[symbol] = v; next }
    {
      have = (symbol in built) ? built[symbol] : "n"
      if (have != v) { printf "%s: wanted %s, built %s\n", symbol, v, have; bad = 1 }
    }
    END { exit bad }' "$2" "$1"
}

kernel_make() { # OBJECTS ARGUMENTS...
  local objects=$1
  shift
  make -C "$KERNEL_SOURCE" O="$objects" ARCH="$KERNEL_ARCH" -j"$CK_JOBS" "${KERNEL_MAKE[@]}" KERNEL_TOOLS="${KERNEL_TOOLS-}" "$@"
}

# From a request to OBJECTS/.config. Kconfig drops what it cannot have without a word, so it is compared afterwards.
kernel_resolve() { # REQUEST OBJECTS
  mkdir -p "$2"
  kernel_make "$2" -s KCONFIG_ALLCONFIG="$1" allnoconfig
}
kernel_configure() { # REQUEST OBJECTS
  kernel_resolve "$1" "$2"
  kernel_check "$1" "$2/.config" || ck_die "the kernel's Kconfig did not take what the fragments ask for (above)"
  kernel_check <(kernel_required) "$2/.config" || ck_die "the kernel's configuration is not what image/kernel/required demands (above)"
}

# --- objects -------------------------------------------------------------------------------------------------------

# Everything that decides about the objects, apart from the root file system in them.
kernel_key() { # REQUEST
  ck_hash -- "$(<"$1")" "$KERNEL_SOURCE_KEY" "$(kernel_compiler)" "$("${KERNEL_CROSS}ld" --version | head -n 1)" "${KERNEL_MAKE[@]}" "${KERNEL_TOOLS_KEY-}"
}

# Where the objects of a request are, as $KERNEL_OBJECTS; the caller holds the lock of the tree until the variable
# KERNEL_LOCK is closed. kbuild's tools know their own path, so a tree is made where it stays and is never moved.
kernel_objects() { # REQUEST
  local dir
  dir=$(ck_cached_dir kernel "$(kernel_key "$1")")
  KERNEL_OBJECTS=$dir/objects
  mkdir -p "$dir"
  touch "$dir/.used"
  exec {KERNEL_LOCK}>"$dir/.lock"
  flock "$KERNEL_LOCK"
  kernel_made_with >"$dir/.compiler"
}
kernel_unlock() { exec {KERNEL_LOCK}>&-; }
kernel_built() { [[ -f $KERNEL_OBJECTS/../.built ]]; }

# A new tree starts as a copy of the one whose configuration is nearest, so that only what depends on a change is compiled. All objects
# of x86 depend on objtool, which is made anew here since it holds its path; it is the same program, hence its old dates.
kernel_seed() { # REQUEST OBJECTS
  local objects=$2 from
  from=$(kernel_nearest "$1")
  [[ -n $from ]] || return 0
  rm -rf "$objects.new"
  flock "$from/.lock" cp -a --reflink=auto "$from/objects" "$objects.new"
  mv "$objects.new" "$objects"
  [[ -f $from/objects/tools/objtool/objtool ]] || return 0
  kernel_make "$objects" -s tools/objtool
  find "$objects/tools" -newer "$from/objects/tools/objtool/objtool" -exec touch -r "$from/objects/tools/objtool/objtool" {} +
}

# The built tree of the same compiler and source whose .config has the most lines of a request; nothing where there is none.
kernel_nearest() { # REQUEST
  local from
  while read -r from; do
    cmp -s "$from/.compiler" <(kernel_made_with) || continue
    printf '%s %s\n' "$(grep -cxFf "$1" "$from/objects/.config")" "$from"
  done < <(find "$CK_CACHE" -mindepth 2 -maxdepth 2 -path '*/kernel-*/.built' -printf '%h\n') | sort -rn | sed -n '1s/^[0-9]* //p'
}
kernel_made_with() { printf '%s\n' "$(kernel_compiler)" "$KERNEL_SOURCE_KEY" "$KERNEL_ARCH"; }

# Makes $KERNEL_IMAGE and vmlinux in $KERNEL_OBJECTS with this root file system inside.
kernel_link() { # REQUEST CPIO
  if ! kernel_built; then
    [[ -d $KERNEL_OBJECTS ]] || kernel_seed "$1" "$KERNEL_OBJECTS"
    kernel_configure "$1" "$KERNEL_OBJECTS"
  fi
  cmp -s "$2" "$KERNEL_OBJECTS/corekms.cpio" || cp "$2" "$KERNEL_OBJECTS/corekms.cpio"
  kernel_make "$KERNEL_OBJECTS" "$KERNEL_TARGET"
  [[ $CK_ARCH != x86_64 ]] || kernel_check_dropped "$KERNEL_OBJECTS"/vmlinux.{dead,dropped} || ck_die "the kernel's dead code is not what was dropped (above)"
  touch "$KERNEL_OBJECTS/../.built"
}

# The linker drops what nothing refers to. Each function whose entries were taken out of the tables must be among it, and beside functions and
# objects only what the linker script throws away: a whole table that is missing would say nothing until it is needed.
kernel_check_dropped() { # DEAD DROPPED
  awk '
    FILENAME == ARGV[1] { if (sub(/.*removing unused section \047/, "") && sub(/\047 in file.*/, "")) dropped[$0]; next }
    !($0 in dropped) { print $0 ": has no entries in the tables, but was not dropped"; bad = 1 }
    END {
      for (name in dropped)
        if (name !~ /^\.(text|data|rodata|bss)\.[^.]|^\.(discard\.|exitcall\.exit$|export_symbol$|modinfo$|comment$|note\.GNU-stack$)/) {
          print name ": was dropped"; bad = 1
        }
      exit bad
    }' "$2" "$1"
}

# --- commands ------------------------------------------------------------------------------------------------------

# A scratch object tree that holds only the .config of the fragments.
kernel_scratch() {
  ck_need_build
  kernel_source
  KERNEL_SCRATCH=$CK_BUILD/kernel/scratch
  rm -rf "$KERNEL_SCRATCH"
  mkdir -p "$KERNEL_SCRATCH"
  kernel_request >"$KERNEL_SCRATCH/request"
  kernel_resolve "$KERNEL_SCRATCH/request" "$KERNEL_SCRATCH"
}

kernel_menuconfig() {
  kernel_scratch
  cp "$KERNEL_SCRATCH/.config" "$CK_BUILD/kernel/before.config"
  kernel_make "$KERNEL_SCRATCH" menuconfig
  cp "$KERNEL_SCRATCH/.config" "$CK_BUILD/kernel/edited.config"
  if cmp -s "$CK_BUILD/kernel/before.config" "$CK_BUILD/kernel/edited.config"; then
    ck_say "Nothing was changed."
  else
    ck_say "The edited configuration is build/kernel/edited.config; \`./ck kernel savedefconfig\` writes it into the fragments."
  fi
}

# What differs between two configurations, one symbol a line.
kernel_changed() { # CONFIG CONFIG
  diff <(grep '^CONFIG_' "$1" | sort) <(grep '^CONFIG_' "$2" | sort) | sed -nE 's/^[<>] (CONFIG_[A-Za-z0-9_]+)=.*/\1/p' | sort -u
}

# A symbol goes to the fragments that name it already, else to base. Most of what differs follows from something else that
# does (it is selected, or depends): so symbols that a fragment names or that Kconfig's own minimal form lists go first, and
# of the others only those are written that are still wrong and that become right by being written.
kernel_savedefconfig() { # [EDITED]
  local edited=${1:-$CK_BUILD/kernel/edited.config} built=$CK_BUILD/kernel/built.config symbol value progress=yes
  [[ -f $edited ]] || ck_die "there is no edited configuration; run ./ck kernel menuconfig first"
  edited=$(realpath "$edited")
  kernel_scratch
  local now=$KERNEL_SCRATCH/.config request=$KERNEL_SCRATCH/request
  cp "$now" "$built"
  cp "$edited" "$now"
  kernel_make "$KERNEL_SCRATCH" -s savedefconfig
  mv "$KERNEL_SCRATCH/defconfig" "$KERNEL_SCRATCH/minimal"
  while read -r symbol; do
    grep -q "^$symbol=" "$request" || grep -q "^$symbol=" "$KERNEL_SCRATCH/minimal" || continue
    kernel_save "$symbol" "$edited"
  done < <(kernel_changed "$built" "$edited")
  kernel_request >"$request"
  kernel_resolve "$request" "$KERNEL_SCRATCH"
  while [[ -n $progress ]]; do # one symbol may make another one possible
    progress=""
    while read -r symbol <&3; do
      value=$(sed -n "s/^$symbol=//p" "$edited")
      [[ $(sed -n "s/^$symbol=//p" "$now") != "$value" ]] || continue
      kernel_request >"$request"
      printf '%s=%s\n' "$symbol" "${value:-n}" >>"$request"
      kernel_resolve "$request" "$KERNEL_SCRATCH"
      [[ $(sed -n "s/^$symbol=//p" "$now") == "$value" ]] || continue
      kernel_save "$symbol" "$edited"
      progress=yes
    done 3< <(kernel_changed "$now" "$edited")
  done
  kernel_request >"$request"
  kernel_resolve "$request" "$KERNEL_SCRATCH"
  [[ -z $(kernel_changed "$now" "$edited") ]] ||
    ck_die "the fragments do not give the edited configuration; these differ: $(kernel_changed "$now" "$edited" | tr '\n' ' ')"
  ck_say "The fragments give the edited configuration."
}

kernel_save() { # SYMBOL EDITED
  local symbol=$1 value fragment owner=""
  value=$(sed -n "s/^$symbol=//p" "$2")
  for fragment in "${KERNEL_FRAGMENTS[@]}"; do
    grep -q "^$symbol=" "$KERNEL_DIR/fragments/$fragment.config" || continue
    owner+="${owner:+, }$fragment"
    kernel_set "$KERNEL_DIR/fragments/$fragment.config" "$symbol" "$value"
  done
  if [[ -z $owner ]]; then
    owner=base
    printf '%s=%s\n' "$symbol" "${value:-n}" >>"$KERNEL_DIR/fragments/base.config"
  fi
  ck_say "$owner: $symbol=${value:-n}"
}

# A symbol that is switched off leaves the fragment: what no fragment names is off.
kernel_set() { # FRAGMENT SYMBOL VALUE
  local text
  text=$(SYMBOL=$2 VALUE=$3 awk '
    index($0, ENVIRON["SYMBOL"] "=") == 1 { if (ENVIRON["VALUE"] == "") next; $0 = ENVIRON["SYMBOL"] "=" ENVIRON["VALUE"] }
    { print }' "$1")
  printf '%s\n' "$text" >"$1"
}

# What is on in the built kernel that nobody asked for by name (it was selected or is a default), and the reverse.
kernel_diff() {
  kernel_scratch
  ck_say "Asked for and not built:"
  { kernel_check "$KERNEL_SCRATCH/request" "$KERNEL_SCRATCH/.config" || true; } | sed 's/^/  /'
  ck_say "Built, and no fragment names it:"
  awk -F= '/^CONFIG_/ && $2 != "n" { if (FILENAME == ARGV[1]) asked[$1]; else if (!($1 in asked)) print "  " $0 }' \
    "$KERNEL_SCRATCH/request" "$KERNEL_SCRATCH/.config"
}

# What one part of the configuration costs: bytes of bzImage with everything, less those without the part. A part is a
# fragment, or symbols set together ("CONFIG_A CONFIG_B=8": off, unless a value is given). Without arguments: every
# fragment but base.
kernel_cost() {
  local part full without fragment symbol line
  local -a parts=("$@") kept
  ((${#parts[@]})) || parts=("${KERNEL_FRAGMENTS[@]:1}")
  ck_need_build
  kernel_source
  local dir=$CK_BUILD/kernel/cost-$CK_STEM work=$CK_BUILD/kernel/cost-$CK_STEM/objects
  mkdir -p "$dir"
  kernel_request >"$dir/request"
  ck_steps $((1 + ${#parts[@]}))
  kernel_empty_cpio "$dir/empty.cpio"
  # A tree of its own: it goes through one configuration after the other.
  ck_step "Building with everything" kernel-cost kernel_cost_build "$dir/request" "$work"
  full=$(stat -c %s "$work/$KERNEL_IMAGE")
  printf '%-48s %10s\n' "part" "bytes of ${KERNEL_IMAGE##*/}" "everything, with no userland" "$full"
  for part in "${parts[@]}"; do
    if [[ $part == CONFIG_* ]]; then
      cp "$dir/request" "$dir/request.without"
      for symbol in $part; do
        line=$symbol=n
        [[ $symbol != *=* ]] || line=$symbol
        sed -i "/^${line%%=*}=/d" "$dir/request.without"
        printf '%s\n' "$line" >>"$dir/request.without"
      done
    else
      kept=()
      for fragment in "${KERNEL_FRAGMENTS[@]}"; do [[ $fragment == "$part" ]] || kept+=("$fragment"); done
      kernel_request "${kept[@]}" >"$dir/request.without"
    fi
    ck_step "Building without $part" kernel-cost kernel_cost_build "$dir/request.without" "$work"
    without=$(stat -c %s "$work/$KERNEL_IMAGE")
    printf '%-48s %10d\n' "$part" $((full - without))
  done
}

kernel_cost_build() { # REQUEST OBJECTS
  [[ -d $2 ]] || kernel_seed "$1" "$2"
  kernel_resolve "$1" "$2" # unchecked: without a part, what depends on it is dropped too, and that is meant
  cp "${1%/*}/empty.cpio" "$2/corekms.cpio"
  kernel_make "$2" "$KERNEL_TARGET"
}

# A cpio archive with nothing in it: 512 zero bytes end one.
kernel_empty_cpio() { head -c 512 /dev/zero >"$1"; } # FILE

kernel_main() {
  local command=${1:-help}
  (($# == 0)) || shift
  case $command in
    build)
      ck_need_build
      kernel_source
      mkdir -p "$CK_BUILD/kernel"
      kernel_request >"$CK_BUILD/kernel/request"
      kernel_empty_cpio "$CK_BUILD/kernel/empty.cpio"
      kernel_objects "$CK_BUILD/kernel/request"
      kernel_built || ck_step "Compiling the kernel" kernel kernel_link "$CK_BUILD/kernel/request" "$CK_BUILD/kernel/empty.cpio"
      ck_say "$KERNEL_OBJECTS"
      ;;
    menuconfig | savedefconfig | diff | cost) "kernel_$command" "$@" ;;
    required) kernel_required ;;
    check) # [REQUIRED] CONFIG
      (($# < 2)) || { kernel_check "$1" "$2" && return; return 1; }
      kernel_check <(kernel_required) "$1"
      ;;
    dropped) kernel_check_dropped "$@" ;;
    help | *)
      cat <<'TEXT'
kernel.sh build                    make the kernel's objects, if the cache has them not
kernel.sh menuconfig               edit the configuration that the fragments give, on a copy
kernel.sh savedefconfig [CONFIG]   write what was edited into the fragments
kernel.sh diff                     what the fragments ask for, against what Kconfig made of it
kernel.sh cost [PART...]           bytes that a fragment, or "CONFIG_A CONFIG_B", adds to the image
kernel.sh required                 what the built kernel must be: of all, of the architecture, of the profile
kernel.sh check [REQUIRED] CONFIG  lines of that (or of the file named) that a built .config breaks
kernel.sh dropped DEAD DROPPED     what a linker kept of the dead, or dropped beside code and data (vmlinux.dead, vmlinux.dropped)
TEXT
      [[ $command == help ]]
      ;;
  esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  kernel_main "$@"
  exit # a script that is edited while it runs must not be read on
fi
