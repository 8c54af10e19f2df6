"""Machines for the tests of the installation; skipped where there are none."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.device.drawn import write_clip
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
def machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A fresh Debian of each release, booted, with a film to look at; the tests of a module share it, in order."""
    films = tmp_path_factory.mktemp("films")
    write_clip(films / "walk.mp4")
    # The guard's user is not this one.
    films.chmod(0o755)
    found = Machine(root_of(request.param), binds={films: "/mnt/films"})
    found.boot()
    try:
        # With a real broker, and a camera that is a file.
        answers = ANSWERS.replace("synthetic:", "file:/mnt/films/walk.mp4?loop=1").replace("none", "local")
        found.write("/answers", answers)
        yield found
    finally:
        found.halt()
