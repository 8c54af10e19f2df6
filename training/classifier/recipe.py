"""The recipe of a classifier: typed, closed, ranged, from TOML. Does not carry it out."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from training.data.augment import AugmentSettings, augment_settings
from training.train.closed import parse_closed
from training.train.tables import DataTable, ExportTable, Fraction, Name, Seed, Share, Table, TrainingTable

SMALL_CNN, LITE0 = "small-cnn", "efficientnet-lite0"


class ClassNetworkTable(Table):
    """What learns."""

    base: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$")] = LITE0
    """``efficientnet-lite0``, ``small-cnn``, or the name of a network of ``keras.applications``."""
    weights: Literal["imagenet", "none"] = "imagenet"
    """Published weights to start from; ``none`` starts from chance."""
    size_px: Annotated[int, Field(ge=16, le=640)] = 224
    """Side of the square input."""
    dropout: Share = 0.2
    """Of the features before the last layer."""
    unfreeze_from: str = ""
    """The layer from which on the network learns, by its name or its beginning; empty: only the last layer learns where
    weights are published, and all of it where not."""
    views: Annotated[int, Field(ge=1, le=1000)] = 8
    """Of each training picture: the frozen part looks once at so many augmented ones, and the epochs take turns."""

    @model_validator(mode="after")
    def _that_fits(self) -> Self:
        if self.base == SMALL_CNN and self.weights != "none":
            raise ValueError(f"weights must be 'none': nobody publishes any for {SMALL_CNN}")
        if self.weights == "none" and self.unfreeze_from:
            raise ValueError("unfreeze_from needs published weights; weights is 'none'")
        return self


class ClassExportTable(ExportTable):
    """What becomes of a classifier."""

    max_accuracy_loss: Fraction = 0.01
    """What int8 may lose in accuracy against float on the same pictures."""


class ClassRecipe(Table):
    """A recorded experiment."""

    name: Name
    kind: Literal["classifier"]
    seed: Seed = 1
    data: DataTable = DataTable()
    network: ClassNetworkTable = ClassNetworkTable()
    training: TrainingTable
    augment: Annotated[dict[str, Any], Field(default_factory=dict)]
    export: ClassExportTable

    @model_validator(mode="after")
    def _nothing_frozen_that_knows_nothing(self) -> Self:
        if self.network.weights == "none" and self.training.freeze_epochs:
            raise ValueError("training.freeze_epochs needs published weights; network.weights is 'none'")
        return self

    @property
    def augmentation(self) -> AugmentSettings:
        """What is done to the training pictures."""
        return augment_settings(self.augment, self.name)


def parse_class_recipe(text: str, name: str) -> ClassRecipe:
    """Check the text of a recipe.

    Raises:
        RecipeError: the first fault, with its key.
    """
    recipe = parse_closed(text, name, ClassRecipe)
    augment_settings(recipe.augment, name)
    return recipe
