"""initialise makes running statistics only if there are none yet."""

import numpy as np
from bnlab.nn import Layer
from bnlab_solutions import *

MISTAKE = "layer-statistics-survive-initialise"
EXERCISE = "BatchNorm"
MESSAGE = (
    "When your layer is initialised a second time, it goes on with the running statistics of its earlier "
    "life. Initialising means the state before training, all of it. Look at the condition under which you "
    "make the two arrays."
)


class BatchNorm(Layer):
    def __init__(self, channels, eps=1e-5, momentum=0.9):
        super().__init__()
        self.channels, self.eps, self.momentum = channels, eps, momentum
        self.shapes = {"gamma": (channels,), "beta": (channels,)}
        self.update = True
        self.cache = None

    def initialise(self, rng):
        self.params["gamma"][:] = 1
        self.params["beta"][:] = 0
        if not hasattr(self, "running_mean"):
            self.running_mean = np.zeros_like(self.params["gamma"])
            self.running_var = np.zeros_like(self.params["gamma"])

    def forward(self, x, mode="train"):
        bn_param = {
            "mode": mode,
            "eps": self.eps,
            "momentum": self.momentum,
            "running_mean": self.running_mean.copy(),
            "running_var": self.running_var.copy(),
        }
        table = x.reshape(self.channels, -1).T
        out, cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        self.cache = cache if mode == "train" else None
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)

    def backward(self, dout, need_dx=True):
        if self.cache is None:
            raise ValueError("backward needs a forward pass in train mode before it")
        dx, dgamma, dbeta = batchnorm_backward_alt(dout.reshape(self.channels, -1).T, self.cache)
        self.grads["gamma"][:] = dgamma
        self.grads["beta"][:] = dbeta
        return dx.T.reshape(dout.shape)
