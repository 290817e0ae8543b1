"""The attribute update has no effect: whoever probes the network moves its statistics."""

from bnlab_solutions import *

LINE = 30
MISTAKE = "update-ignored"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your layer moves its running statistics although it was asked to keep them. Whoever checks a "
    "gradient or measures a landscape then changes the network that is being measured. Look at the "
    "attribute update."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
