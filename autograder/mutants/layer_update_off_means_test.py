"""Without update the layer works as in test mode."""

from bnlab_solutions import *

LINE = None
MISTAKE = "kept-statistics-used"
EXERCISE = "BatchNorm"
MESSAGE = (
    "While its running statistics are to be kept, your layer normalises with them, as if in test "
    "mode. What is measured then is another function than the one that is trained. Look at what "
    "update should switch off, and what not."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode if self.update else "test", "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
