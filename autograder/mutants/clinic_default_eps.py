"""Every test leaves eps at its default."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "only-the-default-eps-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "No test of yours seems to give an eps that matters. At the default of one in a hundred thousand a "
    "wrong eps changes nothing that you would notice. Look at what eps is compared with in the formula, "
    "and choose it as large."
)


class TestBatchNorm(TestBatchNorm):
    def test_train_mode(self, bn):
        rng = np.random.default_rng(1)
        gamma, beta = rng.normal(size=4), rng.normal(size=4)
        for centre, rtol in ((3.0, 1e-4), (1e6, 1e-4)):
            x = centre + rng.normal(size=(6, 4)) * [1, 2, 3, 4]
            out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, {"mode": "train"})
            assert relative_error(out, gamma * (x - x.mean(axis=0)) / x.std(axis=0) + beta) < rtol

    def test_test_mode(self, bn):
        rng = np.random.default_rng(3)
        x, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
        mean, var = rng.normal(size=3), rng.uniform(1, 4, size=3)
        bn_param = {"mode": "test", "running_mean": mean.copy(), "running_var": var.copy()}
        for _ in range(2):
            out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, bn_param)
            assert relative_error(out, gamma * (x - mean) / np.sqrt(var) + beta) < 1e-4

    def test_backward(self, bn):
        rng = np.random.default_rng(4)
        x, dout = rng.normal(size=(6, 4)) * [1, 2, 3, 4], rng.normal(size=(6, 4))
        gamma, beta = np.array([-1.5, 0.5, 2, 3]), rng.normal(size=4)

        def out(x, gamma=gamma):
            return bn.batchnorm_forward(x, gamma, beta, {"mode": "train"})[0]

        _, cache = bn.batchnorm_forward(x, gamma, beta, {"mode": "train"})
        dx, dgamma, dbeta = bn.batchnorm_backward(dout.copy(), cache)
        assert relative_error(dx, numerical_gradient(out, x, dout)) < 1e-4
        wanted = numerical_gradient(lambda gamma: out(x, gamma), gamma, dout)
        assert relative_error(np.ravel(dgamma), wanted) < 1e-4
        assert relative_error(np.ravel(dbeta), dout.sum(axis=0)) < 1e-4
