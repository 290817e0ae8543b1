"""A layer around normalisation that is written elsewhere."""

from __future__ import annotations

import numpy as np

from bnlab.nn.layers import Layer
from bnlab.validate import one_of

__all__ = ["Normalisation"]


class Normalisation(Layer):
    """Calls a pair ``forward(x, gamma, beta, bn_param) -> out, cache``, ``backward(dout, cache) -> dx, dgamma, dbeta``.

    Parameters
    ----------
    channels : int
        Length of gamma and beta, both (channels,), which start at 1 and 0.
    forward, backward : callable
        With the signatures above.
    layout : {"rows", "engine"}
        What the pair gets. "rows": x and dout as (M, C), an example per row, where M = N for activations
        (C, N) and M = H·W·N for (C, H, W, N); these are transposed views, nothing is copied. "engine": the
        activations as they are, channels first and the batch last.
    bn_param : dict, optional
        More entries for ``bn_param``, such as eps and momentum. The layer sets ``mode`` at each call.

    The pair must neither change x and dout nor return them. While ``update`` is False, it gets a copy of
    ``bn_param``: running statistics then stay what they are, in train mode too.
    """

    def __init__(self, channels, forward, backward, layout="rows", bn_param=None):
        super().__init__()
        self.channels, self.shapes = channels, {"gamma": (channels,), "beta": (channels,)}
        self.functions = forward, backward
        self.layout = one_of("layout", layout, ("rows", "engine"))
        self.bn_param, self.update = dict(bn_param or {}), True

    def initialise(self, rng):
        self.params["gamma"][...] = 1
        self.params["beta"][...] = 0

    def forward(self, x, mode="train"):
        if x.ndim not in (2, 4) or x.shape[0] != self.channels:
            raise ValueError(
                f"x should have {self.channels} channels on its first axis, but its shape is {x.shape}"
            )
        self.shape, self.dtype = x.shape, x.dtype
        self.bn_param["mode"] = mode
        bn_param = self.bn_param if self.update else dict(self.bn_param)
        out, self.cache = self.functions[0](
            self._given(x), self.params["gamma"], self.params["beta"], bn_param
        )
        return self._taken("out", out)

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        dx, dgamma, dbeta = self.functions[1](self._given(dout), self.cache)
        for name, value in (("gamma", dgamma), ("beta", dbeta)):
            if np.size(value) != self.channels:
                raise ValueError(
                    f"d{name} should have shape ({self.channels},), but its shape is {np.shape(value)}"
                )
            self.grads[name][...] = np.reshape(value, self.channels)
        return self._taken("dx", dx)

    def _given(self, x):
        return x.reshape(self.channels, -1).T if self.layout == "rows" else x

    def _taken(self, name, out):
        """What the pair returned, back in the engine's layout and dtype."""
        wanted = self.shape if self.layout == "engine" else (int(np.prod(self.shape[1:])), self.channels)
        if np.shape(out) != wanted:
            raise ValueError(f"{name} should have shape {wanted}, but its shape is {np.shape(out)}")
        out = out if self.layout == "engine" else out.T
        return np.ascontiguousarray(out, self.dtype).reshape(self.shape)
