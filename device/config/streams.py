"""What a configuration may say of a camera's pictures and of the packets for its recording. Does not read files."""

from typing import Literal

from pydantic import Field

from device.config.table import Table


class PictureTable(Table):
    """Size, rate and turn of the pictures that are looked at; left out = as the camera has it."""

    width: int | None = Field(None, ge=16, le=4096, description="Pixels across, as seen after the turn.")
    height: int | None = Field(None, ge=16, le=4096, description="Pixels down; one of both keeps the shape.")
    fps: float | None = Field(None, gt=0.0, le=120.0, description="Pictures per second at most.")
    rotation: Literal[0, 90, 180, 270] = Field(0, description="Degrees clockwise by which to turn the picture.")


class RecordTable(Table):
    """How the packets of the recording are made."""

    how: Literal["off", "copy", "encode", "auto"] = Field(
        "auto",
        description="copy: H.264 of the camera as it comes; encode: made here; auto: copied, unless masks, a turn or "
        "another codec force encoding.",
    )
    bit_rate: int = Field(1_500_000, ge=50_000, le=50_000_000, description="Bits per second, where encoded.")
    keyframe_s: float = Field(1.0, ge=0.2, le=10.0, description="A clip can begin so often, where encoded.")
