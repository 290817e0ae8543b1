"""There is no test with images."""

from bnlab_solutions import *

LINE = None
MISTAKE = "images-not-tested"
EXERCISE = "TestBatchNorm"
MESSAGE = (
    "No test of yours seems to look at images. Which numbers share a mean is the first thing that goes "
    "wrong there, and the shapes tell nothing. Try four axes of different lengths and channels that "
    "differ."
)


class TestBatchNorm(TestBatchNorm):
    test_images = None
