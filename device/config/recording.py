"""What a configuration may say of clips, stills and continuous recording. Does not read files."""

from typing import Self

from pydantic import Field, model_validator

from device.config.table import Table
from device.core.event import Priority


class RecordingTable(Table):
    """What is recorded. How a camera's packets are made is said in `cameras.record`."""

    priorities: tuple[Priority, ...] = Field(
        ("alarm",), description="Events that are shown by a clip and stills: `info`, `notice`, `warning`, `alarm`."
    )
    pre_roll_s: float = Field(5.0, ge=0.0, le=60.0, description="How long before its event a clip begins.")
    post_roll_s: float = Field(10.0, ge=1.0, le=120.0, description="How long after the end of its events a clip ends.")
    max_clip_s: float = Field(300.0, ge=10.0, le=3600.0, description="A clip is no longer, whatever still lasts.")
    ring_mib: int = Field(
        24,
        ge=1,
        le=512,
        description="Memory for the last seconds of one camera at most, MiB; over it the pre-roll becomes shorter.",
    )
    stills: bool = Field(True, description="Keep pictures of the decisive moments, with boxes and without.")
    continuous: bool = Field(False, description="Also record all the time; some 16 GB a day and camera at 1.5 Mbit/s.")
    segment_s: float = Field(
        300.0,
        ge=10.0,
        le=3600.0,
        description="Length of a piece of what is recorded all the time; a power cut may cost one.",
    )

    @model_validator(mode="after")
    def _clip_has_room(self) -> Self:
        if self.max_clip_s < self.pre_roll_s + self.post_roll_s + 1.0:
            raise ValueError("max_clip_s must be longer than pre_roll_s and post_roll_s together, by a second")
        return self
