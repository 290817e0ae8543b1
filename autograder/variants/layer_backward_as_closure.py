"""forward leaves a function that knows the way back."""

import numpy as np
from bnlab_solutions import *


class BatchNorm(BatchNorm):
    way_back = None

    def forward(self, x, mode="train"):
        out, cache, shape = super().forward(x, mode), self.cache, x.shape
        self.way_back = None
        if mode == "train":

            def way_back(dout):
                dx, *gradients = batchnorm_backward(dout.reshape(shape[0], -1).T, cache)
                for name, value in zip(("gamma", "beta"), gradients, strict=True):
                    self.grads[name][...] = np.ravel(value)
                return dx.T.reshape(shape)

            self.way_back = way_back
        return out

    def backward(self, dout, need_dx=True):
        if (way_back := self.way_back) is None:
            raise ValueError("no forward pass in train mode")
        return way_back(dout=dout)
