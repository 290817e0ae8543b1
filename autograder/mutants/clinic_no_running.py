"""The running statistics are never looked at."""

from bnlab_solutions import *

LINE = None
MISTAKE = "running-statistics-not-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "No test of yours seems to look at what train mode leaves in the running statistics. Bugs there "
    "show only weeks later, when the network is used. Work out by hand what one step makes of buffers "
    "that already hold something."
)


class TestBatchNorm(TestBatchNorm):
    test_running_statistics = None
