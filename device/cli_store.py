"""The commands about what is kept: ``audit``, ``backup``, ``restore``. Reads the call and does it, no more."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from device.core.audit import Access, Line, What
from device.core.event import ARMED_STATES
from device.errors import StoreError, UsageError


def add_store(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them to the others."""
    save = commands.add_parser("backup", help="all that makes this device itself, in one file")
    save.add_argument("file", type=Path, help="the file to write")
    save.add_argument("--files", action="store_true", help="also the clips and stills of events")
    save.add_argument("--without-keys", action="store_true", help="leave out what proves that the device is itself")
    save.add_argument("--passphrase-file", type=Path, help="its first line seals the file; without: it is asked for")
    save.add_argument("--config", type=Path, required=True, help="configuration file")
    save.set_defaults(command=_backup)
    back = commands.add_parser("restore", help="put such a file in place of what is there")
    back.add_argument("file", type=Path, help="a file made by shopwarden backup")
    back.add_argument("--passphrase-file", type=Path, help="its first line opens the file; without: it is asked for")
    back.add_argument("--config", type=Path, required=True, help="where the configuration is to be")
    back.set_defaults(command=_restore)
    trial = commands.add_parser("try", help="what changed rules would have told in the last 24 hours")
    trial.add_argument("--config", type=Path, required=True, help="the changed configuration file")
    trial.add_argument("--camera", help="whose tracks and rules; without, the first camera's")
    trial.add_argument("--since", help="RFC 3339 time with offset; without, all that is kept")
    trial.add_argument("--armed", choices=ARMED_STATES, default="away", help="armed state")
    trial.add_argument("--rule", action="append", default=[], help="name of a rule, may be given again; without, all")
    trial.set_defaults(command=_try)
    audit = commands.add_parser("audit", help="who did what with this device, when and by which way")
    audit.add_argument("--limit", type=int, default=100, help="how many lines, the newest first")
    audit.add_argument("--before", type=int, metavar="N", help="only lines with a lower number")
    audit.add_argument("--json", action="store_true", help="for a program: an object a line")
    audit.add_argument("--config", type=Path, required=True, help="configuration file")
    audit.set_defaults(command=_audit)


def _backup(arguments: argparse.Namespace) -> int:
    from device.backup import backup
    from device.config import load_config
    from device.passphrase import passphrase_for

    state_dir, passphrase = (
        load_config(arguments.config).device.state_dir,
        passphrase_for(arguments.passphrase_file, new=True),
    )
    note_call(state_dir, "backup", str(arguments.file))
    count = backup(arguments.config, arguments.file, passphrase, files=arguments.files, keys=not arguments.without_keys)
    sys.stdout.write(f"{arguments.file}: {count} files\n")
    if not arguments.without_keys:
        sys.stderr.write(
            f"shopwarden: {arguments.file} holds the keys of this device: whoever has it and its passphrase can pass "
            "for the device; keep the two apart\n"
        )
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.passphrase import passphrase_for
    from device.restore import restore

    said = restore(arguments.file, arguments.config, passphrase_for(arguments.passphrase_file, new=False))
    note_call(load_config(arguments.config).device.state_dir, "restore", str(arguments.file))
    sys.stdout.write(said + "\n")
    return 0


def _try(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.tracklog.try_rules import told, try_rules

    since = 0.0
    if arguments.since is not None:
        try:
            moment = datetime.fromisoformat(arguments.since)
        except ValueError as error:
            raise UsageError(f"--since: {arguments.since!r} is no RFC 3339 time, as 2026-01-31T12:00:00Z is") from error
        if moment.tzinfo is None:
            raise UsageError(f"--since: {arguments.since!r} has no offset; end it with Z or +01:00")
        since = moment.timestamp()
    tried = try_rules(load_config(arguments.config), arguments.camera, since, arguments.armed, arguments.rule)
    sys.stdout.write("".join(f"{line}\n" for line in told(tried)))
    return 0


def _audit(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.store.audit_book import read_audit

    if arguments.limit < 1:
        raise UsageError("--limit: at least 1")
    state_dir = load_config(arguments.config).device.state_dir
    for line in read_audit(state_dir, before=arguments.before, limit=arguments.limit):
        sys.stdout.write((json.dumps(asdict(line), ensure_ascii=False) if arguments.json else _shown(line)) + "\n")
    return 0


def note_call(state_dir: Path, what: What, about: str, *, done: bool = True) -> None:
    """Note in the audit who gave a command; on a card that cannot be written, a line on standard error says so."""
    from device.clock import SystemClock
    from device.store.audit_book import COMMAND_LINE, note_beside, who_calls

    access = Access(what=what, who=who_calls(), way=COMMAND_LINE, about=about, done=done)
    try:
        note_beside(state_dir, access, SystemClock())
    except StoreError as error:
        sys.stderr.write(f"shopwarden: this is not in the audit: {error}\n")


def _shown(line: Line) -> str:
    """One line for a person."""
    it = line.access
    when = datetime.fromtimestamp(line.at_s, tz=UTC).isoformat(timespec="seconds")
    doubt = "" if line.clock_synced else " (clock not set)"
    about = f" {it.about}" if it.about else ""
    # A name comes from whoever typed it: a terminal must not obey it.
    text = f"{line.n} {when}{doubt} {it.who or '-'} by {it.way}: {it.what}{about}{'' if it.done else ', refused'}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)
