"""update is set to True in all layers afterwards, whatever it was."""

from bnlab_solutions import *

MISTAKE = "moments-update-switched-on"
EXERCISE = "activation_moments"
MESSAGE = (
    "After your measurement every layer moves its running statistics again, those too that had been told "
    "to keep them. Somebody who measures while they are kept loses that protection. Put back "
    "what was there, not what usually is there."
)


def activation_moments(net, x, layer):
    mode = net.mode
    norms = [each for each in net.layers if hasattr(each, "update")]
    net.mode = "train"
    for each in norms:
        each.update = False
    try:
        with net.recording(layer) as seen:
            net.forward(x)
    finally:
        net.mode = mode
        for each in norms:
            each.update = True
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)
