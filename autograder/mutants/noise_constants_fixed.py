"""The paper's constants are in the code."""

from bnlab_solutions import *

LINE = 4
MISTAKE = "constants-fixed"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Your noise has the same size whatever the constants are. They are arguments, so that one can "
    "ask from where on noise does harm. Look at where each of the four is used."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    n_mu, n_sigma, r_mu, r_sigma = 0.5, 1.25, 0.1, 0.1
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
