"""How much memory a running daemon holds, measured from outside on a real one. Measures nothing else."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from device.errors import ShopwardenError

CONFIG = """
[device]
id = "bench"
state_dir = {state_dir}
[detector]
model = {model}
[[cameras]]
id = "camera"
source = "synthetic:"
  [[cameras.zones]]
  id = "floor"
  polygon = [[0.0, 0.4], [1.0, 0.4], [1.0, 1.0], [0.0, 1.0]]
"""
RUN_S = 8.0
"""Long enough for the interpreter, the store and every queue to have been used."""


def daemon_memory(model: Path) -> dict[str, float]:
    """Resident memory of ``shopwarden run`` with one camera, MiB: of the daemon, and of all its processes together.

    Raises:
        ShopwardenError: the daemon ended early.
    """
    with tempfile.TemporaryDirectory(prefix="shopwarden-bench-") as folder:
        config = Path(folder) / "bench.toml"
        # JSON's quotes are TOML's.
        quoted = {
            key: json.dumps(str(path), ensure_ascii=False)
            for key, path in (("state_dir", Path(folder) / "state"), ("model", model.resolve()))
        }
        config.write_text(CONFIG.format(**quoted), encoding="utf-8")
        command = [sys.executable, "-m", "device", "run", "--config", str(config)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:  # noqa: S603
            try:
                return _sample(daemon)
            finally:
                daemon.terminate()


def _sample(daemon: "subprocess.Popen[bytes]") -> dict[str, float]:
    """Look four times a second and keep the largest."""
    peak_rss = peak_pss = 0.0
    end = time.perf_counter() + RUN_S
    while time.perf_counter() < end:
        try:
            status = daemon.wait(timeout=0.25)
        except subprocess.TimeoutExpired:
            peak_rss = max(peak_rss, _field_mib(daemon.pid, "Rss"))
            peak_pss = max(peak_pss, sum(_field_mib(pid, "Pss") for pid in (daemon.pid, *_children(daemon.pid))))
        else:
            raise ShopwardenError(f"the daemon ended with status {status} while its memory was measured")
    return {"daemon_rss_mib": round(peak_rss, 1), "all_pss_mib": round(peak_pss, 1)}


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.is_file() else []


def _field_mib(pid: int, field: str) -> float:
    """One field of ``smaps_rollup``; 0 where the process has just gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith(f"{field}:"))
