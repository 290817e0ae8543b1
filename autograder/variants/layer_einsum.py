"""Everything is written anew with einsum on the engine's own layout, and nothing is transposed."""

import numpy as np
from bnlab_solutions import *


class BatchNorm(BatchNorm):
    def initialise(self, rng):
        self.params["gamma"].fill(1)
        self.params["beta"].fill(0)
        self.running_mean, self.running_var = np.zeros((2, self.channels))

    def forward(self, x, mode="train"):
        self.x_shape, self.mode = x.shape, mode
        rows = x.reshape(self.channels, -1)
        M = rows.shape[1]
        if mode == "train":
            mean = np.einsum("cm->c", rows) / M
            centred = rows - mean[:, None]
            var = np.einsum("cm,cm->c", centred, centred) / M
            if self.update:
                self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mean
                self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        else:
            centred = rows - self.running_mean.astype(x.dtype)[:, None]
            var = self.running_var.astype(x.dtype)
        self.inv_std = (var + self.eps) ** -0.5
        self.x_hat = np.einsum("cm,c->cm", centred, self.inv_std)
        out = np.einsum("c,cm->cm", self.params["gamma"], self.x_hat) + self.params["beta"][:, None]
        return out.reshape(x.shape)

    def backward(self, dout, need_dx=True):
        if self.mode != "train":
            raise ValueError("there is no backward pass in test mode")
        rows = dout.reshape(self.channels, -1)
        dgamma, dbeta = np.einsum("cm,cm->c", rows, self.x_hat), np.einsum("cm->c", rows)
        np.copyto(self.grads["gamma"], dgamma)
        np.copyto(self.grads["beta"], dbeta)
        if not need_dx:
            return None
        rest = rows - (dbeta[:, None] + dgamma[:, None] * self.x_hat) / rows.shape[1]
        return np.einsum("c,cm->cm", self.params["gamma"] * self.inv_std, rest).reshape(self.x_shape)
