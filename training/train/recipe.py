"""The recipe of a detector that is trained: typed, closed, ranged, from TOML. Does not carry it out."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from device.core.card import InputSpec
from training.data.augment import AugmentSettings, augment_settings
from training.data.splits import Shares
from training.train.closed import parse_closed
from training.train.tables import DataTable, ExportTable, Fraction, Name, Seed, Share, Table, TrainingTable

NANODET, LITE0 = "nanodet-g", "efficientnet-lite0"


class BoxDataTable(DataTable):
    """Pictures with boxes."""

    max_boxes: Annotated[int, Field(ge=1, le=500)] = 60
    """Boxes of a picture that are learned at most, the largest first."""


class NetworkTable(Table):
    """What learns."""

    family: Literal["nanodet-g", "efficientnet-lite0"] = "nanodet-g"
    """The kind of network: one made for detection, or a backbone made for naming with the same neck and heads."""
    base: Literal["nanodet-g", "efficientnet-lite0", "none"] = "nanodet-g"
    """The published weights to start from, those of the family; ``none`` starts from chance."""
    namer: bool = False
    """An EfficientNet-Lite0 of ImageNet looks beside it and helps to tell classes apart; costs about a third more."""
    members: Annotated[int, Field(ge=1, le=5)] = 1
    """Networks that learn one after the other, with seed, seed + 1 and so on; their mean counts. More err less on new
    pictures, and take so many times as long, in training and on the device."""
    size_px: Annotated[int, Field(ge=64, le=640, multiple_of=32)] = 256
    """Side of the square input."""
    dropout: Share = 0.1
    """Of the channels before the class heads."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """bfloat16 is faster on processors that have it and slower on all others."""

    @model_validator(mode="after")
    def _that_fits(self) -> Self:
        if self.base not in (self.family, "none"):
            raise ValueError(f"base '{self.base}' has no weights for family '{self.family}'; name that, or 'none'")
        if self.namer and self.family != NANODET:
            raise ValueError(f"namer goes with family '{NANODET}'; the other names things itself")
        return self


class BoxTrainingTable(TrainingTable):
    """How boxes and their names are learned."""

    frozen: tuple[Annotated[str, Field(pattern=r"^(namer_)?(stem|stage[0-6]|lateral)$")], ...] = ()
    """Parts that never learn: stem, stage0 to stage6, lateral; namer_stem, namer_stage0 to namer_stage6."""
    naming_weight: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    """Of a loss that asks which class it is where there is something."""
    plain_epochs: Annotated[int, Field(ge=0)] = 0
    """The last epochs see no mosaic."""

    @model_validator(mode="after")
    def _room_for_both(self) -> Self:
        if self.freeze_epochs + self.plain_epochs > self.epochs:
            raise ValueError(f"freeze_epochs and plain_epochs together are over epochs {self.epochs}")
        return self


class BoxExportTable(ExportTable):
    """What becomes of a detector."""

    nms_iou: Fraction = 0.6
    """Overlap from which the weaker of two boxes of a class goes."""
    max_ap_loss: Fraction = 0.01
    """What int8 may lose in average precision against float on the validation pictures."""


class Recipe(Table):
    """A recorded experiment."""

    name: Name
    kind: Literal["detector"] = "detector"
    seed: Seed = 1
    data: BoxDataTable = BoxDataTable()
    network: NetworkTable = NetworkTable()
    training: BoxTrainingTable
    augment: Annotated[dict[str, Any], Field(default_factory=dict)]
    export: BoxExportTable

    @model_validator(mode="after")
    def _nothing_frozen_that_knows_nothing(self) -> Self:
        if self.network.base == "none" and (self.training.frozen or self.training.freeze_epochs):
            raise ValueError("training.frozen and freeze_epochs need published weights; base is 'none'")
        return self

    @model_validator(mode="after")
    def _levels_of_one(self) -> Self:
        if self.network.members > 1 and self.export.qat_epochs:
            raise ValueError("export.qat_epochs is for one network; with network.members over 1 it must be 0")
        return self

    @property
    def shares(self) -> Shares:
        """How the pictures are divided."""
        return self.data.shares

    @property
    def augmentation(self) -> AugmentSettings:
        """What is done to the pictures."""
        return augment_settings(self.augment, self.name)

    def input_spec(self) -> InputSpec:
        """The input of the network as the base wants it, its quantisation still open."""
        return InputSpec(
            width=self.network.size_px,
            height=self.network.size_px,
            channels="BGR",
            mean=(103.53, 116.28, 123.675),
            std=(57.375, 57.12, 58.395),
            dtype="int8",
            scale=1.0,
            zero_point=0,
            resize="letterbox",
            pad=(114, 114, 114),
        )


def parse_recipe(text: str, name: str) -> Recipe:
    """Check the text of a recipe.

    Raises:
        RecipeError: the first fault, with its key.
    """
    recipe = parse_closed(text, name, Recipe)
    augment_settings(recipe.augment, name)
    return recipe
