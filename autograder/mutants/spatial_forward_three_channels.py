"""The number of channels is hard-coded as 3."""

from bnlab_solutions import *

LINE = 56
MISTAKE = "channel-count-fixed"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "The number of channels stands in your code as a fixed number. Colour images have that many, the "
    "layers behind them do not. Look for a number that should come from the input."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, _, H, W = x.shape
    out, cache = batchnorm_forward(x.transpose(0, 2, 3, 1).reshape(-1, 3), gamma, beta, bn_param)
    return out.reshape(N, H, W, 3).transpose(0, 3, 1, 2), cache
