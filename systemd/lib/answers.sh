# shellcheck shell=bash
# What the installer must know: from a file of answers, else asked on the terminal, else the default. Changes nothing.

# name|default|pattern|question
ANSWERS='
device_id|shop-1|[a-z0-9][a-z0-9-]{0,62}|Name of this device, in every event
config||(/.*)?|A configuration that is ready (a path; empty makes a first one)
camera|picamera2|[^"\\[:cntrl:]]+|Camera: picamera2, v4l2:/dev/video0, rtsp://..., file:...
siren_pin||([0-9]{1,2})?|GPIO number of the siren (empty: none)
mqtt|local|local|remote|none|Broker: local (on this machine), remote or none
mqtt_host|127.0.0.1|[A-Za-z0-9.:_-]+|Address of the broker
mqtt_port|8883|[0-9]{1,5}|Port of the broker
mqtt_username||[A-Za-z0-9._-]*|User at the broker (empty: the name of the device)
mqtt_password_file||(/.*)?|File with the password at the broker (remote)
mqtt_ca_file||(/.*)?|File with the certificate authority of the broker (remote)
page|here|here|network|Who reaches the page: here (this machine alone) or network (all of it, by HTTPS on 8443)
watchdog|yes|yes|no|Restart the board by its hardware watchdog when all hangs
start|yes|yes|no|Start the guard now and at every boot
bundle_key||[^[:cntrl:]]*|Public key, or its fingerprint, that must have signed the bundle
'
declare -A ANSWER=()

_answer_names() { printf '%s' "$ANSWERS" | sed -n 's/^\([a-z_]*\)|.*/\1/p'; }

# Columns of one answer's line; the pattern may hold |, so it is what lies between the second column and the last.
_answer_default() { printf '%s' "$ANSWERS" | sed -n "s/^$1|\([^|]*\)|.*/\1/p"; }
_answer_pattern() { printf '%s' "$ANSWERS" | sed -n "s/^$1|[^|]*|\(.*\)|[^|]*$/\1/p"; }
_answer_question() { printf '%s' "$ANSWERS" | sed -n "s/^$1|.*|\([^|]*\)$/\1/p"; }

# read_answers FILE: lines of name = value; # begins a comment. Nothing in it is executed.
read_answers() {
    local file=$1 line name value number=0
    [ -r "$file" ] || fail "the answers $file cannot be read" "name a file of lines like device_id = shop-1"
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        case "$line" in '' | '#'* | [[:space:]]*'#'*) continue ;; esac
        [[ $line =~ ^[[:space:]]*([A-Za-z_]+)[[:space:]]*=[[:space:]]*(.*[^[:space:]]|)[[:space:]]*$ ]] ||
            fail "$file, line $number: no 'name = value'" "write a line like device_id = shop-1"
        name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
        value=${value#\"} value=${value%\"}
        _answer_names | grep -qx "$name" ||
            fail "$file, line $number: there is no answer '$name'" "known: $(_answer_names | tr '\n' ' ')"
        check_answer "$name" "$value" "$file, line $number"
        ANSWER[$name]=$value
    done <"$file"
}

check_answer() {
    local name=$1 value=$2 place=$3
    [[ $value =~ ^($(_answer_pattern "$name"))$ ]] ||
        fail "$place: $name = '$value' is not allowed" "it must look like $(_answer_pattern "$name")"
}

# Asks for what is still open; without a terminal, or unattended, the defaults hold.
complete_answers() {
    local name value
    step "what it must know"
    for name in $(_answer_names); do
        [ -z "${ANSWER[$name]+set}" ] || continue
        value=$(_answer_default "$name")
        if [ "$UNATTENDED" = no ] && [ -t 0 ] && _is_asked "$name"; then
            read -r -p "   $(_answer_question "$name") [$value]: " REPLY
            value=${REPLY:-$value}
        fi
        check_answer "$name" "$value" "the answer"
        ANSWER[$name]=$value
    done
    CAMERA=${ANSWER[camera]}
    say "device ${ANSWER[device_id]}, camera $CAMERA, broker ${ANSWER[mqtt]}, siren ${ANSWER[siren_pin]:-none}"
}

# Details of a remote broker concern only those who have one; a ready configuration answers most.
_is_asked() {
    case "$1" in
        bundle_key) return 1 ;;
        mqtt_*) [ "${ANSWER[mqtt]:-}" = remote ] ;;
        camera | siren_pin | page) [ -z "${ANSWER[config]:-}" ] ;;
        *) return 0 ;;
    esac
}
