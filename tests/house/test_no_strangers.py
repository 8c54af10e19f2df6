"""Nothing in the project knows the machine that it was written on, or where packages come from."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.house import ROOT

STRANGERS = [
    rb"(?<![\w./~$}-])/(?:work|root)/",
    rb"/opt/(?:pypi|wheels)",
    *(
        re.escape(".".join(parts).encode())
        for parts in (
            ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("deb", "debian", "org"),
            ("piwheels", "org"),
        )
    ),
]  # fmt: skip
"""Paths of one machine, and hosts of package registries."""


def files() -> list[Path]:
    """What would be committed: files that git tracks or would add."""
    done = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("not a checkout of git")
    paths = [ROOT / name for name in done.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda pattern: pattern.decode())
def test_no_file_names_a_stranger(stranger: bytes) -> None:
    """Neither in text nor inside a model."""
    found = re.compile(stranger)
    guilty = [path.relative_to(ROOT).as_posix() for path in files() if found.search(path.read_bytes())]

    assert guilty == []


def test_locks_hold_versions_only() -> None:
    """A lock says which version of what, and never where from."""
    line = re.compile(r"^[a-z0-9.-]+==[\w.+!-]+( ; [\w '\"<>=!.()]+)?$")
    locks = sorted((ROOT / "constraints").glob("*.txt"))

    assert len(locks) >= 3
    for lock in locks:
        odd = [text for text in lock.read_text(encoding="utf-8").splitlines() if not line.match(text)]
        assert odd == []
