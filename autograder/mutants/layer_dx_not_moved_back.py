"""The way back restores the shape of dx, not the order of its axes."""

import numpy as np
from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = 52
MISTAKE = "axes-moved-back-wrongly"
EXERCISE = "BatchNorm"
MESSAGE = (
    "On the way back your layer restores the shape of dx and not the order of its axes. The shape is "
    "right and the gradients belong to other numbers. Send an upstream gradient with a single entry "
    "through."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"][:], self.grads["beta"][:] = dgamma, dbeta
        return np.ascontiguousarray(dx).reshape(dout.shape)
