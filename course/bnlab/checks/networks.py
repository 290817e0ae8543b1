"""Networks for the checks of exercises that take one: made from a description, broken off, looked at afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.checks.data import batch
from bnlab.nn import Layer, Network, network_from

Described = dict[str, Any]
Seen = dict[str, np.ndarray]


class BrokenOff(Exception):
    """A forward pass fails, as it might for any reason."""


class PassCounter:
    """A hook that counts the forward passes of a network, and lets one of them fail."""

    def __init__(self, fails_at: int | None):
        self.passes, self.fails_at = 0, fails_at

    def __call__(self, index: int, out: np.ndarray) -> None:
        self.passes += index == 0
        if self.passes == self.fails_at:
            raise BrokenOff


def prepared(network: Described) -> Network:
    """The network that is described; ``seen``, a pair of a batch and its targets, has gone through it in train mode
    before, ``mode`` ("train") is the one in which it is now, and ``update`` (True) that of all its layers."""
    net = network_from(network)
    if "seen" in network:
        net.loss_and_gradient(*network["seen"])
    net.mode = network.get("mode", "train")
    for layer in _with_memory(net):
        layer.update = network.get("update", True)
    return net


def state_of(net: Network) -> Seen:
    """What a function that only looks at a network leaves as it is, each with " afterwards"."""
    kept = [
        layer.bn_param.get("running_mean", np.zeros(layer.channels))
        for layer in net.layers
        if hasattr(layer, "bn_param")
    ]
    return {
        "parameters afterwards": np.array(net.parameters),
        "gradient afterwards": np.array(net.gradient),
        "running mean afterwards": np.concatenate([np.zeros(1), *kept]),  # never empty
        "train mode afterwards": float(net.mode == "train"),
        "update afterwards": np.array([1.0, *(float(layer.update) for layer in _with_memory(net))]),
        "one vector afterwards": float(_in_one_vector(net)),
    }


def _with_memory(net: Network) -> list[Layer]:
    return [layer for layer in net.layers if hasattr(layer, "update")]


def _in_one_vector(net: Network) -> bool:
    """Whether what the layers hold are still pieces of the network's two long vectors."""
    return all(
        np.may_share_memory(piece, vector)
        for layer in net.layers
        for pieces, vector in ((layer.params, net.parameters), (layer.grads, net.gradient))
        for piece in pieces.values()
    )


def small_batch(N: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """x (4, N) and targets (3, N)."""
    x = np.ascontiguousarray(batch(N, 4, seed).T) / 2
    return x, np.random.default_rng(seed + 1).normal(size=(3, N))
