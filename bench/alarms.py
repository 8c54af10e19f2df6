"""What alarms cost on their way: a search among a million events, a simulated day, and the time to pin and broker.

``python -m bench.alarms store|day|latency|frame [--report]``. The broker is a real mosquitto on loopback.
"""

import argparse
import contextlib
import os
import platform
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from bench.fault_table import commit, cpus, put_section
from device.app import RunKind, build_pipeline
from device.clock import SystemClock
from device.config import parse_config
from device.core.event import Draft, Event, Priority, RuleRef, State, encode
from device.core.ids import DerivedIds, uuid7
from device.core.message import MessageMaker
from device.core.search import Search
from device.outlets import Outlets, open_outlets
from device.store.book import EventBook
from device.store.store import Store
from tests.device.drawn import frames, truth_detector
from tests.events import BOOT_ID, make_event
from tests.sinks.broker import PASSWORD, USER, Listener, Mosquitto

REPORT = Path("docs/measured/alarms.md")
DAY_S = 86_400.0
FIRST_S = 1_700_000_000.0
ALARM_EACH = 200
"""One event of so many is an alarm."""
CONFIG = """
[device]
id = "shop-1"
state_dir = "{state}"
[detector]
model = "general-320"
[[cameras]]
id = "aisle"
source = "synthetic:"
[[pins.outputs]]
id = "siren"
pin = 17
[mqtt]
port = {port}
username = "{user}"
password_file = "{password}"
"""
SCENE = """
[device]
id = "shop-1"
state_dir = "."
[detector]
model = "general-320"
[[cameras]]
id = "aisle"
source = "synthetic:"
  [[cameras.zones]]
  id = "floor"
  polygon = [[0.2, 0.1], [0.8, 0.1], [0.8, 1.0], [0.2, 1.0]]
  [[cameras.rules]]
  kind = "person_in_zone"
  zone = "floor"
"""


def fill(store: Store, count: int, days: float) -> None:
    """So many events over so many days, sent already."""
    template = encode(replace(make_event(), seq=123456, id="ID" * 18, event_id="EV" * 18, priority="info"))

    def rows() -> Iterator[tuple[object, ...]]:
        for seq in range(1, count + 1):
            at_ms = round((FIRST_S + seq * days * DAY_S / count) * 1000)
            id_ = uuid7(at_ms, seq)
            priority = "alarm" if seq % ALARM_EACH == 0 else "info"
            text = template.replace("ID" * 18, id_).replace("EV" * 18, id_)
            text = text.replace("123456", str(seq), 1).replace('"info"', f'"{priority}"', 1)
            yield (
                seq,
                id_,
                id_,
                "person_in_zone",
                priority,
                "start",
                "aisle",
                2.0,
                "2000-01-01T12:00:02.000+00:00",
                text,
            )

    columns = "seq, id, event_id, kind, priority, state, camera, t_emitted_s, time, json"
    insert = f"insert into event ({columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
    store.change(lambda db: db.executemany(insert, rows()) and None)


def searches(folder: Path, events: int) -> str:
    """A day's alarms out of so many events."""
    days, draw = 30.0, random.Random(1)  # noqa: S311 - a draw for a measurement
    with contextlib.closing(Store.open(folder)) as store:
        began = time.perf_counter()
        fill(store, events, days)
        filled_s = time.perf_counter() - began
        with contextlib.closing(EventBook(store, SystemClock())) as book:
            spent, found = list[float](), 0
            for _ in range(200):
                begin = FIRST_S + draw.uniform(0.0, days - 1.0) * DAY_S
                began = time.perf_counter()
                found = len(book.search(Search(priority="alarm", begin=begin, end=begin + DAY_S, limit=200)))
                spent.append((time.perf_counter() - began) * 1000)
    mib = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    return (
        f"A day's alarms ({found} of them, decoded; 200 draws of the day) out of {events:,} events of {days:.0f} days, "
        f"{mib:,.0f} MiB:\n\n{_quantiles(spent)} (asked: at most 50 ms). Filled in {filled_s:.0f} s.\n"
    )


@contextlib.contextmanager
def told(folder: Path) -> Iterator[tuple[Outlets, Mosquitto]]:
    """Outlets at work: a mock pin, the store, a broker."""
    with ExitStack() as stack:
        broker = Mosquitto(folder).start()
        stack.callback(broker.kill)
        password = folder / "password"
        password.write_text(PASSWORD, encoding="utf-8")
        text = CONFIG.format(state=folder / "state", port=broker.port, user=USER, password=password)
        console = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        outlets = stack.enter_context(open_outlets(parse_config(text, "bench"), SystemClock(), console))
        outlets.start()
        yield outlets, broker


def day(folder: Path, events: int) -> str:
    """So many events of a simulated day behind a store that is full already."""
    state = folder / "state"
    with contextlib.closing(Store.open(state)) as store:
        fill(store, 100_000, 30.0)
    rows = ["| events | rows | waiting | state files | MiB | open files | threads | RSS MiB |", "|-|-|-|-|-|-|-|-|"]
    began, ids = time.perf_counter(), DerivedIds("day")
    with told(folder) as (outlets, _):
        for number in range(events + 1):
            if number % 200 == 0:
                # No faster than a day could be: what is told waits in no queue for long.
                _until(lambda: outlets.store.outbox_size() < 500 and not outlets.first[-1].stats().queued > 500)
            if number in (events // 20, events // 4, events // 2, events):
                _until(lambda: outlets.store.outbox_size() == 0 and not any(it.stats().queued for it in outlets.first))
                rows.append(_held(outlets.store, state, number))
            if number < events:
                wall = FIRST_S + 40 * DAY_S + number * DAY_S / events
                priority: Priority = "alarm" if number % ALARM_EACH == 0 else "info"
                outlets.emit(
                    make_event(id=ids.next(wall), event_id=ids.next(wall), priority=priority, state="end", t_end=2.0)
                )
        dropped = outlets.store.dropped_count() + outlets.first[-1].stats().dropped
    spent_s = time.perf_counter() - began
    head = f"{events:,} events of a simulated day through fanout, pin, store, outbox and broker, in {spent_s:.0f} s"
    return (
        f"{head}; the store is at its bound of 100,000 rows from the start; {dropped} dropped.\n\n"
        + "\n".join(rows)
        + "\n"
    )


def _held(store: Store, state: Path, number: int) -> str:
    rows = list[int]()
    store.change(lambda db: rows.append(db.execute("select count(*) from event").fetchone()[0]))
    files = [path for path in state.rglob("*") if path.is_file()]
    mib = sum(path.stat().st_size for path in files) / 2**20
    status = Path("/proc/self/status").read_text(encoding="ascii")
    rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024
    held = f"{len(files)} | {mib:.1f} | {len(os.listdir('/proc/self/fd'))} | {threading.active_count()} | {rss:.1f}"  # noqa: PTH208 - a count
    return f"| {number:,} | {rows[0]:,} | {store.outbox_size()} | {held} |"


def from_frame(folder: Path, count: int) -> str:
    """From the picture that confirms a happening to the pin's edge, and to a client of the broker."""
    edge_ms, heard_ms, story = list[float](), list[float](), list(frames())
    with told(folder) as (outlets, broker), contextlib.closing(Listener(broker.port)) as listener:
        pin = outlets.pins[0]
        for number in range(count):
            # Each alarm in a scene of its own, with everything that a camera's story has but for the inference.
            config = parse_config(SCENE, "bench")
            kind = RunKind(
                ids=DerivedIds(f"frame/{number}"), boot_id=BOOT_ID, clock_synced=lambda: True, armed="away",
                every_frame=True,
            )  # fmt: skip
            pipeline, alarmed = build_pipeline(config, config.cameras[0], truth_detector(), kind), False
            for frame in story:
                began = time.perf_counter()
                events = pipeline.step(frame).events
                for event in events:
                    outlets.emit(event)
                if not alarmed and any(it.priority == "alarm" and it.state == "start" for it in events):
                    _until(lambda: pin.is_on)
                    edge_ms.append((time.perf_counter() - began) * 1000)
                    listener.take(len(events))
                    heard_ms.append((time.perf_counter() - began) * 1000)
                    alarmed = True
                elif events:
                    listener.take(len(events))
            for event in pipeline.finish(story[-1].t, None):
                outlets.emit(event)
                listener.take(1)
            _until(lambda: not pin.is_on)
    width, height = story[0].width, story[0].height
    return (
        f"{len(edge_ms)} alarms, each from the start of work on the picture of {width}x{height} that confirms it "
        "(gate, tracker, rules, health of the picture; the detector answers from a script, so without inference), "
        "polled each 0.2 ms:\n\n"
        f"- to the edge of the pin: {_quantiles(edge_ms)} (asked: p95 within 20 ms)\n"
        f"- to a client of mosquitto on loopback, by way of the synced disk: {_quantiles(heard_ms)}\n"
    )


def latency(folder: Path, count: int) -> str:
    """From a rule's draft to the pin's edge, and to a client of the broker."""
    edge_ms, heard_ms = list[float](), list[float]()
    maker = MessageMaker(
        device="shop-1", camera="aisle", boot_id=BOOT_ID, ids=DerivedIds("latency"), clock_synced=lambda: True
    )
    with told(folder) as (outlets, broker), contextlib.closing(Listener(broker.port)) as listener:
        pin, pause = outlets.pins[0], threading.Event()
        outlets.emit(make_event(priority="info"))
        listener.take(1)
        for number in range(count):
            pause.wait(random.Random(number).uniform(0.01, 0.05))  # noqa: S311 - so that nothing falls in step
            began = time.perf_counter()
            outlets.emit(_made(maker, number, "start"))
            _until(lambda: pin.is_on)
            edge_ms.append((time.perf_counter() - began) * 1000)
            listener.take(1)
            heard_ms.append((time.perf_counter() - began) * 1000)
            outlets.emit(_made(maker, number, "end"))
            listener.take(1)
            _until(lambda: not pin.is_on)
    return (
        f"{count} alarms, one at a time, from the draft as a rule decides it (what tracker and rules add is in "
        "`shopwarden bench`), polled each 0.2 ms:\n\n"
        f"- to the edge of the pin: {_quantiles(edge_ms)} (asked: p95 within 20 ms)\n"
        f"- to a client of mosquitto on loopback, by way of the synced disk: {_quantiles(heard_ms)}\n"
    )


def _made(maker: MessageMaker, number: int, state: State) -> Event:
    draft = Draft(
        kind="person_in_zone", state=state, happening=f"bench/{number}", t_start=1.0,
        t_end=2.0 if state == "end" else None, t_emitted=2.0, confidence=0.9, zone="counter",
        rule=RuleRef("bench", 1), reasons=("measured",), priority="alarm",
    )  # fmt: skip
    return maker.make(draft, "alarm", FIRST_S)


def _until(true: Callable[[], bool], patience_s: float = 60.0) -> None:
    poll, until = threading.Event(), time.perf_counter() + patience_s
    while not true():
        if time.perf_counter() > until:
            raise TimeoutError(f"waited {patience_s:g} s for what did not come")
        poll.wait(0.0002)


def _quantiles(spent_ms: list[float]) -> str:
    cut = statistics.quantiles(spent_ms, n=20)
    return f"p50 {statistics.median(spent_ms):.2f} ms, p95 {cut[-1]:.2f} ms, longest {max(spent_ms):.2f} ms"


_PARTS = {
    "store": ("A day out of a million", searches),
    "day": ("A day of 100,000", day),
    "latency": ("Latency", latency),
    "frame": ("Latency from the frame", from_frame),
}
_COUNTS = {"store": 1_000_000, "day": 100_000, "latency": 300, "frame": 300}


def main(arguments: list[str]) -> int:
    """Measure, print, and write the section where asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=_PARTS)
    parser.add_argument("--count", type=int, help="of events or alarms")
    parser.add_argument("--folder", type=Path, help="on which disk")
    parser.add_argument("--report", action="store_true", help=f"write the section into {REPORT}")
    asked = parser.parse_args(arguments)
    title, measure = _PARTS[asked.part]
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        text = measure(Path(folder), asked.count or _COUNTS[asked.part])
    machine = f"{platform.machine()}, {cpus()} shared cores, Python {platform.python_version()}, commit {commit()}"
    text = f"`python -m bench.alarms {asked.part}` on {machine}.\n\n{text}"
    print(text)
    if asked.report:
        put_section(REPORT, title, text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
