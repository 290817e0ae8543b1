"""The gradients of gamma and beta are added to those of the passes before."""

from bnlab.validate import training_cache
from bnlab_solutions import *

LINE = None
MISTAKE = "gradients-accumulated"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Your gradients of gamma and beta pile up: each backward pass adds to those before it. Some "
    "libraries work that way, and clear them by hand; here every pass writes them anew. Look at what "
    "stands in the arrays before you write."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        table = dout.reshape(self.channels, -1).T
        dx, dgamma, dbeta = batchnorm_backward_alt(table, training_cache(self.cache))
        self.grads["gamma"] += dgamma
        self.grads["beta"] += dbeta
        return dx.T.reshape(dout.shape)
