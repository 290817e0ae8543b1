"""The buffers hold the statistics of the last batch: nothing is averaged."""

from bnlab_solutions import *

LINE = 28
MISTAKE = "running-overwritten"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your running statistics are those of the last batch; nothing of the earlier ones remains. One "
    "odd batch at the end of training then decides about every test. Look at what the old average "
    "contributes to the new one."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            if mode == "train":
                bn_param["running_mean"], bn_param["running_var"] = batch_statistics(table)
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
