"""All values of a unit get its scale."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "r-sigma-dropped"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "All values of a unit are scaled alike: rσ plays no part. The second level of Algorithm 1 is "
    "missing for the scale. Look at where rσ should come in."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = rng.uniform(mu - r_mu, mu + r_mu, a.shape)
    s = sigma
    return (s * a + m).astype(a.dtype)
