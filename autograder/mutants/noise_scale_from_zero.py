"""σ is drawn from 0 to n_sigma."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "scale-from-zero"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The scales of your units begin at 0, so that some units are switched off. Look at the lower "
    "end of the range."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(0, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
