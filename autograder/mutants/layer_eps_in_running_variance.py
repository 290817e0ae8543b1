"""eps goes into the running variance with every step."""

from bnlab_solutions import *

LINE = 29
MISTAKE = "eps-in-running-variance"
EXERCISE = "BatchNorm"
MESSAGE = (
    "What goes into your running variance already contains eps, and test mode adds it again. A large "
    "eps shows it. Look at which quantity you average."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(self.channels, -1).T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            if mode == "train":
                bn_param["running_var"] = bn_param["running_var"] + (1 - self.momentum) * self.eps
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)
