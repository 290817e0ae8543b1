"""A test takes the cache apart."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "right-code-fails-a-test"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "A test of yours fails on a correct implementation, so it tests something that the contract does "
    "not promise, and it counts for nothing. The panel names it. Look at whether it asks for more "
    "digits than there are, for a standard deviation of exactly one, or for a certain cache."
)


class TestBatchNorm(TestBatchNorm):
    def test_train_mode(self, bn):
        x, gamma = np.random.default_rng(1).normal(size=(6, 4)), np.array([-1.5, 0.5, 2, 3])
        out, cache = bn.batchnorm_forward(x, gamma, np.zeros(4), {"mode": "train", "eps": 0.5})
        x_hat, *_ = cache
        assert np.allclose(out, gamma * x_hat)
