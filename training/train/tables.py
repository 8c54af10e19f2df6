"""The tables that recipes of every kind share. Does not read recipes or carry them out."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from training.data.splits import Shares

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Share = Annotated[float, Field(ge=0.0, lt=1.0)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


class Table(BaseModel):
    """A closed table that nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataTable(Table):
    """What is learned from; the rest of the pictures are the training pictures."""

    val_share: Annotated[float, Field(gt=0.0, lt=0.5)] = 0.1
    """Of the pictures: the best moment and the thresholds are chosen on them."""
    test_share: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.2
    """Of the pictures: never looked at while training."""
    group_pattern: str = ""
    """A regular expression with one bracket that finds scene, take or camera in the path; groups stay together."""

    @property
    def shares(self) -> Shares:
        """How the pictures are divided."""
        return Shares(1.0 - self.val_share - self.test_share, self.val_share, self.test_share)


class TrainingTable(Table):
    """How it learns."""

    epochs: Annotated[int, Field(ge=1, le=10000)]
    batch: Annotated[int, Field(ge=1, le=512)] = 16
    lr: Annotated[float, Field(gt=0.0, le=1.0)] = 1e-3
    """Highest learning rate of the heads."""
    base_lr_factor: Fraction = 0.3
    """The rest of the network learns by so much of it."""
    warmup_epochs: Annotated[float, Field(ge=0.0)] = 2.0
    """The rate rises for so long."""
    last_lr_factor: Fraction = 0.02
    """Where the cosine ends, of ``lr``."""
    weight_decay: Fraction = 0.05
    ema_decay: Share = 0.998
    """Of the moving average of the weights, which is what is measured and exported; 0 is no average."""
    clip_norm: Annotated[float, Field(gt=0.0)] = 10.0
    """Longer gradients are shortened to this."""
    freeze_epochs: Annotated[int, Field(ge=0)] = 0
    """The heads learn alone for so long."""
    label_smoothing: Share = 0.0
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
        if self.freeze_epochs > self.epochs:
            raise ValueError(f"freeze_epochs {self.freeze_epochs} is over epochs {self.epochs}")
        return self


class ExportTable(Table):
    """What becomes of it."""

    licence: Annotated[str, Field(min_length=1)]
    """Of the model; that of the pictures it learned from speaks with it."""
    calibration_pictures: Annotated[int, Field(ge=1, le=2000)] = 100
    """Training pictures that give the int8 ranges, every class among them."""
    qat_epochs: Annotated[int, Field(ge=0, le=1000)] = 0
    """Where int8 loses more than allowed, the network learns on for so long with its levels in sight."""
    qat_lr_factor: Annotated[float, Field(gt=0.0, le=1.0)] = 0.05
    """The highest rate of that learning, of ``training.lr``."""
