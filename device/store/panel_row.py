"""The one row that says how the guard stands, to and from a value. Opens no database and begins no transaction."""

import json
import sqlite3
from typing import get_args

from device.core.arming.lockout import Lock
from device.core.arming.standing import PHASES, Saved
from device.core.event import ArmedState

_COLUMNS = "change_number, armed, phase, bypassed, locks, schedule_to_s"


def read_panel(db: sqlite3.Connection) -> tuple[Saved, int] | None:
    """What was saved last, with the number of that change; None where nothing ever was.

    Raises:
        ValueError: the row says what no panel can be.
    """
    row = db.execute(f"select {_COLUMNS} from panel").fetchone()  # noqa: S608 - a constant
    if row is None:
        return None
    number, armed, phase, bypassed, locks, schedule_to = row
    if armed not in get_args(ArmedState) or phase not in PHASES:
        raise ValueError(f"no state of a panel: {armed}, {phase}")
    known = tuple(Lock(str(source), int(failures), float(left_s)) for source, failures, left_s in json.loads(locks))
    return Saved(armed, phase, tuple(map(str, json.loads(bypassed))), known, schedule_to), number


def write_panel(db: sqlite3.Connection, saved: Saved, number: int) -> None:
    """Put a change in place of an older one; a newer one stays."""
    locks = json.dumps([[lock.source, lock.failures, lock.left_s] for lock in saved.locks])
    values = (number, saved.armed, saved.phase, json.dumps(saved.bypassed), locks, saved.schedule_to)
    db.execute(
        f"insert into panel (one, {_COLUMNS}) values (1, ?, ?, ?, ?, ?, ?) on conflict (one) do update set"  # noqa: S608 - a constant
        " change_number = excluded.change_number, armed = excluded.armed, phase = excluded.phase,"
        " bypassed = excluded.bypassed, locks = excluded.locks, schedule_to_s = excluded.schedule_to_s"
        " where excluded.change_number > panel.change_number",
        values,
    )
