"""Inputs that hidden cases share.

A batch has the same spreads whatever the seed, so that no verdict depends on luck: a mistake that shows under one
seed shows under all. With ``spread=WIDE`` a customary eps is too small to matter, and a case about something else is
blind to where eps stands.
"""

from __future__ import annotations

import numpy as np

WIDE = 1e4
# Shapes in which other exercises' cases call a function that they rest on. A fault in it excuses theirs; so its own
# cases try these, too, or a function that is wrong just there would excuse more than it costs.
ELSEWHERE = ((6, 7), (5, 5), (30, 4), (24, 4), (6, 4), (7, 6), (3, 6))
FAR = 1e6  # an offset that leaves float64 plenty of digits, and careless arithmetic too few


def batch(rng: np.random.Generator, N: int = 6, D: int = 4, *, spread: float = 1.0) -> np.ndarray:
    """(N, D), N > 1: features with standard deviations from 1/2 to 2 and means from -2 to 3, times ``spread``."""
    x = rng.normal(size=(N, D))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    return spread * (x * rng.permutation(np.linspace(0.5, 2, D)) + rng.permutation(np.linspace(-2, 3, D)))


def constants(rng: np.random.Generator, N: int = 6, D: int = 4) -> np.ndarray:
    """(N, D): every feature has one value, another one for each; quarters, so that sums are exact."""
    return np.tile(rng.permutation(np.arange(-D, D))[:D] / 4 + 1 / 8, (N, 1))


def integers(rng: np.random.Generator, N: int = 6, D: int = 4) -> np.ndarray:
    """(N, D) of int64, no feature constant, no mean a whole number."""
    x = rng.integers(-40, 40, size=(N, D))
    x[0], x[1] = 50, -50
    x[2] += 1 - (x.sum(axis=0) % N)  # now every sum leaves the remainder 1
    return x


def scale_and_shift(rng: np.random.Generator, D: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """gamma and beta: (D,), all different, both signs in gamma, away from 1 and 0."""
    signs = np.where(np.arange(D) % 2, -1.0, 1.0)
    gamma = rng.permutation(signs * np.linspace(1.5, 2.5, D))
    return gamma, rng.permutation(signs) * rng.permutation(np.linspace(0.5, 2, D))


def neutral(D: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """gamma and beta that change nothing: (D,)."""
    return np.ones(D), np.zeros(D)


def buffers(rng: np.random.Generator, D: int = 4, *, spread: float = 1.0) -> dict[str, np.ndarray]:
    """Warm running statistics: (D,) each, standard deviations from 2.5 to 4 times ``spread``, as no batch has them."""
    mean = spread * rng.permutation(np.linspace(-3.5, 2.5, D))
    return {"running_mean": mean, "running_var": (spread * rng.permutation(np.linspace(2.5, 4, D))) ** 2}


def upstream(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """A random upstream gradient that is not centred."""
    return rng.normal(size=shape) + 0.3


def single(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same in float32."""
    return tuple(array.astype(np.float32) for array in arrays)


def pattern(out: object, axis: int = 0) -> object:
    """What is left of each slice of ``out`` along ``axis`` without its centre and its size.

    Two outputs that differ by a factor and a shift per feature have the same pattern: with it, a case about one
    thing passes over a spread that is off. What is no array of numbers comes back as it is.
    """
    if not isinstance(out, np.ndarray) or out.ndim < 2 or not out.size or out.dtype.kind != "f":
        return out
    centred = out - out.mean(axis=axis, keepdims=True)
    size = np.abs(centred).max(axis=axis, keepdims=True)
    return centred / np.where(size == 0, 1, size)


def among_students(student: object, name: str) -> object:
    """``np.name`` as it is where the student's code runs; None where that has no ``np``.

    Functions of ours are called across processes, with copies. One that hands back the very array it gets has to
    be at home there.
    """
    try:
        return _at_home(getattr(student.np, name))
    except Exception:
        return None


def read_once(student: object, batches: list[np.ndarray]) -> object:
    """The batches as an iterator that can be walked through once; the list itself where that cannot be had.

    Iterators do not cross between processes, so NumPy makes one where the student's code runs: over an array whose
    items are the batches, which must differ in length.
    """
    try:
        return _at_home(student.np.array(batches, "O").flat)
    except Exception:
        return batches


def _at_home(thing: object) -> object:
    """What a name in the student's process stands for; in one process names stand for themselves."""
    return thing.get() if hasattr(thing, "get") else thing
