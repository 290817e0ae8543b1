"""The batch is centred in place."""

from bnlab_solutions import *

LINE = 12
MISTAKE = "input-mutated"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your layer centres the batch in the very array that it was given. In a network that array "
    "belongs to the layer before, which may still need it. Look for operations that work in place."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        if mode == "train":
            table -= table.mean(axis=0)
        return out.T.reshape(x.shape)
