#!/usr/bin/env bash
# Installs what rimshot needs and this machine lacks, with Debian's package manager; does
# nothing, and says nothing, where all is there.
#
#   deploy/deps.sh [build|run|rtsan]
#
#   build   a C compiler, make, pkg-config and ALSA's development files (the default)
#   run     ALSA's library alone
#   rtsan   LLVM's RealtimeSanitizer, where Rust does not bring it
#
# Rust is not installed: take it from https://rustup.rs or from your distribution.
set -euo pipefail

what=${1:-build}
missing=()
has_alsa_library() {
    # ldconfig stands in /usr/sbin, which is not on everybody's PATH.
    PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null | grep -q 'libasound\.so\.2'
}
case $what in
build)
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v make >/dev/null || missing+=(make)
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    pkg-config --exists alsa 2>/dev/null || missing+=(libasound2-dev)
    ;;
run) has_alsa_library || missing+=(libasound2) ;;
rtsan) missing+=(libclang-rt-22-dev) ;;
*)
    echo "deps: '$what' is not known; allowed: build, run, rtsan" >&2
    exit 2
    ;;
esac

if [ ${#missing[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "deps: this is not Debian, Ubuntu or Raspberry Pi OS, so nothing was installed." >&2
        echo "deps: please install what these Debian packages hold, and try again: ${missing[*]}" >&2
        exit 1
    fi
    root=()
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "deps: please run this as root, and try again: apt-get install ${missing[*]}" >&2
            exit 1
        fi
        root=(sudo)
    fi
    apt() {
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"
    }
    echo "deps: installing ${missing[*]}"
    # An index that cannot be fetched matters only where the installation then fails.
    apt update || true
    # Since the change to 64-bit time (Debian 13, Ubuntu 24.04) the library is libasound2t64.
    if [ "$what" = run ] && apt-cache show libasound2t64 >/dev/null 2>&1; then
        missing=(libasound2t64)
    fi
    apt install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

if [ "$what" = build ] && ! command -v cargo >/dev/null; then
    echo "deps: cargo is missing. Rust 1.95 or newer comes from https://rustup.rs" >&2
    exit 1
fi
