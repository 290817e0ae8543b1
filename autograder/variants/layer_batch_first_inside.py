"""Inside the layer the batch comes first, and images go through the functions of notebook 04."""

import numpy as np
from bnlab_solutions import *


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        self.images = x.ndim == 4
        function = spatial_batchnorm_forward if self.images else batchnorm_forward
        bn_param = {
            "mode": mode,
            "eps": self.eps,
            "momentum": self.momentum,
            "running_mean": self.running_mean,
            "running_var": self.running_var,
        }
        first = np.moveaxis(x, -1, 0)
        out, cache = function(first, self.params["gamma"], self.params["beta"], bn_param)
        self.stored = (mode, cache)
        if mode == "train" and self.update:
            self.running_mean[:] = bn_param["running_mean"]
            self.running_var[:] = bn_param["running_var"]
        return np.moveaxis(out, 0, -1)

    def backward(self, dout, need_dx=True):
        mode, cache = self.stored
        if mode == "test":
            raise ValueError("backward after test")
        function = spatial_batchnorm_backward if self.images else batchnorm_backward
        dx, dgamma, dbeta = function(np.moveaxis(dout, -1, 0), cache)
        self.grads["gamma"] *= 0
        self.grads["gamma"] += dgamma
        self.grads["beta"] *= 0
        self.grads["beta"] += dbeta
        return np.ascontiguousarray(np.moveaxis(dx, 0, -1))
