"""The variance of images is the mean of the variances of pixels."""

from bnlab_solutions import *

LINE = 53
MISTAKE = "variance-of-pixels-averaged"
EXERCISE = "activation_moments"
MESSAGE = (
    "For images you average the variances of the pixels. What differs between the means of the "
    "pixels is then missing. Look at over how many values at once the variance is taken."
)


def activation_moments(net, x, layer):
    mode = net.mode
    net.mode = "train"
    try:
        with net.running_statistics_kept(), net.recording(layer) as seen:
            net.forward(x)
    finally:
        net.mode = mode
    ((out,),) = seen.values()
    pixels = tuple(range(1, out.ndim - 1))
    return out.mean(axis=(*pixels, -1)), out.var(axis=-1).mean(axis=tuple(range(1, out.ndim - 1)))
