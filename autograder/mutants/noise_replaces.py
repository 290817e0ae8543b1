"""The noise replaces the activations."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "activations-lost"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "Your result does not depend on the activations. Noise is put on top of what BN gives, not in "
    "its place. Look at where the activation comes in."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s + m).astype(a.dtype)
