#!/usr/bin/env bash
# The engine, the player and the drivers under LLVM's RealtimeSanitizer, which ends a test
# with a report where the audio callback allocates, frees, waits for a lock or calls the
# system (src/words/nonblocking.rs says what is marked). The program's own code alone is
# built once more, with the feature `rtsan`.
#
# Debian has the library from LLVM 20 on, for x86-64 and 64-bit ARM. Where it is not to be
# had this is skipped with a line, or with STRICT=1 an error.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/deps.sh rtsan || true
library=$(compgen -G "/usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.rtsan-$(uname -m).a" |
    sort -V | tail -n 1) || true
if [ -z "$library" ]; then
    echo "rtsan: SKIPPED, there is no libclang_rt.rtsan-$(uname -m).a here; Debian has it in" \
        "libclang-rt-22-dev" >&2
    exit "${STRICT:-0}"
fi

# The linker looks here too; nothing of what is built already has to be built again for it.
export LIBRARY_PATH="$(dirname "$library")${LIBRARY_PATH:+:$LIBRARY_PATH}"
cargo test --locked --features rtsan --lib --test realtime --test engine_fuzz
