"""One random number makes the shift and the scale of a unit."""

from bnlab_solutions import *

MISTAKE = "noise-shift-and-scale-tied"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Each of your two random numbers has the right distribution, but they come from one draw: a unit that "
    "is shifted up is always scaled up as well. They are to be independent. Look at how many numbers you "
    "draw for each unit."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = (1, a.shape[1]) + (1,) * (a.ndim - 2)
    u = rng.random(unit)
    mu, sigma = n_mu * (2 * u - 1), 1 + (n_sigma - 1) * u
    m, s = rng.uniform(mu - r_mu, mu + r_mu, a.shape), rng.normal(sigma, r_sigma, a.shape)
    return s * a + m
