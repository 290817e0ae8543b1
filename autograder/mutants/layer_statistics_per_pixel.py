"""For images every pixel has statistics of its own, over the batch alone."""

import numpy as np
from bnlab_solutions import *

LINE = 53
MISTAKE = "statistics-per-pixel"
EXERCISE = "BatchNorm"
MESSAGE = (
    "In images every pixel gets statistics of its own, taken over the batch alone. A convolution "
    "treats all places alike, and its normalisation should too. Look at which numbers share one mean."
)


class BatchNorm(BatchNorm):
    def forward(self, x, mode="train"):
        if x.ndim == 2 or mode == "test":
            return super().forward(x, mode)
        super().forward(x, mode)
        column = (self.channels, 1, 1, 1)
        centred = x - x.mean(axis=-1, keepdims=True)
        x_hat = centred / np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        return self.params["gamma"].reshape(column) * x_hat + self.params["beta"].reshape(column)
