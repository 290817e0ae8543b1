"""Batch normalisation of the transposed batch: gamma and beta land on the examples."""

from bnlab_solutions import *

LINE = 8
MISTAKE = "gamma-per-example"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your scale and shift are applied per example, but they belong to features: one number for each "
    "column. Turning the batch around turns the meaning of these parameters around as well, and for a "
    "square batch nothing complains. Look at which axis they meet."
)


def layernorm_forward(x, gamma, beta, ln_param):
    out, cache = batchnorm_forward(x.T, gamma, beta, {"mode": "train", "eps": ln_param.get("eps", 1e-5)})
    x_hat, gamma, inv_std = cache
    return out.T, (x_hat.T, gamma, inv_std[:, None])
