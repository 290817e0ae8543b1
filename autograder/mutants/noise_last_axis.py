"""The unit is the last axis, on images too."""

from bnlab_solutions import *

LINE = 51
MISTAKE = "unit-on-last-axis"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "You take the last axis for the unit. For images (N, C, H, W) that is the width; the channel "
    "is the second axis. Look at the position of the axis that keeps its length."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[-1] = a.shape[-1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
