# shellcheck shell=bash
# A broker on this machine: TLS, a user and a list of allowed topics for each device, messages that outlive a restart.

BROKER=/etc/mosquitto
BROKER_CA=$BROKER/shopwarden/ca.crt

install_broker() {
    [ "${ANSWER[mqtt]}" = local ] || return 0
    step "the broker on this machine"
    # Noted before anything is changed, so that it comes after all of that is taken back.
    if systemctl is-active -q mosquitto.service; then
        undo _broker_as_before
    fi
    [ -e "$BROKER_CA" ] || change "make its certificates" _make_certificates
    sed "s|@CERTIFICATES@|$BROKER/shopwarden|g; s|@BROKER@|$BROKER|g" "$SYSTEMD/mosquitto.conf" >"$WORK/mosquitto.conf"
    put "$WORK/mosquitto.conf" "$BROKER/conf.d/shopwarden.conf" 644
    sed "s|@DEVICE@|${ANSWER[device_id]}|g" "$SYSTEMD/mosquitto.acl" >"$WORK/acl"
    put "$WORK/acl" "$BROKER/shopwarden/acl" 640 root:mosquitto
    if [ ! -e "$SECRETS/mqtt.password" ] || [ ! -e "$BROKER/shopwarden/passwords" ]; then
        change "give the device a password" _make_password
    fi
    if [ "$CHANGES" != "$CHANGES_BEFORE" ]; then
        change "restart the broker" _restart_broker
    fi
}

# Valid from 2000: a Pi without a clock may believe that it is 1970, or the day its image was made.
_make_certificates() {
    local folder=$BROKER/shopwarden ca
    ca=$(mktemp -d "$WORK/ca.XXXXXX")
    make_folder "$folder"
    undo rm -rf "$folder"
    : >"$ca/index.txt"
    echo 01 >"$ca/serial"
    sed "s|@WORK@|$ca|g; s|@NAME@|$(hostname)|g" "$SYSTEMD/broker-ca.cnf" >"$ca/ca.cnf"
    _openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config "$ca/ca.cnf" \
        -subj "/CN=Shopwarden $(hostname)" -keyout "$ca/ca.key" -out "$ca/ca.csr"
    _sign "$ca" ca authority_extensions -selfsign
    _openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config "$ca/ca.cnf" \
        -subj "/CN=$(hostname)" -keyout "$ca/broker.key" -out "$ca/broker.csr"
    _sign "$ca" broker broker_extensions -cert "$ca/ca.crt"
    install -m 644 "$ca/ca.crt" "$folder/ca.crt"
    install -m 644 "$ca/broker.crt" "$folder/broker.crt"
    install -m 640 -g mosquitto "$ca/broker.key" "$folder/broker.key"
    # Whoever has this key can be any broker: it is kept only for the certificates of further devices.
    install -m 600 "$ca/ca.key" "$folder/ca.key"
}

_openssl() { openssl "$@" >>"$LOG" 2>&1 || fail "openssl could not make the broker's certificates" "read $LOG"; }

# _sign WORK NAME EXTENSIONS ARGUMENT...
_sign() {
    local work=$1 name=$2 extensions=$3
    shift 3
    _openssl ca -batch -notext -config "$work/ca.cnf" -extensions "$extensions" -startdate 20000101000000Z \
        -enddate 20991231235959Z -keyfile "$work/ca.key" -in "$work/$name.csr" -out "$work/$name.crt" "$@"
}

_make_password() {
    local password passwords=$BROKER/shopwarden/passwords
    password=$(openssl rand -base64 24)
    printf '%s\n' "$password" >"$WORK/mqtt.password"
    put "$WORK/mqtt.password" "$SECRETS/mqtt.password" 600
    # Hashed in place, so that the password stands on no command line.
    printf '%s:%s\n' "${ANSWER[mqtt_username]:-${ANSWER[device_id]}}" "$password" >"$WORK/passwords"
    mosquitto_passwd -U "$WORK/passwords" >>"$LOG" 2>&1 || fail "the broker's password could not be hashed" "read $LOG"
    put "$WORK/passwords" "$passwords" 640 root:mosquitto
}

_restart_broker() {
    systemctl is-enabled -q mosquitto.service 2>/dev/null || undo systemctl disable -q mosquitto.service
    systemctl enable -q mosquitto.service >>"$LOG" 2>&1
    systemctl restart mosquitto.service >>"$LOG" 2>&1 || fail "the broker does not start" "journalctl -u mosquitto; $BROKER/conf.d"
}

_broker_as_before() { systemctl restart mosquitto.service >>"$LOG" 2>&1; }
