"""μ and σ are drawn once and kept."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "unit-noise-kept"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Your units keep the μ and σ of the first call. The distributions then stand still from step "
    "to step, and nothing is left of the covariate shift that the algorithm is meant to make. "
    "Look at how long a draw is valid."
)


KEPT = {}


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    if unit[1] not in KEPT:
        KEPT[unit[1]] = rng.uniform(-n_mu, n_mu, unit), rng.uniform(1, n_sigma, unit)
    mu, sigma = KEPT[unit[1]]
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
