"""The recipe of a detector that is trained: typed, closed, ranged, from TOML. Does not carry it out."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from device.core.card import InputSpec
from training.base.recipe import RECIPES
from training.data.augment import AugmentSettings, augment_settings
from training.data.splits import Shares
from training.errors import RecipeError
from training.train.closed import parse_closed, read_text

_Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
_Share = Annotated[float, Field(ge=0.0, lt=1.0)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataTable(_Table):
    """What is learned from; the rest of the pictures are the training pictures."""

    val_share: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.1
    """Of the pictures: the best moment and the thresholds are chosen on them."""
    test_share: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.2
    """Of the pictures: never looked at while training."""
    group_pattern: str = ""
    """A regular expression with one bracket that finds scene, take or camera in the path; groups stay together."""
    max_boxes: Annotated[int, Field(ge=1, le=500)] = 60
    """Boxes of a picture that are learned at most, the largest first."""


class NetworkTable(_Table):
    """What learns."""

    base: Literal["nanodet-g", "none"] = "nanodet-g"
    """The published weights to start from; ``none`` starts from chance."""
    namer: bool = False
    """An EfficientNet-Lite0 of ImageNet looks beside it and helps to tell classes apart; costs about a third more."""
    size_px: Annotated[int, Field(ge=64, le=640, multiple_of=32)] = 256
    """Side of the square input."""
    dropout: _Share = 0.1
    """Of the channels before the class heads."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """bfloat16 is faster on processors that have it and slower on all others."""


class TrainingTable(_Table):
    """How it learns."""

    epochs: Annotated[int, Field(ge=1, le=10000)]
    batch: Annotated[int, Field(ge=1, le=512)] = 16
    lr: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-3
    """Highest learning rate of the heads."""
    base_lr_factor: Annotated[float, Field(ge=0.0, le=1.0)] = 0.3
    """The rest of the network learns by so much of it."""
    warmup_epochs: Annotated[float, Field(ge=0.0)] = 2.0
    """The rate rises for so long."""
    last_lr_factor: _Fraction = 0.02
    """Where the cosine ends, of ``lr``."""
    weight_decay: Annotated[float, Field(ge=0.0, le=1.0)] = 0.05
    ema_decay: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.998
    """Of the moving average of the weights, which is what is measured and exported; 0 is no average."""
    clip_norm: Annotated[float, Field(gt=0.0)] = 10.0
    """Longer gradients are shortened to this."""
    freeze_epochs: Annotated[int, Field(ge=0)] = 0
    """The heads learn alone for so long."""
    frozen: tuple[Annotated[str, Field(pattern=r"^(namer_)?(stem|stage[0-6]|lateral)$")], ...] = ()
    """Parts that never learn: stem, stage0 to stage3, lateral; namer_stem, namer_stage0 to namer_stage6."""
    label_smoothing: _Share = 0.0
    naming_weight: Annotated[float, Field(ge=0.0, le=10.0)] = 0.0
    """Of a loss that asks which class it is where there is something."""
    plain_epochs: Annotated[int, Field(ge=0)] = 0
    """The last epochs see no mosaic."""
    early_stop_epochs: Annotated[int, Field(ge=1)] = 10000
    """Training ends when the validation has not been better for so long."""
    measure_every: Annotated[int, Field(ge=1)] = 1
    """Epochs between two measurements on the validation pictures; the last is always measured."""
    checkpoint_min: Annotated[float, Field(gt=0.0)] = 5.0
    """Most minutes between two checkpoints inside an epoch."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs {self.warmup_epochs:g} is not under epochs {self.epochs}")
        if self.freeze_epochs + self.plain_epochs > self.epochs:
            raise ValueError(f"freeze_epochs and plain_epochs together are over epochs {self.epochs}")
        return self


class ExportTable(_Table):
    """What becomes of it."""

    licence: Annotated[str, Field(min_length=1)]
    """Of the model; that of the pictures it learned from speaks with it."""
    nms_iou: _Fraction = 0.6
    """Overlap from which the weaker of two boxes of a class goes."""
    max_ap_loss: _Fraction = 0.01
    """What int8 may lose in average precision against float on the validation pictures."""
    calibration_pictures: Annotated[int, Field(ge=1, le=2000)] = 100
    """Training pictures that give the int8 ranges, every class among them."""


class Recipe(_Table):
    """A recorded experiment."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    data: DataTable = DataTable()
    network: NetworkTable = NetworkTable()
    training: TrainingTable
    augment: dict[str, Any] = {}
    export: ExportTable

    @model_validator(mode="after")
    def _nothing_frozen_that_knows_nothing(self) -> Self:
        if self.network.base == "none" and (self.training.frozen or self.training.freeze_epochs):
            raise ValueError("training.frozen and freeze_epochs need published weights; base is 'none'")
        return self

    @property
    def shares(self) -> Shares:
        """How the pictures are divided."""
        data = self.data
        return Shares(1.0 - data.val_share - data.test_share, data.val_share, data.test_share)

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


def find_recipe(name: str) -> Path:
    """The file of a recipe, by its path or by its name among those that come along.

    Raises:
        RecipeError: there is none.
    """
    path = Path(name)
    if path.suffix != ".toml" and not path.exists():
        path = RECIPES / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(recipe.stem for recipe in RECIPES.glob("*.toml")))
        raise RecipeError(f"{name}: no such recipe; give a .toml file or one of: {known}")
    return path


def parse_recipe(text: str, name: str) -> Recipe:
    """Check the text of a recipe.

    Raises:
        RecipeError: the first fault, with its key.
    """
    recipe = parse_closed(text, name, Recipe)
    augment_settings(recipe.augment, name)
    return recipe


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: it cannot be read, or holds a fault.
    """
    return parse_recipe(read_text(path), str(path))
