"""Layers with the batch on the last axis: activations are (D, N) or (C, H, W, N).

A channel lies in one piece of memory: what treats channels alike works on its rows, a fully connected layer
needs no transpose. Layers reuse their buffers, so the array that ``forward`` or ``backward`` returns is
overwritten by the next call; copy what you keep.
"""

from __future__ import annotations

import numpy as np

from bnlab.nn.initial import draw

__all__ = ["Affine", "Convolution", "Layer", "MaxPool", "ReLU", "Tanh"]


class Layer:
    """A step of a network. ``shapes`` names its parameters; ``params`` and ``grads`` hold views of them.

    A layer that keeps running statistics has an attribute ``update``: while it is False, a forward pass leaves
    them as they are.
    """

    shapes: dict[str, tuple[int, ...]] = {}  # noqa: RUF012 (replaced, never changed)

    def __init__(self):
        self.params, self.grads, self._buffers = {}, {}, {}
        self.shape = None

    def initialise(self, rng):
        """Set ``params`` to their values before training."""

    def forward(self, x, mode="train"):
        """The layer's output for ``x``; ``mode`` is "train" or "test"."""
        raise NotImplementedError

    def backward(self, dout, need_dx=True):
        """Write into ``grads``, return the gradient by ``x`` (None unless ``need_dx``)."""
        raise NotImplementedError

    def _buffer(self, name, shape, dtype, make=np.empty):
        """Memory of this shape that stays with the layer."""
        held = self._buffers.get(name)
        if held is None or held.shape != shape or held.dtype != dtype:
            held = self._buffers[name] = make(shape, dtype)
        return held

    def _check_dout(self, dout):
        if self.shape is None:
            raise ValueError("backward needs a forward pass before it")
        if dout.shape != self.shape:
            raise ValueError(f"dout should have shape {self.shape}, but its shape is {dout.shape}")


class Affine(Layer):
    """y = W x + b, with W: (outputs, inputs) and b: (outputs, 1).

    x: (inputs, N), or (C, H, W, N) with C·H·W = inputs; y: (outputs, N).
    If L = f(y), then dW = dy xᵀ, db = Σₙ dy, dx = Wᵀ dy.
    """

    def __init__(self, inputs, outputs, init="glorot", bias=True):
        super().__init__()
        self.inputs, self.outputs, self.init = inputs, outputs, init
        self.shapes = {"W": (outputs, inputs)} | ({"b": (outputs, 1)} if bias else {})

    def initialise(self, rng):
        draw(rng, self.params["W"], self.init, self.inputs, self.outputs)

    def forward(self, x, mode="train"):
        if x.ndim not in (2, 4) or np.prod(x.shape[:-1]) != self.inputs:
            raise ValueError(f"x should have {self.inputs} features per example, but its shape is {x.shape}")
        self.x_shape, self.x = x.shape, x.reshape(self.inputs, -1)
        y = self.params["W"] @ self.x
        if "b" in self.params:
            y += self.params["b"]
        self.shape = y.shape
        return y

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        np.matmul(dout, self.x.T, out=self.grads["W"])
        if "b" in self.grads:
            np.sum(dout, axis=1, keepdims=True, out=self.grads["b"])
        return (self.params["W"].T @ dout).reshape(self.x_shape) if need_dx else None


class Convolution(Layer):
    """3×3 cross-correlation with stride 1 and a border of zeros, W: (outputs, 3, 3, inputs), b: (outputs, 1).

    x: (inputs, H, W, N), y: (outputs, H, W, N);
    y[o, h, w] = b[o] + Σ W[o, i, j, c] · x[c, h+i−1, w+j−1] over i, j, c.
    So dW[o, i, j, c] = Σ dy[o, h, w] · x[c, h+i−1, w+j−1], and dx is the same cross-correlation of dy with
    W turned by 180° and its first and last axes exchanged.

    Three copies of x, shifted by a column each, hold the horizontal taps; the vertical taps are views into
    them, one row of the image further. That makes three matrix products and a third of im2col's copying.
    """

    def __init__(self, inputs, outputs, init="glorot", bias=True):
        super().__init__()
        self.inputs, self.outputs, self.init = inputs, outputs, init
        self.shapes = {"W": (outputs, 3, 3, inputs)} | ({"b": (outputs, 1)} if bias else {})

    def initialise(self, rng):
        draw(rng, self.params["W"], self.init, 9 * self.inputs, 9 * self.outputs)

    def forward(self, x, mode="train"):
        if x.ndim != 4 or x.shape[0] != self.inputs:
            raise ValueError(f"x should have shape ({self.inputs}, H, W, N), but its shape is {x.shape}")
        self.x_shape, self.shape = x.shape, (self.outputs, *x.shape[1:])
        self.x_taps = self._taps("x", x)
        rows = self.params["W"].transpose(1, 0, 2, 3).reshape(3, self.outputs, -1)
        y = self._correlate("y", rows, self.x_taps)
        if "b" in self.params:
            y += self.params["b"]
        return y.reshape(self.shape)

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        flat = dout.reshape(self.outputs, -1)
        for i in range(3):
            dw = (vertical_tap(self.x_taps, i) @ flat.T).T  # BLAS is a third slower the other way round
            self.grads["W"][:, i] = dw.reshape(self.outputs, 3, self.inputs)
        if "b" in self.grads:
            self.grads["b"][:, 0] = flat @ np.ones(flat.shape[1], flat.dtype)
        if not need_dx:
            return None
        turned = self.params["W"][:, ::-1, ::-1].transpose(1, 3, 2, 0).reshape(3, self.inputs, -1)
        return self._correlate("dx", turned, self._taps("dout", dout)).reshape(self.x_shape)

    def _taps(self, name, x):
        """(3, C, H+2, W, N): x moved right, x, x moved left; zeros come in at the borders."""
        C, H, W, N = x.shape
        taps = self._buffer("taps of " + name, (3, C, H + 2, W, N), x.dtype, np.zeros)
        taps[0, :, 1:-1, 1:] = x[:, :, :-1]
        taps[1, :, 1:-1] = x
        taps[2, :, 1:-1, :-1] = x[:, :, 1:]
        return taps

    def _correlate(self, name, rows, taps):
        """Σᵢ rows[i] @ the i-th vertical tap, with rows: (3, outputs, 3·C)."""
        shape = (rows.shape[1], vertical_tap(taps, 0).shape[1])
        out, part = (self._buffer(n, shape, taps.dtype) for n in (name, "part of " + name))
        np.matmul(rows[0], vertical_tap(taps, 0), out=out)
        for i in (1, 2):
            np.matmul(rows[i], vertical_tap(taps, i), out=part)
            out += part
        return out


def vertical_tap(taps, i):
    """Rows i … i+H−1 of the padded images as a matrix (3·C, H·W·N); a view."""
    three, C, padded, W, N = taps.shape
    return taps.reshape(three * C, -1)[:, i * W * N : (i + padded - 2) * W * N]


class MaxPool(Layer):
    """The largest of each 2×2 square: (C, H, W, N) → (C, H/2, W/2, N); H and W are even.

    The gradient goes to the entry that was largest; of equal ones to the first, row by row.
    """

    def forward(self, x, mode="train"):
        if x.ndim != 4 or x.shape[1] % 2 or x.shape[2] % 2:
            raise ValueError(
                f"x should have shape (C, H, W, N) with even H and W, but its shape is {x.shape}"
            )
        self.x = x
        a, b, c, d = quarters(x)
        shape = a.shape
        self.out = np.maximum(a, b, out=self._buffer("out", shape, x.dtype))
        np.maximum(self.out, c, out=self.out)
        np.maximum(self.out, d, out=self.out)
        self.shape = shape
        return self.out

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        dx = self._buffer("dx", self.x.shape, dout.dtype)
        free = np.ones(self.shape, bool)
        for part, dpart in zip(quarters(self.x), quarters(dx), strict=True):
            chosen = (part == self.out) & free
            free ^= chosen
            np.multiply(dout, chosen, out=dpart)
        return dx


def quarters(x):
    """The four entries of each 2×2 square, as views."""
    return [x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]


class ReLU(Layer):
    """y = max(x, 0), so dx = dy where y > 0 and 0 elsewhere; any shape."""

    def forward(self, x, mode="train"):
        self.shape = x.shape
        self.out = np.maximum(x, 0, out=self._buffer("out", x.shape, x.dtype))
        return self.out

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        return np.multiply(dout, self.out > 0, out=self._buffer("dx", dout.shape, dout.dtype))


class Tanh(Layer):
    """y = tanh x, so dx = (1 − y²) dy; any shape."""

    def forward(self, x, mode="train"):
        self.shape = x.shape
        self.out = np.tanh(x, out=self._buffer("out", x.shape, x.dtype))
        return self.out

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        return dout * (1 - self.out * self.out)
