"""No test looks at what a call does to its arguments, or at errors."""

from bnlab_solutions import *

LINE = None
MISTAKE = "side-effects-not-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "Your tests seem to look at what functions return and not at what they do to their arguments. A "
    "caller whose arrays have changed gets wrong numbers elsewhere. Look at everything that a call "
    "could touch, and at what the contract refuses."
)


class TestBatchNorm(TestBatchNorm):
    test_arguments = None
