"""The device needs nothing of the desktop: neither the training package nor what it is built on."""

import subprocess
import sys

PROBE = """
import importlib, pkgutil, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"training", "tensorflow", "keras", "matplotlib", "pycocotools", "tests"}:
            sys.exit(f"something imports {name}")

sys.meta_path.insert(0, Refuse())
import device
names = [m.name for m in pkgutil.walk_packages(device.__path__, "device.") if not m.name.endswith("__main__")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_the_device_imports_nothing_of_the_desktop() -> None:
    """Every module of the device can be imported where training and TensorFlow are out of reach."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=False, timeout=100)

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 40
