"""What every table of the configuration is made of: closed tables, names, points. Knows no key."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from device.core.geometry import Point, polygon_fault

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
"""Fit for a file name and for an MQTT topic."""
Id = Annotated[str, Field(pattern=ID_PATTERN)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
XY = tuple[Fraction, Fraction]


def _simple(points: tuple[Point, ...]) -> tuple[Point, ...]:
    fault = polygon_fault(points)
    if fault:
        raise ValueError(fault)
    return points


Corners = Annotated[tuple[XY, ...], AfterValidator(_simple)]


class Table(BaseModel):
    """A closed table: an unknown key is an error, a value cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)
