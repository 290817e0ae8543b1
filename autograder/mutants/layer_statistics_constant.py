"""dx as in test mode: mean and variance of the batch count as constants."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = 32
MISTAKE = "statistics-treated-as-constants"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your dx treats the mean and the variance of the batch as fixed numbers. But every example moves "
    "both, and through them all other outputs; a bias before the layer then seems to matter. Look at "
    "which backward pass belongs to train mode."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        _, gamma, inv_std = self.cache
        dx = gamma * inv_std * table
        self.grads["gamma"][:], self.grads["beta"][:] = dgamma, dbeta
        return dx.T.reshape(dout.shape)
