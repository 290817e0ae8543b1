"""Expectations about what a student's function returns; each failure is one sentence with numbers."""

from __future__ import annotations

import numpy as np

RTOL = {"float64": 1e-7, "float32": 1e-4}
FLOOR = {"float64": 1e-12, "float32": 1e-6}


class Failure(Exception):
    """A check did not pass; the text says what was expected and what was seen."""


class Unimplemented(Failure):
    """There is no answer yet to check."""


def close(
    got: np.ndarray,
    want: np.ndarray,
    name: str,
    claim: str,
    *,
    feature: int | None = -1,
    scale: float | None = None,
    rtol: float | None = None,
) -> None:
    """Raise Failure, opening with ``claim``, unless ``got`` is ``want``.

    An error counts relative to the largest entry of the same feature, which lies along axis ``feature``
    (None: the whole array is one), or to ``scale`` where ``want`` is zero by itself. Never per entry: an
    entry near zero is mostly rounding.
    """
    got, want = np.asarray(got), np.asarray(want)
    if got.shape != want.shape:
        raise Failure(f"{claim}: expected {name} of shape {want.shape}, saw {got.shape}.")
    precision = "float32" if np.float32 in (got.dtype, want.dtype) else "float64"
    got, want = got.astype(np.float64), want.astype(np.float64)
    magnitude = np.abs(want)
    if scale is not None:
        sizes = np.full_like(magnitude, scale)
    elif feature is None or want.ndim == 0:
        sizes = np.full_like(magnitude, magnitude.max())
    else:
        axes = tuple(axis for axis in range(want.ndim) if axis != feature % want.ndim)
        sizes = np.broadcast_to(magnitude.max(axis=axes, keepdims=True), magnitude.shape)
    if scale is None:
        sizes = np.maximum(sizes, 1e-3 * magnitude.max())
    tolerance = (rtol or RTOL[precision]) * sizes + FLOOR[precision]
    error = np.abs(got - want) / tolerance
    if not (error <= 1).all():
        place = np.unravel_index(np.nanargmax(np.where(np.isfinite(error), error, np.inf)), error.shape)
        wanted, seen = pair(want[place], got[place])
        raise Failure(f"{claim}: expected {entry(name, place)} = {wanted}, saw {seen}.")


def entry(name: str, place: tuple[int, ...]) -> str:
    """``entry("out", (0, 2))`` → ``out[0, 2]``."""
    return f"{name}[{', '.join(str(int(i)) for i in place)}]" if place else name


def pair(want: float, seen: float) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart."""
    want, seen = float(want), float(seen)
    noise = 1e-12 * max(abs(want), abs(seen))
    want, seen = (0.0 if abs(value) < noise else value for value in (want, seen))
    shown = "", ""
    for digits in range(4, 18):
        shown = f"{want:.{digits}g}", f"{seen:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown


def describe(value: object) -> str:
    """A returned value in a few words."""
    if value is None:
        return "None"
    if value is ...:
        return "an ellipsis (...)"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)} items"
    if isinstance(value, bool | int | float | np.generic):
        return f"a single {type(value).__name__}"
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
