"""The layer's own array is kept, which later layers write into."""

from bnlab_solutions import *

LINE = None
MISTAKE = "buffer-not-copied"
EXERCISE = "activation_moments"
MESSAGE = (
    "You keep the array that a hook is shown. It is the layer's own buffer, and others may write "
    "into it before you look. Look at what you put aside."
)


def activation_moments(net, x, layer):
    kept, mode = [], net.mode

    def hook(index, out):
        kept[:] = [out]
        if index == layer:
            kept.append(out)

    net.hooks.append(hook)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            net.forward(x)
    finally:
        net.mode = mode
        net.hooks.remove(hook)
    out = kept[-1]
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
