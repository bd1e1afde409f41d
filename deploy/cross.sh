#!/usr/bin/env bash
# Builds rimshot for a Raspberry Pi on a 64-bit PC with Debian, and runs the result under
# qemu. It does what `cross build` does, from Debian packages alone: no docker, no root,
# nothing installed. The packages are unpacked in a cache and checked against Debian's
# signed index.
#
#   deploy/cross.sh [aarch64|armv7] [--test] [--strip FILE] [-- ARG...]
#
#   aarch64   64-bit Raspberry Pi OS, bookworm or newer (the default)
#   armv7     32-bit Raspberry Pi OS bookworm; on trixie sound on 32 bits does not work
#   --test    also runs the tests under qemu, and compares renders with this machine's
#   --strip   also writes the program to FILE, without what only a debugger needs
#   ARG...    what the program is run with; --version where nothing is given
#
# RIMSHOT_CROSS_CACHE names the cache, ~/.cache/rimshot-cross by default: 200 MB of
# packages, 900 MB unpacked; delete it at will. RIMSHOT_DEBIAN names the archive, by
# default the one this machine's apt uses.
set -euo pipefail

say() { echo "cross: $*"; }
die() { echo "cross: $*" >&2; exit 1; }

arch=aarch64 with_tests=no stripped=''
while [ $# -gt 0 ]; do
    case $1 in
    aarch64 | armv7) arch=$1 ;;
    --test) with_tests=yes ;;
    --strip) stripped=$(realpath -m "${2:?--strip needs a file}"); shift ;;
    --) shift; break ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'; exit 0 ;;
    *) die "'$1' is not known; allowed: aarch64, armv7, --test, --strip FILE, -- ARG..." ;;
    esac
    shift
done
[ $# -gt 0 ] || set -- --version

case $arch in
aarch64) target=aarch64-unknown-linux-gnu gnu=aarch64-linux-gnu deb=arm64 emulator=qemu-aarch64-static ;;
armv7) target=armv7-unknown-linux-gnueabihf gnu=arm-linux-gnueabihf deb=armhf emulator=qemu-arm-static ;;
esac

[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] ||
    die "this works on 64-bit PCs with Debian; on a Pi itself run: cargo build --release"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || die "$keyring is missing; install the package debian-archive-keyring"
for tool in cargo gcc pkg-config; do
    command -v $tool >/dev/null || die "$tool is missing; run deploy/deps.sh"
done
archive=${RIMSHOT_DEBIAN:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' |
    sed -n 's#/debian/*$##p' | head -n 1)}
[ -n "$archive" ] || die "apt here has no Debian archive; name one in RIMSHOT_DEBIAN"

project=$(cd "$(dirname "$0")/.." && pwd)
cache=${RIMSHOT_CROSS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rimshot-cross}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# Debian's indexes, one private apt root for each suite and architecture: where one index
# in a root is stale apt drops the whole suite.
apt_root() { # SUITE ARCH -> $root
    root=$cache/apt/$1-$2
    [ ! -e "$root/fresh" ] || return 0
    local where=$archive/debian
    case $1 in *-security) where=$archive/debian-security ;; esac
    mkdir -p "$root"/{lists/partial,archives/partial,parts}
    : >"$root/status"
    echo "deb [arch=$2 signed-by=$keyring] $where $1 main" >"$root/sources.list"
    cat >"$root/apt.conf" <<CONF
Dir::State "$root";
Dir::State::status "$root/status";
Dir::Cache "$root";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "$root/parts";
Dir::Etc::preferencesparts "$root/parts";
APT::Architecture "amd64";
APT::Architectures { "amd64"; "$2"; };
APT::Sandbox::User "root";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Languages "none";
Acquire::Retries "3";
CONF
    APT_CONFIG=$root/apt.conf apt-get -qq update >"$root/log" 2>&1 ||
        { cat "$root/log" >&2; die "the index of $1 for $2 cannot be fetched from $where"; }
    touch "$root/fresh"
}

version() { # SUITE ARCH PACKAGE
    apt_root "$1" "$2"
    APT_CONFIG=$root/apt.conf apt-cache show "$3:$2" 2>/dev/null | sed -n 's/^Version: //p' | head -n 1
}

fetch() { # FOLDER SUITE ARCH PACKAGE...
    local folder=$cache/debs/$1 suite=$2 deb_arch=$3
    shift 3
    apt_root "$suite" "$deb_arch"
    mkdir -p "$folder"
    (cd "$folder" && APT_CONFIG=$root/apt.conf apt-get -qq download "${@/%/:$deb_arch}")
}

unpack() { # FOLDER: all of its packages, into a tree whose absolute links stay inside it
    local tree=$cache/$1.new file link
    rm -rf "$tree"
    mkdir -p "$tree"/usr/{lib,bin,sbin} "$tree/etc"
    for link in lib bin sbin; do ln -s "usr/$link" "$tree/$link"; done
    for file in "$cache/debs/$1"/*.deb; do
        dpkg-deb --fsys-tarfile "$file" | tar -x --keep-directory-symlink -C "$tree" \
            --exclude=./usr/share/doc --exclude=./usr/share/man --exclude=./usr/share/locale
    done
    find "$tree" -type l -lname '/*' | while read -r link; do
        ln -sfnr "$tree$(readlink "$link")" "$link"
    done
    rm -rf "${cache:?}/$1"
    mv "$tree" "$cache/$1"
    rm -rf "$cache/debs/$1"
}

# A program out of an unpacked tree, with the libraries of that tree.
wrap() { # NAME TREE COMMAND...
    local name=$1 tree=$2
    shift 2
    mkdir -p "$cache/bin"
    printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
        "$tree/usr/lib/x86_64-linux-gnu" "$*" >"$cache/bin/$name"
    chmod +x "$cache/bin/$name"
}

# The compiler of Debian's browsers, kept recent in the security suite. Every standard
# library has to be of the very same upstream version.
if [ ! -x "$cache/bin/rustc" ]; then
    say "fetching the compiler from $archive (once, about 120 MB)"
    rust=$(version bookworm-security amd64 rustc-web)
    [ -n "$rust" ] || die "bookworm-security has no rustc-web for amd64"
    std=libstd-rust-web-$(cut -d. -f1,2 <<<"$rust")
    llvm=$(APT_CONFIG=$cache/apt/bookworm-security-amd64/apt.conf apt-cache show "$std:amd64" |
        grep -o 'libllvm[0-9]*' | head -n 1)
    fetch rust bookworm-security amd64 rustc-web libstd-rust-web-dev "$std" "$llvm"
    fetch rust bookworm amd64 libz3-4 libedit2 libbsd0 libmd0 libxml2 libicu72 libffi8
    unpack rust
    for tool in rustc rustdoc; do wrap $tool "$cache/rust" "$cache/rust/usr/bin/$tool"; done
    "$cache/bin/rustc" --version >/dev/null || { rm "$cache/bin/rustc"; die "the compiler does not start"; }
    echo "$rust" >"$cache/rust.version"
fi

# The security suite does not serve armhf, and another suite's library fits the compiler only
# by luck. So it is made of the compiler's own sources, as cargo does with -Zbuild-std. That
# option is for the nightly Rust, which RUSTC_BOOTSTRAP=1 makes of this one, here alone.
build_std() {
    say "building the standard library for $deb (once: 45 MB to fetch, a minute or two)"
    fetch source bookworm-security amd64 rust-web-src
    unpack source
    local sources=$cache/rust/usr/lib/rustlib/src/rust empty=$cache/empty
    rm -rf "$sources" "$empty"
    mkdir -p "$sources" "$empty"
    cp -a "$cache"/source/usr/src/rustc-*/{library,Cargo.lock,Cargo.toml} "$sources"
    printf '[package]\nname = "empty"\nedition = "2024"\n[lib]\npath = "lib.rs"\n' >"$empty/Cargo.toml"
    : >"$empty/lib.rs"
    # Bitcode, because the program is linked with link-time optimisation.
    env -u RUSTC_WRAPPER -u RUSTC_WORKSPACE_WRAPPER -u CARGO_BUILD_RUSTFLAGS \
        RUSTFLAGS=-Cembed-bitcode=yes RUSTC_BOOTSTRAP=1 RUSTC="$cache/bin/rustc" CARGO_TARGET_DIR="$empty/target" \
        cargo build --quiet --release --manifest-path "$empty/Cargo.toml" --target "$target" \
        -Zbuild-std=std,panic_unwind,panic_abort,proc_macro,test
    mkdir -p "$cache/rust/usr/lib/rustlib/$target/lib"
    cp "$empty/target/$target"/release/deps/lib*.rlib "$cache/rust/usr/lib/rustlib/$target/lib"
    rm "$cache/rust/usr/lib/rustlib/$target/lib"/libempty-*
    rm -rf "$cache/source" "$empty" "$sources"
}

if [ ! -e "$cache/$deb.ready" ]; then
    rust=$(cat "$cache/rust.version")
    std=$(version bookworm-security $deb libstd-rust-web-dev 2>/dev/null) || std=
    if [ "${std%%-*}" = "${rust%%-*}" ]; then
        fetch "std-$deb" bookworm-security $deb libstd-rust-web-dev
        unpack "std-$deb"
        cp -a "$cache/std-$deb/usr/lib/rustlib/$target" "$cache/rust/usr/lib/rustlib/"
        rm -rf "${cache:?}/std-$deb"
    else
        build_std
    fi
    say "fetching the linker and libraries for $deb (once, about 80 MB)"
    fetch "gcc-$deb" bookworm amd64 gcc-12-$gnu cpp-12-$gnu binutils-$gnu \
        libisl23 libmpc3 libmpfr6 libgmp10 qemu-user-static
    unpack "gcc-$deb"
    fetch "sysroot-$deb" bookworm $deb libc6 libc6-dev linux-libc-dev libgcc-s1 libgcc-12-dev \
        libcrypt1 libasound2 libasound2-dev
    unpack "sysroot-$deb"
    sysroot=$cache/sysroot-$deb
    : >"$sysroot/etc/ld.so.cache" # an absent one makes the emulated loader read this PC's
    wrap $gnu-gcc "$cache/gcc-$deb" "$cache/gcc-$deb/usr/bin/$gnu-gcc-12 --sysroot=$sysroot -B$sysroot/usr/lib/gcc/$gnu/12"
    touch "$cache/$deb.ready"
fi

for tool in ar objdump strip; do
    wrap $gnu-$tool "$cache/gcc-$deb" "$cache/gcc-$deb/usr/bin/$gnu-$tool"
done
sysroot=$cache/sysroot-$deb lower=${target//-/_}
upper=${lower^^}
run="$cache/gcc-$deb/usr/bin/$emulator -L $sysroot"
unset RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTFLAGS RUSTFLAGS
export PATH=$cache/bin:$PATH RUSTC=$cache/bin/rustc RUSTDOC=$cache/bin/rustdoc
# A folder of its own: the compiler is another one than the everyday one.
export CARGO_TARGET_DIR=$project/target/cross
export "CARGO_TARGET_${upper}_LINKER=$gnu-gcc" "CARGO_TARGET_${upper}_RUNNER=$run"
export "CC_$lower=$gnu-gcc" "AR_$lower=$gnu-ar" "PKG_CONFIG_SYSROOT_DIR_$lower=$sysroot"
export "PKG_CONFIG_LIBDIR_$lower=$sysroot/usr/lib/$gnu/pkgconfig:$sysroot/usr/share/pkgconfig"

cd "$project"
say "building for $target with $("$RUSTC" --version)"
cargo build --release --locked --target "$target"
program=$CARGO_TARGET_DIR/$target/release/rimshot
glibc=$($gnu-objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
say "built $program, $(stat -c %s "$program") bytes, needs $glibc"
[ -z "$stripped" ] || $gnu-strip -o "$stripped" "$program"
say "running it under qemu: rimshot $*"
$run "$program" "$@"
if [ $with_tests = yes ]; then
    native=$project/target/release/rimshot
    if [ -x "$native" ]; then
        say "comparing renders with $native"
        # shellcheck disable=SC2086 # an emulator and its options
        tests/arm.sh "$native" $run "$program"
    else
        say "comparing renders: skipped, $native is not there: make build"
    fi
    say "building the tests"
    cargo test --release --locked --target "$target" --lib --bins --tests --no-run 2>&1 | tee "$cache/tests"
    # The tests start the program by its path, which this PC's kernel cannot do: a script can.
    mv "$program" "$program.elf"
    trap 'mv -f "$program.elf" "$program"' EXIT
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$run" "$program.elf" >"$program"
    chmod +x "$program"
    failed=()
    while read -r name test; do
        case $name in
        tests/deploy.rs) say "$name: skipped, it is about this PC's tools" ;;
        *)
            say "$name, under qemu"
            # shellcheck disable=SC2086 # an emulator and its options
            (cd "$project" && $run "$test" --quiet </dev/null) || failed+=("$name")
            ;;
        esac
    done < <(sed -n 's/^ *Executable \(unittests \)*\([^ ]*\) (\(.*\))$/\2 \3/p' "$cache/tests")
    [ ${#failed[@]} = 0 ] || die "failed under qemu: ${failed[*]}"
fi
