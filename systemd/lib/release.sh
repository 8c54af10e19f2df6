# shellcheck shell=bash
# Releases of the program beside each other, one of them in use; back to the one before where a new one fails.

RELEASES=$PREFIX/releases
CURRENT=$PREFIX/current
STATE=/var/lib/shopwarden
RELEASE=''

# The sum of all that goes into it: the same source makes the same release, so a second run has nothing to do.
release_name() {
    local version sum
    version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$SOURCE/device/__init__.py" 2>/dev/null)
    if [ -n "$BUNDLE" ]; then
        version=$(cat "$BUNDLE/VERSION")
        sum=$(sha256sum <"$BUNDLE/SHA256SUMS")
    else
        sum=$(cd "$SOURCE" && find device training models pyproject.toml constraints -type f -not -name '*.pyc' -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
    fi
    printf '%s-%s' "$version" "${sum:0:12}"
}

install_release() {
    step "the program"
    RELEASE=$RELEASES/$(release_name)
    if [ -e "$RELEASE/.complete" ]; then
        say "release $(basename "$RELEASE") is there"
        return 0
    fi
    change "make release $(basename "$RELEASE")" _install_release
}

_install_release() {
    make_folder "$RELEASES"
    # Left behind by a run that was killed.
    rm -rf "$RELEASE"
    undo rm -rf "$RELEASE"
    python3 -m venv --system-site-packages "$RELEASE" >>"$LOG" 2>&1 || fail "no virtual environment" "read $LOG"
    # 32-bit: numpy and OpenCV are Debian's own, which pip does not know by the names that the program asks for.
    if [ "$ARCH" = armhf ]; then
        "$RELEASE/bin/python" -m pip install --quiet --disable-pip-version-check --requirement="$SYSTEMD/armhf.txt" >>"$LOG" 2>&1 ||
            fail "the 32-bit packages could not be installed" "read $LOG"
    fi
    # shellcheck disable=SC2046 # a list of words
    "$RELEASE/bin/python" -m pip install --quiet --disable-pip-version-check $(_pip_arguments) >>"$LOG" 2>&1 ||
        fail "the program's packages could not be installed" "read $LOG; without internet use --offline BUNDLE"
    "$RELEASE/bin/shopwarden" --version >>"$LOG" 2>&1 || fail "the program does not start" "read $LOG"
    : >"$RELEASE/.complete"
}

_pip_arguments() {
    local from=$SOURCE extra=''
    # lgpio has no wheel for Python 3.13: Trixie takes the one of Raspberry Pi OS.
    [ "$ARCH-$CODENAME" != arm64-bookworm ] || extra='[pi]'
    if [ -n "$BUNDLE" ]; then
        printf '%s\n' --no-index "--find-links=$BUNDLE/wheels" "--constraint=$BUNDLE/constraints/$CODENAME.txt"
        from=shopwarden
    else
        printf '%s\n' "--constraint=$SOURCE/constraints/$CODENAME.txt"
    fi
    [ "$ARCH" != armhf ] || printf '%s\n' --no-deps
    printf '%s%s\n' "$from" "$extra"
}

in_use() { readlink -e "$CURRENT" || true; }

# Puts the release in use. Where there was another, it is tried first, beside a copy of the store, and given up if it fails.
use_release() {
    local before
    step "put it in use"
    before=$(in_use)
    if [ "$before" = "$RELEASE" ]; then
        say "release $(basename "$RELEASE") is in use"
        return 0
    fi
    change "use release $(basename "$RELEASE")" _use_release "$before"
}

_use_release() {
    local before=$1
    if [ -n "$before" ]; then
        undo _start_again
        _stop_service
        _keep_store
        undo _bring_store_back
    fi
    undo _point_to "$before"
    _point_to "$RELEASE"
    if [ -n "$before" ] && [ -e "$CONFIG" ]; then
        selftest || fail "the self-test of the new release failed; $(basename "$before") stays in use" "see above, and $LOG"
    fi
    ln -sfn "$CURRENT/bin/shopwarden" /usr/local/bin/shopwarden
    [ -n "$before" ] || undo rm -f /usr/local/bin/shopwarden
}

_point_to() {
    if [ -z "$1" ]; then
        rm -f "$CURRENT"
        return 0
    fi
    ln -sfn "$1" "$CURRENT.new"
    mv -T "$CURRENT.new" "$CURRENT"
}

_stop_service() { systemctl stop shopwarden.service >>"$LOG" 2>&1 || true; }

_start_again() { systemctl start shopwarden.service >>"$LOG" 2>&1 || warn "the service does not start: journalctl -u shopwarden"; }

# A new release may bring the store to a newer form, which the one before refuses to read.
_keep_store() {
    KEPT_STORE=$(mktemp -d "$WORK/store.XXXXXX")
    find "$STATE" -maxdepth 1 -name 'shopwarden.db*' -exec cp -a {} "$KEPT_STORE/" \;
}

_bring_store_back() {
    [ -n "$(ls -A "$KEPT_STORE")" ] || return 0
    rm -f "$STATE"/shopwarden.db "$STATE"/shopwarden.db-wal "$STATE"/shopwarden.db-shm
    cp -a "$KEPT_STORE"/. "$STATE"/
}

# As the service runs: its user may not read the secrets, systemd hands them over.
selftest() {
    local status=0
    systemd-run --quiet --wait --pipe --collect --property=User=shopwarden --property="LoadCredential=secrets:$SECRETS" \
        "$CURRENT/bin/shopwarden" selftest --no-pulse --config "$CONFIG" </dev/null >"$WORK/selftest" 2>&1 || status=$?
    sed 's/^/   /' "$WORK/selftest"
    cat "$WORK/selftest" >>"$LOG"
    return "$status"
}

# Those before the last two are of no more use.
forget_old_releases() {
    local release
    while IFS= read -r release; do
        [ "$release" = "$(in_use)" ] || change "remove the old release $(basename "$release")" rm -rf "$release"
    done < <(find "$RELEASES" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' 2>/dev/null | sort -rn | awk 'NR > 2 { print $2 }')
}
