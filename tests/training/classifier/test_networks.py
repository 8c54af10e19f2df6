"""Networks of classifiers: where they are cut, what they want, what cannot be had."""

import numpy as np
import pytest

from training.base.efficientnet import _WHEEL
from training.base.fetch import cache_dir
from training.classifier import networks
from training.classifier.networks import (
    Classifier,
    build_classifier,
    finished_classifier,
    flat_classifier,
    input_spec,
    load_published,
)
from training.classifier.recipe import ClassNetworkTable
from training.errors import FetchError, RecipeError

tf = pytest.importorskip("tensorflow")
keras = pytest.importorskip("keras")
pytestmark = pytest.mark.train

PICTURES = np.random.default_rng(2).normal(size=(2, 64, 64, 3)).astype(np.float32)


def _lite0(unfreeze_from: str = "stage6") -> ClassNetworkTable:
    return ClassNetworkTable(base="efficientnet-lite0", size_px=64, unfreeze_from=unfreeze_from)


@pytest.fixture(scope="module")
def lite0() -> Classifier:
    """EfficientNet-Lite0, frozen up to its last stage."""
    return build_classifier(_lite0(), 5)


def _through_parts(net: Classifier) -> np.ndarray:
    seen = net.trunk(PICTURES, training=False)
    return np.asarray(net.upper({"seen": seen, "keep": keras.ops.ones((2, net.features))}, training=False))


def test_the_parts_give_what_the_whole_gives(lite0: Classifier) -> None:
    """Frozen part and learning part, and all of it without a cut."""
    whole = np.asarray(lite0.plain(PICTURES, training=False))
    np.testing.assert_allclose(_through_parts(lite0), whole, rtol=1e-4, atol=1e-6)
    flat = flat_classifier(lite0)
    inputs = {"picture": keras.ops.convert_to_tensor(PICTURES), "keep": keras.ops.ones((2, lite0.features))}
    np.testing.assert_allclose(flat(inputs, training=False), whole, rtol=1e-4, atol=1e-6)
    shares = np.asarray(finished_classifier(lite0)(PICTURES))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, rtol=1e-5)


def test_only_what_lies_behind_the_cut_learns(lite0: Classifier) -> None:
    """Stage 6, the last convolution, the last layer."""
    learning = {variable.path.split("/")[0] for variable in lite0.learning}
    assert learning == {"stage6_block0_expand", "stage6_block0_depth", "stage6_block0_project", "top"}
    assert [variable.path for variable in lite0.head] == ["logits/kernel", "logits/bias"]


def test_without_a_cut_only_the_last_layer_learns() -> None:
    """Where weights are published; from chance all learns."""
    assert build_classifier(_lite0(""), 3).learning == []
    table = ClassNetworkTable(base="small-cnn", weights="none", size_px=16)
    net = build_classifier(table, 3)
    assert net.trunk is None
    assert len(net.learning) == 6


def test_a_cut_that_a_branch_passes_by_is_refused() -> None:
    """And one at a layer that is not there."""
    with pytest.raises(RecipeError, match="a branch passes by"):
        build_classifier(_lite0("stage5_block1_depth"), 3)
    with pytest.raises(RecipeError, match="no such layer"):
        build_classifier(_lite0("stage9"), 3)


def test_the_published_weights_fill_all_but_the_last_layer() -> None:
    """Only where the cache holds the package."""
    if not (cache_dir() / _WHEEL).is_file():
        pytest.skip("the package is not in the cache; training fetches it")
    net = build_classifier(_lite0(), 3)
    before = {name: np.asarray(value.numpy()) for name, value in net.variables.items()}
    load_published(net, _lite0())
    same = [name for name, value in net.variables.items() if np.array_equal(before[name], value.numpy())]
    assert len(same) == 2


@pytest.mark.parametrize(
    ("base", "channels", "mean", "std"),
    [
        ("MobileNetV2", "RGB", (127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
        ("ResNet50", "BGR", (103.939, 116.779, 123.68), (1.0, 1.0, 1.0)),
        ("EfficientNetB0", "RGB", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        ("DenseNet121", "RGB", (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
    ],
)
def test_the_input_of_a_network_of_keras_is_read_off_its_preprocessing(
    base: str, channels: str, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    """By what it makes of black, white and red."""
    spec = input_spec(ClassNetworkTable(base=base))
    assert spec.channels == channels
    assert spec.mean == pytest.approx(mean, rel=1e-3, abs=1e-3)
    assert spec.std == pytest.approx(std, rel=1e-3)


def test_a_network_of_keras_is_cut_and_built_by_name() -> None:
    """From chance: no weights are fetched in a test."""
    table = ClassNetworkTable(base="MobileNet", weights="none", size_px=32)
    net = build_classifier(table, 4)
    assert net.plain.output_shape == (None, 4)
    with pytest.raises(RecipeError, match="not known; efficientnet-lite0"):
        build_classifier(ClassNetworkTable(base="MobileNot"), 4)


def test_weights_that_cannot_be_fetched_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With where to put them, and what else to take."""

    def no_network(**_: object) -> None:
        raise Exception("URL fetch failure on https://example.org: refused")  # as Keras does it

    table = ClassNetworkTable(base="MobileNet", size_px=32)
    net = build_classifier(table, 4)
    monkeypatch.setattr(networks, "_application_by_name", lambda _: no_network)
    with pytest.raises(FetchError, match=r"cannot fetch its ImageNet weights: URL .*efficientnet-lite0"):
        load_published(net, table)
