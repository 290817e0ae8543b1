"""The shifts of the values are normal."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "value-shift-normal"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The shifts within your units are normal. In Algorithm 1 they are uniform, with ends at the distance "
    "rμ from μ; only the scales are normal. Look at the distribution of m."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.normal(mu, r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
