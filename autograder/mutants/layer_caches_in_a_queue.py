"""Caches wait in a queue, and backward takes the oldest."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = None
MISTAKE = "cache-of-another-pass"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your backward pass takes the cache of an earlier forward pass than the last. As long as forward "
    "and backward take turns nobody notices; a forward pass that only looks puts everything out of "
    "step. Look at which caches your layer keeps."
)


class BatchNorm(BatchNorm):
    def initialise(self, rng):
        super().initialise(rng)
        self.waiting = []

    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        if mode == "train":
            self.waiting.append(self.cache)
        return out.T.reshape(x.shape)

    def backward(self, dout, need_dx=True):
        if self.cache is not None:
            self.cache = self.waiting.pop(0)
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"][:], self.grads["beta"][:] = dgamma, dbeta
        return dx.T.reshape(dout.shape)
