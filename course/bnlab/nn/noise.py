"""A layer that scales and shifts at random."""

from __future__ import annotations

import numpy as np

from bnlab.nn.layers import Layer

__all__ = ["Noise"]


class Noise(Layer):
    """Random noise that is linear in the activations: out = s · x + m in train mode, out = x in test mode.

    Parameters
    ----------
    function : callable
        ``function(a, rng)`` gives ``a`` with noise, for a: (N, D) or (N, C, H, W). For a fixed state of ``rng`` it
        has to be linear in each entry of ``a``: then m = function(0), s = function(1) − m, and dx = s · dout.
    seed : int
        Of the generator that it gets; give each layer of a network its own.

    Noise is new in every forward pass. While ``update`` is False, each pass repeats that of one state instead, so
    that who measures something several times measures the same function, and training takes no notice.
    """

    def __init__(self, function, seed=0):
        super().__init__()
        self.function, self.update = function, True
        self.rng = np.random.default_rng(seed)

    def forward(self, x, mode="train"):
        self.shape, self.scale = x.shape, None
        if mode == "test":
            return x
        state = self.rng.bit_generator.state
        self.scale, shift = self.drawn(x)
        if not self.update:
            self.rng.bit_generator.state = state
        out = np.multiply(self.scale, x, out=self._buffer("out", x.shape, x.dtype))
        out += shift
        return out

    def backward(self, dout, need_dx=True):
        self._check_dout(dout)
        if self.scale is None:
            return dout
        return np.multiply(self.scale, dout, out=self._buffer("dx", dout.shape, dout.dtype))

    def drawn(self, x):
        """(s, m) for activations of the shape and dtype of x."""
        state = self.rng.bit_generator.state
        shift = self._noised(np.zeros, x)
        self.rng.bit_generator.state = state
        return self._noised(np.ones, x) - shift, shift

    def _noised(self, fill, x):
        """What becomes of an array of zeros or ones, in the layout and dtype of x."""
        given = (x.shape[-1], *x.shape[:-1])
        noised = self.function(fill(given, x.dtype), self.rng)
        if np.shape(noised) != given:
            raise ValueError(
                f"the noised array should have shape {given}, but its shape is {np.shape(noised)}"
            )
        return np.ascontiguousarray(np.moveaxis(noised, 0, -1), x.dtype)
