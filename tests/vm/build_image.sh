#!/bin/sh
# Usage: build_image.sh DIR     (as root; needs debootstrap, mkfs.ext4 and a Python with pip: $PYTHON)
set -eu

dir=${1:?usage: build_image.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
PYTHON=${PYTHON:-python3}
root=$dir/root
mkdir -p "$dir"

# apt where pip has only its source.
packages=linux-image-amd64,initramfs-tools,udev,kmod,python3,python3-venv,python3-libcamera,libcamera-ipa
packages=$packages,libcamera-tools,v4l-utils,python3-prctl,python3-libarchive-c,procps,iproute2
wheels="picamera2==0.3.38 videodev2 piexif simplejpeg OpenEXR"
wanted="numpy opencv-python-headless av pydantic paho-mqtt gpiozero structlog pytest pytest-timeout pytest-randomly
hypothesis jsonschema pillow tqdm ai-edge-litert cryptography argon2-cffi starlette uvicorn jinja2 prometheus-client apprise
tomlkit segno reportlab"

# Made anew when what goes into it changes.
made_of() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }

if ! made_of "$dir/root.done" "$packages"; then
    rm -rf "$root"
    debootstrap --variant=minbase --include="$packages" trixie "$root" >"$dir/debootstrap.log" 2>&1 || {
        tail -n 5 "$dir/debootstrap.log" >&2
        exit 1
    }
    echo "$packages" >"$dir/root.done"
    rm -f "$dir/site.done"
fi

if ! made_of "$dir/site.done" "$wheels $wanted"; then
    # Made outside, so that nothing inside needs the network: wheels for the Python of Trixie.
    chroot "$root" python3 -m venv --clear --without-pip --system-site-packages /opt/shopwarden
    site=$root/opt/shopwarden/lib/python3.13/site-packages
    for_trixie="--python-version 3.13 --implementation cp --abi cp313 --abi abi3 --abi none --only-binary=:all:
        --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_17_x86_64
        --platform manylinux2014_x86_64 --platform linux_x86_64 --platform any"
    # shellcheck disable=SC2086 # lists of words
    "$PYTHON" -m pip install --quiet --target "$site" --upgrade $for_trixie \
        --constraint "$project/constraints/trixie.txt" $wanted
    # shellcheck disable=SC2086
    "$PYTHON" -m pip install --quiet --target "$site" --upgrade --no-deps $for_trixie $wheels
    echo "$wheels $wanted" >"$dir/site.done"
fi

install -m 755 "$here/init" "$root/sbin/shopwarden-vm"
cp "$root"/boot/vmlinuz-* "$dir/vmlinuz"
cp "$root"/boot/initrd.img-* "$dir/initrd.img"
rm -f "$dir/disk.img"
truncate -s 3G "$dir/disk.img"
mkfs.ext4 -q -F -d "$root" "$dir/disk.img"
