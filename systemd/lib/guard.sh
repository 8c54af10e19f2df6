# shellcheck shell=bash
# The guard's own configuration and its service. Knows no package and no release.

write_configuration() {
    step "configuration"
    if [ -e "$CONFIG" ]; then
        say "$CONFIG is kept as it is"
    else
        if [ -n "${ANSWER[config]}" ]; then
            [ -r "${ANSWER[config]}" ] || fail "the configuration ${ANSWER[config]} cannot be read" "name another"
            cp "${ANSWER[config]}" "$WORK/shopwarden.toml"
        else
            first_configuration >"$WORK/shopwarden.toml"
        fi
        put "$WORK/shopwarden.toml" "$CONFIG" 640 root:shopwarden
    fi
    if [ "${ANSWER[mqtt]}" = remote ] && [ -n "${ANSWER[mqtt_password_file]}" ]; then
        [ -r "${ANSWER[mqtt_password_file]}" ] || fail "${ANSWER[mqtt_password_file]} cannot be read" "write the broker's password into it"
        put "${ANSWER[mqtt_password_file]}" "$SECRETS/mqtt.password" 600
    fi
    [ "$DRY_RUN" = yes ] && [ ! -x "$CURRENT/bin/shopwarden" ] && return 0
    "$CURRENT/bin/shopwarden" check-config "$CONFIG" >/dev/null 2>"$WORK/wrong" ||
        fail "the configuration is wrong: $(cat "$WORK/wrong")" "mend it, or leave 'config' out of the answers"
}

first_configuration() {
    cat <<TOML
# Shopwarden: what this guard watches and whom it tells. Every key: docs/reference/config.md
[device]
id = "${ANSWER[device_id]}"
state_dir = "/var/lib/shopwarden"

[[cameras]]
id = "camera-1"
source = "${ANSWER[camera]}"
TOML
    if [ -n "${ANSWER[siren_pin]}" ]; then
        cat <<TOML

[pins]
outputs = [{ id = "siren", pin = ${ANSWER[siren_pin]}, active_high = true, max_on_s = 180.0 }]
TOML
    fi
    if [ "${ANSWER[page]}" = network ]; then
        printf '\n[web]\nlisten = "0.0.0.0:8443"\n'
    fi
    [ "${ANSWER[mqtt]}" = none ] || mqtt_configuration
}

mqtt_configuration() {
    local user=${ANSWER[mqtt_username]:-${ANSWER[device_id]}} authority=${ANSWER[mqtt_ca_file]}
    [ "${ANSWER[mqtt]}" != local ] || authority=$BROKER_CA
    cat <<TOML

[mqtt]
host = "${ANSWER[mqtt_host]}"
port = ${ANSWER[mqtt_port]}
username = "$user"
password_file = "$SECRETS/mqtt.password"
TOML
    [ -z "$authority" ] || printf 'ca_file = "%s"\n' "$authority"
}

ANNOUNCEMENT=/etc/avahi/services/shopwarden.service

# By mDNS, where this machine speaks it and others can reach the page. Avahi reads its folder by itself.
announce() {
    local address
    [ -d "$(dirname "$ANNOUNCEMENT")" ] && [ -x "$CURRENT/bin/shopwarden" ] || return 0
    step "how it is found"
    address=$("$CURRENT/bin/shopwarden" web fingerprint --config "$CONFIG" 2>>"$LOG" | head -n 1)
    if [[ $address =~ ^https://.*:[0-9]+$ ]] && [[ ! $address =~ ^https://(127\.|localhost|\[::1\]) ]]; then
        # A configuration that was there before says itself who it is.
        sed "s|@DEVICE@|$(device_name)|g; s|@PORT@|${address##*:}|g" "$SYSTEMD/avahi.service" >"$WORK/avahi"
        put "$WORK/avahi" "$ANNOUNCEMENT" 644
        say "as $address"
    elif [ -e "$ANNOUNCEMENT" ]; then
        change "announce it no more: only this machine reaches its page" rm -f "$ANNOUNCEMENT"
    else
        say "not announced: only this machine reaches its page"
    fi
}

device_name() { "$CURRENT/bin/shopwarden" check-config "$CONFIG" 2>>"$LOG" | python3 -c 'import json, sys; print(json.load(sys.stdin)["device"]["id"])'; }

start_guard() {
    step "the guard"
    if [ "${ANSWER[start]}" = no ]; then
        say "not started, as asked"
        return 0
    fi
    # An older release had fewer timers.
    # shellcheck disable=SC2086 # a list of words
    if [ "$(systemctl is-enabled shopwarden.service $WAITING 2>/dev/null | grep -cx enabled)" != "$(wc -w <<<"guard $WAITING")" ]; then
        change "start at every boot" _enable
    fi
    if [ "$CHANGES" = 0 ] && systemctl is-active -q shopwarden.service; then
        say "it guards"
        return 0
    fi
    change "start it" _start
}

_enable() {
    local unit
    for unit in shopwarden.service $WAITING; do
        systemctl is-enabled -q "$unit" 2>/dev/null || undo systemctl disable -q "$unit"
        systemctl enable -q "$unit" >>"$LOG" 2>&1
    done
    for unit in $WAITING; do
        systemctl is-active -q "$unit" || undo systemctl stop "$unit"
        systemctl start "$unit" >>"$LOG" 2>&1
    done
}

# It is up when it says that it guards: with its first picture.
_start() {
    undo systemctl stop shopwarden.service
    systemctl restart shopwarden.service >>"$LOG" 2>&1 || {
        journalctl -q -u shopwarden.service -n 20 --no-pager -o cat >&2
        fail "the guard does not start" "what it said stands above; mend $CONFIG and run the installer again"
    }
    say "it guards: $(systemctl show -p StatusText --value shopwarden.service)"
}
