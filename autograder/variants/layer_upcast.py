"""Everything inside the layer, and what it returns, is float64, whatever comes in."""

import numpy as np
from bnlab_solutions import *


class BatchNorm(BatchNorm):
    def initialise(self, rng):
        self.params["gamma"][:] = 1
        self.params["beta"][:] = 0
        self.running_mean = np.zeros(self.channels, np.float64)
        self.running_var = np.zeros(self.channels, np.float64)

    def forward(self, x, mode="train"):
        shape = (-1,) + (1,) * (x.ndim - 1)
        axes = tuple(range(1, x.ndim))
        x = np.asarray(x, np.float64)
        gamma, beta = (np.float64(self.params[name]).reshape(shape) for name in ("gamma", "beta"))
        self.mode = mode
        if mode == "train":
            mean, var = x.mean(axes, keepdims=True), x.var(axes, keepdims=True)
            if self.update:
                self.running_mean += (1 - self.momentum) * (mean.ravel() - self.running_mean)
                self.running_var += (1 - self.momentum) * (var.ravel() - self.running_var)
        else:
            mean, var = self.running_mean.reshape(shape), self.running_var.reshape(shape)
        std = np.sqrt(var + self.eps)
        self.memory = (x - mean) / std, gamma, std
        return gamma * self.memory[0] + beta

    def backward(self, dout, need_dx=True):
        if self.mode == "test":
            raise ValueError("no gradient in test mode")
        x_hat, gamma, std = self.memory
        axes = tuple(range(1, dout.ndim))
        self.grads["gamma"][:] = (dout * x_hat).sum(axes)
        self.grads["beta"][:] = dout.sum(axes)
        d = gamma * dout.astype(np.float64)
        return (d - d.mean(axes, keepdims=True) - x_hat * (d * x_hat).mean(axes, keepdims=True)) / std
