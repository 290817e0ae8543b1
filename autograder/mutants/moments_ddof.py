"""The variance is the unbiased one."""

from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "activation_moments"
MESSAGE = (
    "Your variance is divided by one less than the number of values. Here it is the one that BN "
    "itself would compute. Look at what the sum of squares is divided by."
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
    return rows.mean(axis=1), rows.var(axis=1, ddof=1)
