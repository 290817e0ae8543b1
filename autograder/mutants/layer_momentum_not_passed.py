"""The layer's momentum does not reach the function that does the work."""

from bnlab_solutions import *

LINE = None
MISTAKE = "momentum-ignored"
EXERCISE = "BatchNorm"
MESSAGE = (
    "The momentum with which the layer was made never arrives: the default is used in its place. Look "
    "at what you hand on with each call."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
