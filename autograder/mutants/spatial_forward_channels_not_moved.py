"""The images are reshaped to (-1, C) without moving the channel axis to the end."""

from bnlab_solutions import *

LINE = 51
MISTAKE = "channel-axis-not-moved"
EXERCISE = "spatial_batchnorm_forward"
MESSAGE = (
    "You reshape the images into rows without moving the channels to the end, so each column mixes "
    "pixels of all channels. With channels that look alike nobody notices. Take two channels with "
    "very different means and look into the columns."
)


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    N, C, H, W = x.shape
    out, cache = batchnorm_forward(x.reshape(-1, C), gamma, beta, bn_param)
    return out.reshape(N, C, H, W), cache
