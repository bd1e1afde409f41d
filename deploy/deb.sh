#!/usr/bin/env bash
# Makes a Debian package: for this machine, or for a Raspberry Pi on a PC. It needs dpkg
# and binutils, which every Debian with a compiler has.
#
#   deploy/deb.sh [aarch64|armv7] [--binary FILE] [--kits FOLDER] [--out FOLDER]
#
#   aarch64, armv7  built by deploy/cross.sh; without one of them, by cargo for this machine
#   --binary FILE   takes this program, for this machine, and builds none
#   --kits FOLDER   the kits; the folder kits beside deploy by default
#   --out FOLDER    where the package goes; target/debian by default
#
# What lies where is said by deploy/install.sh alone. The same sources, compiler and dpkg
# make the same bytes: times are those of the last commit, or SOURCE_DATE_EPOCH. The
# maintainer is DEBFULLNAME <DEBEMAIL>, as with Debian's own tools.
set -euo pipefail
umask 022
export LC_ALL=C

say() { echo "deb: $*"; }
die() { echo "deb: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$here")
arch='' binary='' kits=$project/kits out=$project/target/debian
value() { [ -n "${2:-}" ] || die "$1 needs a value"; }
while [ $# -gt 0 ]; do
    case $1 in
    aarch64 | armv7) arch=$1 ;;
    --binary) value "$@"; binary=$2; shift ;;
    --kits) value "$@"; kits=$2; shift ;;
    --out) value "$@"; out=$2; shift ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'; exit 0 ;;
    *) die "'$1' is not known; allowed: aarch64, armv7, --binary FILE, --kits FOLDER, --out FOLDER" ;;
    esac
    shift
done
[ -z "$binary" ] || [ -z "$arch" ] || die "--binary is for this machine, without $arch"
for tool in dpkg-deb readelf strip; do
    command -v $tool >/dev/null || die "$tool is missing; on Debian: apt-get install dpkg binutils"
done
[ -d "$kits" ] || die "there is no folder $kits"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

program=$work/rimshot
case $arch in
aarch64) architecture=arm64 target=aarch64-unknown-linux-gnu ;;
armv7) architecture=armhf target=armv7-unknown-linux-gnueabihf ;;
'')
    architecture=$(dpkg --print-architecture)
    case $architecture in
    amd64) target=x86_64-unknown-linux-gnu ;;
    arm64) target=aarch64-unknown-linux-gnu ;;
    armhf) target=armv7-unknown-linux-gnueabihf ;;
    *) die "this machine is $architecture; packages are made for amd64, arm64 and armhf" ;;
    esac
    ;;
esac
if [ -n "$arch" ]; then
    "$here/cross.sh" "$arch" --strip "$program"
else
    if [ -z "$binary" ]; then
        (cd "$project" && cargo build --release --locked)
        binary=${CARGO_TARGET_DIR:-$project/target}/release/rimshot
    fi
    [ -f "$binary" ] || die "$binary is not there"
    strip -o "$program" "$binary"
fi

version=$(sed -n '/^\[package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$project/Cargo.toml")
[ -n "$version" ] || die "Cargo.toml names no version"
# Debian sorts what follows a tilde before the release itself.
version=${version/-/\~}-1
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$project" log -1 --format=%ct 2>/dev/null ||
    stat -c %Y "$project/CHANGELOG.md")}
export SOURCE_DATE_EPOCH
maintainer="${DEBFULLNAME:-The rimshot authors} <${DEBEMAIL:-rimshot@localhost}>"

# The libraries that the program names, and the oldest C library that has what it calls.
# A machine where one of them is missing hears it from apt and not at the first start.
glibc=$(readelf --version-info --wide "$program" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
[ -n "$glibc" ] || die "the program names no version of the C library"
depends="libc6 (>= ${glibc#GLIBC_})"
while read -r library; do
    case $library in
    libc.so.6 | libm.so.6 | ld-linux*) ;;
    libgcc_s.so.1) depends+=", libgcc-s1" ;;
    # Since the change to 64-bit time the package is libasound2t64. On 32 bits that is
    # another library, with which the program does not work, and so is not allowed.
    libasound.so.2) case $architecture in armhf) depends+=", libasound2" ;;
        *) depends+=", libasound2 | libasound2t64" ;; esac ;;
    *) die "the program needs $library, and deploy/deb.sh does not know its package" ;;
    esac
done < <(readelf --dynamic --wide "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort)
depends+=", passwd" # useradd

tree=$work/tree
"$here/install.sh" --destdir "$tree" --binary "$program" --kits "$kits" >/dev/null

# The licences of what is linked in, which want to be passed on with it.
notices() {
    local name number licence folder file
    echo "rimshot is linked with these libraries. Texts that are the same are told once."
    cargo tree --manifest-path "$project/Cargo.toml" --locked --edges normal --target "$target" \
        --prefix none --no-dedupe --format '{p} {l}' | sed 's/ (\(proc-macro\|\*\))//' | sort -u |
        while read -r name number licence; do
            [ "$name" != rimshot ] || continue
            printf '\n%s %s: %s\n' "$name" "${number#v}" "$licence"
            for folder in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/"$name-${number#v}"; do
                for file in "$folder"/{LICEN[CS]E,COPY,NOTICE,UNLICENSE,license}*; do
                    [ ! -f "$file" ] || printf '%s %s\n' "$(sha256sum <"$file" | cut -c1-64)" "$file"
                done
            done | sort -u -k 1,1 | while read -r sum file; do
                if [ -e "$work/told/$sum" ]; then
                    echo "  ${file##*/}: as with $(cat "$work/told/$sum")"
                else
                    mkdir -p "$work/told"
                    echo "$name $number" >"$work/told/$sum"
                    printf '  %s:\n\n' "${file##*/}"
                    tr -d '\r' <"$file" | sed 's/^/    /; s/ *$//'
                fi
            done
        done
}

doc=$tree/usr/share/doc/rimshot
mkdir -p "$doc"
# A blank line ends a paragraph there, and so is written as a dot.
while IFS= read -r line; do
    if [ "$line" = @MIT@ ]; then sed '/^Permission/,$!d; s/^$/./; s/^/ /' "$project/LICENSE-MIT"
    else printf '%s\n' "$line"; fi
done <"$here/copyright" >"$doc/copyright"
install -m 644 "$project/README.md" "$project"/docs/{control,display,hardware-checklist,raspberry-pi}.md "$doc"
notices >"$doc/libraries"
cp "$project/CHANGELOG.md" "$doc/changelog"
cat >"$doc/changelog.Debian" <<TEXT
rimshot ($version) unstable; urgency=medium

  * What a drummer would notice is told in changelog.gz.

 -- $maintainer  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
TEXT
gzip -9n "$doc/changelog" "$doc/changelog.Debian" "$doc/libraries"

control=$tree/DEBIAN
mkdir "$control"
cat >"$control/control" <<TEXT
Package: rimshot
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(find "$tree" -path "$control" -prune -o -type f -printf '%s\n' -o -printf '1\n' |
    awk '{ size += int(($1 + 1023) / 1024) } END { print size }')
Depends: $depends
Section: sound
Priority: optional
Description: drum module for e-drums and MIDI pads
 Plug in an e-drum kit or a MIDI pad, switch the box on, play. rimshot boots
 without a screen, turns MIDI hits into multi-sampled drums within a few
 milliseconds, switches kits from buttons without a gap, and keeps sounding
 while kits load and cables are pulled.
 .
 The package has four kits, and a service that plays from boot on.
TEXT
echo /etc/rimshot/rimshot.toml >"$control/conffiles"
(cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort |
    grep -v '^etc/' | xargs -d '\n' md5sum >DEBIAN/md5sums)

for script in postinst prerm postrm; do
    {
        echo '#!/bin/sh'
        echo 'set -e'
        echo 'say() { echo "rimshot: $*"; }'
        echo
        cat "$here/shared.sh"
        echo
        cat "$here/debian/$script"
    } >"$control/$script"
    chmod 755 "$control/$script"
done

find "$tree" -print0 | xargs -0 touch --no-dereference --date "@$SOURCE_DATE_EPOCH"
mkdir -p "$out"
file=$out/rimshot_${version}_$architecture.deb
# One thread: with several the packer cuts the data elsewhere, and the bytes differ.
dpkg-deb --root-owner-group -Zxz --threads-max=1 --build "$tree" "$file" >/dev/null
say "$file, $(($(stat -c %s "$file") / 1000000)) MB, for $architecture with $depends"
