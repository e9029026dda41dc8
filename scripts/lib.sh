# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What every driver script of CoreKMS shares: places, messages, progress, content hashes, the cache, Debian packages.
# Sourced by ck, toolchain/build.sh and image/build.sh, never run. The caller is bash with `set -euo pipefail`.
# scripts/debian.sh (sourced at the end) holds what talks to apt and dpkg.
#
#   ck_say TEXT, ck_warn TEXT, ck_die TEXT     a line; to stderr; to stderr and exit 1
#   ck_variant ARG...                          takes --profile NAME, --arch NAME, --smp and --newest out of them, and into CK_INSIDE what
#                                              goes into the image (--service and the like), each as two words; the rest is CK_REST
#   ck_need_build                              the host packages of a build for $CK_ARCH
#   ck_suffix ARCHITECTURE                     "" for x86_64, else -ARCHITECTURE
#   ck_target                                  the folder where the program of $CK_PROFILE and $CK_ARCH is compiled
#   ck_commit, ck_commit_seconds               the commit that an image is of, and when it was made
#   ck_steps M                                 M more steps follow (sets the m of "n of m"; a later call corrects it)
#   ck_step TEXT LOGNAME COMMAND...            runs COMMAND in a subshell with progress; output in build/log/LOGNAME.log
#   ck_hash PATH... [-- STRING...]             one sha256 over contents and names of files and trees, and the strings
#   ck_cached_dir NAME KEY                     where that entry of the cache is, or would be
#   ck_cached_ready NAME KEY                   true when it is there and whole (and marks it as used)
#   ck_cached NAME KEY FUNCTION [ARGS...]      makes it with `FUNCTION ARGS... TEMPDIR` if it is not there; prints the folder
#   ck_fresh STAMP KEY, ck_mark STAMP KEY      is the stamp file of this content? make it so
#   ck_compile_tool NAME OUTPUT                compiles image/tools/NAME.cc for this machine
#   ck_with_ccache                             sets up ccache, where it is installed; its arguments for CMake are $CK_CCACHE

CK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CK_CACHE=${COREKMS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/corekms}
CK_BUILD=$CK_ROOT/build
CK_OUT=${COREKMS_OUT:-$CK_ROOT/out}
CK_JOBS=${CK_JOBS:-$(nproc)}
CK_RUN=${CK_RUN:-$$.$EPOCHSECONDS} # whose steps are counted
# What is built: for which architecture, in which profile (image/kernel/profiles), for one processor or several.
CK_ARCH=${CK_ARCH:-x86_64}
CK_PROFILE=${CK_PROFILE:-full}
CK_SMP=${CK_SMP:-no}
CK_NEWEST=${CK_NEWEST:-0} # 1: where a pinned Debian version is gone, go on with the newest
export CK_ROOT CK_CACHE CK_BUILD CK_OUT CK_JOBS CK_RUN CK_ARCH CK_PROFILE CK_SMP CK_NEWEST
export LC_ALL=C.UTF-8
umask 022
# Debian's users but root have no such folder in it: sgdisk, sfdisk, mkfs.vfat are there.
[[ :$PATH: == *:/usr/sbin:* ]] || PATH+=:/usr/sbin
[[ :$PATH: == *:/sbin:* ]] || PATH+=:/sbin

ck_say() { printf '%s\n' "$*"; }
ck_warn() { printf 'ck: %s\n' "$*" >&2; }
ck_die() {
  printf 'ck: %s\n' "$*" >&2
  exit 1
}

# The name of the files of what is built: corekms, corekms-micro, corekms-aarch64, corekms-smp.
ck_stem() {
  local stem=corekms
  [[ $CK_PROFILE == full ]] || stem+=-$CK_PROFILE
  [[ $CK_SMP == no ]] || stem+=-smp
  [[ $CK_ARCH == x86_64 ]] || stem+=-$CK_ARCH
  printf '%s\n' "$stem"
}
CK_STEM=$(ck_stem)
export CK_STEM

ck_variant() { # ARGUMENT...
  CK_REST=() CK_INSIDE=()
  while (($#)); do
    case $1 in
      --profile | --arch)
        [[ -n ${2-} ]] || ck_die "$1 needs a name; there are (image/kernel/profiles): $(ck_variants)"
        if [[ $1 == --profile ]]; then CK_PROFILE=$2; else CK_ARCH=$2; fi
        shift
        ;;
      --profile=*) CK_PROFILE=${1#*=} ;;
      --arch=*) CK_ARCH=${1#*=} ;;
      --smp) CK_SMP=yes ;;
      --newest) CK_NEWEST=1 ;;
      --service | --service-args | --service-files | --config)
        (($# > 1)) || ck_die "$1 needs a value (./ck help)"
        CK_INSIDE+=("$1" "$2")
        shift
        ;;
      --service=* | --service-args=* | --service-files=* | --config=*) CK_INSIDE+=("${1%%=*}" "${1#*=}") ;;
      *) CK_REST+=("$1") ;;
    esac
    shift
  done
  ck_variants | grep -qw -- "$CK_PROFILE for $CK_ARCH" || ck_die "there is no profile $CK_PROFILE for $CK_ARCH; there are: $(ck_variants | paste -sd, -)"
  CK_STEM=$(ck_stem)
}
# The packages that a build for $CK_ARCH needs.
ck_need_build() { if [[ $CK_ARCH == x86_64 ]]; then ck_need build; else ck_need build "$CK_ARCH"; fi; }
# What stands behind the names of things in build/ that are not for x86_64.
ck_suffix() { [[ $1 == x86_64 ]] || printf -- '-%s\n' "$1"; } # ARCHITECTURE
# Profiles share a program, but for micro, whose kernel shows it less.
ck_target() { printf '%s/target%s%s\n' "$CK_BUILD" "$(ck_suffix "$CK_ARCH")" "$([[ $CK_PROFILE != micro ]] || printf -- -micro)"; }
# The commit that last touched what the image is made of, with a + when the tree differs from it.
CK_MADE_OF=(CMakeLists.txt cmake image src toolchain)
ck_commit() {
  local commit
  commit=$(git -C "$CK_ROOT" log -1 --format=%h --abbrev=7 -- "${CK_MADE_OF[@]}" 2>/dev/null) || true
  [[ -n $commit ]] || { printf 'unknown\n' && return; }
  git -C "$CK_ROOT" diff --quiet HEAD -- "${CK_MADE_OF[@]}" || commit+=+
  printf '%s\n' "$commit"
}
# When that commit was made, so that the same tree gives the same bytes; without git, 2026.
ck_commit_seconds() { git -C "$CK_ROOT" log -1 --format=%ct -- "${CK_MADE_OF[@]}" 2>/dev/null | grep . || printf '1767225600\n'; }
ck_variants() { awk '!/^#/ && NF > 2 { print $1 " for " $2 }' "$CK_ROOT/image/kernel/profiles"; }

# A script may run within `$(...)`: the count of a run is a file, "RUN STEP STEPS".
ck_counted() { # sets run, step and steps of the caller
  read -r run step steps <"$CK_BUILD/log/steps" || run=""
  [[ $run == "$CK_RUN" ]] || step=0 steps=0
} 2>/dev/null
ck_count() { # STEP STEPS
  mkdir -p "$CK_BUILD/log"
  printf '%s %d %d\n' "$CK_RUN" "$1" "$2" >"$CK_BUILD/log/steps"
}
ck_steps() {
  local run step steps
  ck_counted
  ck_count "$step" $((step + $1))
}

# 75 -> 1:15
ck_elapsed() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# Never call ck_step, ck_cached or what uses them within a condition (`if f`, `f || x`): bash then ignores `set -e` inside.
# Everything is printed to stderr, so that a function whose output is captured may take steps too.
ck_step() {
  local what=$1 log=$CK_BUILD/log/$2.log start=$SECONDS status=0 ticker="" head run step steps
  shift 2
  ck_counted
  step=$((step + 1))
  ck_count "$step" $((steps > step ? steps : step))
  head="[$step/$((steps > step ? steps : step))] $what"
  if [[ -t 2 ]]; then
    (
      trap 'exit 0' TERM
      while :; do
        printf '\r%s  %s' "$head" "$(ck_elapsed $((SECONDS - start)))" >&2
        sleep 1
      done
    ) &
    ticker=$!
  else
    printf '%s ...\n' "$head" >&2
  fi
  # A child of its own: `set -e` then holds inside, whatever context we were called from.
  (
    set -e
    "$@"
  ) >"$log" 2>&1 </dev/null &
  wait $! || status=$?
  if [[ -n $ticker ]]; then
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    printf '\r' >&2
  fi
  if ((status)); then
    printf '%s  FAILED after %s\n' "$head" "$(ck_elapsed $((SECONDS - start)))" >&2
    tail -n 30 "$log" | sed 's/^/    /' >&2
    ck_die "the whole log is in ${log#"$PWD"/}"
  fi
  printf '%s  %s\n' "$head" "$(ck_elapsed $((SECONDS - start)))" >&2
}

# Names go in relative to the checkout, so that the result does not depend on where the checkout stands.
ck_hash() {
  local -a paths=()
  while (($#)) && [[ $1 != -- ]]; do
    [[ -e $1 ]] || ck_die "ck_hash: no such file or folder: $1"
    paths+=("$1")
    shift
  done
  (($# == 0)) || shift
  {
    if ((${#paths[@]})); then
      find "${paths[@]}" -name __pycache__ -prune -o \( -type f -o -type l \) -print0 | sort -z |
        xargs -0r sha256sum | sed "s#  $CK_ROOT/#  #"
    fi
    printf '%s\n' "$@"
  } | sha256sum | cut -c 1-64
}

ck_fresh() { [[ -f $1 && $(<"$1") == "$2" ]]; }
ck_mark() {
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$2" >"$1"
}

ck_compile_tool() {
  clang++-19 -std=c++23 -O1 -Wall -Wextra -Werror -fno-exceptions -fno-rtti -o "$2" "$CK_ROOT/image/tools/$1.cc"
}

# What is compiled is kept in the cache by its content, whatever the path of the checkout.
ck_with_ccache() {
  local launcher
  launcher=$(command -v ccache) || true
  # shellcheck disable=SC2034 # the caller's
  CK_CCACHE=(-DCMAKE_CXX_COMPILER_LAUNCHER="$launcher" -DCMAKE_C_COMPILER_LAUNCHER="$launcher")
  export CCACHE_DIR=$CK_CACHE/ccache CCACHE_BASEDIR=$CK_ROOT CCACHE_NOHASHDIR=1 CCACHE_COMPILERCHECK=content CCACHE_MAXSIZE=2G
}

ck_cached_dir() { printf '%s/%s-%s\n' "$CK_CACHE" "$1" "${2:0:16}"; }

# A folder in the cache is whole or absent: it is made under another name and renamed.
ck_cached_ready() {
  local dir
  dir=$(ck_cached_dir "$1" "$2")
  [[ -d $dir ]] && touch "$dir/.used"
}

ck_cached() {
  local name=$1 key=$2 dir work status=0 lock
  shift 2
  dir=$(ck_cached_dir "$name" "$key")
  if ! ck_cached_ready "$name" "$key"; then
    mkdir -p "$CK_CACHE"
    exec {lock}>"$CK_CACHE/.lock-$name"
    flock "$lock"
    if ! ck_cached_ready "$name" "$key"; then # someone else may have made it meanwhile
      work=$(mktemp -d "$CK_CACHE/.making-$name.XXXXXX")
      (
        exec {lock}>&-
        set -e
        "$@" "$work"
      ) >&2 &
      wait $! || status=$?
      if ((status)); then
        rm -rf "$work"
        ck_die "could not make $name"
      fi
      chmod 755 "$work"
      touch "$work/.used"
      mv -T "$work" "$dir"
    fi
    exec {lock}>&-
  fi
  printf '%s\n' "$dir"
}

# shellcheck source=scripts/debian.sh
source "$CK_ROOT/scripts/debian.sh"
