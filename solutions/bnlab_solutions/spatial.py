"""Stage 04: BN for images, and its relatives layer norm and group norm."""

import numpy as np
from bnlab.validate import divisor, floats, number

from bnlab_solutions.backward import batchnorm_backward_alt
from bnlab_solutions.train_test import batchnorm_forward


def spatial_batchnorm_forward(x, gamma, beta, bn_param):
    """Batch normalisation of images: all pixels of a channel share their statistics.

    Parameters
    ----------
    x : ndarray, (N, C, H, W)
    gamma, beta : ndarray, (C,)
    bn_param : dict
        As for ``batchnorm_forward``; the buffers have shape (C,).

    Returns
    -------
    out : ndarray, (N, C, H, W)
    cache : object
        Whatever the backward pass needs.

    Notes
    -----
    A pixel of an image is an example, a channel a feature: (N, C, H, W) becomes a table of N·H·W rows and C
    columns, and after the flat version everything goes back the same way. The table is made as the
    transpose of (C, N·H·W), where every channel lies in one piece and sums run fast.
    """
    x = floats("x", x, ("N", "C", "H", "W"))
    N, C, H, W = x.shape
    rows = np.moveaxis(x, 1, 0).reshape(C, N * H * W).T
    out, cache = batchnorm_forward(rows, gamma, beta, bn_param)
    return np.moveaxis(out.T.reshape(C, N, H, W), 0, 1), cache


def spatial_batchnorm_backward(dout, cache):
    """The backward pass of ``spatial_batchnorm_forward`` in train mode.

    Parameters
    ----------
    dout : ndarray, (N, C, H, W)
        The upstream gradient.
    cache : object
        What ``spatial_batchnorm_forward`` returned beside its output.

    Returns
    -------
    dx : ndarray, (N, C, H, W)
    dgamma, dbeta : ndarray, (C,)

    Notes
    -----
    Moving axes and reshaping only rename entries, so the gradient takes the same way as the images did.
    """
    dout = floats("dout", dout, ("N", "C", "H", "W"))
    N, C, H, W = dout.shape
    rows = np.moveaxis(dout, 1, 0).reshape(C, N * H * W).T
    dx, dgamma, dbeta = batchnorm_backward_alt(rows, cache)
    return np.moveaxis(dx.T.reshape(C, N, H, W), 0, 1), dgamma, dbeta


def layernorm_forward(x, gamma, beta, ln_param):
    """Layer normalisation: every example is normalised over its own features.

    Parameters
    ----------
    x : ndarray, (N, D)
    gamma, beta : ndarray, (D,)
        Scale and shift of every feature.
    ln_param : dict
        ``eps``: 1e-5 if absent. There are no modes and no buffers.

    Returns
    -------
    out : ndarray, (N, D)
    cache : object
        Whatever the backward pass needs.

    Notes
    -----
    ``x_hat = (x - mean) / sqrt(var + eps)`` with mean and variance of each *row*,
    ``out = gamma * x_hat + beta`` with gamma and beta of each *column* (Ba, Kiros & Hinton 2016).
    """
    x = floats("x", x, ("N", "D"))
    gamma = floats("gamma", gamma, x.shape[1:])
    beta = floats("beta", beta, x.shape[1:])
    centred = x - x.mean(axis=1, keepdims=True)
    var = (centred**2).mean(axis=1, keepdims=True)
    inv_std = 1 / np.sqrt(var + number("eps", ln_param.get("eps", 1e-5), low=0))
    x_hat = centred * inv_std
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)


def layernorm_backward(dout, cache):
    """The backward pass of ``layernorm_forward``.

    Parameters
    ----------
    dout : ndarray, (N, D)
        The upstream gradient.
    cache : object
        What ``layernorm_forward`` returned beside its output.

    Returns
    -------
    dx : ndarray, (N, D)
    dgamma, dbeta : ndarray, (D,)

    Notes
    -----
    The one-line backward pass of BN along the other axis, with ``dx_hat = gamma * dout`` for ``dout``:
    ``dx = (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)) / std``, means over a row. Within a row
    gamma varies, so it stays inside the means. It is shared by the rows, so dgamma and dbeta sum over them,
    as in BN.
    """
    x_hat, gamma, inv_std = cache
    dout = floats("dout", dout, x_hat.shape)
    dbeta = dout.sum(axis=0)
    dgamma = (dout * x_hat).sum(axis=0)
    dx_hat = gamma * dout
    along_ones = dx_hat.mean(axis=1, keepdims=True)
    along_x_hat = (dx_hat * x_hat).mean(axis=1, keepdims=True)
    dx = inv_std * (dx_hat - along_ones - x_hat * along_x_hat)
    return dx, dgamma, dbeta


def spatial_groupnorm_forward(x, gamma, beta, G, gn_param):
    """Group normalisation of images: every example is normalised over each group of its own channels.

    Parameters
    ----------
    x : ndarray, (N, C, H, W)
    gamma, beta : ndarray, (1, C, 1, 1)
        Scale and shift of every channel.
    G : int
        The number of groups of neighbouring channels; it divides C.
    gn_param : dict
        ``eps``: 1e-5 if absent.

    Returns
    -------
    out : ndarray, (N, C, H, W)
    cache : object
        Whatever the backward pass needs.

    Raises
    ------
    ValueError
        If G does not divide C.

    Notes
    -----
    A group of one example holds ``C/G · H · W`` values; they share mean and variance,
    ``x_hat = (x - mean) / sqrt(var + eps)``, and ``out = gamma * x_hat + beta`` channel by channel
    (Wu & He 2018). G = C normalises every channel on its own (instance norm), G = 1 the whole example.
    """
    x = floats("x", x, ("N", "C", "H", "W"))
    N, C, H, W = x.shape
    gamma = floats("gamma", gamma, (1, C, 1, 1))
    beta = floats("beta", beta, (1, C, 1, 1))
    G = divisor("G", G, C, of="the number of channels")
    groups = x.reshape(N, G, C // G * H * W)
    centred = groups - groups.mean(axis=2, keepdims=True)
    var = (centred**2).mean(axis=2, keepdims=True)
    inv_std = 1 / np.sqrt(var + number("eps", gn_param.get("eps", 1e-5), low=0))
    x_hat = (centred * inv_std).reshape(N, C, H, W)
    return gamma * x_hat + beta, (x_hat, gamma, inv_std)


def spatial_groupnorm_backward(dout, cache):
    """The backward pass of ``spatial_groupnorm_forward``.

    Parameters
    ----------
    dout : ndarray, (N, C, H, W)
        The upstream gradient.
    cache : object
        What ``spatial_groupnorm_forward`` returned beside its output.

    Returns
    -------
    dx : ndarray, (N, C, H, W)
    dgamma, dbeta : ndarray, (1, C, 1, 1)

    Notes
    -----
    As in layer norm, with a group in place of a row: ``dx_hat = gamma * dout`` and
    ``dx = (dx_hat - mean(dx_hat) - x_hat * mean(dx_hat * x_hat)) / std``, means over a group. gamma and
    beta are shared by examples and pixels, so their gradients sum over those.
    """
    x_hat, gamma, inv_std = cache
    dout = floats("dout", dout, x_hat.shape)
    N, G, _ = inv_std.shape
    dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
    dgamma = (dout * x_hat).sum(axis=(0, 2, 3), keepdims=True)
    dx_hat = (gamma * dout).reshape(N, G, -1)
    x_hat = x_hat.reshape(N, G, -1)
    along_ones = dx_hat.mean(axis=2, keepdims=True)
    along_x_hat = (dx_hat * x_hat).mean(axis=2, keepdims=True)
    dx = inv_std * (dx_hat - along_ones - x_hat * along_x_hat)
    return dx.reshape(dout.shape), dgamma, dbeta
