"""Without need_dx the backward pass returns before it has written the gradients."""

from bnlab.validate import training_cache
from bnlab_solutions import *

MISTAKE = "layer-no-gradients-without-dx"
EXERCISE = "BatchNorm"
MESSAGE = (
    "Where the caller does not want dx, your layer writes no gradients at all. The first layer of a "
    "network is called that way, so as the first layer it never learns. Look at what the caller can do "
    "without, and what not."
)


class BatchNorm(BatchNorm):
    def backward(self, dout, need_dx=True):
        training_cache(self.cache)
        return super().backward(dout) if need_dx else None
