"""The running variance collects unbiased variances, as PyTorch's layer does."""

from bnlab_solutions import *

LINE = 25
MISTAKE = "unbiased-running-variance"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your running variance collects unbiased variances. The layer of PyTorch does so too, but the "
    "contract here is the biased variance everywhere. Look at the divisor of what goes into the "
    "buffer."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            if mode == "train":
                M = len(table)
                new = bn_param["running_var"] - self.momentum * self.running_var
                bn_param["running_var"] = self.momentum * self.running_var + new * M / max(M - 1, 1)
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
