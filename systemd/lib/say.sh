# shellcheck shell=bash
# Tells what is done, does it unless --dry-run, and takes it back where a later step fails. Knows no step.

DRY_RUN=${DRY_RUN:-no}
STEP=start
CHANGES=0
declare -a UNDO=()

step() {
    STEP=$1
    printf '\n== %s\n' "$1"
}

say() { printf '   %s\n' "$*"; }

warn() { printf ' ! %s\n' "$*" >&2; }

# fail WHAT ADVICE: ends the installation; what was changed so far is taken back by the trap.
fail() {
    printf '\ninstall.sh: step "%s" failed: %s\n' "$STEP" "$1" >&2
    [ -z "${2:-}" ] || printf 'What to do: %s\n' "$2" >&2
    exit 1
}

# change WHAT COMMAND...: does it and counts it; with --dry-run it only says so.
change() {
    local what=$1
    shift
    CHANGES=$((CHANGES + 1))
    if [ "$DRY_RUN" = yes ]; then
        say "would: $what"
        return 0
    fi
    say "$what"
    "$@"
}

# undo COMMAND...: what takes back what was just done; the last comes first.
undo() {
    [ "$DRY_RUN" = yes ] || UNDO+=("$(printf '%q ' "$@")")
}

take_back() {
    local index
    [ "${#UNDO[@]}" -gt 0 ] || return 0
    printf '\ninstall.sh: taking back what was changed\n' >&2
    for ((index = ${#UNDO[@]} - 1; index >= 0; index--)); do
        # Each was quoted by printf %q: it is one command, whatever its words hold.
        eval "${UNDO[index]}" || warn "could not take back: ${UNDO[index]}"
    done
    UNDO=()
}

# Ends every run: what is still to be undone belongs to a step that failed.
finish() {
    local status=$?
    trap - EXIT
    if [ "${#UNDO[@]}" -gt 0 ]; then
        take_back
        printf 'install.sh: the machine is as it was\n' >&2
    fi
    [ -z "${WORK:-}" ] || rm -rf "$WORK"
    exit "$status"
}

# same FILE FILE: whether both hold the same.
same() { cmp -s "$1" "$2"; }

# put FILE TARGET MODE [OWNER]: a file in its place, written only where it differs.
put() {
    local source=$1 target=$2 mode=$3 owner=${4:-root:root}
    if [ -f "$target" ] && same "$source" "$target" && [ "$(stat -c '%a %U:%G' "$target")" = "$mode $owner" ]; then
        return 0
    fi
    change "write $target" _put "$source" "$target" "$mode" "$owner"
}

_put() {
    local source=$1 target=$2 mode=$3 owner=$4 kept
    make_folder "$(dirname "$target")"
    if [ -e "$target" ]; then
        kept=$(mktemp "$WORK/kept.XXXXXX")
        cp -a "$target" "$kept"
        undo cp -a "$kept" "$target"
    else
        undo rm -f "$target"
    fi
    install -m "$mode" -o "${owner%:*}" -g "${owner#*:}" "$source" "$target.new"
    mv -f "$target.new" "$target"
}

# make_folder FOLDER: with those above it; each that was not there goes again where the installation fails.
make_folder() {
    local folder=$1
    [ -d "$folder" ] && return 0
    make_folder "$(dirname "$folder")"
    mkdir -m 755 "$folder"
    undo forget_folder "$folder"
}

# Gone already where all that lay in it was taken back with it.
forget_folder() { [ ! -d "$1" ] || rmdir --ignore-fail-on-non-empty "$1"; }
