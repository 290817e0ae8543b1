"""The standard deviation is returned."""

from bnlab_solutions import *

LINE = 20
MISTAKE = "std-for-variance"
EXERCISE = "activation_moments"
MESSAGE = (
    "What you return second is a standard deviation. The agreement is a variance, as in "
    "notebook 01. Look for a root."
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
    return rows.mean(axis=1), rows.std(axis=1)
