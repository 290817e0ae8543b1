"""A forward pass in test mode leaves the cache of the pass before it."""

from bnlab_solutions import *

LINE = None
MISTAKE = "cache-of-another-pass"
EXERCISE = "BatchNorm"
MESSAGE = (
    "After a forward pass in test mode your backward pass works with the cache of an earlier batch, "
    "without a word. A wrong gradient in silence is worse than an error. Look at what your layer "
    "knows about its last forward pass."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if mode == "train":
            self.cache = cache
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
