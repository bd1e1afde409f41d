#!/usr/bin/env bash
# How many instructions the engine runs for a voice-frame, here and on a Raspberry Pi's
# processor. A count does not change with what else the machine does, and needs no Pi; it
# knows nothing of memory, which `cargo bench` measures.
#
#   benches/instructions.sh [aarch64|x86_64]...      both where nothing is given
#
# The bench `engine` plays a given number of voices and blocks under qemu's user emulation,
# and insns.c counts. Voices "at" semitones are interpolated. Of four runs the differences
# are printed, so that neither the start nor what a block costs with no voice is in the
# figure. Needs gcc and the package qemu-user (qemu-user-static cannot load a plugin); for
# aarch64 run deploy/cross.sh once before. QEMU_CPU_X86_64 and QEMU_CPU_AARCH64 choose
# processors; default: max, cortex-a53 (Pi 3).
set -euo pipefail

die() { echo "instructions: $*" >&2; exit 1; }
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- x86_64 aarch64
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
gcc -O2 -shared -fPIC benches/insns.c -o "$scratch/insns.so"

build() { # ARGS of cargo...: -> $program
    program=$(cargo build --release --locked --bench engine --message-format=json "$@" |
        sed -n 's/.*"target":{[^}]*"name":"engine".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
    [ -x "$program" ] || die "the bench was not built"
}

count() { # KIND VOICES BLOCKS
    $emulator -plugin "$scratch/insns.so" "$program" count "$@" 2>&1 >/dev/null |
        sed -n 's/^instructions //p'
}

for arch; do
    command -v "qemu-$arch" >/dev/null || die "qemu-$arch is missing; install qemu-user"
    case $arch in
    x86_64)
        cpu=${QEMU_CPU_X86_64:-max}
        emulator="qemu-x86_64 -cpu $cpu"
        build
        ;;
    aarch64)
        cache=${RIMSHOT_CROSS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rimshot-cross}
        cache=$(realpath -m "$cache") gnu=aarch64-linux-gnu sysroot=$cache/sysroot-arm64
        [ -e "$cache/arm64.ready" ] || die "there is no compiler for aarch64; run deploy/cross.sh"
        cpu=${QEMU_CPU_AARCH64:-cortex-a53}
        emulator="qemu-aarch64 -cpu $cpu -L $sysroot"
        # In a shell of its own: what is set for this compiler is not for the next one.
        program=$(
            unset RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER
            export PATH=$cache/bin:$PATH RUSTC=$cache/bin/rustc CARGO_TARGET_DIR=$PWD/target/cross
            export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=$gnu-gcc
            export CC_aarch64_unknown_linux_gnu=$gnu-gcc AR_aarch64_unknown_linux_gnu=$gnu-ar
            export PKG_CONFIG_SYSROOT_DIR_aarch64_unknown_linux_gnu=$sysroot
            export PKG_CONFIG_LIBDIR_aarch64_unknown_linux_gnu=$sysroot/usr/lib/$gnu/pkgconfig:$sysroot/usr/share/pkgconfig
            build --target aarch64-unknown-linux-gnu
            echo "$program"
        )
        ;;
    *) die "'$arch' is not known; allowed: aarch64, x86_64" ;;
    esac
    echo "$arch ($cpu): instructions for a voice-frame, and for a frame with no voice"
    for kind in "stereo f32" "stereo 16-bit" "mono f32" "mono 16-bit" \
        "stereo f32 at -7" "stereo f32 at 12" "mono 16-bit at -7"; do
        a=$(count "$kind" 16 100) b=$(count "$kind" 16 600)
        c=$(count "$kind" 64 100) d=$(count "$kind" 64 600)
        awk -v kind="$kind" -v few=$((b - a)) -v many=$((d - c)) 'BEGIN {
            frames = 500 * 64
            voice = (many - few) / (frames * 48)
            printf "  %-18s %7.2f %7.2f\n", kind, voice, few / frames - 16 * voice }'
    done
done
