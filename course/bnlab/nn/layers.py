"""Layers with the batch on the last axis: activations are (D, N) or (C, H, W, N).

A channel lies in one piece of memory: what treats channels alike works on its rows, a fully connected layer
needs no transpose. Layers reuse their buffers, so the array that ``forward`` or ``backward`` returns is
overwritten by the next call; copy what you keep.
"""

from __future__ import annotations

import math

import numpy as np

from bnlab.nn.initial import draw
from bnlab.nn.memory import aligned, scratch

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

    def _buffer(self, name, shape, dtype):
        """Memory of this shape that stays with the layer."""
        held = self._buffers.get(name)
        if held is None or held.shape != shape or held.dtype != dtype:
            held = self._buffers[name] = aligned(shape, dtype)
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

    The columns of the kernel move its input, its rows move its output: with P[i] = Σ W[o, i, j, c] · x[c, h, w+j−1]
    over j, c, a single matrix product for all i, y[o, h, w] = b[o] + Σᵢ P[i][o, h+i−1, w]. That is a third of
    im2col's copying. For dx it is the other way round, the rows move dy; the moved copies of x and of dy then
    give dW in one product. A band of rows at a time goes through all of that, so that it happens in cache. x is
    not kept as a copy: between ``forward`` and ``backward`` it has to stay as it is.
    """

    BAND = 2**20  # bytes of moved input and of products

    def __init__(self, inputs, outputs, init="glorot", bias=True):
        super().__init__()
        self.inputs, self.outputs, self.init = inputs, outputs, init
        self.shapes = {"W": (outputs, 3, 3, inputs)} | ({"b": (outputs, 1)} if bias else {})

    def initialise(self, rng):
        draw(rng, self.params["W"], self.init, 9 * self.inputs, 9 * self.outputs)

    def forward(self, x, mode="train"):
        if x.ndim != 4 or x.shape[0] != self.inputs:
            raise ValueError(f"x should have shape ({self.inputs}, H, W, N), but its shape is {x.shape}")
        self.x, self.shape = x, (self.outputs, *x.shape[1:])
        weights = self.params["W"].transpose(1, 0, 2, 3).reshape(3 * self.outputs, -1)  # (i, o) × (j, c)
        y = self._buffer("y", self.shape, x.dtype)
        y[...] = self.params["b"].reshape(-1, 1, 1, 1) if "b" in self.params else 0
        for band in self._bands():
            add_rows_moved(y, band, product(weights, columns_moved(x[:, band])))
        return y

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        turned = self.params["W"][:, ::-1, ::-1]
        weights = turned.transpose(2, 3, 1, 0).reshape(3 * self.inputs, -1)  # (j, c) × (i, o)
        dw, dx = 0, self._buffer("dx", self.x.shape, dout.dtype) if need_dx else None
        for band in self._bands():
            moved = rows_moved(dout, band)
            dw = dw + sum_of_outer_products(moved, columns_moved(self.x[:, band]))
            if need_dx:
                dx[:, band] = sum_of_columns_moved(product(weights, moved))
        dw = dw.reshape(3, self.outputs, 3, self.inputs)[::-1]  # what moves dy on moves x back
        self.grads["W"][...] = dw.transpose(1, 0, 2, 3)
        if "b" in self.grads:
            rows = dout.reshape(self.outputs, -1)
            self.grads["b"][:, 0] = rows @ np.ones(rows.shape[1], rows.dtype)
        return dx

    def _bands(self):
        """Slices of the rows of the image, of about the same length."""
        _, H, W, N = self.x.shape
        row = 3 * (self.inputs + self.outputs) * W * N * self.x.itemsize
        count = math.ceil(H / max(self.BAND // row, 1))
        length = math.ceil(H / count)
        return [slice(start, min(start + length, H)) for start in range(0, H, length)]


# "Moved" are three images (3, C, rows, W, N): one moved on by a pixel, the same, one moved back.


def columns_moved(x):
    """x: (C, rows, W, N), moved along its rows; zeros come in."""
    on, same, back = moved = scratch("columns", (3, *x.shape), x.dtype)
    on[:, :, 0], on[:, :, 1:] = 0, x[:, :, :-1]
    same[...] = x
    back[:, :, :-1], back[:, :, -1] = x[:, :, 1:], 0
    return moved


def sum_of_columns_moved(moved):
    """The sum of three images that are moved along their rows first: (C, rows, W, N), in the place of the second."""
    on, same, back = moved
    on[:, :, -1], back[:, :, 0] = 0, 0  # they would leave; now vectors can move as a whole, which is faster
    on, same, back = moved.reshape(3, -1)
    step = moved.shape[-1]
    same[step:] += on[:-step]
    same[:-step] += back[step:]
    return moved[1]


def rows_moved(x, band):
    """A band of rows of x, moved down and up; rows beside it come in, or zeros."""
    C, H, W, N = x.shape
    start, stop = band.start, band.stop
    on, same, back = moved = scratch("rows", (3, C, stop - start, W, N), x.dtype)
    on[:, 0], on[:, 1:] = x[:, start - 1] if start else 0, x[:, start : stop - 1]
    same[...] = x[:, band]
    back[:, :-1], back[:, -1] = x[:, start + 1 : stop], x[:, stop] if stop < H else 0
    return moved


def add_rows_moved(y, band, moved):
    """Add three bands to y, moved down and up first; what leaves the image is lost."""
    on, same, back = moved
    top, bottom = max(band.start - 1, 0), min(band.stop + 1, y.shape[1])
    y[:, band] += same
    y[:, band.start + 1 : bottom] += on[:, : bottom - band.start - 1]
    y[:, top : band.stop - 1] += back[:, top - band.start + 1 :]


def product(weights, moved):
    """``weights``, (3·channels, 3·C), times every pixel of moved images: (3, channels, rows, W, N)."""
    out = scratch("products", (3, len(weights) // 3, *moved.shape[2:]), moved.dtype)
    pixels, results = flat(moved), flat(out)
    columns = block(*weights.shape, pixels.shape[1])
    np.matmul(weights, blocks(pixels, columns), out=blocks(results, columns))
    return out


def sum_of_outer_products(a, b):
    """Σ a[:, m] b[:, m]ᵀ over the pixels m of moved images: (3·Ca, 3·Cb)."""
    a, b = flat(a), flat(b)
    columns = block(len(a), len(b), a.shape[1])
    return np.matmul(blocks(a, columns), blocks(b, columns).transpose(0, 2, 1)).sum(axis=0)


def flat(moved):
    """Moved images as a matrix, (3·C, rows·W·N)."""
    return moved.reshape(3 * moved.shape[1], -1)


def block(rows, inner, columns):
    """How many columns to multiply at a time: OpenBLAS is up to twice as fast at small products of low matrices."""
    few = math.gcd(columns, 256)
    return few if few >= 128 and rows * inner <= 1200 else columns


def blocks(a, columns):
    """(R, M) cut into (M / columns, R, columns); a view."""
    return a.reshape(len(a), -1, columns).transpose(1, 0, 2)


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
        *firsts, last = zip(quarters(self.x), quarters(dx), strict=True)
        free, chosen = np.ones(self.shape, bool), np.empty(self.shape, bool)
        for part, dpart in firsts:
            np.equal(part, self.out, out=chosen)
            chosen &= free
            free ^= chosen
            np.multiply(dout, chosen, out=dpart)
        np.multiply(dout, free, out=last[1])
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
