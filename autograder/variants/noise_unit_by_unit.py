"""A loop over the units, each with draws of its own."""

import numpy as np
from bnlab_solutions import *


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    noised = np.empty_like(a)
    for j in range(a.shape[1]):
        mu_j, sigma_j = rng.uniform(-n_mu, n_mu), rng.uniform(1, n_sigma)
        unit = a[:, j]
        s_j = sigma_j + r_sigma * rng.standard_normal(unit.shape)
        noised[:, j] = s_j * unit + rng.uniform(mu_j - r_mu, mu_j + r_mu, unit.shape)
    return noised
