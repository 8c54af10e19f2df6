"""Boxes, polygons and directed lines, against slower and plainer ways to the same answers."""

import math
import re
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from device.core.geometry import (
    Box,
    Line,
    Point,
    Polygon,
    box_area,
    cross,
    intersection,
    iou,
    polygon_fault,
    segments_meet,
    signed_area,
)
from tests.builders import SQUARE

fractions = st.floats(0.0, 1.0, allow_subnormal=False)
grid = st.integers(0, 16).map(lambda number: number / 16)
"""Few enough places for points to fall on each other and on edges."""
points = st.tuples(fractions, fractions)
grid_points = st.tuples(grid, grid)
boxes: st.SearchStrategy[Box] = st.tuples(points, points).map(
    lambda c: (min(c[0][0], c[1][0]), min(c[0][1], c[1][1]), max(c[0][0], c[1][0]), max(c[0][1], c[1][1]))
)


@st.composite
def stars(draw: st.DrawFn) -> tuple[Point, ...]:
    """A simple polygon: corners around a centre, in the order of their angles."""
    angles = draw(st.lists(st.integers(0, 71), min_size=3, max_size=9, unique=True).map(sorted))
    turns = [after - before for before, after in pairwise([*angles, angles[0] + 72])]
    assume(max(turns) < 36)
    radii = draw(st.lists(st.floats(0.1, 0.5), min_size=len(angles), max_size=len(angles)))
    spokes = [(radius, angle * math.tau / 72) for radius, angle in zip(radii, angles, strict=True)]
    return tuple((0.5 + r * math.cos(angle), 0.5 + r * math.sin(angle)) for r, angle in spokes)


def winding_number(corners: tuple[Point, ...], point: Point) -> int:
    """How often a polygon runs round a point: the sum of the angles under which it sees the edges."""
    bearings = [math.atan2(y - point[1], x - point[0]) for x, y in (*corners, corners[0])]
    turns = [math.remainder(after - before, math.tau) for before, after in pairwise(bearings)]
    return round(sum(turns) / math.tau)


def distance_to_edge(corners: tuple[Point, ...], point: Point) -> float:
    """How far a point is from the nearest edge."""

    def to_segment(a: Point, b: Point) -> float:
        along = (point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1])
        part = min(1.0, max(0.0, along / math.dist(a, b) ** 2))
        return math.dist(point, (a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])))

    return min(to_segment(a, b) for a, b in pairwise((*corners, corners[0])))


@given(boxes, boxes)
def test_iou_is_symmetric_and_bounded(a: Box, b: Box) -> None:
    """The order of two boxes does not matter, and the answer is a fraction."""
    assert iou(a, b) == iou(b, a)
    assert 0.0 <= iou(a, b) <= 1.0 + 1e-9


@given(boxes)
def test_iou_with_itself(box: Box) -> None:
    """A box is wholly itself, unless it is empty."""
    assert iou(box, box) == (1.0 if box_area(box) > 0.0 else 0.0)


@given(boxes, boxes)
def test_intersection_is_part_of_both(a: Box, b: Box) -> None:
    """What two boxes share is no larger than either."""
    assert 0.0 <= intersection(a, b) <= min(box_area(a), box_area(b))


def test_iou_by_hand() -> None:
    """Two unit squares that share a half of each overlap by a third."""
    assert iou((0.0, 0.0, 0.2, 0.2), (0.1, 0.0, 0.3, 0.2)) == pytest.approx(1 / 3)
    assert iou((0.0, 0.0, 0.2, 0.2), (0.2, 0.0, 0.4, 0.2)) == 0.0


@given(stars(), points)
def test_contains_agrees_with_the_winding_number(corners: tuple[Point, ...], point: Point) -> None:
    """A simple polygon holds exactly the points that it runs round, in either direction."""
    assume(distance_to_edge(corners, point) > 1e-6)
    inside = winding_number(corners, point) != 0

    assert Polygon(corners).contains(point) == inside
    assert Polygon(corners[::-1]).contains(point) == inside


@given(stars(), st.integers(0, 8))
def test_a_polygon_may_begin_at_any_corner(corners: tuple[Point, ...], turn: int) -> None:
    """Area and faults do not depend on which corner is named first."""
    turn %= len(corners)
    turned = (*corners[turn:], *corners[:turn])

    assert polygon_fault(turned) is None
    assert signed_area(turned) == pytest.approx(signed_area(corners))
    assert signed_area(corners[::-1]) == pytest.approx(-signed_area(corners))


@given(st.lists(grid_points, min_size=3, max_size=6).map(tuple))
def test_a_polygon_without_fault_is_simple(corners: tuple[Point, ...]) -> None:
    """Where no fault is named, nothing is ever run round twice or in two directions."""
    assume(polygon_fault(corners) is None)
    turns = {winding_number(corners, (x / 16 + 0.0313, y / 16 + 0.0287)) for x in range(16) for y in range(16)}

    assert turns <= {0, 1} or turns <= {0, -1}


@pytest.mark.parametrize(
    ("corners", "fault"),
    [
        ((), "at least 3 points, this one has 0"),
        (((0.0, 0.0), (1.0, 1.0)), "at least 3 points, this one has 2"),
        (((0.0, 0.0), (1.0, 0.0), (0.0, 0.0)), "a point stands in it twice"),
        (((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)), "it has no area"),
        (((0.1, 0.1), (0.9, 0.9), (0.9, 0.1), (0.1, 0.9)), "edge 1 crosses edge 3"),
        (((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 0.0), (0.0, 1.0)), "edge 1 crosses edge 3"),
        (((0.0, 0.0), (1.0, 0.0), (0.5, 0.0), (0.5, 1.0)), "edge 1 crosses edge 3"),
    ],
)
def test_faults_of_polygons(corners: tuple[Point, ...], fault: str) -> None:
    """Each fault is told in words, and such a polygon cannot be made."""
    told = polygon_fault(corners)

    assert told is not None
    assert fault in told
    with pytest.raises(ValueError, match=re.escape(told)):
        Polygon(corners)


@given(grid_points, grid_points, grid_points, grid_points)
def test_segments_meet_from_every_end(a: Point, b: Point, c: Point, d: Point) -> None:
    """Neither the order of two segments nor their directions matter."""
    met = segments_meet(a, b, c, d)

    assert segments_meet(b, a, c, d) == met
    assert segments_meet(c, d, a, b) == met
    assert segments_meet(d, c, b, a) == met


@given(grid_points, grid_points, grid_points, grid_points)
def test_segments_meet_agrees_with_exact_arithmetic(a: Point, b: Point, c: Point, d: Point) -> None:
    """Two segments meet where no axis of theirs keeps them apart; on this grid every product is exact."""

    def apart(normal: Point) -> bool:
        one = [x * normal[0] + y * normal[1] for x, y in (a, b)]
        other = [x * normal[0] + y * normal[1] for x, y in (c, d)]
        return max(one) < min(other) or max(other) < min(one)

    directions = [(b[0] - a[0], b[1] - a[1]), (d[0] - c[0], d[1] - c[1]), (1.0, 0.0), (0.0, 1.0)]
    axes = [normal for x, y in directions for normal in ((x, y), (-y, x))]

    assert segments_meet(a, b, c, d) == (not any(apart(axis) for axis in axes))


@given(points, points, points)
def test_sides_of_a_line(start: Point, end: Point, point: Point) -> None:
    """Turning a line round swaps its sides; a point is as far from it either way."""
    assume(math.dist(start, end) > 1e-3)

    assert Line(start, end).side(point) == pytest.approx(-Line(end, start).side(point), abs=1e-9)
    assert abs(Line(start, end).side(point)) <= math.dist(start, point) + 1e-9


def test_right_of_a_line_is_seen_on_the_picture() -> None:
    """Going right along a line, its right hand points down the picture, as y grows downwards."""
    line = Line((0.2, 0.5), (0.8, 0.5))

    assert line.side((0.5, 0.7)) == pytest.approx(0.2)
    assert line.side((0.5, 0.4)) == pytest.approx(-0.1)
    assert cross((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)) > 0.0


def test_a_line_needs_two_points() -> None:
    """A line of no length has no sides."""
    with pytest.raises(ValueError, match="two different points"):
        Line((0.5, 0.5), (0.5, 0.5))


@given(points, points, points, points)
def test_a_way_that_passed_has_touched_the_line(start: Point, end: Point, before: Point, now: Point) -> None:
    """Whoever passed ended on the other side, passed on the way back too, and passes a longer line as well."""
    assume(math.dist(start, end) > 1e-3)
    line = Line(start, end)
    # A foot on the line itself is a matter of rounding.
    assume(min(abs(line.side(before)), abs(line.side(now))) > 1e-6)
    passed = line.passed(before, now)

    assert line.passed(now, before) == passed
    if passed:
        assert line.side(before) * line.side(now) < 0.0
        assert line.passed(before, now, overhang_frac=0.1)


@pytest.mark.parametrize(("x", "plain", "longer"), [(0.5, True, True), (0.83, False, True), (0.9, False, False)])
def test_passing_beside_a_line(x: float, plain: bool, longer: bool) -> None:
    """A way past its end counts only within the overhang."""
    line = Line((0.2, 0.5), (0.8, 0.5))

    assert line.passed((x, 0.4), (x, 0.6)) == plain
    assert line.passed((x, 0.4), (x, 0.6), overhang_frac=0.1) == longer


def test_the_square_of_the_builders() -> None:
    """What tests call inside and outside is so."""
    assert Polygon(SQUARE).contains((0.5, 0.5))
    assert not Polygon(SQUARE).contains((0.05, 0.5))
