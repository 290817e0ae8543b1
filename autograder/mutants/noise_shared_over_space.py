"""The pixels of a channel get the same values."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "noise-shared-over-pixels"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The pixels of one image and channel get the same noise. Height and width count as batch: "
    "every value has its own m and s. Look at the shape of what you draw second."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    inner = (*a.shape[:2], *[1] * (a.ndim - 2))
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, inner)
    s = rng.normal(sigma, r_sigma, inner)
    return (s * a + m).astype(a.dtype)
