"""Extra keys are written into bn_param and ln_param, and the backward pass reads some of them."""

import numpy as np
from bnlab_solutions import *


def batchnorm_forward(x, gamma, beta, bn_param):
    bn_param.setdefault("eps", 1e-5)
    bn_param.setdefault("momentum", 0.9)
    bn_param.setdefault("running_mean", np.zeros(x.shape[1]))
    bn_param.setdefault("running_var", np.zeros(x.shape[1]))
    bn_param["calls"] = bn_param.get("calls", 0) + 1
    if bn_param["mode"] == "train":
        bn_param["sample_mean"], bn_param["sample_var"] = batch_statistics(x)
        for name in ("mean", "var"):
            bn_param["running_" + name] = update_running(
                bn_param["running_" + name], bn_param["sample_" + name], bn_param["momentum"]
            )
        which = "sample_"
    elif bn_param["mode"] == "test":
        which = "running_"
    else:
        raise ValueError(bn_param["mode"])
    bn_param["inv_std"] = 1 / np.sqrt(bn_param[which + "var"] + bn_param["eps"])
    x_hat = (x - bn_param[which + "mean"]) * bn_param["inv_std"]
    return gamma * x_hat + beta, (x_hat, gamma, dict(bn_param))


def batchnorm_backward(dout, cache):
    x_hat, gamma, param = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma * param["inv_std"] * (dout - (dbeta + x_hat * dgamma) / len(x_hat))
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    x_hat, gamma, param = cache
    d = dout * gamma
    dx = param["inv_std"] * (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0))
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


def layernorm_forward(x, gamma, beta, ln_param):
    ln_param["mode"] = "train"
    ln_param["layernorm"] = True
    mu, var = batch_statistics(x.T)
    inv_std = 1 / np.sqrt(var + ln_param.setdefault("eps", 1e-5))
    x_hat = ((x.T - mu) * inv_std).T
    ln_param["sample_mean"] = mu
    return gamma * x_hat + beta, (x_hat, gamma, inv_std[:, np.newaxis])
