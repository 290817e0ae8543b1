"""Every test of the flat functions has gamma 1 and beta 0."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "gamma-never-varied"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "In your tests gamma seems to be 1 and beta 0 where it counts, and then it does not matter whether "
    "they are there. Choose values that differ from feature to feature, a negative one among them."
)


class TestBatchNorm(TestBatchNorm):
    def test_train_mode(self, bn):
        rng = np.random.default_rng(1)
        for centre in (3.0, 1e6):
            x = centre + rng.normal(size=(6, 5)) * [0.3, 1, 2, 3, 4]
            out, _ = bn.batchnorm_forward(x.copy(), np.ones(5), np.zeros(5), {"mode": "train", "eps": 0.5})
            assert relative_error(out, (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.5)) < 1e-6

    def test_test_mode(self, bn):
        rng = np.random.default_rng(3)
        x, mean, var = rng.normal(size=(5, 3)), rng.normal(size=3), rng.uniform(0.2, 4, size=3)
        bn_param = {"mode": "test", "eps": 0.5, "running_mean": mean.copy(), "running_var": var.copy()}
        for _ in range(2):
            out, _ = bn.batchnorm_forward(x.copy(), np.ones(3), np.zeros(3), bn_param)
            assert relative_error(out, (x - mean) / np.sqrt(var + 0.5)) < 1e-7

    def test_backward(self, bn):
        rng = np.random.default_rng(4)
        x, dout, ones = rng.normal(size=(6, 4)) * [0.3, 1, 2, 3], rng.normal(size=(6, 4)), np.ones(4)

        def forward(x, gamma=ones):
            return bn.batchnorm_forward(x, gamma, 0 * ones, {"mode": "train", "eps": 0.5})[0]

        _, cache = bn.batchnorm_forward(x, ones, 0 * ones, {"mode": "train", "eps": 0.5})
        dx, dgamma, dbeta = bn.batchnorm_backward(dout.copy(), cache)
        assert relative_error(dx, numerical_gradient(forward, x, dout)) < 1e-6
        wanted = numerical_gradient(lambda gamma: forward(x, gamma), ones, dout)
        assert relative_error(np.ravel(dgamma), wanted) < 1e-6
        assert relative_error(np.ravel(dbeta), dout.sum(axis=0)) < 1e-6
