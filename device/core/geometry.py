"""Points, boxes, polygons and directed lines in fractions of the picture, origin top left. Knows no pixels."""

import math
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 with x1 <= x2 and y1 <= y2."""


def box_area(box: Box) -> float:
    """Area of a box, in fractions of the picture."""
    x1, y1, x2, y2 = box
    return max(0.0, x2 - x1) * max(0.0, y2 - y1)


def intersection(a: Box, b: Box) -> float:
    """Area that two boxes share."""
    return box_area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def iou(a: Box, b: Box) -> float:
    """Intersection over union, 0..1; 0 where both are empty."""
    shared = intersection(a, b)
    union = box_area(a) + box_area(b) - shared
    return shared / union if union > 0.0 else 0.0


def cross(origin: Point, a: Point, b: Point) -> float:
    """Twice the signed area of a triangle; positive where b lies clockwise from a as seen on the picture."""
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether the closed segments a-b and c-d share a point."""
    abc, abd = cross(a, b, c), cross(a, b, d)
    cda, cdb = cross(c, d, a), cross(c, d, b)
    if ((abc > 0) != (abd > 0) and abc != 0 and abd != 0) and ((cda > 0) != (cdb > 0) and cda != 0 and cdb != 0):
        return True
    return any(
        turn == 0 and _within(start, end, point)
        for turn, start, end, point in ((abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b))
    )


def _within(a: Point, b: Point, point: Point) -> bool:
    """Whether a point on the line through a and b lies between them."""
    return min(a[0], b[0]) <= point[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= point[1] <= max(a[1], b[1])


def polygon_fault(points: tuple[Point, ...]) -> str | None:
    """Say what is wrong with a polygon, or None where it is simple and has an area."""
    if len(points) < 3:
        return f"a polygon needs at least 3 points, this one has {len(points)}"
    if len(set(points)) != len(points):
        return "a point stands in it twice"
    edges = [*pairwise(points), (points[-1], points[0])]
    for i, (a, b) in enumerate(edges):
        for j in range(i + 2, len(edges)):
            if (i, j) != (0, len(edges) - 1) and segments_meet(a, b, *edges[j]):
                return f"edge {i + 1} crosses edge {j + 1}"
    if abs(signed_area(points)) < 1e-6:
        return "it has no area"
    return None


def signed_area(points: tuple[Point, ...]) -> float:
    """Area of a polygon in fractions of the picture (shoelace formula); positive where its points run clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise((*points, points[0]))) / 2


@dataclass(frozen=True, slots=True)
class Polygon:
    """A simple polygon."""

    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        fault = polygon_fault(self.points)
        if fault:
            raise ValueError(fault)

    def contains(self, point: Point) -> bool:
        """Whether a point lies inside, by the even-odd rule; on an edge either answer may come."""
        x, y = point
        inside = False
        for (x1, y1), (x2, y2) in pairwise((*self.points, self.points[0])):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside


@dataclass(frozen=True, slots=True)
class Line:
    """A directed segment. "out" is crossing from the left of start->end to its right, as seen on the picture."""

    start: Point
    end: Point

    def __post_init__(self) -> None:
        if math.dist(self.start, self.end) < 1e-6:
            raise ValueError("a line needs two different points")

    def side(self, point: Point) -> float:
        """Signed distance of a point from the endless line, in fractions; positive on its right."""
        return cross(self.start, self.end, point) / math.dist(self.start, self.end)

    def passed(self, before: Point, now: Point, overhang_frac: float = 0.0) -> bool:
        """Whether the way from one point to another meets the segment, made longer at both ends by that much."""
        dx, dy = (self.end[0] - self.start[0]) * overhang_frac, (self.end[1] - self.start[1]) * overhang_frac
        start, end = (self.start[0] - dx, self.start[1] - dy), (self.end[0] + dx, self.end[1] + dy)
        return segments_meet(before, now, start, end)
