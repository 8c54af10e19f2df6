"""What a configuration may say of the Pi's own camera. Does not read files, knows no vendor."""

from typing import Literal, Self

from pydantic import Field, model_validator

from device.config.table import Table


class PiTable(Table):
    """What only the Pi's own camera can do; other cameras do not look at it."""

    exposure_max_s: float | None = Field(
        None, ge=0.0001, le=10.0, description="Longest exposure: 0.01 keeps people sharp who walk, and is noisier."
    )
    gain_max: float | None = Field(None, ge=1.0, le=64.0, description="Highest gain: less noise, darker nights.")
    white_balance: Literal["auto", "incandescent", "tungsten", "fluorescent", "indoor", "daylight", "cloudy"] | None = (
        Field(None, description="The light that is taken for white; left out, the camera decides.")
    )
    night: Literal["auto", "day", "night"] = Field(
        "auto", description="By night the infrared filter is out and pictures are grey; auto goes by the light."
    )
    night_below_lux: float = Field(10.0, ge=0.0, le=10000.0, description="Darker than this for 10 s is night.")
    day_above_lux: float = Field(40.0, gt=0.0, le=100000.0, description="Brighter than this for 10 s is day.")
    ir_cut_pin: int | None = Field(
        None, ge=0, le=27, description="GPIO (BCM) that moves the infrared filter in while it is high."
    )
    tuning_file: str | None = Field(
        None, min_length=1, description="Another tuning than the sensor's own, as imx219_noir.json; name or path."
    )
    record_scale: float = Field(
        2.0, ge=1.0, le=4.0, description="How many times wider and higher the recording is than the pictures looked at."
    )

    @model_validator(mode="after")
    def _day_is_brighter(self) -> Self:
        if self.day_above_lux <= self.night_below_lux:
            raise ValueError("day_above_lux must be above night_below_lux")
        return self
