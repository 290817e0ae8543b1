"""A chain of layers whose parameters lie in one vector."""

from __future__ import annotations

import math
from contextlib import contextmanager

import numpy as np

from bnlab.nn.losses import softmax_cross_entropy
from bnlab.nn.memory import short_ufunc_buffers
from bnlab.validate import one_of

__all__ = ["SGD", "Network"]


class Network:
    """Layers one after the other.

    Parameters
    ----------
    layers : list of Layer
    seed : int
        Of the initial weights; equal seeds give equal networks.
    dtype : float32 or float64
        Of parameters and activations.
    loss : callable
        ``loss(out, target) -> (loss, dout)``.

    Attributes
    ----------
    parameters, gradient : ndarray (P,)
        Layers hold views of both: writing ``parameters[:] = …`` sets the network.
    slices : list of slice
        Where each layer's parameters lie in them.
    mode : "train" or "test"
    hooks : list of callable
        Each is called as ``hook(index, out)`` after each layer of a forward pass. ``out`` is the layer's own
        buffer: copy it to keep it.
    """

    def __init__(self, layers, seed=0, dtype=np.float32, loss=softmax_cross_entropy):
        self.layers, self.dtype, self.loss = list(layers), np.dtype(dtype), loss
        self.mode, self.hooks, self.slices = "train", [], []
        for layer in self.layers:
            start = self.slices[-1].stop if self.slices else 0
            size = sum(math.prod(shape) for shape in layer.shapes.values())
            self.slices.append(slice(start, start + size))
        total = self.slices[-1].stop if self.slices else 0
        self.parameters, self.gradient = np.zeros(total, self.dtype), np.zeros(total, self.dtype)
        rng = np.random.default_rng(seed)
        for layer, where in zip(self.layers, self.slices, strict=True):
            layer.params = views(self.parameters[where], layer.shapes)
            layer.grads = views(self.gradient[where], layer.shapes)
            layer.initialise(rng)
        self.first = next((i for i, layer in enumerate(self.layers) if layer.shapes), len(self.layers))

    @short_ufunc_buffers()
    def forward(self, x):
        """The last layer's output for x: (D, N) or (C, H, W, N), in the current mode."""
        one_of("mode", self.mode, ("train", "test"))
        out = np.ascontiguousarray(x, self.dtype)
        for index, layer in enumerate(self.layers):
            out = layer.forward(out, self.mode)
            for hook in self.hooks:
                hook(index, out)
        return out.copy()

    @short_ufunc_buffers()
    def backward(self, dout, need_dx=False):
        """Fill ``gradient`` from the gradient by the output; return the gradient by x if ``need_dx``."""
        stop = 0 if need_dx else self.first
        for index in range(len(self.layers) - 1, stop - 1, -1):
            dout = self.layers[index].backward(dout, need_dx or index > stop)
        return dout if need_dx else None

    def loss_and_gradient(self, x, target):
        """(loss, gradient (P,)); the gradient is the attribute itself, overwritten by the next call."""
        loss, dout = self.loss(self.forward(x), target)
        self.backward(dout)
        return loss, self.gradient

    @contextmanager
    def recording(self, *indices):
        """Within the block, a dict of layer index → list with a copy of each of its outputs."""
        seen = {range(len(self.layers))[index]: [] for index in indices}

        def record(index, out):
            if index in seen:
                seen[index].append(out.copy())

        self.hooks.append(record)
        try:
            yield seen
        finally:
            self.hooks.remove(record)

    @contextmanager
    def running_statistics_kept(self):
        """Within the block, forward passes in train mode leave running statistics as they are.

        It sets ``update`` to False in every layer that has such an attribute (see ``Layer``).
        """
        layers = [layer for layer in self.layers if hasattr(layer, "update")]
        before = [layer.update for layer in layers]
        for layer in layers:
            layer.update = False
        try:
            yield
        finally:
            for layer, update in zip(layers, before, strict=True):
                layer.update = update


def views(vector, shapes):
    """``vector`` cut into named arrays that share its memory."""
    result, start = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        result[name] = vector[start : start + size].reshape(shape)
        start += size
    return result


class SGD:
    """v ← momentum · v + gradient, parameters ← parameters − rate · v (Polyak's heavy ball, as PyTorch writes it)."""

    def __init__(self, network, rate, momentum=0.0):
        self.network, self.rate, self.momentum = network, rate, momentum
        self.velocity = np.zeros_like(network.parameters)

    def step(self):
        """Move the parameters of the network along its current gradient."""
        self.velocity *= self.momentum
        self.velocity += self.network.gradient
        self.network.parameters -= self.rate * self.velocity
