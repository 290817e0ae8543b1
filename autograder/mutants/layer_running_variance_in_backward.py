"""dx is that of test mode, with the running variance."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = 47
MISTAKE = "running-statistics-in-gradient"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your dx uses the running statistics, but in train mode the forward pass normalised with those of "
    "the batch. The gradient then belongs to another function. Look at which backward pass belongs to "
    "train mode."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        dx = batchnorm_backward_test(table, self.params["gamma"], self.running_var, self.eps)
        self.grads["gamma"][:], self.grads["beta"][:] = dgamma, dbeta
        return dx.T.reshape(dout.shape)
