"""The variance is the mean square less the squared mean."""

from bnlab_solutions import *

LINE = 11
MISTAKE = "catastrophic-cancellation"
EXERCISE = "activation_moments"
MESSAGE = (
    "You subtract the squared mean from the mean of the squares. Far from 0 both are large and "
    "nearly equal, and their digits cancel. Look for a formula that takes the mean away first."
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
    mean = rows.mean(axis=1)
    return mean, (rows**2).mean(axis=1) - mean**2
