"""On images, every pixel of a channel has its own μ and σ."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "unit-noise-per-pixel"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "On images every pixel has a μ and a σ of its own. As for BN, a unit is a channel, and height "
    "and width count as batch. Look at the shape of what you draw first."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = (1, *a.shape[1:])
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
