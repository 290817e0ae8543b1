"""Every value has a μ and a σ of its own."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "unit-noise-per-value"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Every value gets a μ and a σ of its own. Averaged over the batch that shifts no unit at all: "
    "it is blur, not a covariate shift. Look at the shape of what you draw first."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = a.shape
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
