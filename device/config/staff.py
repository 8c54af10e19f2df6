"""What a configuration may say of the owner's uniforms. Does not read files."""

from pydantic import Field

from device.config.table import Table


class StaffTable(Table):
    """Who is staff by their clothes: a classifier of the owner's own looks at people where there are shelves."""

    model: str = Field(
        min_length=1,
        description="A classifier of people's pictures: the name of an installed bundle, or a path.",
    )
    labels: tuple[str, ...] = Field(("staff",), min_length=1, description="Its classes that mean staff.")
    min_score: float = Field(
        0.8, gt=0.0, le=1.0, description="From which score a look says so; 5 of the last 6 looks at somebody must."
    )
