"""The commands ``keygen``, ``bundle`` and ``sign``. Holds no work of its own."""

import argparse
import sys
from pathlib import Path


def add_bundle_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to the parser."""
    keygen = commands.add_parser("keygen", help="make the key that signs models; once")
    keygen.add_argument("--out", type=Path, required=True, metavar="FILE.key", help="the private key; .pub beside it")
    keygen.set_defaults(command=_keygen)
    bundle = commands.add_parser("bundle", help="pack a model for devices")
    bundle.add_argument("model", type=Path, metavar="M.tflite", help="a model file with its card")
    bundle.add_argument(
        "--version", type=int, required=True, metavar="N", help="higher than any before it of that name"
    )
    bundle.add_argument("--name", default="", help="what configurations call it (default: as on its card)")
    bundle.add_argument("--key", type=Path, metavar="FILE.key", help="sign it at once; else 'sign' does")
    bundle.add_argument(
        "--runtime", action="append", default=[], help="an interpreter that it is for; more than once (default: all)"
    )
    bundle.add_argument("--out", type=Path, required=True, metavar="B.zip", help="the bundle to write")
    bundle.set_defaults(command=_bundle)
    sign = commands.add_parser("sign", help="sign a bundle where the key is")
    sign.add_argument("bundle", type=Path, metavar="B.zip", help="a bundle, signed or not")
    sign.add_argument("--key", type=Path, required=True, metavar="FILE.key", help="the private key")
    sign.add_argument("--out", type=Path, metavar="B.zip", help="(default: the bundle itself)")
    sign.set_defaults(command=_sign)


def _keygen(arguments: argparse.Namespace) -> int:
    from training.bundle.keys import make_keys

    public, fingerprint = make_keys(arguments.out)
    _say(f"written: {arguments.out} (keep it, show it to nobody) and {public} (for devices)\nfingerprint {fingerprint}")
    return 0


def _bundle(arguments: argparse.Namespace) -> int:
    from device.clock import SystemClock
    from training.bundle.keys import read_private_key
    from training.bundle.pack import pack, sign, write_bundle

    key = read_private_key(arguments.key) if arguments.key is not None else None
    content = pack(
        arguments.model,
        name=arguments.name,
        version=arguments.version,
        created_s=SystemClock().wall(),
        runtimes=tuple(arguments.runtime),
    )
    write_bundle(arguments.out, content if key is None else sign(content, key))
    todo = "" if key is not None else ", not signed yet: 'shopwarden-train sign' does it"
    _say(f"written: {arguments.out}{todo}")
    return 0


def _sign(arguments: argparse.Namespace) -> int:
    from training.bundle.keys import read_private_key
    from training.bundle.pack import sign_file

    out = arguments.out or arguments.bundle
    sign_file(arguments.bundle, read_private_key(arguments.key), out)
    _say(f"signed: {out}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
