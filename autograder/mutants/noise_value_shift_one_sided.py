"""The shifts of the values lie above μ only."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "value-shift-one-sided"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Within a unit your shifts lie on one side of μ. The range of Algorithm 1 has μ in its "
    "middle. Look at its lower end."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
