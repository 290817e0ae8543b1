"""The networks of the experiments: a small VGG, multilayer perceptrons, a deep linear network.

Equal seeds give equal initial weights with and without normalisation, which draws none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from bnlab.nn.layers import Affine, Convolution, Layer, MaxPool, ReLU, Tanh
from bnlab.nn.losses import squared_loss
from bnlab.nn.network import Network
from bnlab.validate import one_of

__all__ = ["deep_linear", "mlp", "vgg"]

Normalise = Callable[[int], Layer | Sequence[Layer]] | None
ACTIVATIONS = {"relu": ReLU, "tanh": Tanh}


def vgg(
    channels=(8, 16, 32),
    side=16,
    colours=3,
    classes=10,
    hidden=32,
    normalise: Normalise = None,
    init="he",
    seed=0,
    **network,
) -> Network:
    """A convolutional network for images (colours, side, side, N).

    For each of ``channels``: convolution, norm, ReLU, the same again, and pooling, which halves the side. Then
    affine, norm, ReLU with ``hidden`` units, and affine.

    Parameters
    ----------
    normalise : callable, optional
        ``normalise(channels)`` gives the layer that follows each weighted layer but the last, or a sequence of
        layers. Without it nothing is there.
    init : "he", "glorot" or float
        Of all weights before a ReLU. The last layer, which has none behind it, gets Glorot's unless ``init`` is a
        number.
    **network
        Goes to ``Network``: ``dtype``, ``loss``.

    Returns
    -------
    network : Network
        With three more attributes, lists of indices into ``network.layers``: ``weighted``, the layers with
        weights (layer n of the paper is ``weighted[n - 1]``); ``norms``, the last that each call of
        ``normalise`` gave; and ``preactivations``, the layers whose output is what layer 1, 2, … of the paper
        hands to its nonlinearity: its norm, or itself without one.
    """
    chain, before = Chain(normalise, ReLU), colours
    for width in channels:
        for _ in range(2):
            chain.hidden(Convolution(before, width, init), width)
            before = width
        chain.layers.append(MaxPool())
        side //= 2
    chain.hidden(Affine(before * side * side, hidden, init), hidden)
    return chain.ended_by(Affine(hidden, classes, last(init)), seed, network)


def mlp(
    widths, normalise: Normalise = None, activation="relu", init="he", seed=0, bias=True, **network
) -> Network:
    """Affine layers from ``widths[0]`` features over ``widths[1]``, … to ``widths[-1]`` outputs.

    Each but the last is followed by a norm and the activation, "relu", "tanh" or None. For the other parameters,
    and for what the network knows of itself, see ``vgg``.
    """
    kind = None if activation is None else ACTIVATIONS[one_of("activation", activation, tuple(ACTIVATIONS))]
    chain = Chain(normalise, kind)
    *inner, final = pairwise(widths)
    for inputs, outputs in inner:
        chain.hidden(Affine(inputs, outputs, init, bias), outputs)
    return chain.ended_by(Affine(*final, last(init), bias), seed, network)


def deep_linear(depth=25, width=10, normalise: Normalise = None, init="glorot", seed=0, **network) -> Network:
    """W_depth ⋯ W_1 x with square matrices, the deep linear network of the paper; float64, squared loss.

    A norm follows each matrix but the last. For the parameters, and for what the network knows of itself, see
    ``vgg``.
    """
    network = {"dtype": np.float64, "loss": squared_loss} | network
    return mlp([width] * (depth + 1), normalise, None, init, seed, bias=False, **network)


def last(init):
    """The ``init`` of a layer without a nonlinearity behind it."""
    return "glorot" if isinstance(init, str) else init


class Chain:
    """Layers that are put one after the other, and where the important ones stand."""

    def __init__(self, normalise: Normalise, activation: Callable[[], Layer] | None):
        self.normalise, self.activation = normalise, activation
        self.layers, self.weighted, self.norms, self.preactivations = [], [], [], []

    def hidden(self, layer: Layer, outputs: int) -> None:
        """A layer with weights, what normalises its outputs, and the activation."""
        self._weighted(layer)
        if self.normalise is not None:
            given = self.normalise(outputs)
            self.layers += [given] if isinstance(given, Layer) else list(given)
            self.norms.append(len(self.layers) - 1)
        self.preactivations.append(len(self.layers) - 1)
        if self.activation is not None:
            self.layers.append(self.activation())

    def ended_by(self, layer: Layer, seed: int, options: dict) -> Network:
        """The network, with ``layer`` as its last."""
        self._weighted(layer)
        self.preactivations.append(len(self.layers) - 1)
        network = Network(self.layers, seed=seed, **options)
        network.weighted, network.norms = self.weighted, self.norms
        network.preactivations = self.preactivations
        return network

    def _weighted(self, layer: Layer) -> None:
        self.layers.append(layer)
        self.weighted.append(len(self.layers) - 1)
