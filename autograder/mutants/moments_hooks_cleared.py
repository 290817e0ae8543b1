"""The list of hooks is emptied afterwards, those of others too."""

from bnlab_solutions import *

MISTAKE = "moments-hooks-cleared"
EXERCISE = "activation_moments"
MESSAGE = (
    "After your measurement the network has no hooks at all: those that others had put there are gone, "
    "too. Take away what you have put there, and nothing else."
)


def activation_moments(net, x, layer):
    mode, outputs = net.mode, []
    net.hooks.append(lambda index, out: outputs.append(out.copy()))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            net.forward(x)
    finally:
        net.mode = mode
        net.hooks.clear()
    out = outputs[layer]
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
