"""The scales of the values are drawn around 1, not around σ."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "unit-scale-missing"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "The spread of a unit stays what it was: your scales lie around 1 for every unit, always or where "
    "r-sigma is zero. The algorithm gives each unit a scale of its own first, whatever comes after. Look "
    "at what σ is for."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(1, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
