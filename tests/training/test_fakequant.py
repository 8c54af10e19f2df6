"""Networks that compute as int8 will: the same levels as TFLite's, and what learning with them wins back."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from training.classifier.networks import build_classifier, finished_classifier
from training.classifier.recipe import ClassNetworkTable
from training.detector.network import blank_network
from training.fakequant import find_ranges, put_ranges, range_variables, with_fake_quant
from training.nanodet import NanoDetSpec
from training.quantise import quantise
from training.tflite_file import plain_interpreter

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
pytestmark = pytest.mark.train

Pictures = NDArray[np.float32]


def _pictures(side: int, count: int = 4) -> list[Pictures]:
    random = np.random.default_rng(5)
    return [random.normal(size=(1, side, side, 3)).astype(np.float32) for _ in range(count)]


def _run(network: bytes, picture: Pictures) -> list[NDArray[np.float64]]:
    """The outputs of an int8 network as real numbers."""
    interpreter = plain_interpreter(network)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    scale, zero_point = entry["quantization"]
    levels = np.clip(np.round(picture / scale) + zero_point, -128, 127).astype(np.int8)
    interpreter.set_tensor(entry["index"], levels)
    interpreter.invoke()
    return [
        (interpreter.get_tensor(output["index"]).astype(np.float64) - output["quantization"][1])
        * output["quantization"][0]
        for output in interpreter.get_output_details()
    ]


def _network(name: str) -> tuple[Any, int]:
    """A finished network and the side of its pictures."""
    base, _, kind = name.partition(" ")
    if kind == "detector":
        return blank_network(NanoDetSpec(64, 64, 3), base), 64
    return finished_classifier(build_classifier(ClassNetworkTable(base=base, weights="none", size_px=32), 4)), 32


@pytest.mark.parametrize(
    "name",
    [
        "small-cnn classifier",
        pytest.param("efficientnet-lite0 classifier", marks=pytest.mark.slow),
        pytest.param("nanodet-g detector", marks=pytest.mark.slow),
        pytest.param("efficientnet-lite0 detector", marks=pytest.mark.slow),
    ],
)
def test_a_rounding_network_converts_to_int8_alone_and_gives_the_same_levels(name: str) -> None:
    """``quantise`` refuses a float; outputs agree to a few levels with what the rounding network said."""
    # The weights are drawn: of other draws one in some gives a range that few of its outputs use.
    keras.utils.set_random_seed(1)
    model, side = _network(name)
    samples = _pictures(side)
    rounded = with_fake_quant(model)
    find_ranges(rounded, samples)
    outputs = _run(quantise(rounded, samples).network, samples[0])
    said = [np.asarray(value) for value in keras.tree.flatten(rounded(samples[0], training=False))]
    for ours, theirs in zip(said, outputs, strict=True):
        assert np.abs(ours - theirs).max() <= 6 * max(float(np.ptp(ours)) / 255, 1 / 256)


def test_ranges_are_kept_by_name() -> None:
    """Put into another network of the same layers they round alike."""
    table = ClassNetworkTable(base="small-cnn", weights="none", size_px=16)
    model = finished_classifier(build_classifier(table, 3))
    one, other = with_fake_quant(model), with_fake_quant(model)
    find_ranges(one, _pictures(16))
    known = {name: value.numpy() for name, value in range_variables(one).items()}
    assert any(value > 0.1 for value in known.values())
    put_ranges(other, known)
    picture = _pictures(16, 1)[0]
    np.testing.assert_array_equal(one(picture, training=False), other(picture, training=False))


def test_rounding_is_passed_over_backward() -> None:
    """A weight between two levels has a slope, or nothing would ever be learned."""
    picture = keras.Input((4, 4, 1))
    rounded = with_fake_quant(keras.Model(picture, keras.layers.Conv2D(1, 1, name="only")(picture)))
    ones = np.ones((1, 4, 4, 1), np.float32)
    find_ranges(rounded, [2 * ones, -2 * ones])
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(rounded(ones, training=False))
    (slope,) = tape.gradient(value, [rounded.trainable_variables[0]])
    assert float(tf.reduce_sum(slope)) == pytest.approx(16.0, rel=0.05)


def _spoilt(pictures: Pictures, labels: NDArray[np.int32]) -> Any:
    """A network that names well in float, and whose channels differ so much in size that one range cannot hold them.

    What one layer makes larger the next makes smaller, so in float nothing changes.
    """
    keras.utils.set_random_seed(1)
    layers = keras.layers
    picture = keras.Input((12, 12, 3), name="picture")
    hidden = layers.ReLU(name="act")(layers.Conv2D(12, 3, padding="same", name="one")(picture))
    hidden = layers.ReLU(name="act2")(layers.Conv2D(16, 3, padding="same", name="two")(hidden))
    logits = layers.Dense(4, name="logits")(layers.GlobalAveragePooling2D(name="mean")(hidden))
    model = keras.Model(picture, logits)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.optimizer.learning_rate = 1e-2
    model.fit(pictures, labels, epochs=12, batch_size=32, verbose=0)
    sizes = (2.0 ** np.linspace(0, 11, 12)).astype(np.float32)
    kernel, bias = model.get_layer("one").get_weights()
    model.get_layer("one").set_weights([kernel * sizes, bias * sizes])
    kernel, bias = model.get_layer("two").get_weights()
    model.get_layer("two").set_weights([kernel / sizes[:, None], bias])
    return model


def _set_of_pictures(count: int) -> tuple[Pictures, NDArray[np.int32]]:
    """Stripes in four directions under noise."""
    random = np.random.default_rng(8)
    labels = random.integers(0, 4, count).astype(np.int32)
    rows, columns = np.mgrid[:12, :12]
    waves = np.stack([np.sin(rows), np.sin(columns), np.sin(rows + columns), np.sin(rows - columns)])
    noise = random.normal(scale=1.2, size=(count, 12, 12, 3))
    return (waves[labels][..., None] + noise).astype(np.float32), labels


def _accuracy(network: bytes, pictures: Pictures, labels: NDArray[np.int32]) -> float:
    named = [int(_run(network, picture[None])[0].argmax()) for picture in pictures]
    return float(np.mean(np.array(named) == labels))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_learning_with_the_levels_in_sight_wins_back_what_int8_lost() -> None:
    """Float names nearly all; int8 after training loses a tenth and more; learning on brings most of it back."""
    pictures, labels = _set_of_pictures(600)
    seen, seen_labels, unseen, truth = pictures[:400], labels[:400], pictures[400:], labels[400:]
    model = _spoilt(seen, seen_labels)
    samples = [picture[None] for picture in seen[:60]]
    real = float(np.mean(np.asarray(model(unseen)).argmax(axis=1) == truth))
    after = _accuracy(quantise(model, samples).network, unseen, truth)
    rounded = with_fake_quant(model)
    find_ranges(rounded, samples)
    rounded.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    rounded.optimizer.learning_rate = 1e-2
    rounded.fit(seen, seen_labels, epochs=12, batch_size=32, verbose=0)
    learned = _accuracy(quantise(rounded, samples).network, unseen, truth)
    assert real > 0.9
    assert after < real - 0.1
    assert learned > after + 0.6 * (real - after)
