"""Standard deviations of random initial weights, and how they are drawn."""

from __future__ import annotations

import math

from bnlab.validate import number

__all__ = ["draw", "glorot", "he"]


def glorot(fan_in, fan_out):
    """√(2 / (fan_in + fan_out)): Glorot and Bengio 2010, equation 12, drawn from a normal distribution here."""
    return math.sqrt(2 / (fan_in + fan_out))


def he(fan_in, fan_out):
    """√(2 / fan_in): He et al. 2015, equation 10, for layers before a ReLU; ``fan_out`` plays no part."""
    return math.sqrt(2 / fan_in)


SCALES = {"glorot": glorot, "he": he}


def draw(rng, weights, init, fan_in, fan_out):
    """Fill ``weights`` in place with normal values; ``init`` is "glorot", "he" or a standard deviation."""
    if isinstance(init, str):
        if init not in SCALES:
            raise ValueError(f"init should be 'glorot', 'he' or a number, but is {init!r}")
        std = SCALES[init](fan_in, fan_out)
    else:
        std = number("init", init, low=0)
    weights[...] = rng.standard_normal(weights.shape) * std
