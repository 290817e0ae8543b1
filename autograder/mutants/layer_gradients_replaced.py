"""New arrays take the place of the views in grads, so the network never sees the gradients."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = None
MISTAKE = "gradients-not-in-the-network"
EXERCISE = "BatchNorm"
MESSAGE = (
    "The gradients of gamma and beta never reach the network. What it trains with is one long vector, "
    "of which your layer was given its piece. Look at whether you write into that piece or put "
    "another array in its place."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"], self.grads["beta"] = dgamma, dbeta
        return dx.T.reshape(dout.shape)
