"""Of the three gradients only that of beta is compared."""

import numpy as np
from bnlab_solutions import *

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
        x, dout = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
        _, cache = bn.batchnorm_forward(
            x, np.array([-1.5, 0.5, 2, 3]), rng.normal(size=4), {"mode": "train", "eps": 0.5}
        )
        wanted = {"dbeta": dout.sum(axis=0)}
        for name, got in zip(("dx", "dgamma", "dbeta"), bn.batchnorm_backward(dout, cache), strict=True):
            if name in wanted:
                assert np.allclose(np.ravel(got), wanted[name])
