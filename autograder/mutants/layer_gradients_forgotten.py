"""The gradients of gamma and beta are computed and left lying."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = None
MISTAKE = "gradients-not-in-the-network"
EXERCISE = "BatchNorm"
MESSAGE = (
    "The gradients of gamma and beta never reach the network: you compute them, and nobody gets them. "
    "Look at what a layer has to do with them besides returning dx."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, _, _ = batchnorm_backward_alt(table, training_cache(self.cache))
        return dx.T.reshape(dout.shape)
