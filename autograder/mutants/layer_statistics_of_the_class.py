"""The buffers live in a dictionary of the class, which all layers share."""

import numpy as np
from bnlab_solutions import *

LINE = 27
MISTAKE = "buffer-shared-by-layers"
EXERCISE = "BatchNorm"
MESSAGE = (
    "All your layers keep their running statistics in one common place. The second layer of a network "
    "then goes on averaging from what the first has seen, and test mode is wrong in both. Look at "
    "what belongs to the class and what to one layer."
)


class BatchNorm(BatchNorm):
    statistics = {}  # noqa: RUF012

    def initialise(self, rng):
        self.params["gamma"][:], self.params["beta"][:] = 1, 0
        zeros = {"running_mean": np.zeros(self.channels), "running_var": np.zeros(self.channels)}
        self.statistics.update(zeros)

    @property
    def running_mean(self):
        return self.statistics["running_mean"]

    @property
    def running_var(self):
        return self.statistics["running_var"]

    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.statistics.update({key: bn_param[key] for key in ("running_mean", "running_var")})
        return out.T.reshape(x.shape)
