"""What a configuration may say of the board's pins. Does not drive them."""

from typing import Annotated, Literal

from pydantic import Field

from device.config.table import Id, Table

Pin = Annotated[int, Field(ge=0, le=27)]


class OutputTable(Table):
    """One output pin."""

    id: Id = Field(description="Name of the output.")
    pin: Pin = Field(description="GPIO number (BCM), not the number on the header.")
    active_high: bool = Field(True, description="False where the relay switches on a low pin.")
    max_on_s: float = Field(180.0, gt=0.0, le=3600.0, description="Longest time on, whatever happens.")


class PinsTable(Table):
    """Sirens and lights on the pins of the board."""

    factory: Literal["auto", "lgpio", "mock"] = Field("auto", description="auto: real pins on a Pi, else mock.")
    outputs: tuple[OutputTable, ...] = Field((), description="Driven on while an alarm lasts.")
