"""The network is looked at in the mode in which it happens to be."""

from bnlab_solutions import *

LINE = 22
MISTAKE = "mode-not-set"
EXERCISE = "activation_moments"
MESSAGE = (
    "You take the network in the mode in which it happens to be. In test mode BN normalises with "
    "its memory, and the moments are others than the layers see in training. Look at which mode "
    "is agreed."
)


def activation_moments(net, x, layer):
    with net.running_statistics_kept(), net.recording(layer) as seen:
        net.forward(x)
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
