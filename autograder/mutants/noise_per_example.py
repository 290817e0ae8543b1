"""The noise belongs to the examples, not to the units."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "noise-per-example"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Your μ and σ belong to the examples: all features of one example are moved alike. A unit is "
    "a feature or a channel. Look at which axis keeps its length."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[0] = a.shape[0]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
