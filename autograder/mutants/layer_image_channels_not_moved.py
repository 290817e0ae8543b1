"""Images become a table by a reshape without a transpose, so each column mixes channels."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = 51
MISTAKE = "channel-axis-not-moved"
EXERCISE = "BatchNorm"
MESSAGE = (
    "You turn images into a table by their shape alone, so each column mixes pixels of all channels. "
    "With channels that look alike nobody notices. Take two channels with very different means and "
    "look into the columns."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean, "running_var": self.running_var}
        table = x.reshape(-1, self.channels) if x.ndim == 4 else x.T
        out, self.cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.reshape(x.shape) if x.ndim == 4 else out.T

    def backward(self, dout, need_dx=True):
        table = dout.reshape(-1, self.channels) if dout.ndim == 4 else dout.T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"][:], self.grads["beta"][:] = dgamma, dbeta
        return dx.reshape(dout.shape) if dout.ndim == 4 else dx.T
