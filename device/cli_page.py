"""The commands ``shopwarden user``, ``web`` and ``test-event``: reads the call and does it. Decides nothing else."""

import argparse
import sys
from pathlib import Path

from device.core.event import PRIORITIES
from device.core.trial_event import TESTABLE
from device.errors import UsageError


def add_page(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add them to the others."""
    actions = commands.add_parser("user", help="who may use the page").add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make an account; the password is typed twice, or a line of standard input")
    add.add_argument("--role", choices=("viewer", "guard", "admin"), default="guard", help="what the user may do")
    reset = actions.add_parser("reset", help="give somebody a new password")
    remove = actions.add_parser("remove", help="take an account away")
    for action in (add, reset, remove):
        action.add_argument("name", help="whose")
    show = actions.add_parser("list", help="who may log in")
    web = commands.add_parser("web", help="how the page is reached").add_subparsers(required=True, metavar="ACTION")
    code = web.add_parser("code", help="a one-time code for the first user, with address and fingerprint")
    mark = web.add_parser("fingerprint", help="the fingerprint of the page's certificate")
    asked = {"add": add, "reset": reset, "remove": remove, "list": show, "code": code, "fingerprint": mark}
    for name, action in asked.items():
        action.add_argument("--config", type=Path, required=True, help="configuration file")
        action.set_defaults(command=_page, action=name)
    trial = commands.add_parser("test-event", help="a marked event through every sink: hear the siren, see the message")
    trial.add_argument("kind", choices=TESTABLE, metavar="KIND", help="the kind of event")
    trial.add_argument("--priority", choices=PRIORITIES, default="alarm", help="what it is worth")
    trial.add_argument("--camera", help="whose event; without, the first camera's")
    trial.add_argument("--for", type=float, default=3.0, dest="for_s", metavar="S", help="how long it lasts")
    trial.add_argument("--config", type=Path, required=True, help="configuration file")
    trial.set_defaults(command=_trial)


def _page(arguments: argparse.Namespace) -> int:
    from device import accounts
    from device.cli_store import note_call
    from device.config import load_config

    match arguments.action:
        case "add":
            said = accounts.add_user(arguments.config, arguments.name, arguments.role)
        case "reset":
            said = accounts.reset_user(arguments.config, arguments.name)
        case "remove":
            said = accounts.remove_user(arguments.config, arguments.name)
        case "list":
            said = accounts.list_users(arguments.config)
        case "code":
            said = accounts.make_code(arguments.config)
        case _:
            said = accounts.fingerprint(arguments.config)
    if arguments.action in ("add", "reset", "remove"):
        state_dir = load_config(arguments.config).device.state_dir
        note_call(state_dir, "account", f"{arguments.action} {arguments.name}")
    sys.stdout.write(said.rstrip("\n") + "\n")
    return 0


def _trial(arguments: argparse.Namespace) -> int:
    from device.cli_store import note_call
    from device.config import load_config
    from device.trial import LONGEST_S, Trial, run_trial

    if not 0.0 < arguments.for_s <= LONGEST_S:
        raise UsageError(f"--for: a test lasts up to {LONGEST_S:g} s")
    trial = Trial(arguments.kind, arguments.priority, arguments.camera, arguments.for_s)
    said = run_trial(arguments.config, trial)
    note_call(load_config(arguments.config).device.state_dir, "test_event", arguments.kind)
    sys.stdout.write(said + "\n")
    return 0
