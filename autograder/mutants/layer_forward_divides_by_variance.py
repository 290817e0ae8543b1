"""Divides by the variance."""

from bnlab_solutions import *

LINE = 5
MISTAKE = "divided-by-variance"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "You divide by the variance where its square root is meant. With a variance near one nobody "
    "notices. Multiply an example by ten: its output should hardly change."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean, var = batch_statistics(x.T)
    factor = (1 / (var + eps))[:, None]
    x_hat = (x - mean[:, None]) * factor
    return gamma * x_hat + beta, (x_hat, gamma, factor)
