#!/usr/bin/env bash
# The engine, the player and the drivers under LLVM's RealtimeSanitizer, which ends a test
# with a report where the audio callback allocates, frees, waits for a lock or calls the
# system (src/words/nonblocking.rs says what is marked). The program's own code alone is
# built once more, with the feature `rtsan`.
#
# Rust's own toolchain brings the library; where a distribution's does not, Debian has it in
# libclang-rt-22-dev. Without either this is skipped with a line, or with STRICT=1 an error.
set -euo pipefail
cd "$(dirname "$0")/.."

from_rust() { compgen -G "$(rustc --print target-libdir)/librustc*_rt.rtsan.a" | head -n 1; }
from_clang() {
    compgen -G "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.rtsan-$(uname -m).a" |
        sort -V | tail -n 1
}
library=$(from_rust || from_clang || { deploy/deps.sh rtsan >&2 && from_clang; } || true)
if [ -z "$library" ]; then
    echo "rtsan: SKIPPED, neither Rust nor LLVM's libclang-rt-22-dev has it for this machine" >&2
    exit "${STRICT:-0}"
fi

# The linker looks here too; nothing that is built already has to be built again for it.
mkdir -p target/rtsan
ln -sf "$library" target/rtsan/librtsan.a
export LIBRARY_PATH="$PWD/target/rtsan"
cargo test --locked --features rtsan --lib --test realtime --test engine_fuzz
