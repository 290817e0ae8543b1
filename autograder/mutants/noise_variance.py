"""r_sigma is taken as a variance."""

import numpy as np
from bnlab_solutions import *

LINE = 68
MISTAKE = "variance-for-deviation"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "You take rσ for a variance; it is a standard deviation, which is also what NumPy's generators want. "
    "With an rσ of 0.1 your scales spread three times as far as they should. Look for a root."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, np.sqrt(r_sigma), a.shape)
    return (s * a + m).astype(a.dtype)
