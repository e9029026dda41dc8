# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Debian packages: the host's own (ck_need) and what the product is made of (ck_fetch_*). Sourced by lib.sh.
#
# The product's sources come through the apt sources that this machine already has, read with a private apt
# configuration in the cache: only the entries that are Debian's own, deb-src switched on, own lists. The system's
# configuration and lists are not touched, nothing is installed by it, and apt verifies every signature as usual.
#
#   ck_need GROUP...                       installs (root) or names what scripts/host-packages lists and is missing
#   ck_debian_release                      12 or 13; dies elsewhere
#   ck_pinned FILE PACKAGE                 the version pinned in FILE ("PACKAGE RELEASE VERSION" lines) for this release
#   ck_download_source PKG VERSION DIR     the files of a source package, verified, not unpacked
#   ck_fetch_source PKG VERSION DIR        the same, unpacked with Debian's patches into DIR/PKG
#   ck_fetch_deb PKG VERSION DIR           one binary package, unpacked into DIR/PKG, not installed
#   ck_peers PKG...                        prints a folder of the cache where these are unpacked, not installed, with all
#                                          that they need and this machine lacks; DIR/missing names what the archive has not
# Each of the three before the last appends "kind package version sha256 file" lines to DIR/fetched.list.

ck_debian_release() {
  local ID="" VERSION_ID=""
  [[ ! -r /etc/os-release ]] || eval "$(grep -E '^(ID|VERSION_ID)=' /etc/os-release)"
  [[ $ID == debian && $VERSION_ID =~ ^1[23]$ ]] || ck_die "this needs Debian 12 or 13; here is ${ID:-an unknown system} $VERSION_ID"
  printf '%s\n' "$VERSION_ID"
}

# --- host packages ------------------------------------------------------------------------------------------------

# Lines "group package why ..." of scripts/host-packages for these groups.
ck_host_packages() {
  local group
  for group in "$@"; do
    awk -v group="$group" '!/^#/ && $1 == group' "$CK_ROOT/scripts/host-packages"
  done
}

ck_missing_packages() {
  local -a wanted
  local installed package
  mapfile -t wanted < <(ck_host_packages "$@" | awk '{print $2}' | sort -u)
  ((${#wanted[@]})) || ck_die "scripts/host-packages has no group $*"
  # shellcheck disable=SC2016 # dpkg-query's own variables
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null | sed -n 's/ installed$//p' || true)
  for package in "${wanted[@]}"; do
    [[ $'\n'$installed$'\n' == *$'\n'"$package"$'\n'* ]] || printf '%s\n' "$package"
  done
}

ck_need() {
  local -a missing
  local package why
  if ! command -v dpkg-query >/dev/null; then
    ck_warn "this is no Debian system; the build needs what these Debian packages hold:"
    ck_host_packages "$@" >&2
    ck_die "only Debian 12 and 13 are supported as build hosts"
  fi
  mapfile -t missing < <(ck_missing_packages "$@")
  ((${#missing[@]})) || return 0
  ck_say "Missing on this machine:" >&2
  for package in "${missing[@]}"; do
    why=$(ck_host_packages "$@" | awk -v p="$package" '$2 == p { $1 = $2 = ""; sub(/^ +/, ""); print; exit }')
    printf '  %-22s %s\n' "$package" "$why" >&2
  done
  ck_debian_release >/dev/null
  ((EUID == 0)) || ck_die "install them, then start again:  sudo apt-get install --no-install-recommends ${missing[*]}"
  ck_steps 1
  ck_step "Installing ${#missing[@]} Debian packages" host-packages ck_install_packages "${missing[@]}"
}

ck_install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  # The lists may be absent or old: try, then refresh and try again.
  apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }
}

# --- private apt configuration -------------------------------------------------------------------------------------

# Where the list file of an archive stands: scheme dropped, '/' -> '_', as apt names them.
ck_apt_release_origin() { # URI SUITE LISTS
  local uri=${1#*://} suite=$2 lists=$3 name file
  uri=${uri%/}
  name=${uri//\//_}_dists_${suite//\//_}_
  for file in "$lists/${name}InRelease" "$lists/${name}Release"; do
    [[ -r $file ]] && sed -n 's/^Origin: *//p;/^SHA256:/q' "$file" | head -n 1 && return 0
  done
  return 0
}

# Every apt source of this machine, one a line: URI|suite|components|signed-by|options of the one-line form.
ck_apt_entries() {
  local -a files
  shopt -s nullglob
  files=(/etc/apt/sources.list.d/*.sources)
  ((${#files[@]} == 0)) || awk '
    function flush(   u, s, i, j, nu, ns) {
      if (field["types"] ~ /(^| )deb( |$)/ && field["enabled"] !~ /^(no|false|0)/) {
        nu = split(field["uris"], u, " "); ns = split(field["suites"], s, " ")
        for (i = 1; i <= nu; i++) for (j = 1; j <= ns; j++)
          print u[i] "|" s[j] "|" field["components"] "|" field["signed-by"] "|"
      }
      delete field; key = ""
    }
    FNR == 1 { flush() }
    /^#/ { next }
    /^[ \t]*$/ { flush(); next }
    /^[ \t]/ { sub(/^[ \t]+/, ""); field[key] = field[key] " " $0; next }
    { key = tolower(substr($0, 1, index($0, ":") - 1)); v = substr($0, index($0, ":") + 1)
      gsub(/^[ \t]+|[ \t]+$/, "", v); field[key] = v }
    END { flush() }' "${files[@]}"
  files=(/etc/apt/sources.list.d/*.list)
  [[ ! -f /etc/apt/sources.list ]] || files+=(/etc/apt/sources.list)
  shopt -u nullglob
  ((${#files[@]} == 0)) || awk '
    { sub(/#.*/, "") }
    $1 == "deb" {
      options = ""; signed = ""
      if (match($0, /\[[^]]*\]/)) { options = substr($0, RSTART + 1, RLENGTH - 2); sub(/\[[^]]*\]/, "") }
      n = split(options, o, " ")
      options = ""
      for (i = 1; i <= n; i++) {
        if (tolower(o[i]) ~ /^signed-by=/) signed = substr(o[i], 11)
        if (tolower(o[i]) !~ /^(trusted|allow-[a-z-]*)=/) options = options (options == "" ? "" : " ") o[i] # what waives signatures
      }
      components = ""
      for (i = 4; i <= NF; i++) components = components (i > 4 ? " " : "") $i
      print $2 "|" $3 "|" components "|" signed "|" options
    }' "${files[@]}"
}

# Debian's own? By the keyring that must have signed it, else by what its Release file says that it is.
ck_apt_is_debian() { # URI SUITE SIGNED-BY LISTS...
  local uri=$1 suite=$2 signed=$3 lists origin
  shift 3
  [[ $signed == *debian-archive-* || $signed == *debian-archive.* ]] && return 0
  for lists in "$@"; do
    origin=$(ck_apt_release_origin "$uri" "$suite" "$lists")
    [[ -z $origin ]] || { [[ $origin == Debian || $origin == "Debian Backports" ]] && return 0 || return 1; }
  done
  return 2 # unknown yet
}

# Writes the private sources and reads the lists anew. Entries that nothing is known of yet go in at first, and out
# again when their Release file turns out not to be Debian's.
ck_apt_write_sources() { # DIR UNKNOWN(keep|drop)
  local dir=$1 unknown=$2 uri suite components signed options verdict kept=0
  : >"$dir/sources.d/debian.list"
  while IFS='|' read -r uri suite components signed options; do
    verdict=0
    ck_apt_is_debian "$uri" "$suite" "$signed" "$dir/state/lists" /var/lib/apt/lists || verdict=$?
    ((verdict == 0)) || { ((verdict == 2)) && [[ $unknown == keep ]]; } || continue
    if [[ -n $signed && -z $options && $signed == /* ]]; then options="signed-by=$signed"; fi
    printf 'deb%s %s %s %s\ndeb-src%s %s %s %s\n' \
      "${options:+ [$options]}" "$uri" "$suite" "$components" \
      "${options:+ [$options]}" "$uri" "$suite" "$components" >>"$dir/sources.d/debian.list"
    kept=$((kept + 1))
  done < <(ck_apt_entries)
  ((kept)) || ck_die "no Debian entry among the apt sources of this machine (/etc/apt/sources.list*)"
}

CK_APT_OPTIONS=()
ck_apt_configure() {
  local dir=$CK_CACHE/apt
  CK_APT_OPTIONS=(
    -o "Dir::Etc::sourcelist=/dev/null" -o "Dir::Etc::sourceparts=$dir/sources.d" -o "Dir::State=$dir/state"
    -o "Dir::State::status=/var/lib/dpkg/status" -o "Dir::Cache=$dir/cache" -o "Acquire::Languages=none"
    -o "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false" -o "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false"
    -o "APT::Get::AllowUnauthenticated=false" -o "Acquire::AllowInsecureRepositories=false" -o "Acquire::Retries=3"
    -o "APT::Sandbox::User=$(id -un)" -o "APT::Update::Post-Invoke=" -o "APT::Update::Post-Invoke-Success="
  )
}

# Ready for use: lists present and, when asked, not older than a day.
ck_apt_source() { # [refresh]
  local dir=$CK_CACHE/apt lock
  ck_apt_configure
  mkdir -p "$dir/sources.d" "$dir/state/lists/partial" "$dir/cache/archives/partial"
  exec {lock}>"$dir/.lock"
  flock "$lock"
  if [[ ! -f $dir/.updated ]] || [[ ${1-} == refresh && -n $(find "$dir/.updated" -mmin +60) ]] ||
    [[ -n $(find /etc/apt/sources.list /etc/apt/sources.list.d -newer "$dir/.updated" 2>/dev/null) ]]; then
    ck_apt_write_sources "$dir" keep
    apt-get "${CK_APT_OPTIONS[@]}" -q update >&2 || ck_die "apt could not read the Debian archives"
    cp "$dir/sources.d/debian.list" "$dir/before.list"
    ck_apt_write_sources "$dir" drop
    cmp -s "$dir/sources.d/debian.list" "$dir/before.list" ||
      apt-get "${CK_APT_OPTIONS[@]}" -q update >&2 || ck_die "apt could not read the Debian archives"
    touch "$dir/.updated"
  fi
  exec {lock}>&-
}

# --- fetching ------------------------------------------------------------------------------------------------------

ck_versions_available() { # source|deb PACKAGE: newest last
  case $1 in
    source) apt-cache "${CK_APT_OPTIONS[@]}" showsrc --only-source "$2" 2>/dev/null | sed -n 's/^Version: //p' ;;
    deb) apt-cache "${CK_APT_OPTIONS[@]}" madison "$2" 2>/dev/null | awk -F'|' '$3 ~ /Packages/ { gsub(/ /, "", $2); print $2 }' ;;
  esac | sort -uV
}

ck_pinned() { # FILE PACKAGE [source|deb]
  local release version kind=${3:-source} available
  release=$(ck_debian_release)
  version=$(awk -v p="$2" -v r="$release" '!/^#/ && $1 == p && $2 == r { print $3 }' "$1")
  [[ -n $version ]] || ck_die "${1#"$CK_ROOT"/} pins no version of $2 for Debian $release"
  if ((CK_NEWEST)); then
    ck_apt_source refresh
    available=$(ck_versions_available "$kind" "$2")
    if [[ -n $available ]] && ! grep -qxF -- "$version" <<<"$available"; then
      ck_warn "$2 $version is gone from the archive; going on with $(tail -n 1 <<<"$available")"
      version=$(tail -n 1 <<<"$available")
    fi
  fi
  printf '%s\n' "$version"
}

# Dies with a message that says what there is when this version is not to be had.
ck_require_version() { # source|deb PACKAGE VERSION
  local available
  ck_apt_source
  available=$(ck_versions_available "$1" "$2")
  if ! grep -qxF -- "$3" <<<"$available"; then
    ck_apt_source refresh
    available=$(ck_versions_available "$1" "$2")
  fi
  [[ -n $available ]] || ck_die "your Debian sources have no package $2"
  grep -qxF -- "$3" <<<"$available" ||
    ck_die "$2 $3, which is pinned, is gone from your Debian sources; the newest there is $(tail -n 1 <<<"$available"). Go on with \`--newest\` (of ./ck build, image, run, test ...), or move the pins: \`./ck update\`."
}

ck_record() { # KIND PACKAGE VERSION DIR FILE...
  local kind=$1 package=$2 version=$3 dir=$4 file sum
  shift 4
  for file in "$@"; do
    sum=$(sha256sum "$file" | cut -d ' ' -f 1)
    printf '%s %s %s %s %s\n' "$kind" "$package" "$version" "$sum" "$(basename "$file")" >>"$dir/fetched.list"
  done
}

# Downloaded files are kept, since several things are made of one package and pins change more seldom than scripts.
ck_download() { # source|tar|deb PACKAGE VERSION -> prints the folder; tar: upstream's part of a source package alone
  ck_cached "download-$1-$2" "$(ck_hash -- "$3")" ck_download_into "$1" "$2" "$3"
}

ck_download_into() { # KIND PACKAGE VERSION DIR
  if [[ -n ${COREKMS_SOURCES-} ]]; then
    ck_take_gathered "$@"
    return
  fi
  ck_require_version "${1/tar/source}" "$2" "$3"
  cd "$4" || return
  case $1 in
    source) apt-get "${CK_APT_OPTIONS[@]}" -q source --only-source --download-only "$2=$3" ;;
    tar) apt-get "${CK_APT_OPTIONS[@]}" -q source --only-source --download-only --tar-only "$2=$3" ;;
    deb) apt-get "${CK_APT_OPTIONS[@]}" -q download "$2=$3" ;;
  esac || ck_die "could not download $2 $3"
}

# Out of a folder that ./ck sources made, where the archive no longer has that version. What it is made of are the sums of that folder,
# not the archive's signatures: it is as trustworthy as whoever gave it.
ck_take_gathered() { # KIND PACKAGE VERSION DIR
  local from=$COREKMS_SOURCES/packages version=${3#*:} dsc sums
  local -a files=()
  case $1 in
    source)
      dsc=$from/$2_$version.dsc
      [[ -f $dsc ]] || ck_die "$from has no $2 $3"
      mapfile -t files < <(printf '%s\n' "${dsc##*/}" && awk '/^[^ ]/ { inside = $1 == "Checksums-Sha256:" } inside && NF == 3 { print $3 }' "$dsc")
      ;;
    tar) mapfile -t files < <(cd "$from" && compgen -G "$2_${version%-*}.orig.tar.*") ;;
    deb) mapfile -t files < <(cd "$from" && compgen -G "$2_${version}_*.deb") ;;
  esac
  ((${#files[@]})) || ck_die "$from has no $2 $3"
  sums=$(printf 'packages/%s\n' "${files[@]}" | awk 'NR == FNR { wanted[$0]; next } $2 in wanted' - "$COREKMS_SOURCES/SHA256SUMS")
  [[ $(wc -l <<<"$sums") == "${#files[@]}" ]] && (cd "$COREKMS_SOURCES" && sha256sum --check --strict --quiet <<<"$sums") ||
    ck_die "$COREKMS_SOURCES: what it has of $2 $3 is damaged, or not in its SHA256SUMS"
  cp "${files[@]/#/$from/}" "$4/"
}

ck_download_source() { # PACKAGE VERSION DIR
  local from
  from=$(ck_download source "$1" "$2")
  mkdir -p "$3"
  cp --reflink=auto -l "$from"/* "$3"/ 2>/dev/null || cp --reflink=auto "$from"/* "$3"/
  ck_record source "$1" "$2" "$3" "$from"/*
}

ck_fetch_source() { # PACKAGE VERSION DIR
  local from
  from=$(ck_download source "$1" "$2")
  mkdir -p "$3"
  dpkg-source --no-check -x "$from"/*.dsc "$3/$1" # apt has checked the .dsc and all it names
  ck_record source "$1" "$2" "$3" "$from"/*
}

ck_fetch_deb() { # PACKAGE VERSION DIR
  local from
  from=$(ck_download deb "$1" "$2")
  mkdir -p "$3/$1"
  dpkg-deb -x "$from"/*.deb "$3/$1"
  ck_record deb "$1" "$2" "$3" "$from"/*.deb
}

# --- peers ---------------------------------------------------------------------------------------------------------

# A DHCP server that is installed starts as a service of this machine; one that lies unpacked in the cache does not.
# Two entries of the cache: what belongs to the packages (asked anew when this machine or its lists change), and that, unpacked.
ck_peers() {
  local installed lists list
  ck_apt_source
  # shellcheck disable=SC2016 # dpkg-query's own variables
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' | sed -n 's/ installed$//p' | sort -u)
  lists=$(find "$CK_CACHE/apt/state/lists" -maxdepth 1 -name '*_Packages*' -printf '%f %s %T@\n' | sort)
  list=$(ck_cached peers-list "$(ck_hash -- "$@" "$installed" "$lists")" ck_peers_list "$@")
  ck_cached peers "$(ck_hash -- "$(<"$list/packages")" "$(<"$list/missing")")" ck_peers_unpack "$list" "$@"
}

# Asked one by one: servers of the same service exclude each other where they are installed. What is installed already is not
# fetched in a newer version, since the rest of this machine's libraries would not match it.
ck_peers_list() { # PACKAGE... DIR
  local dir=${*: -1} package plan
  : >"$dir/missing"
  for package in "${@:1:$#-1}"; do
    if [[ -z $(ck_versions_available deb "$package") ]]; then
      printf '%s\n' "$package" >>"$dir/missing"
      continue
    fi
    plan=$(apt-get "${CK_APT_OPTIONS[@]}" -qq -s --no-install-recommends install "$package")
    sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' <<<"$plan"
  done | sort -u >"$dir/packages"
}

ck_peers_unpack() { # LIST PACKAGE... DIR
  local dir=${*: -1} file name
  local -a wanted
  mkdir "$dir/.deb"
  cp "$1"/{packages,missing} "$dir/"
  cd "$dir/.deb" || return
  mapfile -t wanted <"$dir/packages"
  if ((${#wanted[@]})) && ! apt-get "${CK_APT_OPTIONS[@]}" -q download "${wanted[@]}"; then # newer versions since the lists were read
    ck_apt_source refresh
    ck_peers_list "${@:2}"
    mapfile -t wanted <"$dir/packages"
    apt-get "${CK_APT_OPTIONS[@]}" -q download "${wanted[@]}" || ck_die "could not download the test peers"
  fi
  for name in bin sbin lib lib64; do # as this machine has them
    mkdir -p "$dir/usr/$name"
    ln -s "usr/$name" "$dir/$name"
  done
  for file in *.deb; do
    [[ ! -f $file ]] || dpkg-deb --fsys-tarfile "$file" | tar -x --keep-directory-symlink -C "$dir"
  done
  cd "$dir" || return
  rm -rf .deb
}
