"""The upstream gradient is scaled in place."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = 43
MISTAKE = "upstream-mutated"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your backward pass writes into the upstream gradient that it was given. That array belongs to "
    "the layer above, and whoever looks at it later sees other numbers. Look for operations that work "
    "in place."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"][:], self.grads["beta"][:] = dgamma, dbeta
        table *= self.params["gamma"]
        return dx.T.reshape(dout.shape)
