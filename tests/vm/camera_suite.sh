#!/bin/sh
# What runs inside the virtual machine for `make camera-vm`: the contracts of V4L2 on the kernel's vivid and of picamera2
# on libcamera's virtual camera, the table of faults, the cost of V4L2, and the plug that is pulled.
export SHOPWARDEN_VM=1 SHOPWARDEN_V4L2=/dev/video0 PYTHONPATH=tests/vm/shims:. PYTHON_COLORS=0 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
failed=0
parts=" ${*:-v4l2 picamera2 faults cost unplug} "
check() {
    echo "== $*"
    "$@" || failed=1
}
tests() {
    # Warnings of the vendor that come up after the last test are no failure.
    check python -m pytest -q --color=no --tb=short -p no:cacheprovider -p no:randomly -o timeout=900 \
        -W "ignore::pytest.PytestUnraisableExceptionWarning" "$@"
}

modprobe vivid n_devs=1 node_types=0x1 || exit 1
udevadm settle
case "$parts" in *" v4l2 "*) tests tests/contract/test_live_source.py -k v4l2 ;; esac
case "$parts" in *" picamera2 "*)
    tests -m pi -rP tests/contract/test_picamera.py
    tests -m pi tests/contract/test_live_source.py
    ;;
esac
case "$parts" in *" faults "*)
    # One after the other: side by side they would take the processor from each other.
    check python -m tests.vm.faults "${CYCLES:-5}" v4l2:/dev/video0
    check python -m tests.vm.faults "${CYCLES:-5}" picamera2
    ;;
esac
case "$parts" in *" cost "*)
    check python -m bench.camera_cost --only-v4l2
    ;;
esac
# Last: whoever holds a pulled camera open keeps its number, and the next one has another.
case "$parts" in *" unplug "*) tests tests/vm/test_unplug.py ;; esac
exit "$failed"
