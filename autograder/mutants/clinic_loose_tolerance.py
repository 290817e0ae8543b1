"""Half of the size of a result is taken for rounding."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "tolerance-too-wide"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "Your comparisons seem so generous that only gross bugs fail them. In double precision correct "
    "versions agree to ten digits and more. Look at how far apart right answers really are, and set the "
    "bound there."
)


class TestBatchNorm(TestBatchNorm):
    def test_train_mode(self, bn):
        rng = np.random.default_rng(1)
        gamma, beta = rng.normal(size=4), rng.normal(size=4)
        x = 3 + rng.normal(size=(6, 4)) * [0.3, 1, 2, 3]
        out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, {"mode": "train", "eps": 0.5})
        assert relative_error(out, gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.5) + beta) < 0.5

    def test_running_statistics(self, bn):
        x = 2 + np.random.default_rng(2).normal(size=(5, 3)) * [0.5, 1, 3]
        bn_param = {"mode": "train", "eps": 0.5, "momentum": 0.8}
        bn.batchnorm_forward(x.copy(), np.ones(3), np.zeros(3), bn_param)
        assert relative_error(np.ravel(bn_param["running_mean"]), 0.2 * x.mean(axis=0)) < 0.5
        assert relative_error(np.ravel(bn_param["running_var"]), 0.2 * x.var(axis=0)) < 0.5

    def test_test_mode(self, bn):
        rng = np.random.default_rng(3)
        x, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
        mean, var = rng.normal(size=3), rng.uniform(0.5, 4, size=3)
        bn_param = {"mode": "test", "eps": 0.5, "running_mean": mean, "running_var": var}
        out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, bn_param)
        assert relative_error(out, gamma * (x - mean) / np.sqrt(var + 0.5) + beta) < 0.5
