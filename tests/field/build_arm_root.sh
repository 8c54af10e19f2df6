#!/bin/sh
# Usage: build_arm_root.sh CODENAME DIR     (as root; needs debootstrap and qemu-user-static)     an arm64 userland without systemd
# Packages are unpacked, not configured: their scripts would take a quarter of an hour under emulation, and Python needs none.
set -eu

codename=${1:?usage: build_arm_root.sh CODENAME DIR}
root=${2:?usage: build_arm_root.sh CODENAME DIR}

if [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
    [ -e /proc/sys/fs/binfmt_misc/register ] || mount binfmt_misc -t binfmt_misc /proc/sys/fs/binfmt_misc
    cat /usr/lib/binfmt.d/qemu-aarch64.conf >/proc/sys/fs/binfmt_misc/register
fi
[ ! -e "$root.done" ] || exit 0

rm -rf "$root"
mkdir -p "$(dirname "$root")"
debootstrap --arch=arm64 --foreign --variant=minbase --include=ca-certificates,openssl,python3,python3-venv \
    "$codename" "$root" >"$root.log" 2>&1 || {
    tail -n 5 "$root.log" >&2
    exit 1
}
for deb in "$root"/var/cache/apt/archives/*.deb; do
    dpkg-deb -x "$deb" "$root"
done
rm -rf "$root/debootstrap" "$root"/var/cache/apt/archives/*.deb
mkdir -p "$root/proc" "$root/sys" "$root/mnt" "$root/tmp"
printf 'root:x:0:0:root:/root:/bin/bash\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
# What the script of ca-certificates would have made; Debian's pip does not start without it.
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
touch "$root.done"
