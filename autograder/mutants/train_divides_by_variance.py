"""Divides by the variance."""

from bnlab_solutions import *

LINE = 5
MISTAKE = "divided-by-variance"
EXERCISE = "batchnorm_train"
MESSAGE = (
    "You divide by the variance where its square root is meant. With a variance near one nobody "
    "notices; features on another scale come out on the wrong one. Check the units: what has the same "
    "unit as the data?"
)


def batchnorm_train(x, gamma, beta, eps):
    mu, var = batch_statistics(x)
    xhat = (x - mu) / (var + eps)
    return gamma * xhat + beta
