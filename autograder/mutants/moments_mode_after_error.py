"""The mode is not set back after an error."""

from bnlab_solutions import *

LINE = None
MISTAKE = "not-restored-after-error"
EXERCISE = "activation_moments"
MESSAGE = (
    "When the pass raises an error, the network stays in train mode. Look at what happens to the "
    "lines after an error."
)


def activation_moments(net, x, layer):
    mode = net.mode
    net.mode = "train"
    with net.running_statistics_kept(), net.recording(layer) as seen:
        net.forward(x)
    net.mode = mode
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
