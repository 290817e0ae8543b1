"""There is no test of a backward pass."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "backward-not-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "No test of yours seems to look at the gradients. A wrong gradient still trains a network, only "
    "worse, so nothing else will tell. Compare all three gradients with differences of the forward "
    "pass."
)


class TestBatchNorm(TestBatchNorm):
    test_backward = None

    def test_images(self, bn):
        x = np.random.default_rng(6).normal(size=(2, 4, 3, 5)) + np.arange(4)[:, None, None]
        gamma, beta = np.array([-1.5, 0.5, 2, 3]), np.arange(4.0)
        out, _ = bn.spatial_batchnorm_forward(x.copy(), gamma, beta, {"mode": "train", "eps": 0.5})
        mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        scaled = gamma[:, None, None] * (x - mean) / np.sqrt(var + 0.5) + beta[:, None, None]
        assert out.shape == x.shape
        assert relative_error(out, scaled) < 1e-7
