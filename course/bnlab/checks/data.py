"""Inputs for the checks. Seeds are public and fixed: a verdict never depends on luck.

Batches hold multiples of 1/64, so that shifts are exact, and features of different centre and spread, so that
nothing looks right by accident.
"""

from __future__ import annotations

import numpy as np

FAR = 1e6  # an offset that leaves float64 plenty of digits, and careless arithmetic too few
FAR_SINGLE = 100  # the same for float32
WIDE = 4096.0  # a factor that makes every spread so large that a customary eps does not matter


def batch(N: int = 6, D: int = 4, seed: int = 0) -> np.ndarray:
    """(N, D): features with means between −2 and 4 and spreads between 0.3 and 3."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) * np.linspace(0.3, 3.0, D) + np.linspace(-2.0, 4.0, D)
    return np.round(64 * x) / 64


def images(N: int = 2, C: int = 4, H: int = 3, W: int = 5, seed: int = 0) -> np.ndarray:
    """(N, C, H, W): distinct channels, and pixels that grow along the width."""
    x = np.moveaxis(batch(N * H * W, C, seed).reshape(N, H, W, C), -1, 1)
    return np.ascontiguousarray(x) + np.arange(W) / 4


def integers(N: int = 6, D: int = 4) -> np.ndarray:
    """(N, D) of int64."""
    return np.random.default_rng(5).integers(-4, 9, size=(N, D))


def scale_and_shift(D: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """gamma and beta: (D,), away from 1 and 0, gamma of both signs."""
    return np.array([-1.5, 0.5, 2.0, -0.75, 3.0, 1.25])[:D], np.array([0.5, -1.0, 0.25, 2.0, -0.75, 1.5])[:D]


def upstream(*shape: int, seed: int = 1) -> np.ndarray:
    """A random upstream gradient."""
    return np.random.default_rng(seed).normal(size=shape) + 0.25


def single(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same in float32."""
    return tuple(array.astype(np.float32) for array in arrays)


def buffers(D: int = 4) -> dict[str, np.ndarray]:
    """Warm running statistics, new arrays each time."""
    mean, var = np.array([-1.0, 0.5, 3.0, 2.0, 0.0, -2.0]), np.array([0.25, 4.0, 1.0, 5.0, 2.0, 0.5])
    return {"running_mean": mean[:D].copy(), "running_var": var[:D].copy()}


# Frozen numbers that can be worked out by hand. With eps = 3 everything comes out whole.
TABLE = np.array([[1.0, 1.0, 3.0], [1.0, 7.0, -7.0], [3.0, 7.0, -1.0], [3.0, 5.0, -3.0]])
TABLE_MEAN = np.array([2.0, 5.0, -2.0])
TABLE_VAR = np.array([1.0, 6.0, 13.0])
TABLE_EPS = 3.0
TABLE_GAMMA = np.array([4.0, -6.0, 12.0])
TABLE_BETA = np.array([10.0, 20.0, 30.0])
TABLE_OUT = np.array([[8.0, 28.0, 45.0], [8.0, 16.0, 15.0], [12.0, 16.0, 33.0], [12.0, 20.0, 27.0]])
