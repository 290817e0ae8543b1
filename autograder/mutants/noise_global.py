"""The noise comes from NumPy's global generator."""

import numpy as np
from bnlab_solutions import *

LINE = None
MISTAKE = "another-source-of-chance"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Your noise does not come from the generator that is handed in. Runs cannot be repeated then, "
    "and two layers cannot have noise of their own. Look at whose methods you call."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    rng = np.random
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
