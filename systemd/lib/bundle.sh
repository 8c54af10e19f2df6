# shellcheck shell=bash
# Opens a bundle and believes it only where a known key has signed its sums and every file has its sum. Installs nothing.

# After it BUNDLE is a folder.
open_bundle() {
    step "the bundle"
    local file=$BUNDLE
    if [ -f "$file" ]; then
        BUNDLE=$WORK/bundle
        mkdir "$BUNDLE"
        tar -xf "$file" -C "$BUNDLE" 2>>"$LOG" || fail "$file is damaged or no bundle" "copy it again; compare its size with the original"
    fi
    [ -r "$BUNDLE/SHA256SUMS" ] || fail "$file is no bundle: it has no SHA256SUMS" "make one with: make bundle"
    _check_signature
    (cd "$BUNDLE" && sha256sum --quiet --strict -c SHA256SUMS) >>"$LOG" 2>&1 ||
        fail "a file in the bundle is not what was signed" "read $LOG, and copy the bundle again"
    _check_nothing_else
    [ -d "$BUNDLE/wheels" ] || fail "the bundle holds no wheels" "make one with: make bundle"
    say "signed, and every file has its sum"
}

_check_signature() {
    local key=$BUNDLE/key.pub wanted=${ANSWER[bundle_key]} print
    openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in "$BUNDLE/SHA256SUMS" -sigfile "$BUNDLE/SHA256SUMS.sig" >>"$LOG" 2>&1 ||
        fail "the signature of the bundle is wrong" "do not install it; copy it again from where it was made"
    print=$(fingerprint "$key")
    say "signed by the key $print"
    [ ! -f "$wanted" ] || wanted=$(fingerprint "$wanted")
    if [ -z "$wanted" ]; then
        [ "$UNATTENDED" = no ] && [ -t 0 ] || fail "nobody said whose signature counts" "answer bundle_key = $print after comparing it with what its maker printed"
        read -r -p "   Is that the fingerprint that its maker gave you? [y/N] " REPLY
        case "$REPLY" in y | Y | yes) return 0 ;; *) fail "the key is not trusted" "ask its maker for the fingerprint" ;; esac
    fi
    [ "$wanted" = "$print" ] || fail "the bundle is signed by $print, not by $wanted" "do not install it"
}

# SHA-256 over the key as it is stored in binary.
fingerprint() { openssl pkey -pubin -in "$1" -outform DER 2>>"$LOG" | sha256sum | cut -d ' ' -f 1; }

# A file that was put beside the signed ones could be installed as well.
_check_nothing_else() {
    local extra
    extra=$(cd "$BUNDLE" && comm -13 <(sed 's/^[0-9a-f]*  //' SHA256SUMS | LC_ALL=C sort) \
        <(find . -type f -printf '%P\n' | grep -vx -e SHA256SUMS -e SHA256SUMS.sig -e key.pub | LC_ALL=C sort) | head -n 1)
    [ -z "$extra" ] || fail "the bundle holds $extra, which nobody signed" "do not install it"
}
