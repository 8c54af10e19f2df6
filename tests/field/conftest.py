"""Machines for the tests of the installation; skipped where there are none."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.field.machine import Machine

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("SHOPWARDEN_FIELD_CACHE", HERE.parents[1] / ".cache" / "field"))
NEEDED = ("systemd-nspawn", "debootstrap", "nsenter")
ANSWERS = """# for tests
device_id = shop-7
camera = synthetic:
mqtt = none
watchdog = no
"""


def root_of(codename: str) -> Path:
    """The root of a Debian, made where it is not there."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'}")
    root = CACHE / codename
    subprocess.run(["sh", str(HERE / "build_root.sh"), codename, str(root)], check=True)
    return root


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """A fresh Debian of each release, booted; the tests of a module share it, in order."""
    found = Machine(root_of(request.param))
    found.boot()
    try:
        found.write("/answers", ANSWERS)
        yield found
    finally:
        found.halt()
