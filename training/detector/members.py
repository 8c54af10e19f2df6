"""Several networks of one recipe with seeds of their own, whose mean counts: learns them in turn and joins them.

The mean of networks that were drawn differently errs less than any of them (B. Lakshminarayanan et al., "Simple and
Scalable Predictive Uncertainty Estimation using Deep Ensembles", 2016, arXiv:1612.01474), the more so, the fewer
pictures there are to learn from. The model holds them all; it takes as many times as long to train and to run.
"""

from dataclasses import replace
from pathlib import Path

from training.detector.network import join_weights
from training.detector.task import DetectorExperiment, DetectorTask
from training.errors import RecipeError
from training.train.checkpoint import BEST, Checkpoint, best_weights, save_checkpoint, write_text
from training.train.closed import read_text
from training.train.experiment import RECIPE
from training.train.loop import train
from training.train.progress import Progress, scores_text


def train_detector(experiment: DetectorExperiment, progress: Progress) -> None:
    """Train the one network of a recipe, or all of its members; go on where it was interrupted.

    Each member is a training of its own in ``RUN/member1`` and so on; ``RUN`` holds the weights of all.

    Args:
        experiment: what is learned.
        progress: is told how it goes.

    Raises:
        RecipeError: the folder of a member is that of another recipe.
        TrainingError: the base cannot be fetched, or results cannot be written.
    """
    import keras

    members = experiment.recipe.network.members
    if members == 1:
        train(DetectorTask(experiment), progress)
        return
    found = []
    for number in range(members):
        progress.say(f"member {number + 1} of {members}")
        one = member(experiment, number)
        _claim(one.out, read_text(experiment.out / RECIPE))
        train(DetectorTask(one), progress)
        found.append(best_weights(one.out))
        # What Keras keeps of a finished network would stay in memory beside the next.
        keras.utils.clear_session()
    joined = join_weights([best.arrays for best in found])
    together = DetectorTask(experiment)
    scores = together.examine(together.finished(joined))
    epochs = ", ".join(str(best.notes["epoch"]) for best in found)
    save_checkpoint(experiment.out / BEST, Checkpoint(dict(joined), {"epoch": epochs, **scores}))
    progress.say(f"all {members} together: validation {scores_text(scores)}")


def member(experiment: DetectorExperiment, number: int) -> DetectorExperiment:
    """One network of several: the next seed, in a folder of its own, the same division of the pictures.

    Args:
        experiment: that of all.
        number: which, from 0.
    """
    recipe = experiment.recipe
    alone = recipe.model_copy(
        update={"seed": recipe.seed + number, "network": recipe.network.model_copy(update={"members": 1})}
    )
    return replace(experiment, recipe=alone, out=experiment.out / f"member{number + 1}")


def _claim(folder: Path, text: str) -> None:
    """Note the recipe in the folder of a member: one copied from elsewhere would be joined without a word."""
    known = folder / RECIPE
    if known.is_file() and read_text(known) != text:
        raise RecipeError(f"{folder}: was begun with another recipe than the others; delete it to train it anew")
    write_text(known, text)
