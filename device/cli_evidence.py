"""The commands about evidence: ``export``, ``verify``, ``key``, ``db check`` and ``db retention``.

Reads the call and does it, no more.
"""

import argparse
import sys
from pathlib import Path

from device.errors import ShopwardenError


def add_evidence(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them to the others."""
    export = commands.add_parser("export", help="the evidence of an event as a ZIP that explains itself")
    export.add_argument("event_id", help="which event")
    export.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="the file to write")
    export.add_argument("--config", type=Path, required=True, help="configuration file")
    export.set_defaults(command=_export)
    verify = commands.add_parser("verify", help="check such a ZIP, on any computer")
    verify.add_argument("package", type=Path, metavar="FILE.zip", help="the ZIP")
    verify.add_argument("--key", metavar="FILE|FINGERPRINT", help="the device's public key, or its fingerprint")
    verify.set_defaults(command=_verify)
    key = commands.add_parser("key", help="the fingerprint by which this device's evidence is known")
    key.add_argument("--config", type=Path, required=True, help="configuration file")
    key.set_defaults(command=_show_key)
    store = commands.add_parser("db", help="the store of events and evidence")
    store_actions = store.add_subparsers(required=True, metavar="ACTION")
    check = store_actions.add_parser("check", help="prove that nothing is damaged or missing")
    check.add_argument("--files", action="store_true", help="also read every file of evidence, which takes its time")
    check.add_argument("--repair", action="store_true", help="take away what was cut short")
    check.add_argument("--config", type=Path, required=True, help="configuration file")
    check.set_defaults(command=_check)
    retain = store_actions.add_parser("retention", help="delete what may not be kept, where the guard does not run")
    retain.add_argument("--config", type=Path, required=True, help="configuration file")
    retain.set_defaults(command=_retain)


def _export(arguments: argparse.Namespace) -> int:
    from device.cli_store import note_call
    from device.config import load_config
    from device.evidence.package import export

    state_dir = load_config(arguments.config).device.state_dir
    # Before, so that no export is without its line; what came to nothing has a second one, which says so.
    note_call(state_dir, "export", arguments.event_id)
    try:
        fingerprint = export(state_dir, arguments.event_id, arguments.out)
    except ShopwardenError:
        note_call(state_dir, "export", arguments.event_id, done=False)
        raise
    sys.stdout.write(f"{arguments.out}: signed by {fingerprint}\n")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from device.evidence.package import verify

    wrong = verify(arguments.package, arguments.key)
    for line in wrong:
        sys.stderr.write(f"shopwarden: {arguments.package}: {line}\n")
    if wrong:
        return 1
    known = "by that key" if arguments.key else "by the key inside; give --key to know whose that is"
    sys.stdout.write(f"{arguments.package}: every file is what was sealed, and the chain is whole, signed {known}\n")
    return 0


def _show_key(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.evidence.device_key import DeviceKey

    sys.stdout.write(DeviceKey.of(load_config(arguments.config).device.state_dir).fingerprint + "\n")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from device.config import load_config
    from device.evidence.audit import problems
    from device.store.store import FILE_NAME, Store

    state_dir = load_config(arguments.config).device.state_dir
    how = {"files": arguments.files, "repair": arguments.repair}
    if (state_dir / FILE_NAME).exists():
        with closing(Store.open(state_dir)) as store:
            found = store.check()
            found += problems(state_dir, **how, told=lambda event_id: bool(store.happening(event_id)))
    else:
        found = problems(state_dir, **how)
    for line in found:
        sys.stderr.write(f"shopwarden: {line}\n")
    if not found:
        sys.stdout.write(f"{state_dir}: sound\n")
    return 1 if found else 0


def _retain(arguments: argparse.Namespace) -> int:
    from contextlib import closing

    from device.clock import SystemClock
    from device.config import load_config
    from device.control import service_answers
    from device.panel_parts import device_messages
    from device.recording_parts import retain_once
    from device.store.store import FILE_NAME, Store

    config, clock = load_config(arguments.config), SystemClock()
    state_dir = config.device.state_dir
    if service_answers(state_dir):
        sys.stdout.write(f"{state_dir}: the running guard sees to it\n")
        return 0
    if not (state_dir / FILE_NAME).exists():
        sys.stdout.write(f"{state_dir}: nothing is kept yet\n")
        return 0
    with closing(Store.open(state_dir, outbox=config.mqtt is not None)) as store:
        gone = retain_once(config, clock, store, device_messages(config, clock))
    sys.stdout.write(f"{state_dir}: {gone} recordings deleted\n")
    return 0
