#!/bin/sh
# Usage: build_root.sh CODENAME DIR     (as root; needs debootstrap)     a fresh Debian with systemd, as a card has it
set -eu

codename=${1:?usage: build_root.sh CODENAME DIR}
root=${2:?usage: build_root.sh CODENAME DIR}
[ ! -e "$root.done" ] || exit 0

rm -rf "$root"
mkdir -p "$(dirname "$root")"
debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,ca-certificates,openssl,python3,python3-venv,iproute2 \
    "$codename" "$root" >"$root.log" 2>&1 || {
    tail -n 5 "$root.log" >&2
    exit 1
}
# How pip and apt reach the outside from this machine, they reach it from inside.
for file in /usr/local/share/ca-certificates /etc/pip.conf /etc/xdg/pip; do
    [ ! -e "$file" ] || { mkdir -p "$root$(dirname "$file")" && cp -r "$file" "$root$(dirname "$file")/"; }
done
chroot "$root" update-ca-certificates >>"$root.log" 2>&1
touch "$root.done"
