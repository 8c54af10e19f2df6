#!/bin/sh
# What runs inside the virtual machine for `make camera-vm`: the contracts of V4L2 on the kernel's vivid and of picamera2
# on libcamera's virtual camera, the plug that is pulled, and the table of faults.
export SHOPWARDEN_VM=1 SHOPWARDEN_V4L2=/dev/video0 PYTHONPATH=tests/vm/shims:. PYTHON_COLORS=0 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
failed=0
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
case " ${*:-v4l2 picamera2 unplug faults} " in *" v4l2 "*) tests tests/contract/test_live_source.py -k v4l2 ;; esac
case " ${*:-v4l2 picamera2 unplug faults} " in *" picamera2 "*)
    tests -m pi -rP tests/contract/test_picamera.py
    tests -m pi tests/contract/test_live_source.py
    ;;
esac
case " ${*:-v4l2 picamera2 unplug faults} " in *" unplug "*) tests tests/vm/test_unplug.py ;; esac
case " ${*:-v4l2 picamera2 unplug faults} " in *" faults "*)
    check python -m tests.vm.faults "${CYCLES:-5}" v4l2:/dev/video0 picamera2
    ;;
esac
exit "$failed"
