#!/usr/bin/env bash
# The same take through every kit that is shipped, on this machine and on another
# architecture: how far are the renders apart?
#
#   tests/arm.sh PROGRAM OTHER...    OTHER is the other program, with its emulator before it
#
# Mixing is the same to the bit everywhere: each processor's vectors add and multiply in the
# same order and nothing is fused. What is computed before it may differ in a last digit:
# the resampler of kits that are tuned uses each processor's vectors in its own order, and
# sines, powers and logarithms come from each C library. A recording of 16 bits that lay
# between two steps then takes the one or the other. Two steps, 2/32768 or -84 dB of full
# scale, are allowed anywhere; more is a fault, and a length that differs too.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
[ $# -ge 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d' >&2; exit 2; }
here=$1
shift

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The ways that the groove by itself does not go: tuning by a strip, and the room.
cat >"$work/desk.toml" <<TOML
[slot.snare]
tune = -1.5
pan = 0.3
level_db = -2.5
[slot.hihat]
curve = "log1"
[reverb]
on = true
TOML

failed=0
compare() { # NAME KIT OPTION...
    local name=$1 kit=$2 verdict
    shift 2
    local options=(kits/studio/groove.mid --kit "$kit" --format f32 "$@" --output)
    "$here" render "${options[@]}" "$work/here.wav" >/dev/null
    "${other[@]}" render "${options[@]}" "$work/other.wav" >/dev/null
    if cmp -s "$work/here.wav" "$work/other.wav"; then
        echo "ok    $name: the same to the bit"
        return
    fi
    verdict=$(paste <(od -An -v -tf4 -w4 -j68 "$work/here.wav") <(od -An -v -tf4 -w4 -j68 "$work/other.wav") |
        awk 'NF != 2 { uneven = 1; exit }
            { d = $1 > $2 ? $1 - $2 : $2 - $1; if (d > 0) n++; if (d > most) most = d }
            END { if (uneven) print "FAIL  %s: one is longer than the other"
                else printf "%s  %%s: at most %.1f dB of full scale, in %d of %d samples\n",
                    most <= 2 / 32768 ? "ok  " : "FAIL", 20 * log(most) / log(10), n, NR }')
    # shellcheck disable=SC2059 # the verdict is the format
    printf "$verdict\n" "$name"
    case $verdict in FAIL*) failed=1 ;; esac
}
other=("$@")
for kit in kits/*/; do
    kit=$(basename "$kit")
    compare "$kit" "$kit"
done
compare "studio, tuned and in a room" studio --config "$work/desk.toml"
exit $failed
