"""Images keep their pixels."""

from bnlab_solutions import *

LINE = 53
MISTAKE = "moments-per-pixel"
EXERCISE = "activation_moments"
MESSAGE = (
    "For images you get a mean for every pixel of a channel. A filter is shared by all positions, "
    "so height and width count as batch. Look at which axes go away."
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
    return out.mean(axis=-1), out.var(axis=-1)
