"""The mode does not reach the function that does the work: it is always the one for training."""

from bnlab_solutions import *

LINE = 22
MISTAKE = "mode-not-passed-on"
EXERCISE = "BatchNorm"
MESSAGE = (
    "The mode that the network hands to your layer has no effect: the layer trains in test mode as "
    "well. Every test then depends on the batch and leaves traces in the running statistics. Follow "
    "the mode from the network to the formula."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": "train", "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
