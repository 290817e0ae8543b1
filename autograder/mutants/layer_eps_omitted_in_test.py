"""A test mode of its own, without eps."""

from bnlab_solutions import *

LINE = 16
MISTAKE = "eps-omitted-in-test"
EXERCISE = "BatchNorm"
MESSAGE = (
    "In test mode your layer leaves out eps, though it trains with it. With the customary value "
    "nobody notices. Put the statistics of a batch into the layer and compare the two modes with a "
    "large eps."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps if mode == "train" else 1e-30, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
