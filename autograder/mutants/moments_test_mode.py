"""The network is looked at in test mode."""

from bnlab_solutions import *

LINE = 22
MISTAKE = "looked-at-in-test-mode"
EXERCISE = "activation_moments"
MESSAGE = (
    "You look at the network in test mode, in which BN uses running statistics. What layers see "
    "in training depends on the batch. Look at which mode is agreed."
)


def activation_moments(net, x, layer):
    mode = net.mode
    net.mode = "test"
    try:
        with net.running_statistics_kept(), net.recording(layer) as seen:
            net.forward(x)
    finally:
        net.mode = mode
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
