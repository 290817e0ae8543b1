"""All values of a unit get its shift."""

from bnlab_solutions import *

LINE = 68
MISTAKE = "r-mu-dropped"
EXERCISE = "noisy_batchnorm"
MESSAGE = (
    "All values of a unit are shifted alike: rμ plays no part. The second level of Algorithm 1 is "
    "missing for the shift. Look at where rμ should come in."
)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu = rng.uniform(-n_mu, n_mu, unit)
    sigma = rng.uniform(1, n_sigma, unit)
    m = mu
    s = rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype)
