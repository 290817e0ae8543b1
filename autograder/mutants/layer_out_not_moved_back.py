"""The way back restores the shape of out, not the order of its axes."""

import numpy as np
from bnlab_solutions import *

LINE = 52
MISTAKE = "axes-moved-back-wrongly"
EXERCISE = "BatchNorm"
MESSAGE = (
    "On the way back your layer restores the shape of the output and not the order of its axes. The "
    "shape is right and the numbers are scattered. Send something through in which you recognise "
    "every number."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return np.ascontiguousarray(out).reshape(x.shape)
