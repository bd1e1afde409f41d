#!/bin/bash
# run.sh [options] 'shell command'   runs it in a fresh guest; prints its output, returns its exit code
# run.sh [options]                   gives a shell in the guest (`poweroff -f` ends it)
#   -f FILE[:DEST]  copy a file or folder into the guest (default: below /root)
#   -b PROGRAM      copy a program into /root together with the libraries this machine has for it
#   -d FILE         give it this disk (/dev/vda, the next is /dev/vdb); what is written stays
#   -s ram|disk|ro  boot the system on the first disk, with systemd: copied to memory and forgotten,
#                   or from the disk, or with the root read-only; the files are in /run/vm then
#   -r              real time
#   -o DIR          bring back what the command leaves in /out
#   -t SECONDS      limit of real time (default 120)
#   -l FILE         keep the kernel's messages
# 77: there is no qemu to be had here; 124: time limit; 125: the guest died without an answer.
# A command runs in virtual time: the guest's clock counts instructions and skips idle
# time, so that no xrun comes from the load of this machine and sleeping costs nothing.
# (While it waits for a disk too; where that matters there is -r.)
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")")
CACHE=${RIMSHOT_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rimshot-vm}
"$HERE/image.sh"
# shellcheck source=tests/vm/tools.sh
. "$HERE/tools.sh"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

OUT='' LIMIT=120 CONSOLE=$WORK/console ADD=$WORK/add DISKS=() MEMORY=512 TIME=(-icount "shift=2,sleep=off")
mkdir -p "$ADD/root" "$ADD/usr/bin"
while getopts f:b:d:s:ro:t:l: option; do
  case $option in
    f) from=${OPTARG%%:*} to=${OPTARG#*:}
      [ "$from" != "$OPTARG" ] || to=/root/$(basename "$from")
      mkdir -p "$(dirname "$ADD$to")" && cp -rL "$from" "$ADD$to" ;;
    b) cp -L "$OPTARG" "$ADD/root/" && copy_libraries "$OPTARG" "$ADD" ldd ;;
    d) DISKS+=(-drive "file=$OPTARG,format=raw,if=none,id=disk${#DISKS[@]}" -device "virtio-blk-pci,drive=disk${#DISKS[@]}") ;;
    s) echo "$OPTARG" > "$ADD/system"
      [ "$OPTARG" != ram ] || MEMORY=1536 ;;
    r) TIME=() ;;
    o) OUT=$OPTARG ;;
    t) LIMIT=$OPTARG ;;
    l) CONSOLE=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))

# The command and the files are a second archive behind the first.
install "$HERE/guest/init" "$ADD/init"
install "$HERE/guest/run" "$ADD/run-command"
install "$HERE/guest/rig" "$ADD/usr/bin/rig"
ARGS=(-M q35 -cpu qemu64 -m $MEMORY -nodefaults -no-user-config -display none -no-reboot)
if [ $# -gt 0 ]; then
  printf '%s\n' "$1" > "$ADD/command"
  # 2^2 ns an instruction: 250 MIPS, the fastest of those tried
  ARGS+=(-accel tcg "${TIME[@]}" -chardev "file,id=console,path=$CONSOLE" -serial chardev:console
    -device virtio-serial-pci)
  exec 3> >(cat) # qemu opens what it is given anew, and a file would be written from its start
  CAT=$!
  for port in out:/dev/fd/3 code:"$WORK/code" files:"$WORK/files"; do
    ARGS+=(-chardev "file,id=${port%%:*},path=${port#*:},append=on"
      -device "virtserialport,chardev=${port%%:*},name=${port%%:*}")
  done
else
  ARGS+=(-accel tcg -serial stdio)
  LIMIT=0
fi
{ cat "$CACHE/initrd"; pack "$ADD"; } > "$WORK/initrd"

result=0
QEMU_MODULE_DIR=$TOOLS/usr/lib/x86_64-linux-gnu/qemu timeout --foreground -k 5 "$LIMIT" \
  "$TOOLS/lib64/ld-linux-x86-64.so.2" --library-path "$LIBRARIES" "$TOOLS/usr/bin/qemu-system-x86_64" \
  -L "$TOOLS/usr/share/qemu" -L "$TOOLS/usr/share/seabios" -L "$TOOLS/usr/lib/ipxe/qemu" "${ARGS[@]}" "${DISKS[@]}" \
  -kernel "$CACHE/vmlinux" -initrd "$WORK/initrd" \
  -append "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr cryptomgr.notests" || result=$?
[ $# -gt 0 ] || exit $result
exec 3>&-
wait "$CAT"
[ -z "$OUT" ] || [ ! -s "$WORK/files" ] || { mkdir -p "$OUT" && tar -xmf "$WORK/files" -C "$OUT"; }
[ $result != 124 ] || exit 124
[ ! -s "$WORK/code" ] || exit "$(tr -dc 0-9 < "$WORK/code")"
tail -n20 "$CONSOLE" >&2
echo "run.sh: the guest gave no answer (qemu: $result)" >&2
exit 125
