"""What a configuration may say of the board's pins. Does not drive them."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from device.config.table import Id, Table
from device.core.arming.sensors import SensorKind
from device.core.event import ArmedState
from device.core.output import OutputKind

Pin = Annotated[int, Field(ge=0, le=27)]
Seconds = Annotated[float, Field(ge=0.02, le=60.0)]


def _in_pairs(pattern: tuple[float, ...]) -> tuple[float, ...]:
    if len(pattern) % 2:
        raise ValueError("a pattern is seconds on, off, on, off ...: it needs an even number of them")
    return pattern


class OutputTable(Table):
    """One output pin."""

    id: Id = Field(description="Name of the output.")
    pin: Pin = Field(description="GPIO number (BCM), not the number on the header.")
    kind: OutputKind = Field(
        "siren",
        description="siren, light and relay are on while an alarm lasts; a buzzer also beeps while the panel waits for "
        "somebody to leave or to disarm; a status light shows the panel. Siren and buzzer can be muted.",
    )
    active_high: bool = Field(True, description="False where the relay switches on a low pin.")
    pattern: Annotated[tuple[Seconds, ...], AfterValidator(_in_pairs)] = Field(
        (), max_length=16, description="Seconds on, off, on, off ... over and over; without, steadily on."
    )
    pulse_s: float | None = Field(
        None, ge=0.02, le=60.0, description="On once for so long at each alarm, in place of the pattern."
    )
    max_on_s: float = Field(180.0, gt=0.0, le=3600.0, description="Longest time on, whatever happens.")
    cooldown_s: float = Field(0.0, ge=0.0, le=3600.0, description="Pause after that time, however many alarms come.")

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        if self.pattern and self.pulse_s is not None:
            raise ValueError("either a pattern or pulse_s")
        return self


class InputTable(Table):
    """One input pin. A contact lies between the pin and ground; a sensor drives the pin itself."""

    id: Id = Field(description="Name of the input: in its events, for `bypass`, and for `arming.entry`.")
    pin: Pin = Field(description="GPIO number (BCM), not the number on the header.")
    kind: SensorKind = Field(
        description="panic button, key switch, movement sensor (pir), door contact, or contact of the case."
    )
    pull: Literal["up", "down", "none"] | None = Field(
        None, description="Resistor inside the board; by kind: down for a pir, up for the others."
    )
    active_high: bool | None = Field(
        None,
        description="Whether a high pin means pressed, moved or opened; by kind: false for panic and key, which close "
        "a contact, true for the others, where a cut wire counts as opened.",
    )
    debounce_s: float = Field(0.05, ge=0.005, le=1.0, description="How long a level must last to be believed.")
    hold_s: float = Field(0.0, ge=0.0, le=600.0, description="How long it must be passive to be over.")
    armed_in: tuple[ArmedState, ...] | None = Field(
        None,
        description="States in which it is an alarm; by kind: panic and case in all, door in all that are armed, "
        "pir in away and night.",
    )
    key: Literal["press", "turn"] = Field(
        "press", description="Of a key: press changes the state each time, turn arms for as long as it is turned."
    )
    arms_to: Literal["home", "away", "night"] = Field("away", description="Of a key: the state that it arms to.")

    @property
    def pulled(self) -> Literal["up", "down", "none"]:
        """The resistor in force."""
        return self.pull or ("down" if self.kind == "pir" else "up")

    @property
    def is_active_high(self) -> bool:
        """The level in force."""
        return self.kind not in ("panic", "key") if self.active_high is None else self.active_high


class PinsTable(Table):
    """Sirens, lights, contacts and keys on the pins of the board."""

    factory: Literal["auto", "lgpio", "mock"] = Field("auto", description="auto: real pins on a Pi, else mock.")
    outputs: tuple[OutputTable, ...] = Field((), max_length=28, description="Sirens, lights, relays, buzzers.")
    inputs: tuple[InputTable, ...] = Field((), max_length=28, description="Buttons, contacts, sensors, keys.")

    @model_validator(mode="after")
    def _each_its_own(self) -> Self:
        every = (*self.outputs, *self.inputs)
        for what in ("id", "pin"):
            values = [getattr(table, what) for table in every]
            if twice := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"two of them have the {what} {twice[0]!r}")
        return self
