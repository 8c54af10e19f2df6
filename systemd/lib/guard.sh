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

start_guard() {
    step "the guard"
    if [ "${ANSWER[start]}" = no ]; then
        say "not started, as asked"
        return 0
    fi
    if ! systemctl is-enabled -q shopwarden.service 2>/dev/null; then
        change "start at every boot" _enable
    fi
    if [ "$CHANGES" = 0 ] && systemctl is-active -q shopwarden.service; then
        say "it guards"
        return 0
    fi
    change "start it" _start
}

_enable() {
    undo systemctl disable -q shopwarden.service shopwarden-check.timer
    systemctl enable -q shopwarden.service shopwarden-check.timer >>"$LOG" 2>&1
    systemctl start shopwarden-check.timer >>"$LOG" 2>&1
    undo systemctl stop shopwarden-check.timer
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
