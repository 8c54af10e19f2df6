"""From a finished training to a file for the device: int8, held against float, refused where it loses too much.

Knows no kind of network: what a detector and a classifier differ in comes as a ``Ware``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from device.core.card import ModelCard
from training.calibration import compared_pictures
from training.data.sample import Sample
from training.errors import ExportError, RecipeError, TrainingError
from training.quantise import Quantised, quantise
from training.sensitive import losing_tensors
from training.tflite_file import write_model
from training.train.checkpoint import best_weights
from training.train.experiment import Experiment
from training.train.rounding import learn_rounding
from training.train.task import RoundableTask, Weights

Say = Callable[[str], None]
_NAMED_TENSORS = 5
_TRACED_SAMPLES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A finished training and what is needed to measure it."""

    experiment: Experiment[Any]
    weights: Weights
    notes: dict[str, Any]
    model: Any
    """The float network."""


class Comparison(Protocol):
    """The int8 and the float network on the same pictures; as text, their figures."""

    @property
    def pictures(self) -> int:
        """How many."""

    @property
    def loss(self) -> float:
        """What int8 loses, in the ware's figure."""


LEARN_LEVELS = "raise export.qat_epochs, so that the network learns its levels"
Compared = TypeVar("Compared", bound=Comparison)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ware(Generic[Compared]):
    """What one kind of model has of its own."""

    figure: str
    """What int8 may lose of: AP, accuracy."""
    limit: str
    """The key of the recipe's ``export`` that says how much."""
    compared: int
    """Pictures on which that is told, at least, where there are so many."""
    task: Callable[[Any], RoundableTask]
    card: Callable[[Finished, str, Quantised, int], ModelCard]
    """Of a finished training, by name, as quantised on so many pictures; without figures."""
    notices: Callable[[Any], Mapping[str, str]]
    compare: Callable[[Finished, ModelCard, Path, Sequence[Sample]], Compared]
    complete: Callable[[ModelCard, Compared, Compared], ModelCard]
    """The card with what was measured on the validation pictures, and on more of them."""
    blame: str = ""
    """What a refusal says of the ``{tensor}`` that loses most."""
    advice: Callable[[Any], str] = lambda experiment: LEARN_LEVELS  # noqa: ARG005 - as it is called
    """What a refusal says is to be done about an experiment."""


@dataclass(frozen=True, slots=True, eq=False)
class _Trial(Generic[Compared]):
    quantised: Quantised
    card: ModelCard
    validation: Compared
    many: Compared


def ship(ware: Ware[Compared], experiment: Experiment[Any], path: Path, say: Say) -> ModelCard:
    """Quantise the best weights, hold them against the float network, and write the model.

    Args:
        ware: the kind of model.
        experiment: whose training has measured weights.
        path: the ``.tflite`` file to write.
        say: is told how it goes, a line at a time.

    Raises:
        RecipeError: there are no weights yet, or the path is no ``.tflite``.
        ExportError: int8 loses more than the recipe allows; the message holds the figures.
        TrainingError: the file cannot be written.
    """
    if path.suffix != ".tflite":
        raise RecipeError(f"{path}: the device reads files that end in .tflite; name one")
    best = best_weights(experiment.out)
    task = ware.task(experiment)
    finished = Finished(experiment, best.arrays, best.notes, task.finished(best.arrays))
    samples = task.calibration()
    say(f"{path.name}: best weights of epoch {finished.notes['epoch']}, quantising on {len(samples)} pictures")
    _make_folder(path)
    trial = _try(ware, finished, finished.model, samples, path, say)
    losing = losing_tensors(finished.model, trial.quantised.network, samples[:_TRACED_SAMPLES])[:_NAMED_TENSORS]
    say("tensors that lose most: " + ", ".join(f"{loss.name} {loss.error:.1%}" for loss in losing))
    table = experiment.recipe.export
    limit = getattr(table, ware.limit)
    if trial.many.loss > limit and table.qat_epochs:
        rounded = learn_rounding(task, finished.weights, table, say)
        trial = _try(ware, finished, rounded, samples, path, say)
    if trial.many.loss > limit:
        raise ExportError(
            f"{path.name}: int8 loses {trial.many.loss:.4f} {ware.figure}, export.{ware.limit} allows {limit} "
            f"({trial.many}); {ware.blame.format(tensor=losing[0].name)}nothing was written; "
            f"{ware.advice(experiment)}"
        )
    card = ware.complete(trial.card, trial.validation, trial.many)
    return write_model(path, trial.quantised.network, card, ware.notices(experiment))


def _make_folder(path: Path) -> None:
    """Before the minutes of quantising and measuring, not behind them."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written: {error.strerror}; name another --out") from error


def _try(
    ware: Ware[Compared], finished: Finished, model: Any, samples: Sequence[Any], path: Path, say: Say
) -> _Trial[Compared]:
    """Quantise a network and hold it against the float one."""
    experiment = finished.experiment
    quantised = quantise(model, samples)
    card = ware.card(finished, path.stem, quantised, len(samples))
    trial = path.with_name(path.name + ".trial")
    try:
        write_model(trial, quantised.network, card, ware.notices(experiment))
        sets = (experiment.val, compared_pictures(experiment, ware.compared))
        validation, many = (ware.compare(finished, card, trial, some) for some in sets)
    finally:
        trial.unlink(missing_ok=True)
    say(f"validation: {validation}")
    say(f"int8 loses {many.loss:.4f} {ware.figure}: {many}")
    return _Trial(quantised, card, validation, many)
