"""Test mode normalises with the statistics of the batch, and leaves the buffers alone."""

from bnlab_solutions import *

LINE = 22
MISTAKE = "batch-statistics-in-test"
EXERCISE = "BatchNorm"
MESSAGE = (
    "In test mode your layer normalises with the statistics of the batch at hand. What the network "
    "says about one example then depends on who else is in the batch. Look at whose mean and variance "
    "test mode should use."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": "train", "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update and mode == "train":
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
