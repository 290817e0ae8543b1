"""eps is left out."""

from bnlab_solutions import *

LINE = 2
MISTAKE = "eps-omitted"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "Your eps takes no part in the computation. Ordinary data do not show it; a feature that is "
    "constant in the batch leads to a division by zero. Look at what happens when a variance is zero."
)


def batchnorm_train(x, gamma, beta, eps):
    x_hat = (x - x.mean(axis=0)) / x.std(axis=0)
    return gamma * x_hat + beta
