"""What the watch over a shelf can be told, with what it takes where nothing is said. Computes nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Least:
    """How much must speak for a change, 0..1, where nothing had changed before.

    Each of 300 takings in drawn scenes had .45 or more; somebody who stops beside goods leaves rims in another light.
    """

    taken: float = 0.3
    returned: float = 0.45
    thin: float = 0.5
    """Where the place is too thin for a print."""


@dataclass(frozen=True, slots=True)
class ShelfSettings:
    """Sizes, limits and durations; tuned on drawn scenes of seeds 0-4."""

    cells: int = 112
    """At most so many cells has the longer side of the shelf: an item on it must be a few cells wide."""
    margin_frac: float = 0.22
    """How much is watched around the shelf, in its size: an arm reaches over its edge, an item does not."""
    period_s: float = 0.18
    """Time between two looks at the shelf: hands are slow, and the budget is small."""
    idle_period_s: float = 1.0
    """The same while nothing moves near the shelf."""
    after_stir_s: float = 4.0
    """How long it is looked at often after the last movement."""
    luma_change: float = 11.0
    """Grey levels, beyond noise and edges, that make a cell differ."""
    move_change: float = 8.8
    """Grey levels of luma that make a cell move from look to look: a little less than a change of the shelf takes."""
    chroma_change: float = 8.0
    """The same for colour."""
    edge_slack: float = 0.3
    """Part of the range around a cell that may differ by a camera that shakes by a part of a cell."""
    settle_s: float = 0.7
    """How long a place must be still to be looked at."""
    min_item_frac: float = 0.0025
    """Smallest item, in the area of the shelf."""
    min_slot_frac: float = 0.08
    """Smallest item, in the area of its slot."""
    max_item_frac: float = 1.0
    """Largest item, in the area of the shelf."""
    people_hide: bool = False
    """Whether what lies in somebody's box is never judged: right for a floor, wrong for a table between them and the
    camera."""
    adapt_s: float = 15.0
    """Time constant with which the reference follows slow light."""
    absorb_s: float = 60.0
    """How long a change that nobody made must last to become part of the shelf."""
    propose: bool = True
    """Whether slots are looked for where none are drawn."""
    least: Least = Least()
    """How much must speak for a change where nothing had changed before."""
    max_past: int = 200
    """Changes that are remembered."""
    memory_s: float = 12.0
    """How long it is remembered who stood where."""
