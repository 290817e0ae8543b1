"""Results have to agree in every digit."""

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
        x, gamma = np.random.default_rng(1).normal(size=(60, 4)), np.array([-1.5, 0.5, 2, 3])
        out, _ = bn.batchnorm_forward(x, gamma, np.zeros(4), {"mode": "train", "eps": 0.5})
        assert np.array_equal(out, gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.5))
