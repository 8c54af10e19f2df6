#!/usr/bin/env bash
# Puts Shopwarden on this machine as a service that guards, or takes it off again. Run it twice: the second changes nothing.
# The guide: docs/guide/install.md
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail

usage() {
    cat <<'TEXT'
Usage: install.sh [OPTION...]
  --answers FILE     answers in place of questions, a line each: name = value
  --fleet FILE       a list of devices, a line each: serial name=value ...; its line counts more than the answers
  --unattended       ask nothing: what no answer is given to has its default
  --offline BUNDLE   from a bundle (a file, or the folder it was unpacked to), without any network
  --upgrade          to this version; back to the one before where its self-test fails
  --uninstall        take it off; configuration, events and evidence stay
  --purge            with --uninstall: these too
  --dry-run          say what would be done, do nothing
  --help             this text
Exit status: 0 done; 1 failed, and the machine is as it was; 2 the call is wrong;
3 installed, but the self-test at the end found something, as it says.
TEXT
}

usage_error() {
    printf 'install.sh: %s\n' "$1" >&2
    usage >&2
    exit 2
}

SYSTEMD=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE=$(dirname "$SYSTEMD")
PREFIX=/opt/shopwarden
CONFIG=/etc/shopwarden/shopwarden.toml
SECRETS=/etc/shopwarden/secrets
LOG=/var/log/shopwarden-install.log
# Another root for what is only looked at, so that each refusal can be tried without such a machine.
FS=${SHOPWARDEN_LOOK_AT:-}
CALL=$*
ANSWERS_FILE='' FLEET='' UNATTENDED=no BUNDLE='' ACTION=install PURGE=no CAMERA=''

while [ $# -gt 0 ]; do
    case "$1" in
        --answers | --fleet | --offline)
            [ $# -ge 2 ] || usage_error "$1 needs a file"
            case "$1" in --answers) ANSWERS_FILE=$2 ;; --fleet) FLEET=$2 ;; *) BUNDLE=$2 ;; esac
            shift
            ;;
        --unattended) UNATTENDED=yes ;;
        --upgrade) ACTION=upgrade ;;
        --uninstall) ACTION=uninstall ;;
        --purge) PURGE=yes ;;
        --dry-run) DRY_RUN=yes ;;
        --help)
            usage
            exit 0
            ;;
        *) usage_error "there is no option $1" ;;
    esac
    shift
done
[ "$PURGE" = no ] || [ "$ACTION" = uninstall ] || usage_error "--purge goes with --uninstall"

. "$SYSTEMD/lib/say.sh"
. "$SYSTEMD/lib/answers.sh"
. "$SYSTEMD/lib/fleet.sh"
. "$SYSTEMD/lib/preflight.sh"
. "$SYSTEMD/lib/bundle.sh"
. "$SYSTEMD/lib/system.sh"
. "$SYSTEMD/lib/release.sh"
. "$SYSTEMD/lib/broker.sh"
. "$SYSTEMD/lib/guard.sh"
. "$SYSTEMD/lib/remove.sh"

trap finish EXIT
trap 'exit 130' INT TERM
WORK=$(mktemp -d)
# Who only asks what would be done need not be root.
[ "$DRY_RUN" = no ] || LOG=$WORK/log

install_all() {
    [ -z "$ANSWERS_FILE" ] || read_answers "$ANSWERS_FILE"
    if [ -n "$FLEET" ]; then
        step "which device this is"
        read_fleet "$FLEET"
    fi
    complete_answers
    preflight
    [ -z "$BUNDLE" ] || open_bundle
    install_packages
    CHANGES_BEFORE=$CHANGES
    install_system_files
    CHANGES_BEFORE=$CHANGES
    install_broker
    install_release
    use_release
    write_configuration
    announce
    start_guard
    forget_old_releases
}

main() {
    local green=0
    if [ "$ACTION" = uninstall ]; then
        [ "$(id -u)" = 0 ] || fail "it must run as root" "sudo $0 $CALL"
        uninstall
        return 0
    fi
    if [ "$ACTION" = upgrade ] && [ ! -e "$PREFIX/current" ]; then
        fail "there is nothing to upgrade" "run install.sh without --upgrade"
    fi
    install_all
    # From here on the machine is what was asked for: what the self-test finds is for a person to mend.
    UNDO=()
    if [ "$CHANGES" = 0 ]; then
        step "done: nothing had to be changed"
        return 0
    fi
    [ "$DRY_RUN" = no ] || { step "done: $CHANGES changes would be made"; return 0; }
    last_words || green=3
    return "$green"
}

last_words() {
    step "self-test"
    if systemctl is-active -q shopwarden.service; then
        # The camera has one user, the guard; that it is up says that pictures come.
        say "ok       guard                $(systemctl show -p StatusText --value shopwarden.service)"
    else
        selftest || { warn "mend what failed, then: shopwarden selftest --config $CONFIG"; return 1; }
    fi
    say "next: shopwarden pin set NAME --config $CONFIG, then the siren: docs/guide/install.md"
}

main
exit $?
