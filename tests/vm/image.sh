#!/bin/bash
# Builds the guest and fetches qemu, once, into $RIMSHOT_VM_CACHE (default
# ~/.cache/rimshot-vm): Debian bookworm's packages, unpacked there and run from
# there. Nothing is installed, nothing outside the cache is written, root is not
# needed. Exit 77 with one sentence where that cannot be done.
set -euo pipefail
CACHE=${RIMSHOT_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/rimshot-vm}
STAMP=$(cksum < "${BASH_SOURCE[0]}")
# shellcheck source=tests/vm/tools.sh
. "$(dirname "${BASH_SOURCE[0]}")/tools.sh"

# The programs qemu and the guest run, with everything they depend on, and the
# modules the guest may load. gpio-sim is built below: no Debian kernel has it.
PACKAGES="qemu-system-x86 cpio kmod make xz-utils busybox-static alsa-utils gpiod
  e2fsprogs dmsetup netcat-openbsd"
PROGRAMS="usr/bin/aplay usr/bin/aconnect usr/bin/amidi usr/bin/aseqdump usr/bin/gpioinfo usr/bin/gpiomon
  sbin/mke2fs sbin/e2fsck sbin/dmsetup bin/nc.openbsd"
MODULES="virtio_pci virtio_console virtio_blk snd-aloop snd-seq snd-seq-midi snd-usb-audio
  dummy_hcd libcomposite usb_f_midi configfs gpio-sim ext4 loop dm-flakey dm-delay"

[ "$(uname -sm)" = "Linux x86_64" ] || cannot "the virtual machine is built for amd64 Linux, this is $(uname -sm)"
for tool in apt-get dpkg-deb gcc tar; do
  command -v $tool > /dev/null || cannot "$tool is needed to build the virtual machine and is not installed"
done
mkdir -p "$CACHE"
exec 9> "$CACHE/lock"
flock 9
[ "$(cat "$CACHE/stamp" 2> /dev/null)" != "$STAMP" ] || exit 0
echo "vm: building the guest in $CACHE" >&2

# ---- apt with lists, downloads and an empty status file of its own ----------
archive
APT=$CACHE/apt
mkdir -p "$APT"/{lists/partial,debs/partial,etc/{apt.conf.d,preferences.d,sources.list.d}}
: > "$APT/status"
echo "deb [arch=amd64 signed-by=$KEYRING] $MIRROR bookworm main" > "$APT/etc/sources.list"
cat > "$APT/conf" << EOF
Dir::Etc "$APT/etc";
Dir::State "$APT";
Dir::State::status "$APT/status";
Dir::Cache "$APT";
Dir::Cache::archives "debs";
APT::Architecture "amd64";
APT::Architectures "amd64";
APT::Install-Recommends "0";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "1";
quiet "2";
EOF
export APT_CONFIG=$APT/conf
apt-get update --error-on=any >&2 || cannot "the Debian archive $MIRROR cannot be reached"
KVER=$(apt-cache show linux-image-amd64 | sed -n 's/^Depends: linux-image-\([^ ]*\).*/\1/p' | head -n1)
SERIES=$(cut -d. -f1,2 <<< "$KVER")

# unpack NAME-OF-FOLDER PACKAGE...: download these packages alone and unpack them
unpack() {
  mkdir -p "$CACHE/$1" "$APT/only"
  (cd "$APT/only" && apt-get download "${@:2}" >&2) || cannot "the Debian archive did not give: ${*:2}"
  for deb in "$APT"/only/*.deb; do dpkg-deb -x "$deb" "$CACHE/$1"; done
  rm -rf "$APT/only"
}

rm -rf "$CACHE"/{tools,kernel,build,stamp}
# shellcheck disable=SC2086 # a list of names
apt-get install -y --download-only $PACKAGES >&2 || cannot "the Debian archive did not give qemu and the guest's programs"
mkdir -p "$CACHE/tools"
for deb in "$APT"/debs/*.deb; do dpkg-deb -x "$deb" "$CACHE/tools"; done
unpack kernel "linux-image-$KVER"
unpack build "linux-headers-$KVER" "linux-headers-${KVER%-amd64}-common" "linux-kbuild-$SERIES" "linux-source-$SERIES"

# ---- gpio-sim, from Debian's source and headers of exactly this kernel ------
B=$CACHE/build HEADERS=$CACHE/build/usr/src/linux-headers-$KVER COMMON=usr/src/linux-headers-${KVER%-amd64}-common
sed -i "s#/$COMMON#$B/$COMMON#g" "$HEADERS/Makefile"
for tree in "$HEADERS" "$B/$COMMON"; do
  for l in scripts tools; do [ ! -L "$tree/$l" ] || ln -sfn "$B/usr/lib/linux-kbuild-$SERIES/$l" "$tree/$l"; done
done
mkdir "$B/gpio" "$B/libelf"
PATH=$PATH:$TOOLS/usr/bin tar -xJf "$B/usr/src/linux-source-$SERIES.tar.xz" -C "$B/gpio" --strip-components=3 \
  "linux-source-$SERIES"/{drivers/gpio/gpio-sim.c,drivers/gpio/gpiolib.h,kernel/irq/irq_sim.c}
# irq_to_desc() is not exported to modules; generic_handle_irq() does the same and is
sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' "$B/gpio/irq_sim.c"
mv "$B/gpio/gpio-sim.c" "$B/gpio/main.c"
printf 'obj-m := gpio-sim.o\ngpio-sim-y := main.o irq_sim.o\nccflags-y := -DCONFIG_IRQ_SIM=1\n' > "$B/gpio/Makefile"
cp -L "$TOOLS"/usr/lib/x86_64-linux-gnu/libelf.so.1 "$B/libelf"      # kbuild's objtool links it
PATH=$PATH:$TOOLS/usr/bin LD_LIBRARY_PATH=$B/libelf make -s -C "$HEADERS" M="$B/gpio" modules >&2
MODDIR=lib/modules/$KVER
install -D "$B/gpio/gpio-sim.ko" "$CACHE/kernel/$MODDIR/extra/gpio-sim.ko"
tool depmod /bin/kmod -b "$CACHE/kernel" "$KVER"

# ---- the kernel as an ELF file: emulated, bzImage takes 4 s to unpack itself --
for payload in '\xfd7zXZ\x00|xz' '\x28\xb5\x2f\xfd|zstd' '\x1f\x8b\x08|gzip'; do
  for offset in $(LC_ALL=C grep -aobP "${payload%|*}" "$CACHE/kernel/boot/vmlinuz-$KVER" | cut -d: -f1 | head -n3); do
    # (bytes that follow the compressed kernel are reported as an error and are none)
    tail -c "+$((offset + 1))" "$CACHE/kernel/boot/vmlinuz-$KVER" |
      PATH=$PATH:$TOOLS/usr/bin "${payload#*|}" -dc > "$CACHE/vmlinux" 2> /dev/null || :
    [ "$(head -c4 "$CACHE/vmlinux" | tail -c3)" != ELF ] || break 2
  done
done
[ "$(head -c4 "$CACHE/vmlinux" | tail -c3)" = ELF ] || cp "$CACHE/kernel/boot/vmlinuz-$KVER" "$CACHE/vmlinux"

# ---- the initramfs -----------------------------------------------------------
ROOT=$CACHE/root
rm -rf "$ROOT"
mkdir -p "$ROOT"/{usr/{bin,sbin,lib/x86_64-linux-gnu,lib64,share},proc,sys,dev,run,tmp,root,etc,var/lib}
for l in bin sbin lib lib64; do ln -s usr/$l "$ROOT/$l"; done
cp "$TOOLS/bin/busybox" "$ROOT/bin/"
ln -s busybox "$ROOT/bin/sh"
for p in $PROGRAMS; do
  cp -L "$TOOLS/$p" "$ROOT/bin/"
  copy_libraries "$TOOLS/$p" "$ROOT"
done
ln -s aplay "$ROOT/bin/arecord"
ln -s nc.openbsd "$ROOT/bin/nc"
cp -a "$TOOLS/usr/share/alsa" "$ROOT/usr/share/"
echo 'root:x:0:0:root:/root:/bin/sh' > "$ROOT/etc/passwd"
printf 'root:x:0:\naudio:x:29:\n' > "$ROOT/etc/group"
for m in $MODULES; do tool modprobe /bin/kmod -d "$CACHE/kernel" -S "$KVER" --show-depends "$m"; done |
  sed -n "s#^insmod .*\(/lib/modules/[^ ]*\).*#\1#p" | sort -u | while read -r ko; do
    install -D -m644 "$CACHE/kernel$ko" "$ROOT$ko"
  done
cp "$CACHE/kernel/$MODDIR"/modules.{order,builtin,builtin.modinfo} "$ROOT/$MODDIR/"
tool depmod /bin/kmod -b "$ROOT" "$KVER"
pack "$ROOT" > "$CACHE/initrd"

rm -rf "$CACHE"/{kernel,build,root,apt}
echo "$STAMP" > "$CACHE/stamp"
echo "vm: Linux $KVER, $(du -sh "$CACHE" | cut -f1) in the cache" >&2
