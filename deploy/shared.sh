# What deploy/install.sh and the scripts of the Debian package do alike: read by the one,
# put into the others by deploy/deb.sh. POSIX shell, because dpkg runs those with sh.

units="rimshot.service rimshot-tuning.service rimshot-shut-down.path"
state=/var/lib/rimshot

add_user() {
    # A group that is missing would stop the service with the status 216/GROUP. Debian has
    # no group gpio and makes i2c with a package; Raspberry Pi OS has all of them.
    for group in audio gpio i2c rimshot; do
        getent group $group >/dev/null || { groupadd --system $group; say "group $group"; }
    done
    if ! getent passwd rimshot >/dev/null; then
        useradd --system --gid rimshot --home-dir $state --no-create-home \
            --shell /usr/sbin/nologin --comment "rimshot drum module" rimshot
        say "user rimshot"
    fi
    usermod --append --groups audio,gpio,i2c rimshot
}

remove_user() {
    getent passwd rimshot >/dev/null || return 0
    userdel rimshot
    # It stays with the user's removal where others are in it.
    ! getent group rimshot >/dev/null || groupdel rimshot
    say "user and group rimshot are gone"
}

# Members of the group rimshot may put kits there. The inner folder is made by the user:
# where root did, a link put there in time would give that user any folder.
own_state() {
    mkdir -p $state
    chown rimshot:rimshot $state
    chmod 2775 $state
    runuser -u rimshot -- mkdir -p -m 2775 $state/kits
}

# The rules count for devices that are there already, too.
apply_rules() {
    if command -v udevadm >/dev/null; then
        udevadm control --reload
        udevadm trigger --subsystem-match=gpio --subsystem-match=i2c-dev \
            --subsystem-match=usb --action=add
    fi
}

# What stands in /etc counts more than what is installed, and so may be an older one.
tell_hidden() {
    for hidden in /etc/systemd/system/rimshot.service /etc/udev/rules.d/70-rimshot.rules; do
        [ ! -s $hidden ] || say "$hidden is used instead of the one that is installed now"
    done
}
