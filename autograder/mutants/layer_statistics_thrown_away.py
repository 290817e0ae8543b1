"""The new averages stay in a dictionary that ends with the call."""

from bnlab_solutions import *

LINE = None
MISTAKE = "buffers-not-stored"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your layer computes new averages and throws them away with the dictionary that they were written "
    "to. Test mode then works with zeros. Look at what should outlive a forward pass, and where it is "
    "kept."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        return out.T.reshape(x.shape)
