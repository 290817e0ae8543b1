"""With r_sigma = 0 nothing is scaled."""

from bnlab_solutions import *

MISTAKE = "unit-scale-missing"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The spread of a unit stays what it was: your scales lie around 1 for every unit, always or where "
    "r-sigma is zero. The algorithm gives each unit a scale of its own first, whatever comes after. Look "
    "at what σ is for."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = (1, a.shape[1]) + (1,) * (a.ndim - 2)
    mu, sigma = rng.uniform(-n_mu, n_mu, unit), rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape) if r_sigma else 1.0
    return s * a + m
