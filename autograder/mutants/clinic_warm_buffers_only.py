"""The running statistics are tested with given buffers only."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "absent-buffers-not-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "All your tests seem to hand in running statistics. The contract also says what holds when there "
    "are none, as in the first step of every training. Look at which entries may be absent."
)


class TestBatchNorm(TestBatchNorm):
    def test_running_statistics(self, bn):
        rng = np.random.default_rng(2)
        x, mean, var = (
            2 + rng.normal(size=(5, 3)) * [0.5, 1, 3],
            rng.normal(size=3),
            rng.uniform(1, 4, size=3),
        )
        bn_param = {"mode": "train", "eps": 0.5, "momentum": 0.8, "running_mean": mean, "running_var": var}
        want = 0.8 * mean + 0.2 * x.mean(axis=0), 0.8 * var + 0.2 * x.var(axis=0)
        bn.batchnorm_forward(x.copy(), np.ones(3), np.zeros(3), bn_param)
        assert relative_error(np.ravel(bn_param["running_mean"]), want[0]) < 1e-7
        assert relative_error(np.ravel(bn_param["running_var"]), want[1]) < 1e-7
