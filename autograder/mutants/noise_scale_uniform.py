"""The scales of the values are uniform."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "value-scale-uniform"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The scales within your units are uniform. In Algorithm 1 they are normal; only the shifts "
    "are uniform. Look at the distribution of s."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.uniform(sigma - r_sigma, sigma + r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
