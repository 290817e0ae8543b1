"""Arguments, taken as arrays of floats or refused in a sentence that says what is wrong with them."""

from __future__ import annotations

import numpy as np


def floats(name, value, shape=None):
    """``value`` as an array of floating-point numbers, checked against ``shape``.

    Parameters
    ----------
    name : str
        What the caller calls the argument; it opens the error message.
    value : array_like
        Integers become float64; float32 stays float32, and complex numbers pass.
    shape : tuple of int and str, optional
        A number is the exact length of an axis, a name such as ``"N"`` any length from 1. Where one axis is
        asked for, a single row ``(1, D)`` is accepted and returned as ``(D,)``.

    Returns
    -------
    array : ndarray
        ``value`` itself where nothing had to be converted.

    Raises
    ------
    ValueError
        If there is something else than numbers in ``value``, or its shape is another.
    """
    array = np.asarray(value)
    if array.dtype.kind in "biu":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise ValueError(f"{name} should hold numbers, but its dtype is {array.dtype}")
    if shape is None or array.shape == shape:
        return array
    if len(shape) == 1 and array.ndim == 2 and len(array) == 1:
        array = array[0]
    fits = array.ndim == len(shape) and all(
        n > 0 if isinstance(want, str) else n == want for n, want in zip(array.shape, shape, strict=True)
    )
    if not fits:
        wanted = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
        raise ValueError(f"{name} should have shape ({wanted}), but its shape is {np.shape(value)}")
    return array


def one_of(name, value, choices):
    """``value`` if it is one of ``choices``; otherwise a ValueError that lists them."""
    if not any(isinstance(value, type(choice)) and value == choice for choice in choices):
        raise ValueError(f"{name} should be {' or '.join(map(repr, choices))}, but is {value!r}")
    return value


def number(name, value, low=-np.inf, high=np.inf):
    """``value`` as a Python float within ``[low, high]``; otherwise a ValueError that names the range.

    A Python float leaves float32 arrays float32; a NumPy float64 would promote them.
    """
    try:
        result = float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} should be a number, but is {value!r}") from None
    if not low <= result <= high:
        raise ValueError(f"{name} should lie between {low:g} and {high:g}, but is {result:g}")
    return result


def divisor(name, value, total, of="the length"):
    """``value`` as an int that divides ``total``; otherwise a ValueError. ``of`` names ``total`` in words."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < 1 or total % value:
        raise ValueError(f"{name} should be a whole number that divides {of}, {total}, but is {value!r}")
    return int(value)


def training_cache(cache):
    """``cache`` unless it is None, which is what a forward pass in test mode leaves; then a ValueError."""
    if cache is None:
        raise ValueError("cache is None: run the forward pass in train mode before this backward pass")
    return cache
