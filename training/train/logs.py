"""What a training leaves to look at: history.json, a plot of it, TensorBoard's files. Does not train."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from training.errors import TrainingError
from training.train.checkpoint import write_json

Entry = Mapping[str, Any]


class TensorBoard:
    """Writes the scalars of each epoch where TensorBoard reads them."""

    def __init__(self, folder: Path) -> None:
        """Begin a file.

        Raises:
            TrainingError: it cannot be written.
        """
        import tensorflow as tf

        self._folder = folder
        with _writing(folder):
            self._writer = tf.summary.create_file_writer(str(folder))

    def write(self, entry: Entry) -> None:
        """Add one epoch.

        Raises:
            TrainingError: it cannot be written.
        """
        with _writing(self._folder):
            with self._writer.as_default():
                _write_scalar("learning rate", entry["lr"], entry["epoch"])
                for name, value in entry["losses"].items():
                    _write_scalar(f"loss/{name}", value, entry["epoch"])
                for name, value in (entry.get("val") or {}).items():
                    _write_scalar(f"validation/{name}", value, entry["epoch"])
            self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell in one line that a log cannot be written: the disk is full, or the folder is not ours."""
    import tensorflow as tf

    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or getattr(error, "message", None) or str(error)
        raise TrainingError(f"{path}: cannot be written: {reason}; make room and call again") from error


def _write_scalar(tag: str, value: float, step: int) -> None:
    """As ``tf.summary.scalar``, which asks for TensorBoard's own package only to write its name."""
    import tensorflow as tf

    metadata = tf.compat.v1.SummaryMetadata(data_class=1)
    metadata.plugin_data.plugin_name = "scalars"
    tf.summary.write(tag, tf.constant(value, tf.float32), step=step, metadata=metadata)


def write_history(out: Path, history: Sequence[Entry]) -> None:
    """Write history.json and history.png.

    Raises:
        TrainingError: they cannot be written.
    """
    write_json(out / "history.json", {"epochs": list(history)})
    if history:
        _plot(out / "history.png", history)


def _plot(path: Path, history: Sequence[Entry]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    epochs = [entry["epoch"] for entry in history]
    for name in history[0]["losses"]:
        left.plot(epochs, [entry["losses"][name] for entry in history], label=name)
    left.set(xlabel="epoch", title="losses on the training pictures", ylim=(0, None))
    left.legend()
    measured = [entry for entry in history if entry.get("val")]
    for name in measured[0]["val"] if measured else ():
        right.plot([entry["epoch"] for entry in measured], [entry["val"][name] for entry in measured], label=name)
    right.set(xlabel="epoch", title="on the validation pictures", ylim=(0, 1))
    if measured:
        right.legend()
    part = path.with_name(path.name + ".part")
    with _writing(path):
        figure.savefig(part, format="png", dpi=100)
        part.replace(path)
