"""The standard deviation is squared."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "deviation-squared"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "You square rσ before it goes to the generator. The second argument of a normal distribution in "
    "NumPy is the standard deviation, not the variance. Look for a square."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma**2, a.shape)
    return (s * a + m).astype(a.dtype)
