"""The gradients of gamma and beta change places."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = None
MISTAKE = "returned-in-wrong-order"
EXERCISE = "BatchNorm"
MESSAGE = (
    "The gradient of gamma ends up as that of beta, and the other way round. Both have the same "
    "shape, so nothing breaks. Compare the order in which they come with the order in which you take "
    "them."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"][:], self.grads["beta"][:] = dbeta, dgamma
        return dx.T.reshape(dout.shape)
