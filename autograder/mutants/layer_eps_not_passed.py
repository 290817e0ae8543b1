"""The layer's eps does not reach the function that does the work."""

from bnlab_solutions import *

LINE = 4
MISTAKE = "eps-fixed"
EXERCISE = "BatchNorm"
MESSAGE = (
    "The eps with which the layer was made never arrives: the default is used in its place. With the "
    "customary value nobody notices. Look at what you hand on with each call."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
