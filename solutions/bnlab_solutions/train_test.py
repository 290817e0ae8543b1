"""Stage 02: running statistics, the two modes of BN, folding and recalibration."""

import numpy as np
from bnlab.validate import floats, number, one_of

from bnlab_solutions.forward import batch_statistics


def update_running(running, sample, momentum):
    """A running average, one step further.

    Parameters
    ----------
    running : ndarray, (D,)
        The average so far.
    sample : ndarray, (D,)
        The statistic of the newest batch.
    momentum : float
        Between 0 (forget the past) and 1 (ignore the sample).

    Returns
    -------
    updated : ndarray, (D,)
        A new array; ``running`` and ``sample`` are left as they were.

    Notes
    -----
    ``updated = momentum * running + (1 - momentum) * sample``. PyTorch calls ``1 - momentum`` what is
    called momentum here.
    """
    momentum = number("momentum", momentum, low=0, high=1)
    return momentum * floats("running", running) + (1 - momentum) * floats("sample", sample)


def batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalisation, in train or in test mode.

    Parameters
    ----------
    x : ndarray, (N, D)
    gamma, beta : ndarray, (D,)
        Scale and shift of every feature.
    bn_param : dict
        ``mode``: ``"train"`` (statistics of this batch; the buffers are updated) or ``"test"`` (statistics
        from the buffers, which stay as they are). ``eps``: 1e-5 if absent. ``momentum``: 0.9 if absent.
        ``running_mean`` and ``running_var``: the buffers, (D,), zeros if absent. Train mode stores new
        buffers under these keys.

    Returns
    -------
    out : ndarray, (N, D)
    cache : object
        Whatever the backward pass needs; may be None in test mode.

    Raises
    ------
    ValueError
        If the mode is another.

    Notes
    -----
    Both modes compute ``out = gamma * (x - mean) / sqrt(var + eps) + beta``; they differ in whose mean and
    variance. The buffers remember the biased variance itself, without eps and without a root.
    """
    x = floats("x", x, ("N", "D"))
    gamma = floats("gamma", gamma, x.shape[1:])
    beta = floats("beta", beta, x.shape[1:])
    mode = one_of("mode", bn_param.get("mode"), ("train", "test"))
    eps = number("eps", bn_param.get("eps", 1e-5), low=0)
    momentum = bn_param.get("momentum", 0.9)
    zeros = np.zeros(x.shape[1], x.dtype)
    running_mean = floats("running_mean", bn_param.get("running_mean", zeros), x.shape[1:])
    running_var = floats("running_var", bn_param.get("running_var", zeros), x.shape[1:])

    if mode == "train":
        mean, var = batch_statistics(x)
        bn_param["running_mean"] = update_running(running_mean, mean, momentum)
        bn_param["running_var"] = update_running(running_var, var, momentum)
    else:
        mean, var = running_mean, running_var
    inv_std = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * inv_std
    out = gamma * x_hat + beta
    return out, (x_hat, gamma, inv_std) if mode == "train" else None


def fold_batchnorm(W, b, gamma, beta, mean, var, eps):
    """One affine layer that does the work of an affine layer followed by BN in test mode.

    Parameters
    ----------
    W : ndarray, (D_in, D_out)
    b : ndarray, (D_out,)
        The affine layer ``x @ W + b``.
    gamma, beta, mean, var : ndarray, (D_out,)
        Scale, shift and running statistics of the BN that follows.
    eps : float

    Returns
    -------
    W_folded : ndarray, (D_in, D_out)
    b_folded : ndarray, (D_out,)

    Notes
    -----
    BN in test mode maps column ``k`` of ``z = x @ W + b`` to ``scale_k * (z_k - mean_k) + beta_k`` with
    ``scale = gamma / sqrt(var + eps)``. Column ``k`` of ``z`` comes from column ``k`` of W alone, so
    ``W' = W * scale`` and ``b' = (b - mean) * scale + beta``.
    """
    W = floats("W", W, ("D_in", "D_out"))
    b = floats("b", b, W.shape[1:])
    gamma, beta = floats("gamma", gamma, W.shape[1:]), floats("beta", beta, W.shape[1:])
    mean, var = floats("mean", mean, W.shape[1:]), floats("var", var, W.shape[1:])
    scale = gamma / np.sqrt(var + number("eps", eps, low=0))
    return W * scale, (b - mean) * scale + beta


def recalibrate(batches):
    """Mean and biased variance of all rows of all batches together.

    Parameters
    ----------
    batches : iterable of ndarray, (n_1, D), (n_2, D), ...
        Of unequal sizes; read once, so a generator will do.

    Returns
    -------
    mean : ndarray, (D,)
    var : ndarray, (D,)

    Raises
    ------
    ValueError
        If there is no batch, or batches differ in their number of features.

    Notes
    -----
    Carried along: the number of rows M so far, their mean, and the sum S of their squared distances to it.
    A batch of n rows whose mean is ``delta`` away merges as ``S += n * var + delta**2 * M * n / (M + n)``,
    ``mean += delta * n / (M + n)``, ``M += n`` (Chan, Golub & LeVeque 1983). Every term is a square or a
    small correction, so nothing cancels, however far from zero the data lie.
    """
    M, mean, S, D = 0, 0.0, 0.0, "D"
    for batch in batches:
        batch = floats("batch", batch, ("N", D))
        n, D = batch.shape
        batch_mean, batch_var = batch_statistics(batch)
        delta = batch_mean - mean
        S = S + n * batch_var + delta**2 * (M * n / (M + n))
        mean = mean + delta * (n / (M + n))
        M = M + n
    if M == 0:
        raise ValueError(
            "batches should hold at least one batch, but is empty (a generator can be read only once)"
        )
    return mean, S / M
