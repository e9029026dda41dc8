#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The kernel: fetches its source, makes the configuration from the fragments, builds the objects, keeps them.
#
# Three places, all in the cache (never in the checkout, never in the unpacked tree):
#   kernel-source-KEY   the unpacked source, read-only by convention
#   kernel-work-KEY     one object tree per source and compiler, brought up to date for whatever configuration is asked;
#                       an interrupted build goes on from here
#   kernel-KEY          a finished object tree per configuration, linked with an empty root file system. image/build.sh
#                       copies it and links again with the real one.
# Sourced by image/build.sh for its functions; run by hand or by ./ck kernel for the commands at the end.
set -euo pipefail
# shellcheck source=scripts/lib.sh
[[ -n ${CK_ROOT-} && $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

CK_KERNEL=$CK_ROOT/image/kernel
CK_KERNEL_PACKAGE=linux-source-6.12
CK_KERNEL_ARCH=x86_64
CK_FRAGMENTS=(base x86_64 hardening virtio hyperv vmware virtualbox xen)

# What would otherwise make two builds differ.
export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970' KBUILD_BUILD_USER=corekms KBUILD_BUILD_HOST=corekms KBUILD_BUILD_VERSION=1

# --- source --------------------------------------------------------------------------------------------------------

kernel_unpack() { # VERSION DIR
  local version=$1 dir=$2
  ck_fetch_deb "$CK_KERNEL_PACKAGE" "$version" "$dir"
  # Most of the documentation, of the other architectures and of the register lists of one GPU family stays packed.
  tar -xJf "$dir/$CK_KERNEL_PACKAGE/usr/src/$CK_KERNEL_PACKAGE.tar.xz" -C "$dir" \
    --exclude='*/drivers/gpu/drm/amd/include' --exclude='*/tools/testing' --exclude='*/tools/perf' --exclude='*/Documentation/*/*' \
    --exclude="$CK_KERNEL_PACKAGE/arch/[b-w]*/*/*"
  mv "$dir/$CK_KERNEL_PACKAGE" "$dir/package"
  rm -rf "$dir/package"
  mv "$dir/$CK_KERNEL_PACKAGE"* "$dir/linux" 2>/dev/null || true
  [[ -f $dir/linux/Makefile ]] || ck_die "the kernel's source package does not hold what was expected"
}

