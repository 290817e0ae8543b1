"""The variance of a group is unbiased."""

from bnlab_solutions import *

LINE = 6
MISTAKE = "unbiased-variance"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your variance divides by one less than the number of values in a group. The contract of this "
    "course is the biased variance everywhere; small groups show the difference. Look at the divisor."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N, C, H, W = x.shape
    groups = x.reshape(N, G, -1)
    mean = groups.mean(axis=-1, keepdims=True)
    var = groups.var(axis=-1, keepdims=True, ddof=1)
    inv_std = (var + gn_param.get("eps", 1e-5)) ** -0.5
    x_hat = ((groups - mean) * inv_std).reshape(N, C, H, W)
    return x_hat * gamma + beta, (x_hat, gamma, inv_std)
