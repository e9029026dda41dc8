#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints the folder where the npm packages of tests/image/schemas lie unpacked in the cache: published schemas that no Debian package has.
# npm checks them against the hashes of package-lock.json, and runs nothing of them; the tests read them as data.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

SCHEMAS=$CK_ROOT/tests/image/schemas

schemas_fetch() { # DIR
  cp "$SCHEMAS"/package{,-lock}.json "$1/"
  cd "$1" || return
  npm ci --ignore-scripts --omit=optional --omit=peer --no-audit --no-fund --cache "$1/.npm"
  rm -rf .npm
}

command -v npm >/dev/null || ck_need npm
ck_cached schemas "$(ck_hash "$SCHEMAS"/package{,-lock}.json "$0")" schemas_fetch
