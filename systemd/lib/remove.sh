# shellcheck shell=bash
# Takes the program off the machine. Configuration, events and evidence stay, unless --purge.

uninstall() {
    step "take it off"
    change "stop the guard" _stop_and_disable
    _remove_file /usr/local/bin/shopwarden
    _remove_file /usr/local/lib/shopwarden
    _remove_file /run/shopwarden-clock-set
    for file in $UNITS; do
        _remove_file "/etc/systemd/system/$file"
        _remove_file "/var/lib/systemd/timers/stamp-$file"
    done
    for file in /etc/sysusers.d/shopwarden.conf /etc/tmpfiles.d/shopwarden.conf /etc/udev/rules.d/60-shopwarden.rules \
        /etc/systemd/journald.conf.d/shopwarden.conf /etc/systemd/system.conf.d/shopwarden-watchdog.conf \
        "$ANNOUNCEMENT"; do
        _remove_file "$file"
    done
    for file in /etc/sysusers.d /etc/tmpfiles.d /etc/udev/rules.d /etc/udev /etc/systemd/journald.conf.d /etc/systemd/system.conf.d; do
        _remove_empty_folder "$file"
    done
    if [ "$PURGE" = yes ]; then
        purge
    else
        say "kept: /etc/shopwarden, $STATE, the broker's configuration; --purge removes them too"
    fi
    [ ! -e "$PREFIX" ] || change "remove $PREFIX" rm -rf "$PREFIX"
    change "tell systemd" systemctl daemon-reload
}

purge() {
    local packages=''
    [ ! -e "$BROKER/conf.d/shopwarden.conf" ] || _remove_file "$BROKER/conf.d/shopwarden.conf"
    _remove_file "$BROKER/shopwarden"
    _remove_file /etc/shopwarden
    _remove_file "$STATE"
    if [ -s "$PACKAGES_FILE" ]; then
        packages=$(tr '\n' ' ' <"$PACKAGES_FILE")
        # shellcheck disable=SC2086 # a list of words
        change "remove the packages that came with it" _apt purge $packages
        # Bookworm's package leaves its user.
        case " $packages " in
            *" mosquitto "*) ! id mosquitto >/dev/null 2>&1 || change "remove the user mosquitto" _remove_broker_user ;;
        esac
    elif systemctl is-active -q mosquitto.service; then
        change "restart the broker without it" systemctl restart mosquitto.service
    fi
    ! id shopwarden >/dev/null 2>&1 || change "remove the user shopwarden" _remove_user
    [ ! -e "$GROUPS_FILE" ] || change "remove the groups that came with it" _remove_groups
}

_remove_file() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    change "remove $1" rm -rf "$1"
}

# A folder that a package brought stays.
_remove_empty_folder() {
    [ -d "$1" ] && [ -z "$(ls -A "$1")" ] || return 0
    dpkg-query -S "$1" >/dev/null 2>&1 || change "remove the empty folder $1" rmdir "$1"
}

_stop_and_disable() {
    # shellcheck disable=SC2086 # a list of words
    systemctl disable -q --now $WAITING >>"$LOG" 2>&1 || true
    systemctl disable -q --now shopwarden.service >>"$LOG" 2>&1 || true
}

_remove_broker_user() {
    userdel mosquitto >>"$LOG" 2>&1 || true
    groupdel mosquitto >>"$LOG" 2>&1 || true
}

# One that another user has joined since stays.
_remove_groups() {
    local group
    while IFS= read -r group; do
        groupdel "$group" >>"$LOG" 2>&1 || true
    done <"$GROUPS_FILE"
}
