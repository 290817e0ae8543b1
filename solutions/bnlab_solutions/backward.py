"""Stage 03: the backward pass of BN, node by node, then in one line; and what it takes away."""

import numpy as np
from bnlab.validate import floats, number, training_cache


def batchnorm_forward_steps(x, gamma, beta, eps):
    """The forward pass of BN in train mode, one named node after the other.

    Parameters
    ----------
    x : ndarray, (N, D)
    gamma, beta : ndarray, (D,)
    eps : float

    Returns
    -------
    steps : dict of str to ndarray
        ``mu``, ``var``, ``std``, ``inv_std``: (D,). ``xmu``, ``sq``, ``xhat``, ``scaled``, ``out``: (N, D).
    """
    x = floats("x", x, ("N", "D"))
    gamma = floats("gamma", gamma, x.shape[1:])
    beta = floats("beta", beta, x.shape[1:])
    mu = x.mean(axis=0)
    xmu = x - mu
    sq = xmu**2
    var = sq.mean(axis=0)
    std = np.sqrt(var + number("eps", eps, low=0))
    inv_std = 1 / std
    xhat = xmu * inv_std
    scaled = gamma * xhat
    out = scaled + beta
    return {
        "mu": mu,
        "xmu": xmu,
        "sq": sq,
        "var": var,
        "std": std,
        "inv_std": inv_std,
        "xhat": xhat,
        "scaled": scaled,
        "out": out,
    }


def batchnorm_backward_steps(dout, steps, gamma):
    """The backward pass of BN, one named gradient for each node of the forward pass.

    Parameters
    ----------
    dout : ndarray, (N, D)
        The upstream gradient.
    steps : dict of str to ndarray
        The nodes, from ``batchnorm_forward_steps``.
    gamma : ndarray, (D,)

    Returns
    -------
    grads : dict of str to ndarray
        ``d`` + the name of each node in ``steps``, of the shape of that node; besides, ``dx``: (N, D) and
        ``dgamma``, ``dbeta``: (D,).

    Notes
    -----
    The graph in reverse. A node that feeds several others collects a gradient from each; a value that was
    used in every row collects a sum over the rows.

    ====================== =======================================================
    forward                backward
    ====================== =======================================================
    out = scaled + beta    dscaled = dout, dbeta = sum dout
    scaled = gamma xhat    dxhat = gamma dscaled, dgamma = sum dscaled xhat
    xhat = xmu inv_std     dinv_std = sum dxhat xmu, dxmu = dxhat inv_std + ...
    inv_std = 1 / std      dstd = -dinv_std inv_std**2
    std = sqrt(var + eps)  dvar = dstd inv_std / 2
    var = sum sq / N       dsq = dvar / N, in every row
    sq = xmu**2            ... + 2 xmu dsq
    xmu = x - mu           dmu = -sum dxmu, dx = dxmu + ...
    mu = sum x / N         ... + dmu / N
    ====================== =======================================================
    """
    xmu, inv_std, xhat = steps["xmu"], steps["inv_std"], steps["xhat"]
    dout = floats("dout", dout, xhat.shape)
    gamma = floats("gamma", gamma, xhat.shape[1:])
    N = len(dout)
    dscaled = dout
    dbeta = dout.sum(axis=0)
    dxhat = gamma * dscaled
    dgamma = (dscaled * xhat).sum(axis=0)
    dinv_std = (dxhat * xmu).sum(axis=0)
    dstd = -dinv_std * inv_std**2
    dvar = dstd * inv_std / 2
    dsq = np.ones_like(dout) * (dvar / N)
    dxmu = dxhat * inv_std + 2 * xmu * dsq
    dmu = -dxmu.sum(axis=0)
    dx = dxmu + dmu / N
    return {
        "dout": dout,
        "dscaled": dscaled,
        "dbeta": dbeta,
        "dxhat": dxhat,
        "dgamma": dgamma,
        "dinv_std": dinv_std,
        "dstd": dstd,
        "dvar": dvar,
        "dsq": dsq,
        "dxmu": dxmu,
        "dmu": dmu,
        "dx": dx,
    }


def batchnorm_backward(dout, cache):
    """The backward pass of ``batchnorm_forward`` in train mode, along the nodes of the graph.

    Parameters
    ----------
    dout : ndarray, (N, D)
        The upstream gradient.
    cache : object
        What ``batchnorm_forward`` returned beside its output.

    Returns
    -------
    dx : ndarray, (N, D)
    dgamma, dbeta : ndarray, (D,)

    Notes
    -----
    The nodes: ``centred = x - mean``, ``std = sqrt(mean(centred**2) + eps)``, ``x_hat = centred / std``,
    ``out = gamma * x_hat + beta``. In reverse:

    - ``dbeta = sum(dout)``, ``dgamma = sum(dout * x_hat)``, ``dx_hat = gamma * dout``;
    - ``dstd = -sum(dx_hat * x_hat) / std``, and that sum is ``gamma * dgamma``;
    - centred feeds x_hat and std, and ``d std / d centred = x_hat / N``, hence
      ``dcentred = dx_hat / std + dstd * x_hat / N``;
    - x feeds centred, and through the mean all rows of it: ``dx = dcentred - mean(dcentred)``.
    """
    x_hat, gamma, inv_std = training_cache(cache)
    dout = floats("dout", dout, x_hat.shape)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = gamma * dout
    dstd = -gamma * dgamma * inv_std
    dcentred = dx_hat * inv_std + x_hat * (dstd / len(dout))
    dx = dcentred - dcentred.mean(axis=0)
    return dx, dgamma, dbeta


def batchnorm_backward_alt(dout, cache):
    """The backward pass of ``batchnorm_forward`` in train mode, ``dx`` in one line.

    Parameters
    ----------
    dout : ndarray, (N, D)
        The upstream gradient.
    cache : object
        What ``batchnorm_forward`` returned beside its output.

    Returns
    -------
    dx : ndarray, (N, D)
    dgamma, dbeta : ndarray, (D,)

    Notes
    -----
    ``dx = gamma / (N std) * (N dout - sum(dout) - x_hat sum(dout * x_hat))``
    (Santurkar et al. 2018, Fact C.1), and the two sums are ``dbeta`` and ``dgamma``. Up to the factor in
    front it is the upstream gradient without its mean, and without (eps aside) what points along ``x_hat``.
    """
    x_hat, gamma, inv_std = training_cache(cache)
    dout = floats("dout", dout, x_hat.shape)
    N = len(dout)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx = gamma * inv_std * (dout - dbeta / N - x_hat * (dgamma / N))
    return dx, dgamma, dbeta


def batchnorm_backward_test(dout, gamma, running_var, eps):
    """The gradient of BN in test mode with respect to its input: fine-tuning with frozen statistics.

    Parameters
    ----------
    dout : ndarray, (N, D)
        The upstream gradient.
    gamma : ndarray, (D,)
    running_var : ndarray, (D,)
    eps : float

    Returns
    -------
    dx : ndarray, (N, D)

    Notes
    -----
    The statistics are constants: ``out = gamma * (x - running_mean) / sqrt(running_var + eps) + beta``
    is affine in every entry of ``x`` by itself, so ``dx = dout * gamma / sqrt(running_var + eps)``.
    """
    dout = floats("dout", dout, ("N", "D"))
    gamma = floats("gamma", gamma, dout.shape[1:])
    running_var = floats("running_var", running_var, dout.shape[1:])
    return dout * (gamma / np.sqrt(running_var + number("eps", eps, low=0)))


def project_out(dout, xhat):
    """``dout`` without its components along 1 and ``xhat``, feature by feature.

    Parameters
    ----------
    dout : ndarray, (N, D)
    xhat : ndarray, (N, D)
        Every column has mean 0; its length may be any, and a column may be all zeros.

    Returns
    -------
    projected : ndarray, (N, D)
        Every column is orthogonal to the column of ones and to that column of ``xhat``.

    Notes
    -----
    1 and ``xhat`` are orthogonal, so their components can be taken away one after the other: first the
    mean, then ``xhat <xhat, dout> / <xhat, xhat>``. The denominator is N only for eps = 0; for a constant
    feature it is 0 and there is nothing to take away.
    """
    xhat = floats("xhat", xhat, ("N", "D"))
    dout = floats("dout", dout, xhat.shape)
    centred = dout - dout.mean(axis=0)
    squared_length = (xhat * xhat).sum(axis=0)
    share = (xhat * centred).sum(axis=0) / np.where(squared_length == 0, 1, squared_length)
    return centred - xhat * share
