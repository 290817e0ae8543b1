"""The checks that are customary in notebooks on batch normalisation, to compare ours with.

Written from their description: the notebook prints means and standard deviations of the outputs, and relative errors
between analytic and numerical gradients, and a student reads whether they look right. Sizes, the kind of data and
the settings are the customary ones, eps and momentum are left at their defaults. Where a student compares by eye, a
bound stands here that is rather stricter: ``PRINTED`` for statistics, ``WARM`` where they are said to be noisier,
``GRADIENT`` for relative errors. A function is checked by all cells of the notebook in which it takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from types import SimpleNamespace
from typing import Any

import numpy as np

SEED = 231
PRINTED = 1e-4  # statistics as they are printed: "close to 0", "close to 1"
WARM = 0.2  # of the scale: "close to 0 and 1, but noisier"
GRADIENT = 1e-5  # "about 1e-8"; where a single entry is near zero, right solutions come to 1e-6
AGREEMENT = 1e-8  # of the alternative with the plain version; right solutions come to 5e-10 in such an entry

Course = SimpleNamespace
Cell = Callable[[Course, np.random.Generator], None]
CELLS: dict[str, tuple[tuple[str, ...], Cell]] = {}


class Noticed(Exception):
    """Something is printed that a student would notice."""


def caught_by(course: dict[str, Any], exercise: str) -> str:
    """The title of the first cell in which ``exercise`` takes part and does not look right; empty if there is none.

    Raises KeyError for an exercise without customary checks.
    """
    if exercise not in EXERCISES:
        raise KeyError(exercise)
    for title, (names, cell) in CELLS.items():
        if exercise in names:
            with redirect_stdout(StringIO()), np.errstate(all="ignore"):
                try:
                    cell(SimpleNamespace(**course), np.random.default_rng(SEED))
                except Exception:  # what is noticed, or an error under the cell
                    return title
    return ""


def cell(title: str, *names: str) -> Callable[[Cell], Cell]:
    """Register a cell of the notebook and the functions that take part."""

    def register(function: Cell) -> Cell:
        CELLS[title] = names, function
        return function

    return register


@cell("batchnorm: statistics in train mode", "batchnorm_forward")
def _train(c: Course, rng: np.random.Generator) -> None:
    a = _hidden_layer(rng, 200, 3)
    for gamma, beta in _settings(3):
        out, _ = c.batchnorm_forward(a, gamma, beta, {"mode": "train"})
        _looks_like(out.mean(axis=0), beta, PRINTED)
        _looks_like(out.std(axis=0), gamma, PRINTED)


@cell("batchnorm: statistics in test mode, warmed up", "batchnorm_forward")
def _test(c: Course, rng: np.random.Generator) -> None:
    layers = [rng.normal(size=shape) for shape in ((50, 60), (60, 3))]
    gamma, beta, bn_param = np.ones(3), np.zeros(3), {"mode": "train"}
    for _ in range(50):
        c.batchnorm_forward(_network(rng.normal(size=(200, 50)), layers), gamma, beta, bn_param)
    bn_param["mode"] = "test"
    out, _ = c.batchnorm_forward(_network(rng.normal(size=(200, 50)), layers), gamma, beta, bn_param)
    _looks_like(out.mean(axis=0), beta, WARM)
    _looks_like(out.std(axis=0), gamma, WARM)


@cell("batchnorm: gradients", "batchnorm_forward", "batchnorm_backward")
def _backward(c: Course, rng: np.random.Generator) -> None:
    x, gamma, beta = _rows(rng)
    _gradients(c.batchnorm_forward, c.batchnorm_backward, rng, x, gamma, beta, {"mode": "train"})


@cell(
    "batchnorm: the alternative agrees", "batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt"
)
def _alternative(c: Course, rng: np.random.Generator) -> None:
    x, gamma, beta = _rows(rng, 100, 500)
    dout = rng.normal(size=x.shape)
    _, cache = c.batchnorm_forward(x, gamma, beta, {"mode": "train"})
    plain, alternative = c.batchnorm_backward(dout, cache), c.batchnorm_backward_alt(dout, cache)
    for one, other in zip(plain, alternative, strict=True):
        _small(_relative(one, other), AGREEMENT)


@cell("layernorm: statistics", "layernorm_forward")
def _layer(c: Course, rng: np.random.Generator) -> None:
    a = _hidden_layer(rng, 4, 3)
    for gamma, beta in ((np.ones(3), np.zeros(3)), (np.full(3, 3.0), np.full(3, 5.0))):
        out, _ = c.layernorm_forward(a, gamma, beta, {"mode": "train"})
        _looks_like(out.mean(axis=1), np.full(4, beta[0]), PRINTED)
        _looks_like(out.std(axis=1), np.full(4, gamma[0]), PRINTED)


@cell("layernorm: gradients", "layernorm_forward", "layernorm_backward")
def _layer_backward(c: Course, rng: np.random.Generator) -> None:
    x, gamma, beta = _rows(rng)
    _gradients(c.layernorm_forward, c.layernorm_backward, rng, x, gamma, beta, {})


@cell("spatial batchnorm: statistics in train mode", "spatial_batchnorm_forward")
def _spatial(c: Course, rng: np.random.Generator) -> None:
    x = 4 * rng.normal(size=(2, 3, 4, 5)) + 10
    for gamma, beta in ((np.ones(3), np.zeros(3)), (np.array([3.0, 4, 5]), np.array([6.0, 7, 8]))):
        out, _ = c.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train"})
        _looks_like(out.shape, x.shape, 0)
        _looks_like(out.mean(axis=(0, 2, 3)), beta, PRINTED)
        _looks_like(out.std(axis=(0, 2, 3)), gamma, PRINTED)


@cell("spatial batchnorm: statistics in test mode, warmed up", "spatial_batchnorm_forward")
def _spatial_test(c: Course, rng: np.random.Generator) -> None:
    shape, gamma, beta, bn_param = (10, 4, 11, 12), np.ones(4), np.zeros(4), {"mode": "train"}
    for _ in range(50):
        c.spatial_batchnorm_forward(2.3 * rng.normal(size=shape) + 13, gamma, beta, bn_param)
    bn_param["mode"] = "test"
    out, _ = c.spatial_batchnorm_forward(2.3 * rng.normal(size=shape) + 13, gamma, beta, bn_param)
    _looks_like(out.mean(axis=(0, 2, 3)), beta, WARM)
    _looks_like(out.std(axis=(0, 2, 3)), gamma, WARM)


@cell("spatial batchnorm: gradients", "spatial_batchnorm_forward", "spatial_batchnorm_backward")
def _spatial_backward(c: Course, rng: np.random.Generator) -> None:
    x, gamma, beta = 5 * rng.normal(size=(2, 3, 4, 5)) + 12, rng.normal(size=3), rng.normal(size=3)
    forward, backward = c.spatial_batchnorm_forward, c.spatial_batchnorm_backward
    _gradients(forward, backward, rng, x, gamma, beta, {"mode": "train"})


@cell("group norm: statistics", "spatial_groupnorm_forward")
def _group(c: Course, rng: np.random.Generator) -> None:
    x, gamma, beta = 4 * rng.normal(size=(2, 6, 4, 5)) + 10, np.ones((1, 6, 1, 1)), np.zeros((1, 6, 1, 1))
    out, _ = c.spatial_groupnorm_forward(x, gamma, beta, 2, {"mode": "train"})
    _looks_like(out.shape, x.shape, 0)
    groups = out.reshape(4, -1)
    _looks_like(groups.mean(axis=1), np.zeros(4), PRINTED)
    _looks_like(groups.std(axis=1), np.ones(4), PRINTED)


@cell("group norm: gradients", "spatial_groupnorm_forward", "spatial_groupnorm_backward")
def _group_backward(c: Course, rng: np.random.Generator) -> None:
    x = 5 * rng.normal(size=(2, 6, 4, 5)) + 12
    gamma, beta = rng.normal(size=(1, 6, 1, 1)), rng.normal(size=(1, 6, 1, 1))

    def forward(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, gn_param: dict) -> tuple:
        return c.spatial_groupnorm_forward(x, gamma, beta, 2, gn_param)

    _gradients(forward, c.spatial_groupnorm_backward, rng, x, gamma, beta, {})


EXERCISES = frozenset(name for names, _ in CELLS.values() for name in names)


def _rows(rng: np.random.Generator, N: int = 4, D: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return 5 * rng.normal(size=(N, D)) + 12, rng.normal(size=D), rng.normal(size=D)


def _settings(D: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Scale and shift that do nothing, and others."""
    yield np.ones(D), np.zeros(D)
    yield np.arange(1.0, D + 1), np.arange(11.0, D + 11)


def _hidden_layer(rng: np.random.Generator, N: int, D: int) -> np.ndarray:
    """What a random network of two layers makes of random data."""
    return _network(rng.normal(size=(N, 50)), [rng.normal(size=shape) for shape in ((50, 60), (60, D))])


def _network(x: np.ndarray, layers: list[np.ndarray]) -> np.ndarray:
    return np.maximum(x @ layers[0], 0) @ layers[1]


def _looks_like(seen: object, expected: object, tolerance: float) -> None:
    """Relative to the expected number, or absolutely if that is smaller than one."""
    seen, expected = np.asarray(seen), np.asarray(expected)
    if seen.shape != expected.shape or not np.all(
        np.abs(seen - expected) <= tolerance * np.maximum(np.abs(expected), 1)
    ):
        raise Noticed


def _gradients(
    forward: Callable,
    backward: Callable,
    rng: np.random.Generator,
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    param: dict,
) -> None:
    """dx, dgamma and dbeta against central differences, at default eps and with a random upstream gradient."""
    dout = rng.normal(size=x.shape)
    arguments = [x, gamma, beta]
    _, cache = forward(*arguments, param)
    for place, analytic in enumerate(backward(dout, cache)):

        def of_one(value: np.ndarray, place: int = place) -> np.ndarray:
            return forward(*arguments[:place], value, *arguments[place + 1 :], param)[0]

        _small(_relative(_central_differences(of_one, arguments[place], dout), analytic), GRADIENT)


def _central_differences(f: Callable, x: np.ndarray, dout: np.ndarray, h: float = 1e-5) -> np.ndarray:
    x, gradient = x.copy(), np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        old = x[i]
        x[i] = old + h
        above = f(x).copy()
        x[i] = old - h
        below = f(x).copy()
        x[i] = old
        gradient[i] = np.sum((above - below) * dout) / (2 * h)
    return gradient


def _relative(a: np.ndarray, b: np.ndarray) -> float:
    """The largest relative error of single entries, as is customary; shapes need only broadcast."""
    return float(np.max(np.abs(a - b) / np.maximum(1e-8, np.abs(a) + np.abs(b))))


def _small(error: float, bound: float) -> None:
    if not error <= bound:  # NaN is not small
        raise Noticed
