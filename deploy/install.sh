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
state=/var/lib/rimshot
units=/etc/systemd/system
rules=/etc/udev/rules.d/70-rimshot.rules
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

add_user() {
    # A group that is missing would stop the service with the status 216/GROUP.
    for group in audio gpio rimshot; do
        getent group $group >/dev/null || { groupadd --system $group; say "group $group"; }
    done
    if ! getent passwd rimshot >/dev/null; then
        useradd --system --gid rimshot --groups audio,gpio --home-dir $state --no-create-home \
            --shell /usr/sbin/nologin --comment "rimshot drum module" rimshot
        say "user rimshot"
    fi
    usermod --append --groups audio,gpio rimshot
    local owner=${SUDO_USER:-root}
    if [ "$owner" != root ] && ! id -nG "$owner" | grep -qw rimshot; then
        usermod --append --groups rimshot "$owner"
        say "$owner is now in the group rimshot, which may add kits and use rimshot ctl;" \
            "this counts from the next login"
    fi
}

start() {
    systemctl daemon-reload
    if command -v udevadm >/dev/null; then
        udevadm control --reload
        udevadm trigger --subsystem-match=gpio --subsystem-match=usb --action=add
    fi
    systemctl --quiet enable rimshot.service rimshot-tuning.service
    systemctl restart rimshot.service
    say "rimshot plays now, and from every start of the machine on"
    say "what it says: journalctl -fu rimshot"
}

install_all() {
    [ -f "$binary" ] || die "$binary is not there; build it first: cargo build --release"
    if [ $live = yes ]; then
        bash "$here/deps.sh" run
        add_user
    fi
    put 755 "$binary" "$program"
    put_kits
    put_config
    local unit text
    text=$(mktemp)
    for unit in rimshot.service rimshot-tuning.service; do
        sed "s#^ExecStart=/usr/bin/rimshot#ExecStart=$program#" "$project/systemd/$unit" >"$text"
        put 644 "$text" $units/$unit
    done
    rm "$text"
    put 644 "$here/70-rimshot.rules" $rules
    mkdir -p "$dest$state/kits"
    chmod 2775 "$dest$state" "$dest$state/kits"
    [ $live = no ] || chown rimshot:rimshot $state $state/kits
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
    if has_systemd; then
        systemctl --quiet disable --now rimshot-tuning.service rimshot.service 2>/dev/null || true
    fi
    take "$program" $units/rimshot.service $units/rimshot-tuning.service $rules $share
    if [ $purge = yes ]; then
        take /etc/rimshot $state
        if [ $live = yes ] && getent passwd rimshot >/dev/null; then
            userdel rimshot
            # Stays with the user's removal where others are in it.
            ! getent group rimshot >/dev/null || groupdel rimshot
            say "user and group rimshot are gone"
        fi
    elif [ -e "$dest$config" ] || [ -e "$dest$state" ]; then
        say "$config and $state stay; --uninstall --purge takes them too"
    fi
    ! has_systemd || systemctl daemon-reload
    [ $live = yes ] ||
        tidy "$prefix/bin" "$units" "${rules%/*}" "${share%/*}" /etc "${state%/*}"
}

${act}_all
