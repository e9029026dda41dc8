#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./ck build: toolchain, then the program (build/target/corekms; of another architecture build/target-ARCH/corekms, of the micro profile build/target-micro/corekms), then kernel and images (image/build.sh). Each stage
# knows by content hashes whether it has anything to do.
#   --userland-only   stops before the kernel; the tests that need no image use it
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

userland_only=no
CK_SERVICE="" CK_SERVICE_ARGS="" CK_SERVICE_FILES="" CK_CONFIG="" # only what this command line says: the next plain build is the gateway again
ck_variant "$@"
set -- "${CK_INSIDE[@]}" "${CK_REST[@]}"
while (($#)); do
  case $1 in
    --service)
      [[ -n $2 ]] || ck_die "--service needs the path of a static program"
      CK_SERVICE=$2 && shift
      ;;
    --service-args) CK_SERVICE_ARGS=$2 && shift ;;
    --service-files)
      [[ -n $2 ]] || ck_die "--service-files needs the path of a folder"
      CK_SERVICE_FILES=$2 && shift
      ;;
    --config)
      [[ -n $2 ]] || ck_die "--config needs the path of a document"
      CK_CONFIG=$2 && shift
      ;;
    --userland-only) userland_only=yes ;;
    *) ck_die "build does not know '$1' (./ck help)" ;;
  esac
  shift
done
[[ -n $CK_SERVICE || -z $CK_SERVICE_ARGS ]] || ck_die "--service-args is for the program that --service names"
[[ -n $CK_SERVICE || -z $CK_SERVICE_FILES ]] || ck_die "--service-files is for the program that --service names"
export CK_SERVICE CK_SERVICE_ARGS CK_SERVICE_FILES CK_CONFIG

target=$(ck_target)
program=$target/corekms

compile() {
  local platform=true # the micro profile's kernel has no disks, no firmware's tables, and of hypervisors' channels fw_cfg alone
  [[ $CK_PROFILE != micro ]] || platform=false
  ck_with_ccache
  cmake --preset target -S "$CK_ROOT" -B "$target" "${CK_CCACHE[@]}" -DCK_TARGET="$CK_ARCH" -DCK_HAS_PLATFORM="$platform" -DCK_COMMIT="$commit" -DCK_COMMIT_SECONDS="$(ck_commit_seconds)"
  cmake --build "$target" --parallel "$CK_JOBS" --target corekms
}

e_machine() { od -An -tu2 -j18 -N2 "$1" | tr -d ' '; }

# What the image cannot run is refused here, with the reason, and not found out at boot.
check_service() {
  local headers
  [[ -f $CK_SERVICE ]] || ck_die "--service: there is no file $CK_SERVICE"
  [[ $(head -c 4 "$CK_SERVICE" | od -An -tx1 | tr -d ' ') == 7f454c46 ]] || ck_die "--service: $CK_SERVICE is not an ELF program"
  headers=$(llvm-readelf-19 --file-header --program-headers --dynamic-table "$CK_SERVICE" 2>&1) ||
    ck_die "--service: $CK_SERVICE is a damaged ELF file"
  [[ $(e_machine "$CK_SERVICE") == "$(e_machine "$program")" ]] ||
    ck_die "--service: $CK_SERVICE is for another machine ($(sed -n 's/^ *Machine: *//p' <<<"$headers"))"
  if grep -qE '^ +INTERP|\(NEEDED\)' <<<"$headers"; then
    ck_die "--service: $CK_SERVICE is linked dynamically ($(grep -oE 'Shared library: .*|interpreter: [^]]*' <<<"$headers" |
      paste -sd, -)); the image holds no libraries: link it with -static"
  fi
  grep -qE '^ *Type: +(EXEC|DYN)' <<<"$headers" || ck_die "--service: $CK_SERVICE is no program ($(sed -n 's/^ *Type: *//p' <<<"$headers"))"
}

# gen_init_cpio reads names between blanks, and puts variables into them.
check_service_files() {
  local odd
  [[ -d $CK_SERVICE_FILES ]] || ck_die "--service-files: there is no folder $CK_SERVICE_FILES"
  odd=$(find "$CK_SERVICE_FILES"/ -mindepth 1 ! -type f ! -type d -print -quit)
  [[ -z $odd ]] || ck_die "--service-files: ${odd@Q} is neither a file nor a folder"
  odd=$(cd "$CK_SERVICE_FILES" && LC_ALL=C find . -regex '.*[^][A-Za-z0-9/._+,:;=@%~#!()-].*' -print -quit)
  [[ -z $odd ]] || ck_die "--service-files: ${odd@Q}: names are of letters, digits and ._+-,:;=@%~#!()[]"
}

ck_need_build
ck_steps 5
toolchain=$("$CK_ROOT/toolchain/build.sh" "$CK_ARCH")
zlib=$("$CK_ROOT/toolchain/zlib.sh" "$CK_ARCH")
mbedtls=$("$CK_ROOT/toolchain/mbedtls.sh" "$CK_ARCH")
mkdir -p "$target"
exec {lock}>"$target/.lock" # one compiler of a program at a time; the others then find it made
flock "$lock"
commit=$(ck_commit)
key=$(ck_hash "$CK_ROOT"/{src,cmake,CMakeLists.txt,CMakePresets.json} "$CK_ROOT"/toolchain/{flags,targets,target.cmake,streams} -- \
  "$toolchain" "$zlib" "$mbedtls" "$commit")
if ! { [[ -f $program ]] && ck_fresh "$target/stamp" "$key $(sha256sum <"$program")"; }; then
  ck_step "Compiling the program" userland compile
  ck_mark "$target/stamp" "$key $(sha256sum <"$program")"
fi
exec {lock}>&-
[[ -z $CK_SERVICE ]] || check_service
[[ -z $CK_SERVICE_FILES ]] || check_service_files
# A document that the image would refuse is refused here, by the program of this machine.
if [[ -n $CK_CONFIG ]]; then
  [[ $CK_ARCH == x86_64 ]] || CK_ARCH=x86_64 "$0" --userland-only
  "$(CK_ARCH=x86_64 ck_target)/corekms" config check "$CK_CONFIG" >&2
fi
[[ $userland_only == yes ]] || "$CK_ROOT/image/build.sh"
