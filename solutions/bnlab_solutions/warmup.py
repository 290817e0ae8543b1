"""Stage 00: standardising, comparing two arrays, checking a gradient."""

import numpy as np
from bnlab.validate import floats, number


def standardize(x, axis):
    """Move every slice of ``x`` along ``axis`` to mean 0 and stretch it to standard deviation 1.

    Parameters
    ----------
    x : ndarray
        Any shape.
    axis : int or tuple of int
        The axis, or axes, along which a slice runs; negative ones count from the end.

    Returns
    -------
    out : ndarray, the shape of ``x``
        A slice whose values are all equal becomes 0.

    Notes
    -----
    A slice ``s`` of ``n`` values becomes ``(s - m) / sqrt(v)`` with ``m = sum(s) / n`` and
    ``v = sum((s - m)**2) / n``. Whether a slice is constant is asked of its values: rounding in ``m`` may
    leave ``v`` tiny where it should be 0.
    """
    x = floats("x", x)
    constant = x.max(axis=axis, keepdims=True) == x.min(axis=axis, keepdims=True)
    centred = np.where(constant, 0, x - x.mean(axis=axis, keepdims=True))
    std = np.sqrt((centred**2).mean(axis=axis, keepdims=True))
    return centred / np.where(constant, 1, std)


def relative_error(a, b):
    """How far two arrays are apart, relative to the largest entry of the two.

    Parameters
    ----------
    a, b : ndarray
        Equal shapes.

    Returns
    -------
    error : float
        0.0 for two arrays of zeros.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    ``max|a - b| / max(max|a|, max|b|)``, one scale for the whole array: entries near zero are mostly
    rounding noise, and a scale of their own would make an alarm of it.
    """
    a = floats("a", a)
    b = floats("b", b, a.shape)
    scale = max(np.abs(a).max(), np.abs(b).max())
    return float(np.abs(a - b).max() / scale) if scale != 0 else 0.0


def numerical_gradient(f, x, dout, h=1e-5):
    """The gradient of ``sum(f(x) * dout)`` with respect to ``x``, from values of ``f`` alone.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of ``x`` and returns an array of any shape.
    x : ndarray
        Where the gradient is wanted; any shape. It is left as it was.
    dout : ndarray, the shape of ``f(x)``
        The upstream gradient.
    h : float
        The step.

    Returns
    -------
    grad : ndarray of float64, the shape of ``x``

    Raises
    ------
    ValueError
        If ``dout`` and ``f(x)`` differ in shape.

    Notes
    -----
    Central differences: with ``L(x) = sum(f(x) * dout)`` and the unit vector ``e_i`` of entry ``i``,
    ``dL/dx_i = (L(x + h e_i) - L(x - h e_i)) / (2 h) + O(h**2)``. Subtracting before summing loses fewer
    digits. The first value is copied because ``f`` may write the second one into the same array.
    """
    x = np.array(x, dtype=np.float64)
    h = number("h", h)
    grad = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[i] = h
        difference = np.array(f(x + step)) - f(x - step)
        grad[i] = np.sum(difference * floats("dout", dout, difference.shape)) / (2 * h)
    return grad
