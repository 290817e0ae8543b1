"""eps is added to the standard deviation."""

from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "spatial_groupnorm_forward"
MESSAGE = (
    "Your eps is added after the root has been taken. For ordinary images nobody sees it, but the "
    "result is not the one defined; a large eps shows it. Look at which quantity eps joins."
)


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    if x.shape[1] % G:
        raise ValueError("G should divide the number of channels")
    N = x.shape[0]
    groups = x.reshape(N, G, -1)
    inv_std = 1 / (groups.std(axis=2, keepdims=True) + gn_param.get("eps", 1e-5))
    x_hat = ((groups - groups.mean(axis=2, keepdims=True)) * inv_std).reshape(x.shape)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
