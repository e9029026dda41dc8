#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# ./ck run: boots the image in QEMU with its serial console in this terminal. The machine's network is QEMU's own and
# closed to the outside (restrict) unless an upstream was named. A machine of another architecture is emulated and has UEFI.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "$0")/lib.sh"

boot=kernel firmware=bios memory="" nic=virtio-net-pci upstream="" build=yes
ck_variant "$@" # into CK_INSIDE what build.sh is told
set -- "${CK_REST[@]}"
while (($#)); do
  case $1 in
    --iso) boot=iso ;;
    --uefi) firmware=uefi ;;
    --memory) memory=${2:?--memory needs a number of MB} && shift ;;
    --nic) nic=${2:?--nic needs a model of QEMU} && shift ;;
    --upstream) upstream=${2:?--upstream needs HOST[:PORT]} && shift ;;
    --no-build) build=no ;;
    *) ck_die "run does not know '$1' (./ck help)" ;;
  esac
  shift
done
((${#CK_INSIDE[@]} == 0)) || [[ $build == yes ]] || ck_die "--no-build boots what stands in out/: ${CK_INSIDE[0]} changes nothing there"
[[ -z $memory || $memory =~ ^[0-9]+$ ]] || ck_die "--memory takes a number of MB"
[[ $upstream != *[[:space:]]* ]] || ck_die "--upstream takes HOST[:PORT]"
[[ $upstream != *[\"\\]* ]] || ck_die "--upstream takes HOST[:PORT]"
[[ $CK_ARCH == x86_64 ]] || firmware=uefi
if [[ $firmware == uefi ]]; then memory=${memory:-160}; else memory=${memory:-64}; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Whether guests run under KVM is not to be seen from /dev/kvm, so two are run. The first is a firmware of seven
# instructions that ends QEMU with a status of its own (0x10 written to isa-debug-exit: 2 * 0x10 + 1). The second is the
# image itself, until it says something on its console: there are KVMs that only know the simpler instructions.
kvm_works() {
  local status=0 qemu tries
  local -a machine=(-accel kvm -cpu host -nodefaults -no-user-config -display none -no-reboot)
  [[ -r /dev/kvm && -w /dev/kvm ]] || { reason="no access to /dev/kvm" && return 1; }
  { head -c 65520 /dev/zero && printf '\xba\x01\x05\xb0\x10\xee\xf4\x90\x90\x90\x90\x90\x90\x90\x90\x90'; } >"$work/stub"
  # In braces, or bash would tell of a QEMU that aborted.
  { timeout -k 1 2 qemu-system-x86_64 "${machine[@]}" -M pc -m 16 -bios "$work/stub" \
    -device isa-debug-exit,iobase=0x501,iosize=1 </dev/null >"$work/kvm.log" 2>&1 || status=$?; } 2>/dev/null
  case $status in
    33) ;;
    124 | 137) reason="a guest under KVM hangs here" && return 1 ;;
    *) reason="a guest under KVM does not run here: $(head -n 1 "$work/kvm.log")" && return 1 ;;
  esac
  [[ -r $kernel ]] || return 0
  timeout -k 1 5 qemu-system-x86_64 "${machine[@]}" -M q35 -m 64 -kernel "$kernel" \
    -serial "file:$work/console" </dev/null >"$work/kvm.log" 2>&1 &
  qemu=$!
  for ((tries = 0; tries < 25; ++tries)); do
    sleep 0.1
    if [[ -s $work/console ]] || grep -q 'KVM internal error' "$work/kvm.log"; then break; fi
  done
  kill "$qemu" 2>/dev/null || true
  wait "$qemu" 2>/dev/null || true
  [[ ! -s $work/console ]] || return 0
  reason="KVM runs a stub here, but not this image: $(grep -m 1 -E 'error|failure' "$work/kvm.log" || echo "silent for 2.5 s")"
  return 1
}

free_port() {
  local port
  for port in 1688 $(seq 16880 16979); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port" && return; }
  done
  ck_die "no free port on localhost between 16880 and 16979"
}

ck_need build test
[[ $build == no ]] || "$CK_ROOT/scripts/build.sh" "${CK_INSIDE[@]}"
kernel=$CK_OUT/$CK_STEM.efi
[[ $CK_PROFILE != micro ]] || kernel=$CK_OUT/$CK_STEM.bzimage
image=$kernel
[[ $boot == kernel ]] || image=$CK_OUT/$CK_STEM.iso
[[ -r $image ]] || ck_die "there is no ${image##*/} yet: ./ck build makes it"

reason="COREKMS_ACCEL says so"
case ${COREKMS_ACCEL-} in
  kvm | tcg) accel=$COREKMS_ACCEL ;;
  "") if [[ $CK_ARCH != x86_64 ]]; then accel=tcg reason="another architecture"; elif kvm_works; then accel=kvm reason="a guest was seen to run under it"; else accel=tcg; fi ;;
  *) ck_die "COREKMS_ACCEL is kvm or tcg" ;;
esac

port=$(free_port)
network="user,id=net0,ipv4=on,ipv6=on,hostfwd=tcp:127.0.0.1:$port-:1688"
[[ -n $upstream ]] || network+=",restrict=on"
system=(qemu-system-x86_64 -M q35)
[[ $CK_ARCH != aarch64 ]] || system=(qemu-system-aarch64 -M virt -cpu cortex-a72 -bios /usr/share/qemu-efi-aarch64/QEMU_EFI.fd)
machine=(-accel "$accel" -m "$memory" -display none -no-reboot -serial mon:stdio
  -netdev "$network" -device "$nic,netdev=net0" -device virtio-rng-pci)
[[ $accel == tcg ]] || machine+=(-cpu host)
if [[ $firmware == uefi && $CK_ARCH == x86_64 ]]; then
  cp /usr/share/OVMF/OVMF_VARS_4M.fd "$work/vars"
  machine+=(-drive "if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd" -drive "if=pflash,format=raw,file=$work/vars")
fi
if [[ $boot == iso && $CK_ARCH == x86_64 ]]; then
  machine+=(-cdrom "$image" -boot d)
elif [[ $boot == iso ]]; then
  machine+=(-device virtio-scsi-pci -device "scsi-cd,drive=cd" -drive "if=none,id=cd,media=cdrom,format=raw,readonly=on,file=$image")
else
  machine+=(-kernel "$image")
  [[ -z $upstream ]] || machine+=(-append "corekms.upstream=$upstream")
fi
# The command line of an ISO is fixed; a document as a credential of SMBIOS says the same. QEMU wants each comma twice.
if [[ $boot == iso && -n $upstream ]]; then
  document="gateway.upstreams = [\"${upstream//,/\", \"}\"]"
  machine+=(-smbios "type=11,value=io.systemd.credential:corekms.toml=${document//,/,,}")
fi

ck_say "QEMU with ${accel^^} ($reason), $firmware, $memory MB, $nic; the machine's port 1688 is localhost:$port"
if [[ -n $upstream ]]; then
  ck_say "Upstream $upstream: the machine may reach the network through this one (this host itself is 10.0.2.2 to it)"
else
  ck_say "The machine reaches nothing outside itself; --upstream HOST[:PORT] changes that"
fi
ck_say "Ctrl-A X leaves"
"${system[@]}" "${machine[@]}"
