"""Nothing is scaled."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "scale-missing"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "You shift, but you do not scale. Algorithm 1 moves the variance of the units as well as "
    "their mean. Look at what s is for."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    return (a + m).astype(a.dtype)
