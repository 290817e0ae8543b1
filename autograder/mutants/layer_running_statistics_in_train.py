"""Train mode updates the buffers and then normalises with them."""

from bnlab_solutions import *

LINE = 24
MISTAKE = "running-statistics-in-train"
EXERCISE = "BatchNorm"
MESSAGE = (
    "In train mode your layer normalises with its running statistics. The batch does not get mean 0, "
    "the output depends on earlier batches, and the backward pass belongs to another function. Look "
    "at whose mean and variance train mode should use."
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
            again = {**bn_param, "mode": "test"}
            out, _ = batchnorm_forward(table, self.params["gamma"], self.params["beta"], again)
        return out.T.reshape(x.shape)
