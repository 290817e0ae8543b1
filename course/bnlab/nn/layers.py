"""Layers with the batch on the last axis: activations are (D, N) or (C, H, W, N).

A channel lies in one piece of memory: what treats channels alike works on its rows, a fully connected layer
needs no transpose. Layers reuse their buffers, so the array that ``forward`` or ``backward`` returns is
overwritten by the next call; copy what you keep.
"""

from __future__ import annotations

import math

import numpy as np

from bnlab.nn.initial import draw
from bnlab.nn.memory import aligned

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
    give dW in one product.
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
        self.x_moved = self._moved("x", x, WIDTH)
        weights = self.params["W"].transpose(1, 0, 2, 3).reshape(3 * self.outputs, -1)  # (i, o) × (j, c)
        y = self._gathered("y", weights, self.x_moved, self.shape, HEIGHT)
        if "b" in self.params:
            y += self.params["b"].reshape(-1, 1, 1, 1)
        return y

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        dout_moved = self._moved("dout", dout, HEIGHT)
        dw = sum_of_outer_products(dout_moved, self.x_moved).reshape(3, self.outputs, 3, self.inputs)
        self.grads["W"][...] = dw[::-1].transpose(1, 0, 2, 3)  # what moves dy on moves x back
        if "b" in self.grads:
            flat = dout.reshape(self.outputs, -1)
            self.grads["b"][:, 0] = flat @ np.ones(flat.shape[1], flat.dtype)
        if not need_dx:
            return None
        turned = self.params["W"][:, ::-1, ::-1]
        weights = turned.transpose(2, 3, 1, 0).reshape(3 * self.inputs, -1)  # (j, c) × (i, o)
        return self._gathered("dx", weights, dout_moved, self.x_shape, WIDTH)

    def _moved(self, name, x, axis):
        """x moved on by a pixel along ``axis``, x itself, x moved back, as (3·C, H·W·N); zeros come in."""
        moved = self._buffer("moved " + name, (3, *x.shape), x.dtype)
        source, (on, same, back) = np.moveaxis(x, axis, 0), np.moveaxis(moved, axis + 1, 1)
        on[0], on[1:] = 0, source[:-1]
        same[...] = source
        back[:-1], back[-1] = source[1:], 0
        return moved.reshape(3 * len(x), -1)

    def _gathered(self, name, weights, moved, shape, axis):
        """The sum of the three thirds of ``weights @ moved``, the first moved on along ``axis``, the last back."""
        parts = self._buffer("parts of " + name, (3, *shape), moved.dtype)
        multiply(weights, moved, out=parts.reshape(len(weights), -1))
        on, _, back = np.moveaxis(parts, axis + 1, 1)
        on[-1], back[0] = 0, 0  # they would leave the image; now vectors can move as a whole, which is faster
        step, (on, same, back) = math.prod(shape[axis + 1 :]), parts.reshape(3, -1)
        same[step:] += on[:-step]
        same[:-step] += back[step:]
        return parts[1]


HEIGHT, WIDTH = 1, 2  # axes of (C, H, W, N)


def multiply(a, b, out):
    """a @ b for a low matrix a and a long one b, into ``out``."""
    columns = block(len(a), len(b), b.shape[1])
    np.matmul(a, blocks(b, columns), out=blocks(out, columns))


def sum_of_outer_products(a, b):
    """a @ bᵀ for two low and long matrices: Σ a[:, m] b[:, m]ᵀ over m."""
    columns = block(len(a), len(b), a.shape[1])
    return np.matmul(blocks(a, columns), blocks(b, columns).transpose(0, 2, 1)).sum(axis=0)


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
