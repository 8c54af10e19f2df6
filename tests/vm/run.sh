#!/bin/sh
# Boots the virtual machine of build_image.sh, runs COMMAND there in a copy of the project, prints what it prints and
# ends with its status. The disk stays as it was.
# Usage: run.sh DIR COMMAND [ARGUMENT...]     seconds until it is given up: $VM_TIMEOUT_S; status 124 then
set -eu

dir=${1:?usage: run.sh DIR COMMAND...}
shift
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/shopwarden-vm.XXXXXX")
trap 'rm -rf "$work"' EXIT

{
    printf 'exec'
    for word in "$@"; do
        printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
    done
    echo
} >"$work/vm-command"
# What git knows or would know: no environment, no output. A file that was just deleted is no reason to stop.
(cd "$project" && git ls-files -z --cached --others --exclude-standard |
    tar --null --files-from=- --ignore-failed-read -cf "$work/project.tar" 2>/dev/null) || true
tar -C "$work" -rf "$work/project.tar" vm-command

# One processor: with more, the kernel crashes now and then under emulation.
: >"$work/output"
timeout "${VM_TIMEOUT_S:-1200}" qemu-system-x86_64 -accel tcg -icount shift=2,sleep=on -smp 1 -cpu max -m 2048 -display none -monitor none \
    -nic none -no-reboot -kernel "$dir/vmlinuz" -initrd "$dir/initrd.img" \
    -append "root=/dev/vda rw init=/sbin/shopwarden-vm console=ttyS0 panic=-1 quiet" \
    -drive "file=$dir/disk.img,if=virtio,format=raw,snapshot=on" \
    -drive "file=$work/project.tar,if=virtio,format=raw,readonly=on" \
    -serial "file:$dir/console.log" -serial "file:$work/output" </dev/null >&2 &
machine=$!
trap 'kill "$machine" 2>/dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
tail -n +1 -f --pid="$machine" "$work/output" | sed -u '/^vm-status /d; s/\r$//'
wait "$machine" || { echo "the virtual machine was given up; its console: $dir/console.log" >&2; exit 124; }
status=$(sed -n 's/^vm-status \([0-9]*\).*/\1/p' "$work/output")
exit "${status:-125}"
