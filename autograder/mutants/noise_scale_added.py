"""n_sigma is added to 1."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "scale-range-shifted"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The scales of your units reach further up than nσ, by one. In Algorithm 1 the constant is the "
    "upper end itself. Look at what an nσ of 1 should mean."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = 1 + rng.uniform(0, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
