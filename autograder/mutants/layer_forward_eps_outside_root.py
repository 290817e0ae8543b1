"""eps is added to the standard deviation."""

from bnlab_solutions import *

LINE = 1
MISTAKE = "eps-outside-root"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "Your eps is added after the root has been taken. For ordinary data nobody sees it, but the "
    "result is not the one defined; a large eps shows it. Look at which quantity eps joins."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("eps", 1e-5)
    mean = x.mean(axis=1, keepdims=True)
    inv_std = 1 / (x.std(axis=1, keepdims=True) + eps)
    x_hat = (x - mean) * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)
