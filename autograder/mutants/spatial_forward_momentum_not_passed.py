"""The flat version gets parameters of its own, without the caller's momentum."""

from bnlab_solutions import *

LINE = 28
MISTAKE = "momentum-ignored"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "The momentum of the caller never arrives: you hand new parameters on to the flat version, and it is "
    "not among them. Try a momentum other than the default. Look at what the new dictionary holds."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    flat = {key: bn_param[key] for key in ("mode", "eps", "running_mean", "running_var") if key in bn_param}
    out, cache = batchnorm_forward(rows, gamma, beta, flat)
    bn_param.update(flat)
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), cache
