"""Which tensors lose by int8."""

import numpy as np
import pytest

from training.quantise import quantise
from training.sensitive import losing_tensors

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.train


def test_what_lies_behind_a_spoilt_range_loses_most() -> None:
    """One channel at 1000 takes all the levels; what is made of the other channels is lost."""
    keras.utils.set_random_seed(4)
    layers = keras.layers
    picture = keras.Input((8, 8, 3))
    outputs = {}
    for name in ("calm", "spoilt"):
        wide = layers.LeakyReLU(name=f"{name}_act")(layers.Conv2D(4, 3, padding="same", name=name)(picture))
        outputs[name] = layers.Conv2D(2, 1, name=f"after_{name}")(wide)
    model = keras.Model(picture, outputs)
    kernel, bias = model.get_layer("spoilt").get_weights()
    bias[0] = 1000.0
    model.get_layer("spoilt").set_weights([kernel, bias])
    kernel, bias = model.get_layer("after_spoilt").get_weights()
    kernel[..., 0, :] = 0.0
    model.get_layer("after_spoilt").set_weights([kernel, bias])
    random = np.random.default_rng(2)
    samples = [random.normal(size=(1, 8, 8, 3)).astype(np.float32) for _ in range(4)]
    losses = losing_tensors(model, quantise(model, samples).network, samples[:2])
    # The converter calls outputs so, in the order of their names.
    assert losses[0].name == "Identity_1"
    assert losses[0].error > 0.5
    assert all(loss.error < 0.05 for loss in losses if "calm" in loss.name)
    assert any("calm" in loss.name for loss in losses)
