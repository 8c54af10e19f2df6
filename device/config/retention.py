"""What a configuration may say of how long recordings are kept. Does not read files."""

from pydantic import Field

from device.config.table import Table


class RetentionTable(Table):
    """How much of the recordings is kept, and how long. What is too much goes: first what is recorded all the time."""

    max_gib: float | None = Field(
        None, gt=0.0, description="All recordings together; without it, all there is room for."
    )
    min_free_mib: int = Field(
        512, ge=64, description="So much of the disk is left to others; without it nothing is recorded."
    )
    evidence_max_days: float | None = Field(
        90.0, gt=0.0, description="Clips and stills of events are deleted after so many days, unless they are locked."
    )
    audit_max_days: float | None = Field(
        365.0, gt=0.0, description="Lines of the audit are deleted after so many days; there are 100,000 at most."
    )
    ambient_max_days: float | None = Field(
        7.0, gt=0.0, description="What is recorded all the time is deleted after so many days."
    )
