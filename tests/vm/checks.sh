# Sourced by smoke.sh and test.sh: checks, the kits that are heard, one guest and what it says.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C
REPO=$(readlink -f "$HERE/../..")
ME=vm-$(basename "$0" .sh)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
passed=0 failed=0

# ---- what the log says (extended regular expressions) ------------------------
SAYS_SILENT='^sound: .*silent'              # no card: the silent device
SAYS_SOUND='^sound: .*Loopback'             # the card was taken
SAYS_SOUND_GONE='^sound: .*(went away|gone|lost|unplugged|silent)'
SAYS_MIDI='^midi: opened TD-17'
SAYS_MIDI_GONE='^midi: TD-17.* went away'
SAYS_TONE='^kit: [Tt]one'
SAYS_READY='^ready'
SAYS_WRONG='panicked|^error'                # never

report() { # ok|FAIL SECONDS TEXT
  printf '%-4s %6s s  %s\n' "$1" "$2" "$3"
  if [ "$1" = ok ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
}

# prepare [system]: the guest is built, or this ends here with one sentence and 0
prepare() {
  "$HERE/${1:-image}.sh" 2> >(tee "$WORK/why" >&2) || {
    [ $? = 77 ] || exit 1
    wait
    echo "$ME: skipped: $(tail -n1 "$WORK/why")"
    exit 0
  }
}

# cache: where the guests are
cache() { echo "${RIMSHOT_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rimshot-vm}"; }

# need FILE...: what is missing is told
need() {
  local file
  for file; do [ -e "$file" ] || { echo "$ME: $file is missing" >&2; exit 1; }; done
}

# tone_kit FOLDER PERIOD FRAMES: a kit whose snare is 48000 / PERIOD Hz at half scale, a
# sine on the left and a cosine on the right. No drum sounds like it.
tone_kit() {
  local cycle rest bytes=$(($3 / $2 * $2 * 4))
  # little_endian NUMBER: four bytes
  little_endian() { local i; for i in 0 8 16 24; do printf "\\$(printf %03o $(($1 >> i & 255)))"; done; }
  mkdir -p "$1/snare"
  cycle=$(awk -v n="$2" 'function put(v) { v = int(v); if (v < 0) v += 65536; printf "\\%03o\\%03o", v % 256, int(v / 256) }
    BEGIN { for (i = 0; i < n; i++) { a = i * 6.283185307 / n; put(16384 * sin(a)); put(16384 * cos(a)) } }')
  {
    printf RIFF; little_endian $((bytes + 36))
    printf 'WAVEfmt \20\0\0\0\1\0\2\0\200\273\0\0\0\356\2\0\4\0\20\0data'; little_endian $bytes
    # shellcheck disable=SC2059 # the samples are the format
    for ((rest = bytes; rest > 0; rest -= 4 * $2)); do printf "$cycle"; done
  } > "$1/snare/tone.wav"
}

# says: the variables that the guest's script needs, with what is said and told
says() { local name; for name in ${!SAYS_@} ${!COMMAND@} ${!WITH_@}; do echo "$name=${!name@Q}"; done; }

# guest SCRIPT RUN.SH-OPTIONS...: plays guest/SCRIPT in a guest and reports what it says;
# its files come to $WORK/out
guest() {
  local verdict seconds text script
  script=$(says; cat "$HERE/guest/checks" "$HERE/guest/$1")
  while read -r verdict seconds text; do
    case $verdict in
      ok | FAIL) report "$verdict" "$seconds" "$text" ;;
      ended) [ "$seconds" = 0 ] || report FAIL - "the virtual machine ends with 0, not $seconds" ;;
      note) printf '%-4s %8s  %s\n' '' '' "$seconds $text" ;;
      *) echo "guest: $verdict $seconds $text" ;;
    esac
  done < <(code=0
    "$HERE/run.sh" -o "$WORK/out" -l "$WORK/console" "${@:2}" "$script" 2>&1 || code=$?
    echo "ended $code")
}

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

# sum_up: the last line, and on a failure what the guest and its kernel said
sum_up() {
  echo "$passed passed, $failed failed"
  [ $failed = 0 ] || { echo '--- the log of the guest'; cat "$WORK/out/log" "$WORK/console" 2> /dev/null; exit 1; }
}
