#!/bin/bash
# Builds a Debian with systemd, once, into $RIMSHOT_VM_CACHE beside what image.sh builds: the
# disk system.img, with nothing of rimshot on it. Root is not needed where the kernel lets
# users make namespaces. Exit 77 with one sentence where that cannot be done.
set -euo pipefail
HERE=$(dirname "$(readlink -f "$0")")
"$HERE/image.sh"
CACHE=${RIMSHOT_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rimshot-vm}
STAMP=$(cksum < "${BASH_SOURCE[0]}")
# shellcheck source=tests/vm/tools.sh
. "$HERE/tools.sh"
exec 8> "$CACHE/system.lock"
flock 8
[ "$(cat "$CACHE/system.stamp" 2> /dev/null)" != "$STAMP" ] || exit 0
echo "vm: building a Debian with systemd in $CACHE" >&2
archive
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
MMDEBSTRAP=$(command -v mmdebstrap) || {
  (cd "$WORK" && apt-get download mmdebstrap >&2) || cannot "the Debian archive did not give mmdebstrap"
  dpkg-deb -x "$WORK"/mmdebstrap_*.deb "$WORK"
  MMDEBSTRAP=$WORK/usr/bin/mmdebstrap
}
"$MMDEBSTRAP" --quiet --variant=minbase --architectures=amd64 --aptopt='APT::Install-Recommends false' \
  --include=systemd-sysv,systemd,udev,dbus,kmod,procps,alsa-utils,libasound2,busybox-static \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  bookworm "$WORK/system.tar" "deb [signed-by=$KEYRING] $MIRROR bookworm main" >&2 ||
  cannot "mmdebstrap cannot build a Debian here (it needs root, or namespaces for users)"
truncate -s %512 "$WORK/system.tar"
truncate -s 768M "$WORK/system.img"
# In the guest, where everything is root's.
"$HERE/run.sh" -r -t 600 -d "$WORK/system.tar" -d "$WORK/system.img" '
  modprobe -a virtio_blk ext4
  until [ -b /dev/vdb ]; do sleep 0.1; done
  /bin/mke2fs -q -t ext4 -L root /dev/vdb 2> /dev/null
  mkdir /disk
  mount -t ext4 /dev/vdb /disk
  tar -xf /dev/vda -C /disk
  cd /disk || exit
  mkdir -p out lib/modules
  echo guest > etc/hostname
  echo 0123456789abcdef0123456789abcdef > etc/machine-id # without one every boot is the first
  for unit in getty@tty1.service serial-getty@ttyS0.service e2scrub_reap.service; do
    ln -sf /dev/null etc/systemd/system/$unit
  done
  rm -rf etc/systemd/system/timers.target.wants
  cd /
  umount /disk' >&2
mv "$WORK/system.img" "$CACHE/system.img"
echo "$STAMP" > "$CACHE/system.stamp"
