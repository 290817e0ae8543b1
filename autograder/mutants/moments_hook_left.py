"""The hook stays in the network."""

from bnlab_solutions import *

LINE = None
MISTAKE = "hook-left-behind"
EXERCISE = "activation_moments"
MESSAGE = (
    "Your hook stays in the network. After a thousand calls a thousand hooks listen in every "
    "pass, each with a copy. Look at what should be taken out again."
)


def activation_moments(net, x, layer):
    kept, mode = [], net.mode
    net.hooks.append(lambda index, out: kept.append(out.copy()) if index == layer else None)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            net.forward(x)
    finally:
        net.mode = mode
    out = kept[0]
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
