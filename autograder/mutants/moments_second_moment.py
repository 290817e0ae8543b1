"""The mean is not taken away before squaring."""

from bnlab_solutions import *

LINE = 11
MISTAKE = "second-moment"
EXERCISE = "activation_moments"
MESSAGE = (
    "Your variance is the mean of the squares: the mean has not been taken away. Look at what is squared."
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
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), (rows**2).mean(axis=1)
