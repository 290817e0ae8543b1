"""σ is drawn around 1, not from 1 upwards."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "scale-about-one"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The scales of your units lie on both sides of 1. In Algorithm 1 they begin at 1: the noise "
    "only widens. Look at the lower end of the range."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(2 - n_sigma, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
