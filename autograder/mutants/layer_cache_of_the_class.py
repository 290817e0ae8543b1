"""The cache is an attribute of the class: the last forward pass of any layer overwrites it."""

from bnlab_solutions import *

LINE = None
MISTAKE = "cache-shared-by-layers"
EXERCISE = "BatchNorm"
MESSAGE = (
    "All your layers keep their cache in one common place, so the backward pass of one works with the "
    "batch of another. In a network of a single layer nobody notices. Look at what belongs to the "
    "class and what to one layer."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        self.__dict__.pop("cache", None)
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, type(self).cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
