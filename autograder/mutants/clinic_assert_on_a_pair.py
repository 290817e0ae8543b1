"""The comparisons of the forward tests stand in parentheses with a message, which is always true."""

import numpy as np
from bnlab_solutions import *

MISTAKE = "clinic-assert-on-a-pair"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "Tests of yours assert a pair, (condition, message). A pair that is not empty is true, whatever the "
    "condition says, so these tests never fail. Look at the parentheses behind assert."
)


class TestBatchNorm(TestBatchNorm):
    def test_train_mode(self, bn):
        rng = np.random.default_rng(1)
        x, gamma, beta = rng.normal(size=(6, 4)) + 3, rng.normal(size=4), rng.normal(size=4)
        out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, {"mode": "train", "eps": 0.5})
        want = gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.5) + beta
        right = (np.allclose(out, want), "train mode differs from the definition")
        assert right

    def test_test_mode(self, bn):
        rng = np.random.default_rng(3)
        x, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
        mean, var = rng.normal(size=3), rng.uniform(0.2, 4, size=3)
        bn_param = {"mode": "test", "eps": 0.5, "running_mean": mean.copy(), "running_var": var.copy()}
        out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, bn_param)
        want = gamma * (x - mean) / np.sqrt(var + 0.5) + beta
        right = (np.allclose(out, want), "test mode differs from the definition")
        assert right
