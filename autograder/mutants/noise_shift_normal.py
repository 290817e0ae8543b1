"""μ is normal with standard deviation n_mu."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "shift-normal"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The shifts of your units are normally distributed. In Algorithm 1 they are uniform, so nμ is an "
    "end and not a standard deviation. Look at the distribution of μ."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.normal(0, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
