"""Running mean and running variance are the same array, updated in place."""

import numpy as np
from bnlab_solutions import *

LINE = 27
MISTAKE = "buffers-are-one-array"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your running mean and your running variance are one and the same array under two names. What one "
    "learns the other forgets. Look at how many arrays are made before training, and at what writes "
    "into them."
)


class BatchNorm(BatchNorm):
    def initialise(self, rng):
        self.params["gamma"][:], self.params["beta"][:] = 1, 0
        self.running_mean = self.running_var = np.zeros(self.channels)

    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean[:] = bn_param["running_mean"]
            self.running_var[:] = bn_param["running_var"]
        return out.T.reshape(x.shape)
