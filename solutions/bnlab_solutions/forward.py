"""Stage 01: the statistics of a batch, and BN as it runs during training."""

import numpy as np
from bnlab.validate import floats, number


def batch_statistics(x):
    """Mean and biased variance of every feature.

    Parameters
    ----------
    x : ndarray, (N, D)

    Returns
    -------
    mean : ndarray, (D,)
    var : ndarray, (D,)
        Divided by N, not by N - 1.

    Notes
    -----
    ``mean_j = sum_n x_nj / N`` and ``var_j = sum_n (x_nj - mean_j)**2 / N`` (Ioffe & Szegedy 2015,
    Algorithm 1). In two passes: the mean of squares minus the square of the mean loses all digits of a
    feature far from zero.
    """
    x = floats("x", x, ("N", "D"))
    mean = x.mean(axis=0)
    var = ((x - mean) ** 2).mean(axis=0)
    return mean, var


def batchnorm_train(x, gamma, beta, eps):
    """Batch normalisation with the statistics of the batch itself.

    Parameters
    ----------
    x : ndarray, (N, D)
    gamma, beta : ndarray, (D,)
        Scale and shift of every feature.
    eps : float
        The small constant of the normalisation.

    Returns
    -------
    out : ndarray, (N, D)

    Notes
    -----
    ``x_hat = (x - mean) / sqrt(var + eps)`` and ``out = gamma * x_hat + beta``, feature by feature (Ioffe &
    Szegedy 2015, Algorithm 1). eps stands under the root, so a constant feature gives ``beta``, and so does
    N = 1.
    """
    x = floats("x", x, ("N", "D"))
    gamma = floats("gamma", gamma, x.shape[1:])
    beta = floats("beta", beta, x.shape[1:])
    mean, var = batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(var + number("eps", eps, low=0))
    return gamma * x_hat + beta
