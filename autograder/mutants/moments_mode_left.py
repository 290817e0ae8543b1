"""The network stays in train mode."""

from bnlab_solutions import *

LINE = None
MISTAKE = "mode-not-restored"
EXERCISE = "activation_moments"
MESSAGE = (
    "Looking leaves the network in train mode. Whoever was testing goes on with statistics of "
    "batches. Look at what you set and do not set back."
)


def activation_moments(net, x, layer):
    net.mode = "train"
    with net.running_statistics_kept(), net.recording(layer) as seen:
        net.forward(x)
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
