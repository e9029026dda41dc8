#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./ck update: moves the pins of this Debian release (toolchain/versions, image/kernel/version) to the newest that its archive has, builds,
# tests, and prints what changed. The kernel stays 6.12: another one is another package. Nothing is committed.
#   --pins-only   stops when the pins are moved
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

pins_only=no
case ${1-} in
  "") ;;
  --pins-only) pins_only=yes ;;
  *) ck_die "update does not know '$1' (./ck help)" ;;
esac

files=("$CK_ROOT/toolchain/versions" "$CK_ROOT/image/kernel/version")
release=$(ck_debian_release)

# Whether a package is fetched as it is built (deb) or as its source.
kind_of() { if [[ $1 == linux-* ]]; then echo deb; else echo source; fi; }

# The other fields and the columns of a line stay as they are.
move_pin() { # FILE PACKAGE OLD NEW
  local text
  text=$(awk -v p="$2" -v r="$release" -v old="$3" -v new="$4" '
    !/^#/ && $1 == p && $2 == r && $3 == old { print substr($0, 1, length($0) - length(old)) new; next }
    { print }' "$1")
  printf '%s\n' "$text" >"$1"
}

sizes() { (cd "$CK_OUT" 2>/dev/null && stat -c '%n %s' corekms* 2>/dev/null || true) | sort; }

ck_need build
ck_say "Reading what the archive has for Debian $release" >&2
ck_apt_source refresh
changed=0
for file in "${files[@]}"; do
  while read -r package version; do
    kind=$(kind_of "$package")
    newest=$(ck_versions_available "$kind" "$package" | tail -n 1)
    if [[ -z $newest ]]; then
      ck_warn "$package: the archive has none; its pin stays $version"
    elif dpkg --compare-versions "$newest" gt "$version"; then
      printf '%-20s %s -> %s\n' "$package" "$version" "$newest"
      move_pin "$file" "$package" "$version" "$newest"
      changed=$((changed + 1))
    elif dpkg --compare-versions "$newest" lt "$version"; then
      ck_warn "$package $version, which is pinned, is gone from the archive and newer than all that it has ($newest); its pin stays"
    else
      printf '%-20s %s (the newest)\n' "$package" "$version"
    fi
  done < <(awk -v r="$release" '!/^#/ && $2 == r { print $1, $3 }' "$file")
done
ck_say "$changed pins moved; those of other releases can only be moved there"
[[ $pins_only == no && $changed != 0 ]] || exit 0

before=$(sizes)
"$CK_ROOT/ck" build
ck_say "What changed in bytes (file, before, now):"
join -a 2 -e - -o 0,1.2,2.2 <(printf '%s\n' "$before") <(sizes) | awk '$2 != $3 { printf "  %-24s %12s %12s\n", $1, $2, $3 }'
"$CK_ROOT/ck" test || ck_die "the tests fail with the new versions; the pins stay as they are now (git diff), nothing is committed"
