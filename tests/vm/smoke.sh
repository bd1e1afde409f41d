#!/bin/bash
# smoke.sh [BINARY [KIT]]: the real program in a virtual machine with a sound card, a
# USB drum module and a button that come and go. Defaults: target/release/rimshot
# (built if absent) and kits/studio. One line a check with the guest's seconds it
# took; closes with 'N passed, N failed'. Skipped, with 0, where there is no qemu.
set -euo pipefail
export LC_ALL=C
HERE=$(dirname "$(readlink -f "$0")")
REPO=$(readlink -f "$HERE/../..")
BINARY=${1:-$REPO/target/release/rimshot}
KIT=${2:-$REPO/kits/studio}

# ---- what the log says (extended regular expressions) ------------------------
SAYS_SILENT='^sound: .*silent'              # no card: the silent device
SAYS_SOUND='^sound: .*Loopback'             # the card was taken
SAYS_SOUND_GONE='^sound: .*(went away|gone|lost|unplugged|silent)'
SAYS_MIDI='^midi: opened TD-17'
SAYS_MIDI_GONE='^midi: TD-17.* went away'
SAYS_STUDIO='^kit: Studio'
SAYS_TONE='^kit: [Tt]one'
SAYS_READY='^ready'
SAYS_BUTTON='^panel: 1 of 1 buttons work now'
SAYS_PAIRS='^sound: .*outputs 1 and 2, 3 and 4 of 4'
SAYS_LOAD='^load: '
SAYS_WRONG='panicked|^error'                # never
# ---- what the module is told --------------------------------------------------
COMMAND='play --config /root/rimshot.toml'
COMMAND_PAIRS='play --config /root/pairs.toml --kit studio'
PROGRAM_STUDIO=00                           # the first kit, as a program change carries it
CONFIG='[sound]
device = "auto"
rate = 48000
period = 1024      # the loopback card moves in ticks of 4 ms
timing = "steady"
[midi]
map = "roland"
[kits]
folders = ["/root/kits"]
start = "studio"
[[panel.button]]
line = "GPIO17"
action = "next-kit"'
# The same with the kick on outputs 3 and 4.
CONFIG_PAIRS="${CONFIG/\[sound\]/[slot.kick]
output = 2
[sound]
outputs = [[1, 2], [3, 4]]}"

passed=0 failed=0
report() { # ok|FAIL SECONDS TEXT
  printf '%-4s %5s s  %s\n' "$1" "$2" "$3"
  if [ "$1" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
"$HERE/image.sh" 2> >(tee "$WORK/why" >&2) || {
  [ $? = 77 ] || exit 1
  wait
  echo "vm-smoke: skipped: $(tail -n1 "$WORK/why")"
  exit 0
}
[ $# -gt 0 ] || [ -x "$BINARY" ] || (cd "$REPO" && cargo build --release)
for needed in "$BINARY" "$KIT"; do [ -e "$needed" ] || { echo "vm-smoke: $needed is missing" >&2; exit 1; }; done

# The second kit: a snare that is 4 s of 187.5 Hz at half scale, a sine on the left and
# a cosine on the right. No drum sounds like it, and cut anywhere it makes a step of
# 11585 or more on one side, where by itself it makes none above 402.
# The third, zero, has nothing that can be played.
mkdir -p "$WORK/kits/tone/snare" "$WORK/kits/zero"
echo '[slot.snare]
samples = "nothing"' > "$WORK/kits/zero/kit.toml"
cp -rL "$KIT" "$WORK/kits/studio"
cycle=$(awk 'function put(v) { v = int(v); if (v < 0) v += 65536; printf "\\%03o\\%03o", v % 256, int(v / 256) }
  BEGIN { for (i = 0; i < 256; i++) { a = i * 6.283185307 / 256; put(16384 * sin(a)); put(16384 * cos(a)) } }')
{
  printf 'RIFF\44\270\13\0WAVEfmt \20\0\0\0\1\0\2\0\200\273\0\0\0\356\2\0\4\0\20\0data\0\270\13\0'
  # shellcheck disable=SC2059 # the samples are the format
  for _ in {1..750}; do printf "$cycle"; done
} > "$WORK/kits/tone/snare/tone.wav"
printf '%s\n' "$CONFIG" > "$WORK/rimshot.toml"
printf '%s\n' "$CONFIG_PAIRS" > "$WORK/pairs.toml"

script=$(for name in ${!SAYS_@} ${!COMMAND@} PROGRAM_STUDIO; do echo "$name='${!name}'"; done; cat "$HERE/guest/scenario")
ln -s "$(readlink -f "$BINARY")" "$WORK/rimshot"
while read -r verdict seconds text; do
  case $verdict in
    ok | FAIL) report "$verdict" "$seconds" "$text" ;;
    ended) [ "$seconds" = 0 ] || report FAIL - "the virtual machine ends with 0, not $seconds" ;;
    *) echo "guest: $verdict $seconds $text" ;;
  esac
done < <(code=0
  "$HERE/run.sh" -t 200 -o "$WORK/out" -l "$WORK/console" -b "$WORK/rimshot" \
    -f "$WORK/kits:/root/kits" -f "$WORK/rimshot.toml" -f "$WORK/pairs.toml" "$script" 2>&1 || code=$?
  echo "ended $code")

# heard NAME[:PAIR] CONDITION TEXT: an awk condition on what hear.awk measures in a
# recording, or in the first or second pair of one with four channels
heard() {
  local measured values=() verdict=ok text=$3 file=$WORK/out/${1%:*}.raw
  case $1 in
    *:1) measured=$(od -An -v -td2 -w8 "$file" 2> /dev/null | awk '{ print $1, $2 }' | awk -f "$HERE/hear.awk") ;;
    *:2) measured=$(od -An -v -td2 -w8 "$file" 2> /dev/null | awk '{ print $3, $4 }' | awk -f "$HERE/hear.awk") ;;
    *) measured=$(od -An -v -td2 -w4 "$file" 2> /dev/null | awk -f "$HERE/hear.awk") ;;
  esac
  for value in $measured; do values+=(-v "$value"); done
  awk "${values[@]}" "BEGIN { exit !($2) }" || { verdict=FAIL text+=" ($1: $measured)"; }
  measured=${measured#seconds=}
  report $verdict "${measured%% *}" "$text"
}
heard hits 'onsets == 4' 'four strokes are heard as four'
heard hits 'peak2 > 2 * peak1' 'the harder stroke is the louder one'
heard again 'onsets == 2' 'both strokes after the re-plug are heard, the first included'
heard tone 'onsets == 1 && crossings > 365 && crossings < 385' 'the kit of the button is heard'
heard studio 'onsets == 1 && (crossings < 365 || crossings > 385)' 'the kit of the program change is heard'
heard end 'onsets == 1 && step < 1500 && tail == 0' 'it ends without a click'
heard pairs:1 'onsets == 1' 'the snare is heard on outputs 1 and 2'
heard pairs:2 'onsets == 2' 'the kicks are heard on outputs 3 and 4'

echo "$passed passed, $failed failed"
[ $failed = 0 ] || { echo '--- the log of the guest'; cat "$WORK/out/log" "$WORK/console" 2> /dev/null; exit 1; }
