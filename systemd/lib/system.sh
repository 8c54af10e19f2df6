# shellcheck shell=bash
# What the system needs around the program: packages, user, folders, rules of udev, units. Knows no release.

PACKAGES_FILE=$PREFIX/installed-packages
GROUPS_FILE=$PREFIX/made-groups
# What waits for its time, or for its file.
WAITING='shopwarden-check.timer shopwarden-retention.timer shopwarden-selftest.timer shopwarden-clock.path'
UNITS="shopwarden.service shopwarden-failed@.service shopwarden-check.service shopwarden-retention.service
    shopwarden-selftest.service shopwarden-clock.service $WAITING"

wanted_packages() {
    local list='python3-venv openssl ca-certificates'
    [ "$CAMERA" != picamera2 ] || list="$list python3-picamera2"
    [ "${ANSWER[mqtt]}" != local ] || list="$list mosquitto"
    # Its pins: as the camera's library it is Raspberry Pi OS's own.
    [ "$ARCH-$CODENAME" != arm64-trixie ] || [[ $BOARD != *"Raspberry Pi"* ]] || list="$list python3-lgpio"
    # 32-bit: no wheels of these exist, Debian's own serve.
    [ "$ARCH" != armhf ] || list="$list python3-numpy python3-opencv"
    printf '%s\n' "$list"
}

install_packages() {
    local package missing=''
    step "packages of the system"
    for package in $(wanted_packages); do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    if [ -z "$missing" ]; then
        say "all there"
        return 0
    fi
    change "install$missing" _install_packages "$missing"
}

_install_packages() {
    local before after
    before=$(_installed)
    undo _remove_new_packages "$before"
    if [ -n "$BUNDLE" ]; then
        _install_from_bundle "$1"
    else
        _apt update || fail "the list of packages cannot be fetched" "look at the network and at apt's sources"
        # shellcheck disable=SC2086 # a list of words
        _apt install $1 || fail "apt could not install$1" "read $LOG; python3-picamera2 and python3-lgpio are Raspberry Pi OS's own"
    fi
    after=$(_installed)
    make_folder "$PREFIX"
    comm -13 <(printf '%s\n' "$before") <(printf '%s\n' "$after") >>"$PACKAGES_FILE"
    undo rm -f "$PACKAGES_FILE"
}

_apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" >>"$LOG" 2>&1
}

_installed() { dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | awk '$1 == "ii" { print $2 }' | sort -u; }

_remove_new_packages() {
    local new
    new=$(comm -13 <(printf '%s\n' "$1") <(_installed) | tr '\n' ' ')
    # shellcheck disable=SC2086 # a list of words
    [ -z "${new// /}" ] || _apt purge $new
}

# The bundle is a source of packages that apt reads as any other: it takes what is missing and leaves what is there.
_install_from_bundle() {
    local folder=$BUNDLE/debs/$CODENAME-$ARCH
    [ -r "$folder/Packages" ] || fail "the bundle has no packages for $CODENAME $ARCH" "make it with: make bundle"
    mkdir -p "$WORK/lists/partial"
    # Trusted, as the whole bundle is signed and every file in it has been compared with its sum.
    printf 'deb [trusted=yes] file:%s ./\n' "$folder" >"$WORK/bundle.list"
    _bundle_apt update || fail "the packages of the bundle cannot be read" "read $LOG"
    # shellcheck disable=SC2086 # a list of words
    _bundle_apt install $1 || fail "the packages of the bundle could not be installed" \
        "read $LOG; python3-picamera2 and python3-lgpio are Raspberry Pi OS's own: install them once with internet, or use its full image"
}

_bundle_apt() {
    _apt -o Dir::State::lists="$WORK/lists" -o Dir::Etc::sourcelist="$WORK/bundle.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Cache::pkgcache='' -o Dir::Cache::srcpkgcache='' -o APT::Sandbox::User=root "$@"
}

install_system_files() {
    local file
    step "user, folders, rules and units"
    put "$SYSTEMD/shopwarden.sysusers" /etc/sysusers.d/shopwarden.conf 644
    put "$SYSTEMD/shopwarden.tmpfiles" /etc/tmpfiles.d/shopwarden.conf 644
    put "$SYSTEMD/shopwarden.rules" /etc/udev/rules.d/60-shopwarden.rules 644
    put "$SYSTEMD/journald.conf" /etc/systemd/journald.conf.d/shopwarden.conf 644
    for file in $UNITS; do
        put "$SYSTEMD/units/$file" "/etc/systemd/system/$file" 644
    done
    put "$SYSTEMD/back-off" /usr/local/lib/shopwarden/back-off 755
    put "$SYSTEMD/tell-failure" /usr/local/lib/shopwarden/tell-failure 755
    put "$SYSTEMD/set-clock" /usr/local/lib/shopwarden/set-clock 755
    if [ "${ANSWER[watchdog]}" = yes ]; then
        put "$SYSTEMD/watchdog.conf" /etc/systemd/system.conf.d/shopwarden-watchdog.conf 644
    fi
    id shopwarden >/dev/null 2>&1 || undo _remove_user
    [ "$CHANGES" = "$CHANGES_BEFORE" ] || change "make the user and the folders" _make_user_and_folders
}

_make_user_and_folders() {
    local group
    undo _forget_folders
    for group in $(sed -n 's/^g \([a-z]*\) .*/\1/p' "$SYSTEMD/shopwarden.sysusers"); do
        getent group "$group" >/dev/null || _note_new_group "$group"
    done
    systemd-sysusers /etc/sysusers.d/shopwarden.conf >>"$LOG" 2>&1 || fail "the user cannot be made" "read $LOG"
    systemd-tmpfiles --create /etc/tmpfiles.d/shopwarden.conf >>"$LOG" 2>&1 || fail "the folders cannot be made" "read $LOG"
    systemctl daemon-reload
    # Without udev there are no devices that the rules are for.
    ! command -v udevadm >/dev/null || udevadm control --reload >>"$LOG" 2>&1 || true
}

_note_new_group() {
    make_folder "$PREFIX"
    [ -e "$GROUPS_FILE" ] || undo rm -f "$GROUPS_FILE"
    echo "$1" >>"$GROUPS_FILE"
    undo groupdel "$1"
}

# Only those that the installation made: they are empty then.
_forget_folders() {
    rmdir --ignore-fail-on-non-empty /etc/shopwarden/secrets /etc/shopwarden /var/lib/shopwarden 2>/dev/null || true
    systemctl daemon-reload
}

_remove_user() {
    userdel shopwarden 2>/dev/null || true
    groupdel shopwarden 2>/dev/null || true
}
