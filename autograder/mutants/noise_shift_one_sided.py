"""μ is drawn from 0 to n_mu."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "shift-one-sided"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Your units are shifted in one direction only. Then the next layer's bias can take the mean "
    "of it away. Look at the lower end of the range."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(0, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
