# Measures a recording: two channels, a pair of 16 bit numbers a line, 48000 lines a second.
#   seconds    its length             peakN  the peak of the Nth stroke
#   onsets     strokes heard          tail   the largest value in the last 0.1 s
#   step       the largest difference of neighbours, from 0.1 s after the last stroke on
#   crossings  zero crossings of the left channel a second, from 0.1 to 0.5 s after the last stroke
# A stroke is a window of 5 ms with more than -40 dBFS and more than 2.5 times the
# peak of the 40 ms before it, at least 0.15 s after the stroke before.
function abs(x) { return x < 0 ? -x : x }
BEGIN { window = 240; quiet = 328; holdoff = 30 }
{
  if (++since > 4800) {
    if (abs($1 - left) > step) step = abs($1 - left)
    if (abs($2 - right) > step) step = abs($2 - right)
    if (since <= 24000 && (left < 0) != ($1 < 0)) crossings++
  }
  left = $1; right = $2
  if (abs(left) > peak) peak = abs(left)
  if (abs(right) > peak) peak = abs(right)
  if (NR % window == 0) {
    w = NR / window
    before = 0
    for (i = 1; i <= 8; i++) if (peaks[w - i] > before) before = peaks[w - i]
    if (peak > quiet && peak > 2.5 * before && (!onsets || w - started >= holdoff)) {
      onsets++; started = w; since = 0; crossings = 0; step = 0
    }
    if (onsets && w - started < holdoff && peak > loudest[onsets]) loudest[onsets] = peak
    peaks[w] = peak; peak = 0
  }
}
END {
  for (i = 0; i < 20; i++) if (peaks[w - i] > tail) tail = peaks[w - i]
  printf "seconds=%.2f onsets=%d step=%d tail=%d crossings=%d", NR / 48000, onsets, step, tail, crossings / 0.4
  for (i = 1; i <= onsets; i++) printf " peak%d=%d", i, loudest[i]
  print ""
}
