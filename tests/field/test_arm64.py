"""The bundle in an arm64 userland: the installer's own steps install from it, and the shipped model sees the same."""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from device.demo import shipped_clip
from tests.field.arm64 import Userland
from tests.field.conftest import CACHE, HERE

pytestmark = [
    pytest.mark.root,
    pytest.mark.field,
    pytest.mark.slow,
    pytest.mark.timeout(3000),
    pytest.mark.skipif(importlib.util.find_spec("uv") is None, reason="uv is not installed"),
]

PROJECT = HERE.parents[1]
NEEDED = ("debootstrap", "qemu-aarch64-static", "unshare", "openssl")
SCORE, OVERLAP = 0.06, 0.85
"""int8 kernels of the two machines round otherwise: scores differ by a few hundredths, boxes by a pixel or two."""
SURE = 0.4
PICTURES = (100, 125, 200)
"""Of the demonstration's clip: in each somebody is seen."""
INSTALL = """
set -Eeuo pipefail
SYSTEMD=/mnt/work/bundle/systemd SOURCE=/mnt/work/bundle PREFIX=/opt/shopwarden LOG=/tmp/install.log CALL='' FS=''
UNATTENDED=yes DRY_RUN=no BUNDLE=/mnt/work/bundle CODENAME=trixie ARCH=$(dpkg --print-architecture) WORK=$(mktemp -d)
rm -rf "$PREFIX"
: >"$LOG"
declare -A ANSWER=([bundle_key]=$1)
for part in say bundle release; do . "$SYSTEMD/lib/$part.sh"; done
trap 'tail -n 20 "$LOG"' EXIT
open_bundle
install_release
ln -sfn "$RELEASE" "$CURRENT"
"""
"""Signature and sums, then the virtual environment from the wheels: the installer's own functions, in their order."""
LOOK = """
import json, platform, sys
import numpy as np
from device.app import build_detector
from device.config import parse_config
from device.core.frame import Frame

text = '[device]\\nid = "x"\\nstate_dir = "/tmp/x"\\n[detector]\\nmodel = "general-320"\\nthreads = 1\\n'
detector = build_detector(parse_config(text + '[[cameras]]\\nid = "a"\\nsource = "synthetic:"\\n', "look"))
seen = []
for picture in np.load(sys.argv[1]):
    found = detector.detect(Frame(0, 0.0, None, picture))
    things = zip(found.names(), found.scores, found.boxes)
    seen.append([[name, float(score), box.tolist()] for name, score, box in things])
print(json.dumps({"machine": platform.machine(), "seen": seen}))
"""
Seen = tuple[str, float, list[float]]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the bundle, unpacked, a picture and what looks at it; and the fingerprint of the bundle's key."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if os.geteuid() != 0 or missing:
        pytest.skip(f"needs root and {', '.join(missing) or 'nothing else'}")
    folder = tmp_path_factory.mktemp("arm64")
    key, out = folder / "key.pem", folder / "bundle.tar"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True)
    maker = [sys.executable, str(PROJECT / "systemd" / "make_bundle.py"), "--targets", "trixie-arm64"]
    subprocess.run([*maker, "--key", str(key), "--out", str(out)], check=True)
    (folder / "bundle").mkdir()
    subprocess.run(["tar", "-xf", str(out), "-C", str(folder / "bundle")], check=True)
    (folder / "look.py").write_text(LOOK, encoding="utf-8")
    with av.open(str(shipped_clip())) as clip:
        pictures = [it.to_ndarray(format="yuv420p") for at, it in enumerate(clip.decode(video=0)) if at in PICTURES]
    np.save(folder / "pictures.npy", np.stack(pictures))
    public = ["openssl", "pkey", "-in", str(key), "-pubout", "-outform", "DER"]
    return folder, hashlib.sha256(subprocess.run(public, capture_output=True, check=True).stdout).hexdigest()


@pytest.fixture(scope="module")
def arm(work: tuple[Path, str]) -> Userland:
    """A Debian for arm64, made where it is not there."""
    root = CACHE / "trixie-arm64"
    subprocess.run(["sh", str(HERE / "build_arm_root.sh"), "trixie", str(root)], check=True)
    return Userland(root)


def overlap(a: list[float], b: list[float]) -> float:
    """Intersection over union."""
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def same(ours: Seen, theirs: Seen) -> bool:
    """Whether two detections are of one thing, and as sure."""
    return ours[0] == theirs[0] and abs(ours[1] - theirs[1]) <= SCORE and overlap(ours[2], theirs[2]) >= OVERLAP


def test_the_bundle_installs(arm: Userland, work: tuple[Path, str]) -> None:
    """From its wheels alone, without a network, and the program starts."""
    folder, key = work
    (folder / "install.sh").write_text(INSTALL, encoding="utf-8")
    # No route leads out of a network namespace of its own.
    status, text = arm.run("bash", "/mnt/work/install.sh", key, binds={folder: "work"}, timeout_s=2400, network=False)
    assert status == 0, text
    assert "signed, and every file has its sum" in text
    status, text = arm.run("/opt/shopwarden/current/bin/shopwarden", "--version", binds={})
    assert status == 0, text


def test_the_model_sees_the_same(arm: Userland, work: tuple[Path, str]) -> None:
    """Each thing that one machine is sure of, the other sees too, at the same place and about as sure."""
    folder, _ = work
    python = "/opt/shopwarden/current/bin/python"
    status, text = arm.run(python, "/mnt/work/look.py", "/mnt/work/pictures.npy", binds={folder: "work"})
    assert status == 0, text
    there: dict[str, Any] = json.loads(text.splitlines()[-1])
    look = [sys.executable, str(folder / "look.py"), str(folder / "pictures.npy")]
    said = subprocess.run(look, capture_output=True, text=True, check=True, cwd=PROJECT).stdout
    here: dict[str, Any] = json.loads(said.splitlines()[-1])
    assert there["machine"] == "aarch64" != here["machine"]
    for picture, others in zip(here["seen"], there["seen"], strict=True):
        for ours, theirs in ((picture, others), (others, picture)):
            certain = [it for it in ours if it[1] >= SURE]
            assert certain
            assert [it for it in certain if not any(same(it, other) for other in theirs)] == []
