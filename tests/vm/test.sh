#!/bin/bash
# test.sh [hotplug|buttons|powercut|systemd]...: what an appliance goes through, in virtual
# machines; all four without an argument. The program is target/release/rimshot (built if
# absent) or $RIMSHOT. One line a check with the guest's seconds; closes with 'N passed, N
# failed'. Skipped, with 0, where there is no qemu. $SEED repeats a run's moments of chance.
HERE=$(dirname "$(readlink -f "$0")")
# shellcheck source=tests/vm/checks.sh
. "$HERE/checks.sh"
BINARY=${RIMSHOT:-$REPO/target/release/rimshot}
WITH_SEED=${SEED:-$((RANDOM * 32768 + RANDOM))}
WITH_CUTS=200
COMMAND='play --config /root/rimshot.toml'
SAYS_KIT='^kit: [A-Za-z]+ \('
SAYS_OTHER='^sound: .*CARD=Other'
SAYS_BROKEN='what was remembered cannot be read'
SAYS_SAFE='safe mode'

# What all of them play: three kits of one short tone each.
CONFIG='[sound]
device = "auto"
period = 1024      # the loopback card moves in ticks of 4 ms
[midi]
map = "roland"
[kits]
folders = ["/root/kits"]
start = "low"
[control]
socket = "/run/rimshot.sock"
'
BUTTONS='[[panel.button]]
line = "GPIO17"
action = "next-kit"
[[panel.button]]
line = "GPIO27"
action = "previous-kit"
[[panel.chord]]
lines = ["GPIO17", "GPIO27"]
action = "volume-down 10"
hold_ms = 100
[[panel.button]]
line = "GPIO22"
action = "kit 3"
double = "kit 2"
long = "kit 1"
[[panel.button]]
line = "GPIO23"
action = "volume-down"
repeat = true
[[panel.encoder]]
a = "GPIO5"
b = "GPIO6"
turn_right = "volume-up"
turn_left = "volume-down"
[[panel.led]]
line = "GPIO12"
shows = "ready"
[[panel.led]]
line = "GPIO13"
shows = "loading"
[[panel.led]]
line = "GPIO16"
shows = "hit"
[[panel.led]]
line = "GPIO26"
shows = "fault"'
KITS='low:512 middle:256 high:128'          # 94, 188 and 375 Hz

hotplug() {
  guest hotplug -t 300 "${FILES[@]}"
  local round
  for round in {01..20}; do
    heard "round$round" 'onsets == 3 && peak1 > 1.4 * peak2' "round $round: all three strokes are heard, the first included"
  done
  heard stream 'onsets >= 6' 'a player who never stopped is heard again'
  heard named 'onsets == 1' 'the named card plays, whatever its number is now'
  heard both 'onsets == 1' 'with card and module there from the start the first stroke is heard'
}

buttons() {
  printf '%s\n' "$CONFIG" "$BUTTONS" > "$WORK/rimshot.toml"
  # One that is not loaded in a moment.
  guest buttons -t 300 "${FILES[@]}" -f "$REPO/kits/studio:/root/slow"
}

# boot PHASE ram|disk|ro RUN.SH-OPTIONS...: one boot of $WORK/system.img
boot() {
  WITH_PHASE=$1
  guest systemd -t 300 -s "$2" -d "$WORK/system.img" "${@:3}"
}

systemd() {
  local cut
  "$REPO/deploy/deb.sh" --binary "$BINARY" --out "$WORK/deb" > "$WORK/deb.log" || { cat "$WORK/deb.log"; report FAIL - 'the package is made'; return; }
  # The same as two versions, packed without compression: the guest is slow at that.
  dpkg-deb -R "$WORK"/deb/*.deb "$WORK/tree"
  mkdir "$WORK/debs"
  dpkg-deb -Znone --root-owner-group -b "$WORK/tree" "$WORK/debs/1.deb" > /dev/null
  sed -i 's/^Version: .*/&.1/' "$WORK/tree/DEBIAN/control"
  dpkg-deb -Znone --root-owner-group -b "$WORK/tree" "$WORK/debs/2.deb" > /dev/null
  cp --sparse=always "$(cache)/system.img" "$WORK/system.img"
  boot package disk -r -f "$WORK/debs:/root/debs"
  boot live ram
  heard first 'onsets == 1' 'the first stroke is heard'
  heard again 'onsets == 1' 'after the watchdog a stroke is heard again'
  boot crash ram
  local before=$failed
  boot button ram
  [ "$failed" != "$before" ] || report ok - 'the button switches the machine off'
  for cut in 1 2 3 4 5; do
    WITH_CUT=$cut
    boot cut disk -r
  done
  WITH_CUT=''
  boot whole disk -r
  boot readonly ro -r
}

powercut() {
  guest powercut -t 900 "${FILES[@]}"
}

[ $# -gt 0 ] || set -- hotplug buttons powercut systemd
for part; do
  case $part in
    hotplug | buttons | powercut | systemd) ;;
    *) echo "test.sh: $part is not known; allowed: hotplug, buttons, powercut, systemd" >&2; exit 2 ;;
  esac
done
prepare
case " $* " in *' systemd '*) prepare system ;; esac
[ -n "${RIMSHOT-}" ] || [ -x "$BINARY" ] || (cd "$REPO" && cargo build --release)
need "$BINARY"
for kit in $KITS; do tone_kit "$WORK/kits/${kit%:*}" "${kit#*:}" 9600; done
ln -s "$(readlink -f "$BINARY")" "$WORK/rimshot"
FILES=(-b "$WORK/rimshot" -f "$WORK/kits:/root/kits" -f "$WORK/rimshot.toml")
for part; do
  echo "--- $part"
  rm -rf "$WORK/out"
  printf '%s\n' "$CONFIG" > "$WORK/rimshot.toml"
  $part
done
sum_up
