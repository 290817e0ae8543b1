"""Networks that are made from a description in plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bnlab.nn.layers import Affine, Convolution, Layer, MaxPool, ReLU, Tanh
from bnlab.nn.losses import softmax_cross_entropy, squared_loss
from bnlab.nn.network import Network
from bnlab.nn.normalisation import Normalisation
from bnlab.validate import one_of

__all__ = ["network_from"]

LOSSES = {"squared": squared_loss, "cross-entropy": softmax_cross_entropy}
MOMENTUM = 0.9


def network_from(description: Mapping[str, Any], **kinds: Callable[..., Layer]) -> Network:
    """The network that ``description`` describes; equal descriptions give equal networks.

    Parameters
    ----------
    description : dict
        ``layers``: a list of ``["affine", inputs, outputs]``, ``["convolution", inputs, outputs]``, ``["pool"]``,
        ``["relu"]``, ``["tanh"]`` and ``["scale", channels]``. Optional: ``seed`` (0), ``dtype`` ("float64"),
        ``loss`` ("squared" or "cross-entropy"), and ``parameters``, a vector of all of them.

        "scale" stands in for a normalisation layer without being one: gamma · x + beta in train mode, in which it
        keeps a running mean; in test mode x is shifted by that mean first.
    **kinds : callable
        More kinds of layers by name: ``network_from(..., norm=BatchNorm)`` knows ``["norm", channels]``.
    """
    loss = LOSSES[one_of("loss", description.get("loss", "squared"), tuple(LOSSES))]
    dtype = np.dtype(description.get("dtype", "float64"))
    kinds = KINDS | kinds
    layers = [kinds[one_of("layer", kind, tuple(kinds))](*sizes) for kind, *sizes in description["layers"]]
    network = Network(layers, seed=description.get("seed", 0), dtype=dtype, loss=loss)
    if description.get("parameters") is not None:
        network.parameters[:] = description["parameters"]
    return network


def _scale(channels: int) -> Normalisation:
    return Normalisation(channels, _scale_forward, _scale_backward)


def _scale_forward(x, gamma, beta, bn_param):
    running = bn_param.get("running_mean", np.zeros_like(gamma))
    if bn_param["mode"] == "test":
        x = x - running
    else:
        bn_param["running_mean"] = MOMENTUM * running + (1 - MOMENTUM) * x.mean(axis=0)
    return gamma * x + beta, (x, gamma)


def _scale_backward(dout, cache):
    x, gamma = cache
    return gamma * dout, (dout * x).sum(axis=0), dout.sum(axis=0)


KINDS = {
    "affine": Affine,
    "convolution": Convolution,
    "pool": MaxPool,
    "relu": ReLU,
    "tanh": Tanh,
    "scale": _scale,
}
