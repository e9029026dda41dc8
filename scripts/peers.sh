#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints the folder where the programs that netd and gatewayd are tested against and measured beside (group peers of
# scripts/host-packages, or the one that is named) are unpacked, and fetches them if need be. tests/support/peers.py asks it.
#   scripts/peers.sh [GROUP]
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

mapfile -t packages < <(ck_host_packages "${1:-peers}" | awk '{print $2}')
ck_peers "${packages[@]}"
