"""Test mode lets the test batch into the buffers, then uses them."""

from bnlab_solutions import *

LINE = 23
MISTAKE = "buffers-updated-in-test"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your running statistics change in test mode, even before they are used. Every answer then "
    "depends on the batch and on the questions that came before. Look at when your layer writes to "
    "them."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        if mode == "test":
            mean, var = batch_statistics(x.reshape(self.channels, -1).T)
            self.running_mean = update_running(self.running_mean, mean, self.momentum)
            self.running_var = update_running(self.running_var, var, self.momentum)
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
