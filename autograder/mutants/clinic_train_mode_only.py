"""There is no test of test mode."""

from bnlab_solutions import *

LINE = None
MISTAKE = "test-mode-not-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "No test of yours seems to look at test mode, in which a network spends its working life. Its "
    "output has a formula of its own, and it may change nothing. Look at which calls of the contract "
    "your tests never make."
)


class TestBatchNorm(TestBatchNorm):
    test_test_mode = None
