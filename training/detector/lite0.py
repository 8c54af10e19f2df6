"""A detector on EfficientNet-Lite0, with NanoDet's neck and heads. Does not load, train or export weights.

The backbone was made for int8 and knows ImageNet's thousand names; M. Tan and Q. Le, "EfficientNet", 2019,
arXiv:1905.11946. The neck is the path aggregation of S. Liu et al., 2018, arXiv:1803.01534, without weights of its own.
"""

from typing import Any

from training.efficientnet import STRIDE_8, STRIDE_16, STRIDE_32, backbone
from training.nanodet import NanoDetSpec, heads, neck


def build_lite0(spec: NanoDetSpec, *, sigmoid: bool = True) -> Any:
    """The network with fresh weights; input and outputs as those of ``build_nanodet``."""
    import keras

    picture = keras.Input((spec.height, spec.width, 3), name="picture")
    stages, _ = backbone(keras.layers, picture, "")
    features = neck(keras.layers, [stages[STRIDE_8], stages[STRIDE_16], stages[STRIDE_32]])
    return keras.Model(picture, heads(features, None, spec, sigmoid=sigmoid), name="lite0_detector")
