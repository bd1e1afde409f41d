#!/usr/bin/env bash
# Installs rimshot as a service that plays from the moment the machine is switched on, and
# takes it away again. Running it twice is as good as once.
#
#   sudo deploy/install.sh [--binary FILE] [--kits FOLDER] [--prefix DIR] [--destdir DIR]
#   sudo deploy/install.sh --uninstall [--purge]
#
#   --binary FILE   the program; target/release/rimshot by default
#   --kits FOLDER   the kits; the folder kits beside deploy by default
#   --prefix DIR    the program goes to DIR/bin; /usr by default
#   --destdir DIR   everything goes below DIR, and the running system is not touched
#   --uninstall     takes away what was installed; your settings and kits stay
#   --purge         with --uninstall: takes away those too, and the user rimshot
set -euo pipefail

say() { echo "install: $*"; }
die() { echo "install: $*" >&2; exit 1; }

here=$(cd "$(dirname "$0")" && pwd)
project=$(dirname "$here")
binary=$project/target/release/rimshot kits=$project/kits
prefix=/usr dest=${DESTDIR:-} act=install purge=no

value() { [ -n "${2:-}" ] || die "$1 needs a value"; }
while [ $# -gt 0 ]; do
    case $1 in
    --binary) value "$@"; binary=$2; shift ;;
    --kits) value "$@"; kits=$2; shift ;;
    --prefix) value "$@"; prefix=$2; shift ;;
    --destdir) value "$@"; dest=$2; shift ;;
    --uninstall) act=uninstall ;;
    --purge) purge=yes ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d'; exit 0 ;;
    *) die "'$1' is not known; see deploy/install.sh --help" ;;
    esac
    shift
done
[ "$purge" = no ] || [ $act = uninstall ] || die "--purge goes with --uninstall"
case $prefix in
*[!A-Za-z0-9/._-]*) die "--prefix is '$prefix'; allowed: letters, digits and / . _ -" ;;
/*) ;;
*) die "--prefix is '$prefix'; it has to begin with /" ;;
esac
dest=${dest%/} prefix=${prefix%/}
live=no
[ -n "$dest" ] || live=yes
[ $live = no ] || [ "$(id -u)" = 0 ] ||
    die "this changes the system, so it needs root; please run: sudo deploy/install.sh"

program=$prefix/bin/rimshot
share=/usr/share/rimshot # where rimshot looks for kits, whatever the prefix
config=/etc/rimshot/rimshot.toml
# shellcheck source=deploy/shared.sh
. "$here/shared.sh"
# Where the package has them too, so that it takes them over; /etc is the owner's.
unit_folder=/usr/lib/systemd/system
rules=/usr/lib/udev/rules.d/70-rimshot.rules
installed_units=()
for unit in "$project"/systemd/*; do installed_units+=("$unit_folder/${unit##*/}"); done
has_systemd() { [ $live = yes ] && [ -d /run/systemd/system ]; }

put() { # MODE FILE PLACE
    mkdir -p "$dest$(dirname "$3")"
    if [ -f "$dest$3" ] && cmp -s "$2" "$dest$3"; then
        chmod "$1" "$dest$3"
        return
    fi
    # A new file that takes the old one's name: nobody ever sees half of it.
    install -m "$1" "$2" "$dest$3.new"
    mv -f "$dest$3.new" "$dest$3"
    say "$3"
}

put_kits() {
    if [ ! -d "$kits" ]; then
        say "there is no folder $kits, so no kits are installed"
        return
    fi
    ! diff -rq "$kits" "$dest$share/kits" >/dev/null 2>&1 || return 0
    mkdir -p "$dest$share"
    rm -rf "$dest$share/kits.new"
    cp -R "$kits" "$dest$share/kits.new"
    chmod -R u=rwX,go=rX "$dest$share/kits.new"
    rm -rf "$dest$share/kits"
    mv "$dest$share/kits.new" "$dest$share/kits"
    say "$share/kits"
}

# The copy in $share is what was installed last. Where the owner's file still equals it
# nothing was changed by hand, and the new one may take its place.
put_config() {
    if [ ! -e "$dest$config" ] || cmp -s "$dest$config" "$dest$share/rimshot.toml"; then
        put 644 "$here/rimshot.toml" $config
    elif ! cmp -s "$dest$config" "$here/rimshot.toml"; then
        say "$config was changed by you and stays; the new defaults are in $share/rimshot.toml"
    fi
    put 644 "$here/rimshot.toml" $share/rimshot.toml
}

add_owner() {
    local owner=${SUDO_USER:-root}
    if [ "$owner" != root ] && ! id -nG "$owner" | grep -qw rimshot; then
        usermod --append --groups rimshot "$owner"
        say "$owner is now in the group rimshot, which may add kits and use rimshot ctl;" \
            "this counts from the next login"
    fi
}

# Two owners of the same files would undo each other's work.
refuse_beside_package() {
    if [ $live = yes ] && [ "$(dpkg-query -Wf '${db:Status-Status}' rimshot 2>/dev/null)" = installed ]; then
        die "the Debian package rimshot is installed and has these files; please use apt," \
            "or take it away first: sudo apt remove rimshot"
    fi
}

start() {
    systemctl daemon-reload
    apply_rules
    # shellcheck disable=SC2086 # a list of names
    systemctl --quiet enable $units
    # shellcheck disable=SC2086
    systemctl restart $units
    say "rimshot plays now, and from every start of the machine on"
    say "what it says: journalctl -fu rimshot"
}

install_all() {
    refuse_beside_package
    [ -f "$binary" ] || die "$binary is not there; build it first: cargo build --release"
    if [ $live = yes ]; then
        bash "$here/deps.sh" run
        add_user
        add_owner
        own_state
        tell_hidden
    fi
    put 755 "$binary" "$program"
    put_kits
    put_config
    local unit text
    text=$(mktemp)
    for unit in "${installed_units[@]}"; do
        sed "s#^ExecStart=/usr/bin/rimshot#ExecStart=$program#" "$project/systemd/${unit##*/}" >"$text"
        put 644 "$text" "$unit"
    done
    rm "$text"
    put 644 "$here/70-rimshot.rules" $rules
    if has_systemd; then
        start
    elif [ $live = yes ]; then
        say "systemd does not run here; start it by hand: rimshot play"
    else
        say "the running system was not touched"
    fi
}

take() { # PLACE...
    local place
    for place; do
        [ -e "$dest$place" ] || continue
        rm -rf "$dest${place:?}"
        say "$place is gone"
    done
}

# Folders below the destination that held nothing else.
tidy() {
    (cd "$dest" 2>/dev/null && rmdir -p --ignore-fail-on-non-empty "${@#/}" 2>/dev/null) || true
}

uninstall_all() {
    refuse_beside_package
    if has_systemd; then
        # shellcheck disable=SC2086 # a list of names
        systemctl --quiet disable --now $units 2>/dev/null || true
    fi
    take "$program" "${installed_units[@]}" $rules $share
    if [ $purge = yes ]; then
        take /etc/rimshot $state
        [ $live = no ] || remove_user
    elif [ -e "$dest$config" ] || [ -e "$dest$state" ]; then
        say "$config and $state stay; --uninstall --purge takes them too"
    fi
    ! has_systemd || systemctl daemon-reload
    [ $live = yes ] ||
        tidy "$prefix/bin" $unit_folder "${rules%/*}" "${share%/*}" /etc "${state%/*}"
}

${act}_all
