"""The output of the next layer is taken."""

from bnlab_solutions import *

LINE = None
MISTAKE = "next-layer"
EXERCISE = "activation_moments"
MESSAGE = (
    "Your moments are those of the next layer. Counting begins with 0, as in net.layers. Look at "
    "which layer you listen to."
)


def activation_moments(net, x, layer):
    layer = min(layer + 1, len(net.layers) - 1)
    mode = net.mode
    net.mode = "train"
    try:
        with net.running_statistics_kept(), net.recording(layer) as seen:
            net.forward(x)
    finally:
        net.mode = mode
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
