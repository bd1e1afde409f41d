# Sourced by the others: the archive, and running what image.sh has unpacked.
# shellcheck shell=bash
TOOLS=$CACHE/tools
LIBRARIES=$TOOLS/lib/x86_64-linux-gnu:$TOOLS/usr/lib/x86_64-linux-gnu

cannot() { echo "$*" >&2; exit 77; }

# archive: the Debian archive that this machine's apt uses, as MIRROR, and its KEYRING
archive() {
  KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
  MIRROR=${RIMSHOT_VM_MIRROR:-$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' |
    sed -n 's#/debian/*$#&#p' | head -n1)}
  [ -n "$MIRROR" ] || cannot "apt here knows no Debian archive (RIMSHOT_VM_MIRROR=URL names one)"
  [ -e $KEYRING ] || cannot "$KEYRING is missing (package debian-archive-keyring)"
}

# tool NAME /PATH ARGS...: a program of the unpacked tree, called NAME, with the
# tree's own loader and libraries: whatever C library the host has
tool() {
  "$TOOLS/lib64/ld-linux-x86-64.so.2" --library-path "$LIBRARIES" --argv0 "$1" "$TOOLS$2" "${@:3}"
}

# pack FOLDER: as a cpio archive owned by root, on stdout
pack() { (cd "$1" && find . | LC_ALL=C sort | tool cpio /bin/cpio -o -H newc --quiet -R 0:0); }

# copy_libraries PROGRAM ROOT [ldd]: what the program links, as the unpacked
# tree (or, with ldd, this machine) has it, and the loader
copy_libraries() {
  { if [ "${3-}" = ldd ]; then ldd "$1"; else
      "$TOOLS/lib64/ld-linux-x86-64.so.2" --library-path "$LIBRARIES" --list "$1"; fi; } |
    grep -o '/[^ ]*' | while read -r lib; do
      case $lib in
        */ld-linux-x86-64.so.2) install -D "$(readlink -f "$lib")" "$2/usr/lib64/ld-linux-x86-64.so.2" ;;
        *) install -D "$(readlink -f "$lib")" "$2/usr/lib/x86_64-linux-gnu/${lib##*/}" ;;
      esac
    done
}
