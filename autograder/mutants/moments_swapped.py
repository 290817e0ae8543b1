"""Variance and mean change places."""

from bnlab_solutions import *

LINE = None
MISTAKE = "returned-in-wrong-order"
EXERCISE = "activation_moments"
MESSAGE = "You return the variance first. The agreement is mean, then variance. Look at the last line."


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
    return rows.var(axis=1), rows.mean(axis=1)
