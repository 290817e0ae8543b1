"""Networks trained on images, with and without normalisation: the condition that most figures share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from bnlab import data, nn
from bnlab.training import accuracy, train
from bnlab_solutions.covariate_shift import activation_moments
from bnlab_solutions.fast import FastNoise, fast_batchnorm, fast_lp_normalisation

from bnlab_autograder.figures.figure import Condition, condition

__all__ = ["FULL", "QUICK", "TINY", "network", "pixels", "trained", "trained_on_images"]

# Procedural images of 16×16 pixels, a VGG of 8-16-32 channels: 3 to 5 seconds of one processor for each training.
QUICK = {
    "data": "procedural",
    "count": 7500,
    "channels": (8, 16, 32),
    "hidden": 32,
    "init": "he",
    "batch": 64,
    "rate": 0.1,
    "steps": 600,
}
# CIFAR-10 where it can be had.
FULL = QUICK | {
    "data": "cifar10",
    "count": 25000,
    "channels": (16, 32, 64),
    "hidden": 64,
    "init": "glorot",
    "batch": 128,
    "steps": 4000,
}
TINY = QUICK | {"count": 600, "channels": (4, 4), "hidden": 8, "batch": 16, "steps": 12}


# What follows a layer of so many channels, made with a seed of its own.
NORMS: dict[str, Callable[[int, int], Any]] = {
    "BN": lambda channels, seed: fast_batchnorm(channels),
    "noisy BN": lambda channels, seed: [fast_batchnorm(channels), FastNoise(seed)],
    "standard + noise": lambda channels, seed: FastNoise(seed),
    "ℓ1": lambda channels, seed: fast_lp_normalisation(channels, 1),
    "ℓ2": lambda channels, seed: fast_lp_normalisation(channels, 2),
    "ℓ∞": lambda channels, seed: fast_lp_normalisation(channels, np.inf),
}


def normalise(norm: str, seed: int) -> Callable[[int], Any] | None:
    """What ``bnlab.nn.vgg`` takes; every layer of noise gets a seed of its own."""
    if norm == "standard":
        return None
    seeds = iter(np.random.SeedSequence(seed).generate_state(100))
    return lambda channels: NORMS[norm](channels, int(next(seeds)))


@cache
def pixels(name: str, count: int):
    """(x_train, y_train, x_test, y_test) in the layout of the engine."""
    found = data.cifar10() if name == "cifar10" else data.procedural_images(count)
    return nn.to_engine(found.x_train), found.y_train, nn.to_engine(found.x_test), found.y_test


def network(norm: str, seed: int, *, side: int, channels, hidden: int, init) -> nn.Network:
    """A VGG; equal seeds give equal initial weights whatever ``norm`` is."""
    return nn.vgg(channels, side, hidden=hidden, init=init, seed=seed, normalise=normalise(norm, seed + 1000))


def trained(settings: Mapping[str, Any], norm: str, seed: int, rate: float | None = None) -> Condition:
    """The condition ``trained_on_images`` with the settings of a figure."""
    taken = ("data", "count", "channels", "hidden", "init", "batch", "steps")
    return condition(
        trained_on_images,
        norm=norm,
        rate=settings["rate"] if rate is None else rate,
        seed=seed,
        **{name: settings[name] for name in taken},
    )


def trained_on_images(*, norm, rate, seed, data, count, channels, hidden, init, batch, steps):
    """Train a VGG, and watch its accuracy and the distributions of its activations.

    Returns
    -------
    dict
        losses, accuracies: (steps,) of the batches; where the loss has overflowed, the accuracy is that of chance.
        test_at, test_accuracies: (12,) or a few more: steps done, and the accuracy on images held out.
        watched_at: (T,) steps before which activations were watched, on 128 images held out, in train mode.
        layers: the watched layers, counted from 1: the second, the fourth and the last convolution.
        samples: {layer: (T, M)} what one unit of the layer hands to its nonlinearity.
        means, variances: {layer: (T, 2, C)} of every unit, before that step and after it.
    """
    x, y, x_test, y_test = pixels(data, count)
    net = network(norm, seed, side=x.shape[1], channels=channels, hidden=hidden, init=init)
    watch = Watch(net, x_test[..., :128], watched_layers(channels), steps)
    test = Test(x_test[..., :1000], y_test[:1000], steps)

    def probe(step, net, xb, yb):
        test(step, net)
        watch(step, net)

    history = train(net, x, y, steps=steps, rate=rate, batch=batch, seed=seed, every=1, probe=probe)
    test.end(net)
    return {
        "losses": history.losses,
        "accuracies": np.nan_to_num(history.accuracies, nan=1 / len(np.unique(y_test))),
        "test_at": test.at,
        "test_accuracies": test.accuracies,
        "watched_at": watch.at,
        "layers": watch.layers,
        "samples": watch.samples,
        "means": {layer: moments[:, :, 0] for layer, moments in watch.moments.items()},
        "variances": {layer: moments[:, :, 1] for layer, moments in watch.moments.items()},
    }


def watched_layers(channels) -> tuple[int, ...]:
    """The second, the middle and the last convolution, counted from 1."""
    last = 2 * len(channels)
    return tuple(sorted({2, 2 * ((len(channels) + 1) // 2), last}))


class Test:
    """Accuracies on images held out, at twelve times of training or so."""

    def __init__(self, x, y, steps):
        every = max(steps // 12, 1)
        self.x, self.y, self.at = x, y, np.arange(every, steps + 1, every)
        self.accuracies = np.full(len(self.at), np.nan)

    def __call__(self, step, net):
        if step in self.at:
            self.accuracies[self.at == step] = accuracy(net, self.x, self.y)

    def end(self, net):
        """Fill in what is left: the end of training, and all after it if the loss has overflowed before."""
        self.accuracies[np.isnan(self.accuracies)] = accuracy(net, self.x, self.y)


class Watch:
    """Distributions of activations on images that stay the same, before and after every so-many-th step.

    Where training has ended too early, what was not seen is NaN.
    """

    VALUES = 1024  # of a unit's activations, from all over images and positions

    def __init__(self, net, x, layers, steps):
        self.x, self.layers = x, layers
        self.at = np.arange(0, steps - 1, max(steps // 30, 2))
        self.places = {layer: net.preactivations[layer - 1] for layer in layers}
        self.moments, self.samples = {}, {}
        for layer, (mean, _) in self._moments(net).items():
            self.moments[layer] = np.full((len(self.at), 2, 2, len(mean)), np.nan)
            self.samples[layer] = np.full((len(self.at), self.VALUES), np.nan, np.float32)

    def __call__(self, step, net):
        for phase in np.flatnonzero((step - self.at >= 0) & (step - self.at <= 1)):
            for layer, moments in self._moments(net).items():
                self.moments[layer][phase, step - self.at[phase]] = moments
            if step == self.at[phase]:
                self._sample(phase, net)

    def _moments(self, net):
        return {layer: activation_moments(net, self.x, place) for layer, place in self.places.items()}

    def _sample(self, row, net):
        with net.running_statistics_kept(), net.recording(*self.places.values()) as seen:
            net.forward(self.x)
        for layer, place in self.places.items():
            values = seen[place][0][0].ravel()
            values = values[:: max(len(values) // self.VALUES, 1)][: self.VALUES]
            self.samples[layer][row, : len(values)] = values
