"""Building blocks for the experiments: a small network engine. Normalisation comes from you.

Activations are (D, N) or (C, H, W, N): channels first, the batch last. ``to_engine`` and ``from_engine``
convert images from and to the (N, C, H, W) of the exercises.
"""

from __future__ import annotations

import numpy as np

from bnlab.nn.architectures import deep_linear, mlp, vgg
from bnlab.nn.described import network_from
from bnlab.nn.initial import glorot, he
from bnlab.nn.layers import Affine, Convolution, Layer, MaxPool, ReLU, Tanh
from bnlab.nn.losses import softmax_cross_entropy, squared_loss
from bnlab.nn.network import SGD, Network
from bnlab.nn.noise import Noise
from bnlab.nn.normalisation import Normalisation

__all__ = [
    "SGD",
    "Affine",
    "Convolution",
    "Layer",
    "MaxPool",
    "Network",
    "Noise",
    "Normalisation",
    "ReLU",
    "Tanh",
    "deep_linear",
    "from_engine",
    "glorot",
    "he",
    "mlp",
    "network_from",
    "softmax_cross_entropy",
    "squared_loss",
    "to_engine",
    "vgg",
]


def to_engine(x):
    """(N, C, H, W) → (C, H, W, N), or (N, D) → (D, N); contiguous."""
    return np.ascontiguousarray(np.moveaxis(x, 0, -1))


def from_engine(x):
    """(C, H, W, N) → (N, C, H, W), or (D, N) → (N, D); contiguous."""
    return np.ascontiguousarray(np.moveaxis(x, -1, 0))
