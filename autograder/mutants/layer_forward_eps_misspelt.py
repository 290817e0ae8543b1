"""eps is read under a misspelt key."""

from bnlab_solutions import *

LINE = 4
MISTAKE = "eps-fixed"
EXERCISE = "layernorm_forward"
MESSAGE = (
    "The eps in the parameters that the caller gives never arrives: you look it up under another name "
    "and always get your default. With the customary value nobody notices. Compare the spelling of "
    "the key with the contract."
)


def layernorm_forward(x, gamma, beta, ln_param):
    eps = ln_param.get("esp", 1e-5)
    mean, var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
    inv_std = (var + eps) ** -0.5
    x_hat = (x - mean) * inv_std
    return x_hat * gamma + beta, (x_hat, gamma, inv_std)
