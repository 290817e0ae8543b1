"""The output of the network is taken."""

from bnlab_solutions import *

LINE = None
MISTAKE = "output-of-the-network"
EXERCISE = "activation_moments"
MESSAGE = (
    "Your moments are those of what the whole network puts out. Between the layers you need a "
    "place to listen. Look at what a network offers for that."
)


def activation_moments(net, x, layer):
    mode = net.mode
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            out = net.forward(x)
    finally:
        net.mode = mode
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
