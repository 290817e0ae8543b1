"""The momentum weighs the new batch, as PyTorch has it."""

from bnlab_solutions import *

LINE = 15
MISTAKE = "momentum-swapped"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your momentum weighs the new batch instead of the past. With 0.9 the running statistics forget "
    "nearly everything at each step. Look at which of the two weights belongs to the old value."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": 1 - self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
