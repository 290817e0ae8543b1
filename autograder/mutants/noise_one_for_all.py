"""One μ and one σ for the whole array."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "one-noise-for-all-units"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "All units get the same μ and σ. Then one bias could undo it, and the units keep their "
    "distances. Look at how many you draw."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
