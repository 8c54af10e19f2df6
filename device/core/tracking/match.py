"""How well each detection continues each thing. Decides nothing and changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from device.core.tracking.settings import TrackerSettings
from device.core.tracking.sight import Flags, Floats, Sight
from device.core.tracking.thing import Thing


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """T things where they are expected at the time of a look, each value (T, 1), lengths in picture heights."""

    x: Floats
    y: Floats
    width: Floats
    height: Floats
    x_var: Floats
    y_var: Floats
    width_var: Floats
    height_var: Floats
    missed_s: Floats
    new: Floats
    """1 where it is neither confirmed nor likely scenery."""
    still: Floats
    """1 where it is likely scenery."""
    last_x: Floats
    last_y: Floats
    """Where its foot was when it was last seen."""
    blind_s: Floats
    """How long nobody looked since it was last seen."""
    restless: Floats
    """Cost of taking it to have stood ever since it was last seen."""
    cut: Floats
    """1 where the edge of the picture cut it off when it was last seen."""

    def boxes(self, aspect: float) -> Floats:
        """(T, 4) fractions of the picture."""
        half = 0.5 * self.width
        edges = ((self.x - half) / aspect, self.y - self.height, (self.x + half) / aspect, self.y)
        return np.clip(np.hstack(edges), 0.0, 1.0)


def expect(things: Sequence[Thing]) -> Expected:
    """Lay out at least one thing for matching."""
    return Expected(*np.array([thing.row() for thing in things]).T[:, :, None])


_NEW_SHARE = 0.02
"""Part of a gain that ``new_cost`` leaves at least: who is new and alone there goes on. Without it the clips lose .2 of
MOTA; at .1 clips and simulated scenes are within .002."""
_DIGITS = 9
"""Places behind the point to which gains count: beyond them a tie would fall otherwise in a mirror."""


def gains(
    things: Sequence[Thing], expected: Expected, sight: Sight, settings: TrackerSettings, *, in_place: bool = False
) -> Floats:
    """(T, N) how much likelier it is that a detection is a thing than that it is not; above 0 it may be.

    ``in_place`` is for what was left over: whoever looks different may still be the same, if they are just there.
    """
    table = 0.5 * settings.max_distance**2 - _motion_cost(expected, sight, settings)
    table -= settings.odd_cost * _odd(expected, sight, settings)
    strangeness = _strangeness(things, sight, settings)
    if in_place:
        strangeness = np.minimum(strangeness, settings.left_over_span)
    table -= settings.appearance_weight * strangeness
    # Who was seen there in the look before has not gone since, however unsteady the box is.
    both_cut = (expected.cut > 0.0) & (expected.missed_s > 0.0) & sight.cut
    table -= settings.edge_cost * (both_cut & ~_level(expected, sight, settings, settings.edge_level))
    table = np.where(table > 0.0, np.maximum(table - settings.new_cost * expected.new, _NEW_SHARE * table), table)
    kinds = {thing.kind for thing in things}
    if len(kinds.union(sight.kinds)) > 1:
        same = [[thing.kind == kind for kind in sight.kinds] for thing in things]
        table = np.where(np.array(same), table, -1.0)
    table -= settings.claim_cost * _claimed(table, expected, sight, settings)
    if in_place:
        table = np.where(sight.cut & ~_level(expected, sight, settings, settings.left_over_level), -1.0, table)
    return np.asarray(np.round(table, _DIGITS))


def _level(expected: Expected, sight: Sight, settings: TrackerSettings, most: float) -> Flags:
    """(T, N) whether foot and head are as high as expected: at the edge of the picture one may go as another comes."""
    foot, tall = settings.foot_noise * expected.height, settings.size_noise * expected.height
    off = ((sight.foot_y - expected.y) / foot) ** 2 + ((sight.height - expected.height) / tall) ** 2
    return np.asarray(off <= most * most)


def _claimed(table: Floats, expected: Expected, sight: Sight, settings: TrackerSettings) -> Flags:
    """(T, N) where scenery was before anybody came, and nothing of this box's own moves: it is the scenery again."""
    still = expected.still > 0.0
    quiet = sight.doubtful & ((sight.changed <= settings.unchanged_frac) | ~sight.alone)
    return np.asarray(~still & quiet & np.any((table > 0.0) & still, axis=0))


def _motion_cost(expected: Expected, sight: Sight, settings: TrackerSettings) -> Floats:
    """(T, N) negative log-likelihood of place and size, against that of a thing seen just now.

    It has walked on, or it has stood where it was last seen, whichever is likelier: who stands does not spread out.
    """
    noise = (settings.foot_noise * expected.height) ** 2
    size_noise = (settings.size_noise * expected.height) ** 2
    wide, tall = (sight.width - expected.width) ** 2, (sight.height - expected.height) ** 2
    x_var, y_var = expected.x_var + noise, expected.y_var + noise
    off = (sight.foot_x - expected.x) ** 2 / x_var + (sight.foot_y - expected.y) ** 2 / y_var
    off += wide / (expected.width_var + size_noise) + tall / (expected.height_var + size_noise)
    spread = np.minimum(0.5 * np.log(x_var * y_var / (4.0 * noise * noise)), settings.max_spread_cost)
    walked = 0.5 * off + (spread + settings.fade * expected.missed_s + settings.blind_cost * expected.blind_s)
    place_var = 2.0 * noise + (settings.stand_wander * expected.height) ** 2
    off = ((sight.foot_x - expected.last_x) ** 2 + (sight.foot_y - expected.last_y) ** 2) / place_var
    off += (wide + tall) / (2.0 * size_noise)
    stood = 0.5 * off + (expected.restless + settings.stand_fade * expected.missed_s)
    return np.asarray(np.minimum(walked, stood))


def _odd(expected: Expected, sight: Sight, settings: TrackerSettings) -> Flags:
    """(T, N) motion at what never moved, or none where something must have walked to.

    Motion in the box of scenery is no wonder where somebody stands beside it.
    """
    stray = settings.stray * expected.height
    away = (sight.foot_x - expected.last_x) ** 2 + (sight.foot_y - expected.last_y) ** 2 > stray * stray
    unchanged = sight.changed <= settings.unchanged_frac
    stirred = (sight.changed >= settings.changed_frac) & (sight.alone | ~sight.doubtful)
    return np.where(expected.still > 0.0, stirred, away & unchanged)


def _strangeness(things: Sequence[Thing], sight: Sight, settings: TrackerSettings) -> Floats:
    """(T, N) appearance distance less the even one; 0 where either has no appearance."""
    table = np.zeros((len(things), len(sight)))
    if not len(sight.appearance):
        return table
    width = sight.appearance.shape[1]
    known = [i for i, thing in enumerate(things) if thing.appearance is not None and len(thing.appearance) == width]
    if known:
        looks = np.array([things[i].appearance for i in known])
        distance = 1.0 - looks @ sight.appearance.T
        held = np.array([[things[i].look_shown] for i in known])
        span = settings.appearance_span * _told(held, settings) * _told(sight.shown, settings)
        table[known] = np.minimum(np.maximum(distance - settings.appearance_even, -span), span)
    return table


def _told(shown: Floats, settings: TrackerSettings) -> Floats:
    """How much appearance counts where so much of it is shown, 0..1."""
    return np.asarray(np.minimum(settings.hidden_word + shown, 1.0))
