# shellcheck shell=bash
# One list for many devices: each finds its own line by its serial number and takes its answers from there. Changes nothing.

# The board's own number, else the PC's, else what systemd made at the first boot; in lower case.
serial_number() {
    local file
    for file in proc/device-tree/serial-number sys/class/dmi/id/product_serial etc/machine-id; do
        if [ -s "$FS/$file" ]; then
            tr -d '\0[:space:]' <"$FS/$file" | tr '[:upper:]' '[:lower:]'
            return 0
        fi
    done
}

# read_fleet FILE: lines of SERIAL name=value ...; what stands there counts more than the common answers.
read_fleet() {
    local file=$1 serial line words word name value number=0 found='' names=''
    [ -r "$file" ] || fail "the list $file cannot be read" "name a file of lines like 10000000a1b2c3d4 device_id=shop-1"
    serial=$(serial_number)
    [ -n "$serial" ] || fail "this machine has no serial number" "use --answers alone, with its device_id"
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        read -r -a words <<<"${line%%#*}"
        [ "${#words[@]}" -gt 0 ] || continue
        case " $names " in *" ${words[0],,} "*) fail "$file, line $number: ${words[0]} stands there twice" "one line a device" ;; esac
        names="$names ${words[0],,}"
        for word in "${words[@]:1}"; do
            name=${word%%=*} value=${word#*=}
            [[ $word == *=* ]] && _answer_names | grep -qx "$name" ||
                fail "$file, line $number: there is no answer '$word'" "write name=value; known: $(_answer_names | tr '\n' ' ')"
            check_answer "$name" "$value" "$file, line $number"
            if [ "$name" = device_id ]; then
                case " $names " in *" =$value "*) fail "$file, line $number: another device is $value already" "each needs a name of its own" ;; esac
                names="$names =$value"
            fi
            [ "${words[0],,}" != "$serial" ] || ANSWER[$name]=$value
        done
        [ "${words[0],,}" != "$serial" ] || found=$number
    done <"$file"
    [ -n "$found" ] || fail "this device, $serial, is not in $file" "add a line: $serial device_id=..."
    [ -n "${ANSWER[device_id]+set}" ] || fail "$file, line $found: no device_id" "add device_id=... to the line"
    say "line $found of the list is this device: $serial"
}
