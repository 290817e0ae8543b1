"""The shift is applied first and scaled with the activation."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "shifted-before-scaled"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "You shift the activation and then scale the sum. The shift becomes larger with the scale, "
    "and leaves the range of Algorithm 1. Look at the order."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * (a + m)).astype(a.dtype)
