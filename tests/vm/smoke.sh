#!/bin/bash
# smoke.sh [BINARY [KIT]]: the real program in a virtual machine with a sound card, a
# USB drum module and a button that come and go. Defaults: target/release/rimshot
# (built if absent) and kits/studio. One line a check with the guest's seconds it
# took; closes with 'N passed, N failed'. Skipped, with 0, where there is no qemu.
HERE=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/vm/checks.sh
. "$HERE/checks.sh"
BINARY=${1:-$REPO/target/release/rimshot}
KIT=${2:-$REPO/kits/studio}

# ---- what the log says, besides what stands in checks.sh -----------------------
SAYS_STUDIO='^kit: Studio'
SAYS_BUTTON='^panel: 1 of 1 buttons work now'
SAYS_PAIRS='^sound: .*outputs 1 and 2, 3 and 4 of 4'
SAYS_LOAD='^load: '
# ---- what the module is told --------------------------------------------------
COMMAND='play --config /root/rimshot.toml'
COMMAND_PAIRS='play --config /root/pairs.toml --kit studio'
WITH_STUDIO=00                              # the first kit, as a program change carries it
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

prepare
[ $# -gt 0 ] || [ -x "$BINARY" ] || (cd "$REPO" && cargo build --release)
need "$BINARY" "$KIT"

# The second kit, a tone of 4 s: cut anywhere it makes a step of 11585 or more on one side, where by
# itself it makes none above 402. The third, zero, has nothing that can be played.
tone_kit "$WORK/kits/tone" 256 192000
mkdir -p "$WORK/kits/zero"
echo '[slot.snare]
samples = "nothing"' > "$WORK/kits/zero/kit.toml"
cp -rL "$KIT" "$WORK/kits/studio"
printf '%s\n' "$CONFIG" > "$WORK/rimshot.toml"
printf '%s\n' "$CONFIG_PAIRS" > "$WORK/pairs.toml"
ln -s "$(readlink -f "$BINARY")" "$WORK/rimshot"
guest smoke -t 200 -b "$WORK/rimshot" -f "$WORK/kits:/root/kits" -f "$WORK/rimshot.toml" -f "$WORK/pairs.toml"

heard hits 'onsets == 4' 'four strokes are heard as four'
heard hits 'peak2 > 2 * peak1' 'the harder stroke is the louder one'
heard again 'onsets == 2' 'both strokes after the re-plug are heard, the first included'
heard tone 'onsets == 1 && crossings > 365 && crossings < 385' 'the kit of the button is heard'
heard studio 'onsets == 1 && (crossings < 365 || crossings > 385)' 'the kit of the program change is heard'
heard end 'onsets == 1 && step < 1500 && tail == 0' 'it ends without a click'
heard pairs:1 'onsets == 1' 'the snare is heard on outputs 1 and 2'
heard pairs:2 'onsets == 2' 'the kicks are heard on outputs 3 and 4'

sum_up
