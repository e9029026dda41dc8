#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The papers of the image: collects what they are made of, from what the build fetched; bill.py writes them.
#   image/bill/bill.sh sources    ./ck sources: out/sources, the complete corresponding source of the image in out/, which stays as it is
# formats.sh sources this file for bill_write.
set -euo pipefail
# shellcheck source=scripts/lib.sh
[[ $(type -t ck_step) == function ]] || source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"
# shellcheck source=image/build.sh
[[ $(type -t image_build) == function ]] || source "$CK_ROOT/image/build.sh"

BILL=$CK_ROOT/image/bill
BILL_LICENSES=licenses${CK_STEM#corekms}
BILL_SUFFIX=$(ck_suffix "$CK_ARCH")
bill_python() { PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$BILL/bill.py" "$@"; }

# Every fetched.list of what is in the image, one after the other.
bill_fetched() {
  cat "$CK_BUILD"/{toolchain,zlib,mbedtls-target}"$BILL_SUFFIX"/fetched.list "$KERNEL_SOURCE/../fetched.list"
}

# "kind version": deb, source, or tar where upstream's part of a source package was fetched alone.
bill_kind() { # FETCHED PACKAGE
  awk -v p="$2" '$2 == p { kind = $1; version = $3; if ($5 ~ /\.dsc$/) dsc = 1 }
    END { if (!version) exit 1; print (kind == "source" && !dsc ? "tar" : kind), version }' "$1" ||
    ck_die "the build fetched no $2"
}

# "kind name version source source-version architecture": of a fetched package, of an installed one.
bill_package() { # KIND PACKAGE VERSION
  local folder
  case $1 in
    deb)
      folder=$(ck_download deb "$2" "$3")
      # shellcheck disable=SC2016 # dpkg-deb's own variables
      dpkg-deb --show --showformat "deb $2 $3 "'${source:Package} ${source:Version} ${Architecture}\n' "$folder"/*.deb
      ;;
    host)
      # shellcheck disable=SC2016 # dpkg-query's own variables
      dpkg-query -W -f 'host ${Package} ${Version} ${source:Package} ${source:Version} ${Architecture}\n' "$2" | head -n 1
      ;;
    *) printf '%s %s %s %s %s source\n' "$1" "$2" "$3" "$2" "$3" ;;
  esac
}

# debian/copyright and the texts of the source itself, of one component.
bill_texts() { # DIR FROM FETCHED TEXT...
  local dir=$1 package=${2#host:} kind=host version="" folder text found
  if [[ $2 != host:* ]]; then
    found=$(bill_kind "$3" "$package")
    read -r kind version <<<"$found"
  fi
  mkdir -p "$dir"
  shift 3
  case $kind in
    host) cp "/usr/share/doc/$package/copyright" "$dir/copyright" ;;
    deb)
      folder=$(ck_download deb "$package" "$version")
      # It stands before 150 MB of sources, which tar would read to their end.
      tar -xO --occurrence=1 "./usr/share/doc/$package/copyright" >"$dir/copyright" < <(dpkg-deb --fsys-tarfile "$folder"/*.deb 2>/dev/null | head -c 8M)
      [[ -s $dir/copyright ]]
      ;;
    source | tar) folder=$(ck_download "$kind" "$package" "$version") ;;
  esac
  # Where the Debian part was not fetched: what is installed of the same source has the same text.
  case $kind in
    source) tar -xOf "$folder"/*.debian.tar.* debian/copyright >"$dir/copyright" ;;
    tar) cp "/usr/share/doc/libclang-rt-19-dev/copyright" "$dir/copyright" ;;
  esac
  for text; do
    mkdir -p "$dir/$(dirname "$text")"
    case $kind in # the one deb with texts is the kernel, which stands unpacked
      deb) cp -rT "$KERNEL_SOURCE/$text" "$dir/$text" ;;
      source) tar -xOf "$(find "$folder" -name '*.orig.tar.*' ! -name '*.asc')" --wildcards --no-wildcards-match-slash "*/$text" >"$dir/$text" ;;
      tar | host) bill_llvm_text "$text" >"$dir/$text" ;;
    esac
    [[ -d $dir/$text || -s $dir/$text ]] || ck_die "the source of $package has no $text"
  done
}

# Out of 1.7 GB, packed: read once, and no further than needed.
bill_llvm_text() { # TEXT
  local version folder
  version=$(ck_pinned "$CK_ROOT/toolchain/versions" llvm-toolchain-19)
  folder=$(ck_download tar llvm-toolchain-19 "$version")
  folder=$(ck_cached llvm-texts "$(ck_hash -- "$version")" bill_unpack_llvm_texts "$folder")
  cat "$folder/$1"
}
bill_unpack_llvm_texts() { # FOLDER DIR
  tar -xJf "$1"/*.orig.tar.xz -C "$2" --strip-components=1 --occurrence=1 --wildcards --no-wildcards-match-slash \
    '*/compiler-rt/LICENSE.TXT' '*/libcxx/LICENSE.TXT' '*/libcxxabi/LICENSE.TXT'
}

# Everything that stays the same as long as the packages do.
bill_collect() { # FETCHED DIR
  local name from package found
  local -a texts
  cp "$1" "$2/fetched"
  while read -r name from _; do
    package=${from#host:}
    found=host
    [[ $from == host:* ]] || found=$(bill_kind "$1" "$package")
    bill_package "${found%% *}" "$package" "${found#* }"
  done <"$IMAGE_BUILD/bill.rows" | sort -u >"$2/packages"
  while read -r name from texts; do
    read -ra texts <<<"${texts-}"
    bill_texts "$2/texts/$name" "$from" "$1" "${texts[@]}"
  done <"$IMAGE_BUILD/bill.rows"
  ln -s "$(realpath "$CK_BUILD/toolchain$BILL_SUFFIX")/usr/include" "$2/include"
}

# Compilers, linkers and what writes the images, with their versions: of the packages that a build needs those that had a part in this one.
bill_tools() {
  local package cross version machine
  # What tests and other commands take: ./ck config put, ./ck keys new.
  local -a packages=() without=(libc++-19-dev libc++abi-19-dev zlib1g-dev fdisk systemd-boot-efi)
  [[ " ${IMAGE_KINDS[*]} " == *" iso "* ]] || without+=(xorriso mtools dosfstools gdisk isolinux syslinux syslinux-common)
  [[ $CK_ARCH == x86_64 ]] || without+=(isolinux syslinux syslinux-common)
  [[ $CK_PROFILE-$CK_ARCH == full-x86_64 ]] || without+=(qemu-utils)
  while read -r _ package _; do
    [[ " ${without[*]} " == *" $package "* ]] || packages+=("$package")
  done < <(ck_host_packages build "$CK_ARCH")
  for cross in "" ${KERNEL_CROSS:+"$KERNEL_CROSS"}; do # gcc is a name: the compilers are in packages with a number
    version=$("${cross}gcc" -dumpversion)
    machine=$("${cross}gcc" -dumpmachine)
    packages+=({gcc,cpp}-"$version" {gcc,cpp}-"$version-${machine//_/-}" "binutils-${machine//_/-}")
  done
  # shellcheck disable=SC2016 # dpkg-query's own variables
  { dpkg-query -W -f '${Package} ${Version}\n' "${packages[@]}" 2>/dev/null || true; } | awk 'NF == 2' | sort -u
}

bill_of_cmake() { sed -n "s/^$1:[A-Z]*=//p" "$(ck_target)/CMakeCache.txt"; } # NAME

# A file that holds the root file system of the image in out/, not compressed: the ELF that PVH loaders take, else what the EFI program
# unpacks (its header tells where that lies: drivers/firmware/efi/libstub/zboot-header.S).
bill_root() {
  local offset size
  if [[ " ${IMAGE_KINDS[*]} " == *" vmlinux "* ]]; then
    printf '%s\n' "$IMAGE_OUT/$CK_STEM.vmlinux"
    return
  fi
  read -r offset size < <(od -An -tu4 -j8 -N8 "$IMAGE_KERNEL")
  tail -c "+$((offset + 1))" "$IMAGE_KERNEL" | head -c "$size" | zstd -qdcf >"$IMAGE_BUILD/bill.root"
  printf '%s\n' "$IMAGE_BUILD/bill.root"
}

bill_image() {
  local commit root
  commit=$(bill_of_cmake CK_COMMIT)
  root=$(bill_root)
  printf 'version=%s\ncommit=%s\nfull_commit=%s\n' "$(sed -nE 's/^project\(corekms VERSION ([0-9.]+).*/\1/p' "$CK_ROOT/CMakeLists.txt")" "$commit" \
    "$(git -C "$CK_ROOT" rev-parse --verify --quiet "$commit^{commit}" || true)"
  printf 'tree_sha256=%s\n' "$(ck_hash "$CK_ROOT"/{CMakeLists.txt,cmake,image,src,toolchain})"
  printf 'seconds=%s\nrelease=%s\n' "$(bill_of_cmake CK_COMMIT_SECONDS)" "$(ck_debian_release)"
  printf 'stem=%s\narchitecture=%s\nprofile=%s\nsmp=%s\nfragments=%s\nkinds=%s\n' "$CK_STEM" "$CK_ARCH" "$CK_PROFILE" "$CK_SMP" \
    "${KERNEL_FRAGMENTS[*]}" "${IMAGE_KINDS[*]}"
  printf 'root=%s\nkernel_config=%s\ndistributor=%s\n' "$root" "$IMAGE_BUILD/kernel.config" "${COREKMS_DISTRIBUTOR-}"
}

bill_collected() { # prints the folder
  local fetched=$IMAGE_BUILD/bill.fetched folder
  bill_fetched >"$fetched"
  bill_python list "$CK_ARCH" >"$IMAGE_BUILD/bill.rows"
  folder=$(ck_cached bill "$(ck_hash "$BILL/bill.sh" -- "$(<"$fetched")" "$(<"$IMAGE_BUILD/bill.rows")" \
    "$(dpkg-query -W libclang-rt-19-dev libtomlplusplus-dev syslinux-common)")" bill_collect "$fetched")
  rm -rf "$IMAGE_BUILD/bill"
  mkdir -p "$IMAGE_BUILD/bill"
  cp -a "$folder"/* "$IMAGE_BUILD/bill/"
  bill_image >"$IMAGE_BUILD/bill/image"
  bill_tools >"$IMAGE_BUILD/bill/tools"
  printf '%s\n' "$IMAGE_BUILD/bill"
}

# The papers of what stands in $IMAGE_OUT; prints the build id.
bill_write() { # NAME...: the files that the provenance is of
  local folder
  kernel_source
  folder=$(bill_collected)
  bill_python sbom "$folder" "$IMAGE_OUT"
  bill_python provenance "$folder" "$IMAGE_OUT" "$@" "$CK_STEM".{cdx,spdx}.json
}

# What it has written, beside which SHA256SUMS stands.
bill_papers() { (cd "$IMAGE_OUT" && printf '%s\n' "$CK_STEM".{cdx,spdx,provenance}.json && find "$BILL_LICENSES" -type f | sort); }

# --- ./ck sources --------------------------------------------------------------------------------------------------

# The same bytes for the same files.
bill_tar() { tar -c --sort=name --owner=0 --group=0 --numeric-owner --mode=go+rX,go-w --mtime="@$SOURCE_DATE_EPOCH" "$@"; }

bill_sources() { # DIR: out/sources
  local kind package version source source_version folder headers
  rm -rf "$1"
  mkdir -p "$1/packages"
  while read -r kind package version source source_version _; do
    headers=$(bill_python headers "$CK_ARCH" | sed -n "s/^$package //p")
    if [[ -n $headers ]]; then
      bill_tar -C / -f "$1/packages/${package}_$version.tar" "${headers:1}"
      continue
    fi
    case $kind in
      host) folder=$(ck_download source "$source" "$source_version") ;;
      *) folder=$(ck_download "$kind" "$package" "$version") ;;
    esac
    cp --reflink=auto -l "$folder"/* "$1/packages/" 2>/dev/null || cp --reflink=auto -f "$folder"/* "$1/packages/"
  done < <(sort -k4,4 -k1,1r "$IMAGE_BUILD/bill/packages" | awk '!($1 == "host" && $4 in seen) { print } { seen[$4] }')
  cp "$IMAGE_BUILD/kernel.config" "$1/kernel.config"
  git -C "$CK_ROOT" ls-files -z --cached --others --exclude-standard |
    bill_tar -C "$CK_ROOT" --null -T - --transform 's,^,corekms/,' -f "$1/corekms.tar"
  cp "$IMAGE_BUILD/papers/$BILL_LICENSES/OFFER" "$1/README"
  (cd "$1" && find . -type f ! -name SHA256SUMS -printf '%P\0' | sort -z | xargs -0 sha256sum >SHA256SUMS)
}

# Nothing is built here: what stands in out/ may be signed, or be with a service of one's own. So it has to be seen that this checkout is what
# it was made of, and that what the build left behind is still there.
bill_check() {
  local file program made now
  while read -r file; do
    [[ -r $file ]] || ck_die "there is no ${file#"$CK_ROOT"/}: ./ck build makes it first"
  done < <(image_outputs)
  for file in "$CK_BUILD"/{toolchain,zlib,mbedtls-target}"$BILL_SUFFIX"/fetched.list "$IMAGE_BUILD/kernel.config" "$(ck_target)/CMakeCache.txt" "$USERLAND"; do
    [[ -r $file ]] || ck_die "there is no ${file#"$CK_ROOT"/} any more, which the build of this image left there: ./ck build makes both"
  done
  program=$(bill_root)
  program=$(bill_python program "$program")
  made=$(bill_of_cmake CK_COMMIT)
  now=$(ck_commit)
  [[ $program == "$(sha256sum <"$USERLAND" | cut -d ' ' -f 1)" && $made == "$now" ]] ||
    ck_die "the image in out/ is of another state than this checkout ($now; the last build was of $made): go back to the one that it was made of, or make it anew by ./ck build"
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
  [[ $* == sources ]] || ck_die "sources takes no argument but --profile, --arch and --smp (./ck help)"
  ck_need build
  bill_check
  kernel_source
  mkdir -p "$IMAGE_BUILD/papers" # those in out/ stay what they are
  bill_python sbom "$(bill_collected)" "$IMAGE_BUILD/papers"
  ck_step "Gathering the sources" sources bill_sources "$CK_OUT/sources${CK_STEM#corekms}"
  ck_say "$CK_OUT/sources${CK_STEM#corekms}: $(du -shL "$CK_OUT/sources${CK_STEM#corekms}" | cut -f 1)"
  exit
fi
