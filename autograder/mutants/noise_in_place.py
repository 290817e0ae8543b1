"""The activations are changed in place."""

from bnlab_solutions import *

LINE = 12
MISTAKE = "activations-changed"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "You write the noise into the array that you were given. Whoever still needs it, such as the "
    "backward pass of BN, gets other numbers than it has computed. Look for operations that work "
    "in place."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = rng.normal(sigma, r_sigma, a.shape)
    a *= s
    a += m
    return a
