"""Makes a bundle: one signed file from which a guard is installed without any network.

Usage: make_bundle.py --key KEY.pem --out FILE.tar [--targets trixie-arm64,bookworm-arm64,trixie-amd64,bookworm-amd64]

Needs a Debian with apt, openssl and this project's environment (uv, pip). KEY.pem is an Ed25519 key, made once by
``openssl genpkey -algorithm ed25519 -out KEY.pem`` and kept away from the devices.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
GLIBCS = ("2_34", "2_31", "2_28", "2_27", "2_26", "2_24", "2_17", "2014")
"""manylinux tags that both releases of Debian can run, newest first."""
PACKAGES = ("python3-venv", "openssl", "ca-certificates", "mosquitto")
FRESH = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "python3", "iproute2")
"""What the smallest system that is supported has beside Debian's required packages."""


class BundleError(Exception):
    """It cannot be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A release of Debian on a kind of machine."""

    codename: str
    arch: str

    def __str__(self) -> str:
        return f"{self.codename}-{self.arch}"

    @property
    def python(self) -> str:
        """Its system's Python."""
        return PYTHONS[self.codename]

    @property
    def pip_platform(self) -> list[str]:
        """What tells pip to choose wheels for it."""
        tag = "cp" + self.python.replace(".", "")
        machine = MACHINES[self.arch]
        names = [f"manylinux{'' if glibc == '2014' else '_'}{glibc}_{machine}" for glibc in GLIBCS]
        platforms = [f"--platform={name}" for name in (*names, f"linux_{machine}", "any")]
        abis = [f"--abi={abi}" for abi in (tag, "abi3", "none")]
        return [f"--python-version={self.python}", "--implementation=cp", *abis, *platforms]


def targets_of(text: str) -> tuple[Target, ...]:
    """Targets by their names.

    Raises:
        BundleError: there is none of that name.
    """
    known = {str(target): target for target in (Target(name, arch) for name in PYTHONS for arch in MACHINES)}
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in known]:
        raise BundleError(f"no target {unknown[0]!r}; there are: {', '.join(known)}")
    return tuple(known[name] for name in wanted)


def run(*command: str | Path, cwd: Path = PROJECT) -> str:
    """Run a command; what it printed.

    Raises:
        BundleError: it failed; its last lines stand in the message.
    """
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])
        raise BundleError(f"{command[0]} failed:\n{last}")
    return done.stdout


def put_wheels(folder: Path, targets: Iterable[Target]) -> None:
    """The program's own wheel, and for each target those that it needs, in the versions of the locks."""
    folder.mkdir()
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={folder}", ".")
    for target in targets:
        # lgpio has no wheel for Python 3.13: Trixie takes the one of Raspberry Pi OS.
        extra = ("--extra=pi",) if str(target) == "bookworm-arm64" else ()
        lock = folder.parent / f"wanted-{target}.txt"
        compiled = ("uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--no-emit-index-url")
        run(
            sys.executable, "-m", *compiled, "--no-emit-find-links", "pyproject.toml", *extra,
            f"--constraint=constraints/{target.codename}.txt", f"--python-version={target.python}",
            f"--python-platform={MACHINES[target.arch]}-manylinux_2_34", f"--output-file={lock}",
        )  # fmt: skip
        run(
            sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
            f"--dest={folder}", *target.pip_platform, f"--requirement={lock}",
        )  # fmt: skip
        lock.unlink()


def put_debs(folder: Path, target: Target, mirror: str) -> None:
    """Debian's packages with all that a fresh system of that kind lacks, as a source that apt can read."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        apt = _apt(Path(work), target, mirror)
        run(*apt, "update")
        _pretend_installed(Path(work), target, mirror, apt)
        run(*apt, "install", "--download-only", "--no-install-recommends", "--yes", *PACKAGES)
        for deb in sorted((Path(work) / "archives").glob("*.deb")):
            shutil.copy(deb, folder / deb.name.replace("%3a", "_"))
    stanzas = [_stanza(deb) for deb in sorted(folder.glob("*.deb"))]
    (folder / "Packages").write_text("\n".join(stanzas), encoding="utf-8")


def _apt(work: Path, target: Target, mirror: str) -> tuple[str, ...]:
    for name in ("lists/partial", "archives/partial"):
        (work / name).mkdir(parents=True)
    (work / "status").touch()
    keys = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    (work / "sources").write_text(f"deb {keys} {mirror} {target.codename} main\n", encoding="utf-8")
    options = {
        "APT::Architecture": target.arch,
        "APT::Architectures": target.arch,
        "APT::Sandbox::User": "root",
        "Dir::State": work,
        "Dir::State::lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache::archives": work / "archives",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Dir::Etc::sourcelist": work / "sources",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null",
    }
    return ("apt-get", "--quiet", *(f"-o{name}={value}" for name, value in options.items()))


def _pretend_installed(work: Path, target: Target, mirror: str, apt: Sequence[str]) -> None:
    """Have apt believe that it looks at a fresh system, so that it fetches only what such a one lacks."""
    names = run(
        "debootstrap", "--print-debs", "--variant=minbase", f"--arch={target.arch}", f"--include={','.join(FRESH)}",
        target.codename, work / "nothing", mirror,
    ).split()  # fmt: skip
    show = run("apt-cache", *apt[2:], "show", "--no-all-versions", *names)
    installed = [
        stanza.replace("\n", "\nStatus: install ok installed\n", 1) for stanza in show.split("\n\n") if stanza.strip()
    ]
    (work / "status").write_text("\n\n".join(installed) + "\n", encoding="utf-8")


def _stanza(deb: Path) -> str:
    data = deb.read_bytes()
    sums = f"Filename: ./{deb.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
    return run("dpkg-deb", "--field", deb).rstrip("\n") + "\n" + sums


def sbom(folder: Path, version: str) -> dict[str, Any]:
    """What is in it, by CycloneDX 1.5: name, version, licence and sum of every wheel and package."""
    components = [_wheel_component(wheel) for wheel in sorted((folder / "wheels").glob("*.whl"))]
    components += [_deb_component(deb) for deb in sorted((folder / "debs").rglob("*.deb"))]
    about = {"component": {"type": "application", "name": "shopwarden", "version": version}}
    return {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": about, "components": components}


def _wheel_component(wheel: Path) -> dict[str, Any]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        about = HeaderParser().parsestr(archive.read(name).decode("utf-8"))
    licence = about["License-Expression"] or (about["License"] or "").partition("\n")[0][:80] or "see the package"
    return _component("pypi", about["Name"], about["Version"], licence, wheel)


def _deb_component(deb: Path) -> dict[str, Any]:
    name, version = (run("dpkg-deb", "--field", deb, field).strip() for field in ("Package", "Version"))
    return _component("deb", f"debian/{name}", version, "see /usr/share/doc in the package", deb)


def _component(kind: str, name: str, version: str, licence: str, file: Path) -> dict[str, Any]:
    return {
        "type": "library",
        "name": name.rpartition("/")[2],
        "version": version,
        "purl": f"pkg:{kind}/{name}@{version}",
        "licenses": [{"license": {"name": licence}}],
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(file.read_bytes()).hexdigest()}],
        "properties": [{"name": "file", "value": file.name}],
    }


def sign(folder: Path, key: Path) -> str:
    """Write the sum of every file, and sign the sums; the fingerprint of the key."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(lines), encoding="utf-8")
    run("openssl", "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", sums, "-out", folder / "SHA256SUMS.sig")
    run("openssl", "pkey", "-in", key, "-pubout", "-out", folder / "key.pub")
    run("openssl", "pkey", "-in", key, "-pubout", "-outform", "DER", "-out", folder / "key.der")
    fingerprint = hashlib.sha256((folder / "key.der").read_bytes()).hexdigest()
    (folder / "key.der").unlink()
    return fingerprint


def debian_mirror() -> str:
    """Where this machine's apt gets Debian from.

    Raises:
        BundleError: from nowhere.
    """
    found = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(ORIGIN) $(LABEL)", "Created-By: Packages")
    for line in found.splitlines():
        uri, _, rest = line.partition(" ")
        if rest == "Debian Debian":
            return uri
    raise BundleError("apt knows no source of Debian here: run apt-get update, or name one with --mirror")


def make(out: Path, key: Path, targets: Sequence[Target], mirror: str) -> str:
    """Make the file; the fingerprint of the key that signed it.

    Raises:
        BundleError: it cannot be made.
    """
    version = run(sys.executable, "-c", "import device; print(device.__version__)").strip()
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "bundle"
        folder.mkdir()
        (folder / "VERSION").write_text(f"{version}\n", encoding="utf-8")
        shutil.copytree(PROJECT / "constraints", folder / "constraints")
        shutil.copytree(PROJECT / "systemd", folder / "systemd", ignore=shutil.ignore_patterns("__pycache__"))
        put_wheels(folder / "wheels", targets)
        for target in targets:
            put_debs(folder / "debs" / str(target), target, mirror)
        (folder / "sbom.json").write_text(json.dumps(sbom(folder, version), indent=1) + "\n", encoding="utf-8")
        fingerprint = sign(folder, key)
        partial = out.with_name(out.name + ".partial")
        with tarfile.open(partial, "w") as archive:
            archive.add(folder, arcname=".")
        partial.replace(out)
    return fingerprint


def main(arguments: Sequence[str]) -> int:
    """Make a bundle and say by which key it can be known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--key", type=Path, required=True, help="the private key that signs, PEM")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--targets", default=",".join(f"{name}-{arch}" for name in PYTHONS for arch in MACHINES))
    parser.add_argument("--mirror", help="where Debian's packages come from; without, as this machine's apt")
    asked = parser.parse_args(arguments)
    try:
        if not asked.key.is_file():
            raise BundleError(f"{asked.key}: there is no key; openssl genpkey -algorithm ed25519 -out {asked.key}")
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        print_out = make(asked.out, asked.key, targets_of(asked.targets), asked.mirror or debian_mirror())
    except BundleError as error:
        sys.stderr.write(f"make_bundle.py: {error}\n")
        return 1
    sys.stdout.write(f"{asked.out}: {asked.out.stat().st_size >> 20} MiB, signed by the key {print_out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
