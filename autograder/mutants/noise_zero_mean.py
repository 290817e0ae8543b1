"""The units are not shifted: only values within a unit are."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "unit-shift-missing"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The mean of a unit stays where it was: your shifts average to 0 within the unit. The "
    "algorithm moves the whole unit first. Look at what μ is for."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(-r_mu, r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
