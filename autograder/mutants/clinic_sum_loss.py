"""The gradient check uses the sum of the outputs as its loss."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "gradient-of-a-sum-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "Your gradient check does not see dx. If it adds the outputs up: after normalisation that sum does not "
    "depend on the batch, so dx is zero whatever gamma is. If it does not, look at which of the three "
    "gradients it compares at all."
)


class TestBatchNorm(TestBatchNorm):
    def test_backward(self, bn):
        rng = np.random.default_rng(4)
        x, dout = rng.normal(size=(6, 4)) * [0.3, 1, 2, 3], np.ones((6, 4))
        gamma, beta = np.array([-1.5, 0.5, 2, 3]), rng.normal(size=4)

        def forward(x):
            return bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})[0]

        _, cache = bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})
        dx, dgamma, dbeta = bn.batchnorm_backward(dout.copy(), cache)
        assert np.allclose(dx, numerical_gradient(forward, x, dout), atol=1e-8)
        assert np.allclose(np.ravel(dgamma), 0, atol=1e-8)
        assert np.allclose(np.ravel(dbeta), 6)
