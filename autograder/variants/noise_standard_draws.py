"""Standard draws, scaled afterwards, in another order than the algorithm's, and float64 whatever comes in."""

import numpy as np
from bnlab_solutions import *


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    units = a.shape[1]
    s = r_sigma * rng.standard_normal(a.shape)
    m = r_mu * (2 * rng.random(a.shape) - 1)
    sigma = 1 + (n_sigma - 1) * rng.random(units)
    mu = n_mu * (2 * rng.random(units) - 1)
    spread = (slice(None),) + (None,) * (a.ndim - 2)
    return (s + sigma[spread]) * np.asarray(a, np.float64) + m + mu[spread]
