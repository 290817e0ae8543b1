"""The standard deviation of the output has to be 1."""

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
        x = np.random.default_rng(1).normal(size=(7, 5)) * [0.3, 1, 2, 3, 4]
        out, _ = bn.batchnorm_forward(x, np.ones(5), np.zeros(5), {"mode": "train", "eps": 1e-5})
        assert np.allclose(out.mean(axis=0), 0, atol=1e-7)
        assert np.allclose(out.std(axis=0), 1, rtol=1e-7)
