"""The generator is made anew in every call, with a fixed seed."""

import numpy as np
from bnlab_solutions import *

LINE = 68
MISTAKE = "noise-fixed-for-all-steps"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Every call draws the same noise. A shift that stays is learned away by the next layer like a "
    "bias; what Algorithm 1 tests is a shift that changes at every step. Look at where your "
    "random numbers come from."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    rng = np.random.default_rng(0)
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
