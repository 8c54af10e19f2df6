#!/bin/sh
# What runs inside the virtual machine for `make powercut`: a network to the host, then the guard until the power goes.
export PYTHONPATH=. PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OPENBLAS_NUM_THREADS=1
echo "disk $(dmesg 2>/dev/null | grep -c 'EXT4-fs error') $(dmesg 2>/dev/null | grep -c 'EXT4-fs (vda): recovery complete')"
modprobe virtio_net
for card in /sys/class/net/e*; do
    card=$(basename "$card")
    ip link set "$card" up
    ip address add 10.0.2.15/24 dev "$card"
done
ip route add default via 10.0.2.2
exec python -m tests.vm.power_guest "$1"
