"""Looking moves the running statistics."""

from bnlab_solutions import *

LINE = 30
MISTAKE = "running-statistics-moved"
EXERCISE = "activation_moments"
MESSAGE = (
    "Your pass moves the running statistics. Measuring should change nothing, and ten "
    "measurements a step make the averages short-sighted. Look at what the network offers against "
    "that."
)


def activation_moments(net, x, layer):
    mode = net.mode
    net.mode = "train"
    try:
        with net.recording(layer) as seen:
            net.forward(x)
    finally:
        net.mode = mode
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
