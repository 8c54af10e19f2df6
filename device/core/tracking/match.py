"""How well each detection continues each thing. Decides nothing and changes nothing."""

from collections.abc import Sequence

import numpy as np

from device.core.tracking.settings import TrackerSettings
from device.core.tracking.sight import Floats, Sight
from device.core.tracking.thing import Thing


def gains(things: Sequence[Thing], sight: Sight, settings: TrackerSettings) -> Floats:
    """(T, N) how much likelier it is that a detection is a thing than that it is not; above 0 it may be.

    Things stand where they are expected at the time of the look.
    """
    state = np.array([_row(thing) for thing in things]).reshape(len(things), 13)
    x, y, width, height, x_var, y_var, width_var, height_var, missed_s, unconfirmed, still, last_x, last_y = (
        state.T[:, :, None]
    )
    noise = (settings.foot_noise * height) ** 2
    size_noise = (settings.size_noise * height) ** 2
    x_var, y_var = x_var + noise, y_var + noise
    width_var, height_var = width_var + size_noise, height_var + size_noise
    off = (sight.foot_x - x) ** 2 / x_var + (sight.foot_y - y) ** 2 / y_var
    off += (sight.width - width) ** 2 / width_var + (sight.height - height) ** 2 / height_var
    spread = 0.5 * np.log(x_var * y_var / (4.0 * noise * noise))
    cost = 0.5 * off + spread + settings.fade * missed_s
    away = np.hypot(sight.foot_x - last_x, sight.foot_y - last_y) > settings.stray * height
    cost += settings.odd_cost * np.where(still > 0.0, sight.changed >= settings.changed_frac, away & (sight.changed <= settings.unchanged_frac))
    table = 0.5 * settings.max_distance**2 - cost - settings.appearance_weight * _strangeness(things, sight, settings)
    table = np.where(table > 0.0, np.maximum(table - settings.new_cost * unconfirmed, 0.02 * table), table)
    kinds = [settings.kind(label) for label in sight.labels]
    same_kind = np.array([[thing.kind == kind for kind in kinds] for thing in things], dtype=bool).reshape(table.shape)
    return np.where(same_kind, table, -1.0)


def expected_boxes(things: Sequence[Thing], t: float, aspect: float, settings: TrackerSettings) -> Floats:
    """(T, 4) where things are expected, fractions of the picture."""
    return np.array([thing.body.box(t, aspect, settings) for thing in things]).reshape(len(things), 4)


def _row(thing: Thing) -> tuple[float, ...]:
    body = thing.body
    x, y, width, height = body.foot_x, body.foot_y, body.width, body.height
    places = (x.at, y.at, width.at, height.at, x.at_var, y.at_var, width.at_var, height.at_var)
    still = thing.still
    return (*places, thing.missed_s, float(not (thing.confirmed or still)), float(still), *thing.last_foot)


def _strangeness(things: Sequence[Thing], sight: Sight, settings: TrackerSettings) -> Floats:
    """(T, N) appearance distance less the even one; 0 where either has no appearance."""
    table = np.zeros((len(things), len(sight)))
    if not len(sight.appearance):
        return table
    width = sight.appearance.shape[1]
    known = [i for i, thing in enumerate(things) if thing.appearance is not None and len(thing.appearance) == width]
    if known:
        looks = np.stack([look for thing in things if (look := thing.appearance) is not None and len(look) == width])
        distance = 1.0 - looks @ sight.appearance.T
        table[known] = np.clip(distance - settings.appearance_even, -settings.appearance_span, settings.appearance_span)
    return table
