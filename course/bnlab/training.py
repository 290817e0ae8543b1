"""Training loops of the experiments: SGD on random batches, with a place to measure things on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bnlab.nn import SGD, Network

__all__ = ["History", "accuracy", "train"]


@dataclass(eq=False)
class History:
    """What happened in training.

    Attributes
    ----------
    losses, accuracies : ndarray (steps,)
        Of each step's batch, in train mode, before the update. Once the loss is not finite training ends, and
        the rest is NaN. Without labels the accuracies are all NaN.
    probed_at : list of int
        The steps, counted from 0, at which the probe was called.
    probed : list
        What it returned.
    """

    losses: np.ndarray
    accuracies: np.ndarray
    probed_at: list[int] = field(default_factory=list)
    probed: list[Any] = field(default_factory=list)

    @property
    def diverged(self) -> bool:
        """Whether the loss has overflowed."""
        return not np.isfinite(self.losses).all()


def train(
    network: Network,
    x: np.ndarray,
    y: np.ndarray,
    *,
    steps: int,
    rate: float,
    batch: int = 64,
    momentum: float = 0.0,
    seed: int = 0,
    every: int = 0,
    probe: Callable[[int, Network, np.ndarray, np.ndarray], Any] | None = None,
) -> History:
    """Train ``network`` in place for so many steps of SGD.

    Parameters
    ----------
    x : ndarray (D, N) or (C, H, W, N)
        Examples in the layout of the engine, see ``bnlab.nn.to_engine``.
    y : ndarray (N,) or (K, N)
        Labels, or what the outputs should be.
    batch : int
        Examples per step; from N on it is always all of them.
    seed : int
        Of the batches: each epoch goes through the examples in a new order, a rest that fills no batch is left.
    every, probe : int, callable
        ``probe(step, network, x_batch, y_batch)`` is called in train mode before the update of every so-many-th
        step, the first among them. It has to leave parameters and running statistics as they are.
    """
    history = History(np.full(steps, np.nan), np.full(steps, np.nan))
    sgd, mode = SGD(network, rate, momentum), network.mode
    network.mode = "train"
    draws = batches(x.shape[-1], batch, seed)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a rate may be too high: the loss tells
            for step in range(steps):
                chosen = next(draws)
                xb, yb = (x, y) if chosen is None else (np.take(x, chosen, axis=-1), y[..., chosen])
                if probe is not None and every and step % every == 0:
                    history.probed_at.append(step)
                    history.probed.append(probe(step, network, xb, yb))
                out = network.forward(xb)
                loss, dout = network.loss(out, yb)
                history.losses[step] = loss
                if not np.isfinite(loss):
                    break
                if np.ndim(yb) == 1:
                    history.accuracies[step] = np.mean(out.argmax(axis=0) == yb)
                network.backward(dout)
                sgd.step()
    finally:
        network.mode = mode
    return history


def accuracy(network: Network, x: np.ndarray, y: np.ndarray, batch: int = 500) -> float:
    """The share of examples that the network, in test mode, puts into their class; x as for ``train``."""
    mode, right = network.mode, 0
    network.mode = "test"
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            for start in range(0, len(y), batch):
                part = slice(start, start + batch)
                right += int((network.forward(x[..., part]).argmax(axis=0) == y[part]).sum())
    finally:
        network.mode = mode
    return right / len(y)


def batches(count: int, batch: int, seed: int):
    """Indices of batch after batch, without end; None where the batch is everything."""
    rng = np.random.default_rng(seed)
    while True:
        if batch >= count:
            yield None
            continue
        order = rng.permutation(count)
        for start in range(0, count - batch + 1, batch):
            yield order[start : start + batch]
