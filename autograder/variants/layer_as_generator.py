"""A generator runs down with x, waits, and runs up with dout."""

import numpy as np
from bnlab.nn import Layer
from bnlab_solutions import *


class BatchNorm(Layer):
    def __init__(self, channels, eps=1e-5, momentum=0.9):
        super().__init__()
        self.channels, self.eps, self.momentum = channels, eps, momentum
        self.shapes = {"gamma": (channels,), "beta": (channels,)}
        self.update = True
        self.running = None
        self.seen = None

    def initialise(self, rng):
        self.params["gamma"][:] = 1
        self.params["beta"][:] = 0
        self.running_mean = np.zeros_like(self.params["gamma"])
        self.running_var = np.zeros_like(self.params["gamma"])

    def forward(self, x, mode="train"):
        self.walk = self.down_and_up(x, mode)
        return next(self.walk)

    def down_and_up(self, x, mode):
        bn_param = dict(mode=mode, eps=self.eps, momentum=self.momentum)
        bn_param.update(running_mean=np.array(self.running_mean), running_var=np.array(self.running_var))
        out, cache = batchnorm_forward(x.reshape(len(x), -1).T, *self.params.values(), bn_param)
        if self.update:
            self.running_mean[:] = bn_param["running_mean"]
            self.running_var[:] = bn_param["running_var"]
        answer = np.ascontiguousarray(out.T).reshape(x.shape)
        while True:
            dout = yield answer
            if mode != "train":
                raise ValueError("the last forward pass was one in test mode")
            answer, *found = batchnorm_backward_alt(dout.reshape(len(dout), -1).T, cache)
            for grad, value in zip(self.grads.values(), found, strict=True):
                np.copyto(grad, value)
            answer = answer.T.reshape(dout.shape)

    def backward(self, dout, need_dx=True):
        return self.walk.send(dout)
