"""Test mode answers, then lets the test batch into the buffers."""

from bnlab_solutions import *

LINE = 23
MISTAKE = "buffers-updated-in-test"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your running statistics change in test mode. The same question asked twice gets two answers, and "
    "evaluating a network on test data has become a part of its training. Look at when your layer "
    "writes to them."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        if mode == "test":
            mean, var = batch_statistics(table)
            self.running_mean = update_running(self.running_mean, mean, self.momentum)
            self.running_var = update_running(self.running_var, var, self.momentum)
        return out.T.reshape(x.shape)
