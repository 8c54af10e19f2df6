#!/bin/sh
# Usage: home_assistant_root.sh DIR     (as root; needs debootstrap)     a Debian Trixie with Home Assistant in /opt/ha
set -eu

root=${1:?usage: home_assistant_root.sh DIR}
[ ! -e "$root/opt/ha/.done" ] || exit 0

sh "$(dirname "$0")/../tests/field/build_root.sh" trixie "$root"
export DEBIAN_FRONTEND=noninteractive
cp /etc/resolv.conf "$root/etc/resolv.conf"
chroot "$root" apt-get update -q >/dev/null
# Two of its parts are built here.
chroot "$root" apt-get install -y -q --no-install-recommends gcc g++ python3-dev libc6-dev libturbojpeg0 >/dev/null
chroot "$root" python3 -m venv /opt/ha
certificates=/etc/ssl/certs/ca-certificates.crt
pip() { chroot "$root" env PIP_CERT=$certificates SSL_CERT_FILE=$certificates /opt/ha/bin/pip install -q "$@"; }
# The newest for the Python of Trixie; then what its MQTT integration, its images and its page ask for.
pip homeassistant==2026.2.3
pip -c "/opt/ha/lib/python3.13/site-packages/homeassistant/package_constraints.txt" \
    paho-mqtt==2.1.0 home-assistant-frontend==20260128.6 PyTurboJPEG==1.8.0 av==16.0.1 numpy==2.3.2
touch "$root/opt/ha/.done"
