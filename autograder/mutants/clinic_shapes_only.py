"""The tests look at shapes only."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "nothing-is-noticed"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "Your tests pass on whatever they get, the grossest bugs included. Perhaps they look at shapes "
    "alone: nearly every bug in numerical code returns arrays of the right shape. Work out what the "
    "numbers should be, or what has to be true of them."
)


class TestBatchNorm:
    def test_forward(self, bn):
        x = np.random.default_rng(10).normal(size=(7, 5))
        out, _ = bn.batchnorm_forward(x, np.ones(5), np.zeros(5), {"mode": "train", "eps": 0.5})
        assert out.shape == x.shape

    def test_backward(self, bn):
        x = np.random.default_rng(10).normal(size=(7, 5))
        _, cache = bn.batchnorm_forward(x, np.ones(5), np.zeros(5), {"mode": "train", "eps": 0.5})
        dx, dgamma, dbeta = bn.batchnorm_backward(x, cache)
        assert dx.shape == x.shape
        assert np.size(dgamma) == np.size(dbeta) == 5
