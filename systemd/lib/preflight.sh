# shellcheck shell=bash
# Looks whether this machine can be a guard, before anything is changed. Changes nothing.

NEEDED_MIB=1500
CODENAME='' ARCH='' BOARD='' PYTHON_VERSION=''

preflight() {
    step "look at this machine"
    [ "$(id -u)" = 0 ] || fail "it must run as root" "sudo $0 $CALL"
    look_at_os
    look_at_board
    look_at_disk
    look_at_clock
    look_at_power
    look_at_camera
    [ -n "$BUNDLE" ] || look_at_network
}

look_at_os() {
    local id
    [ -r "$FS/etc/os-release" ] || fail "$FS/etc/os-release is not there, so this is no Debian" "use Raspberry Pi OS or Debian"
    id=$(os_release ID)
    CODENAME=$(os_release VERSION_CODENAME)
    case "$id" in
        debian | raspbian) ;;
        *) fail "this is ${id:-an unknown system}, not Debian" "use Raspberry Pi OS or Debian, Bookworm or Trixie" ;;
    esac
    case "$CODENAME" in
        bookworm | trixie) ;;
        *) fail "Debian '${CODENAME:-?}' is not supported" "use Bookworm (12) or Trixie (13)" ;;
    esac
    ARCH=$(dpkg --print-architecture)
    case "$ARCH" in
        arm64 | amd64) ;;
        armhf)
            [ "$CODENAME" = bookworm ] || fail "32-bit needs Bookworm: tflite-runtime ends with Python 3.11" \
                "use the 64-bit system, or Bookworm"
            ;;
        *) fail "no detector runs on $ARCH" "use a 64-bit Raspberry Pi (arm64) or a PC (amd64)" ;;
    esac
    command -v python3 >/dev/null || fail "python3 is missing" "apt-get install python3"
    PYTHON_VERSION=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    case "$PYTHON_VERSION" in
        3.11 | 3.12 | 3.13) ;;
        *) fail "python3 is $PYTHON_VERSION, supported are 3.11 to 3.13" "use the system's own python3" ;;
    esac
    [ -d "$FS/run/systemd/system" ] || fail "systemd does not run here" "boot the machine normally, not in a container without it"
    say "Debian $CODENAME, $ARCH, Python $PYTHON_VERSION, systemd $(systemctl --version | awk 'NR == 1 { print $2 }')"
}

# Read, never executed.
os_release() { sed -n "s/^$1=\"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}$/\\1/p" "$FS/etc/os-release"; }

look_at_board() {
    BOARD=unknown
    [ ! -r "$FS/proc/device-tree/model" ] || BOARD=$(tr -d '\0' <"$FS/proc/device-tree/model")
    case "$BOARD" in
        *"Raspberry Pi"*) say "$BOARD" ;;
        *) warn "this is no Raspberry Pi: pins are mock ones, and there is no camera on a ribbon" ;;
    esac
}

look_at_disk() {
    local place free
    place=/opt
    [ -d "$place" ] || place=/
    free=$(df --output=avail -m "$place" | tail -n 1 | tr -d ' ')
    [ "$free" -ge "$NEEDED_MIB" ] || fail "$place has $free MiB left, $NEEDED_MIB are needed" "free some space or use a larger card"
    say "$free MiB free"
}

look_at_clock() {
    if [ "$(date +%Y)" -lt 2025 ]; then
        fail "the clock says $(date '+%Y-%m-%d %H:%M')" "set it: date -s 'YYYY-MM-DD HH:MM', and think of a clock module (RTC)"
    fi
    if [ ! -e "$FS/dev/rtc0" ]; then
        warn "no clock module (RTC): after a power cut without internet the guard does not know the time"
    fi
}

look_at_power() {
    local flags
    command -v vcgencmd >/dev/null || return 0
    flags=$(vcgencmd get_throttled 2>/dev/null | sed -n 's/^throttled=//p')
    case "$flags" in
        '' | 0x0) ;;
        *) warn "the board says throttled=$flags: its power supply is too weak or it is too hot" ;;
    esac
}

look_at_camera() {
    [ "$CAMERA" = picamera2 ] || return 0
    if ! compgen -G "$FS/dev/media*" >/dev/null; then
        warn "no camera answers on the ribbon: look at its plug; the self-test at the end will tell"
    fi
}

look_at_network() {
    [ -n "$(ip route show default 2>/dev/null)" ] ||
        fail "there is no way to the internet" "connect the machine, or install from a bundle: install.sh --offline BUNDLE"
}
