"""The examples of a batch get the same values."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "noise-shared-over-batch"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "All examples get the same m and s, so that rμ and rσ only blur the noise of the unit. The second "
    "level of Algorithm 1 draws for each example. Look at the shape of what you draw second."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    inner = (1, *a.shape[1:])
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, inner)
    s = rng.normal(sigma, r_sigma, inner)
    return (s * a + m).astype(a.dtype)
