"""Stage 06: what became of internal covariate shift."""

import numpy as np
from bnlab.validate import floats


def activation_moments(net, x, layer):
    """Mean and variance of every unit of a layer's output, over one batch.

    Parameters
    ----------
    net : bnlab.nn.Network
        It is looked at in train mode, and is afterwards what it was before: mode, hooks, running statistics and
        whether layers are to keep them, even if an error breaks off the pass.
    x : ndarray, (D, N) or (C, H, W, N)
        The batch, in the layout of the network: its examples lie along the last axis.
    layer : int
        An index into ``net.layers``, counted from 0 on.

    Returns
    -------
    mean, var : ndarray, (units,)
        Of the features or channels of what ``net.layers[layer]`` puts out; biased, as in ``batch_statistics``.
        Where the output is an image, its height and width count as batch.

    Notes
    -----
    A unit is the first axis, and ``out.reshape(len(out), -1)`` has all its values in one row. Train mode and
    ``running_statistics_kept`` belong together: the first makes BN use the batch, the second keeps that
    without consequences.
    """
    mode = net.mode
    net.mode = "train"
    try:
        with net.running_statistics_kept(), net.recording(layer) as seen:
            net.forward(x)
    finally:
        net.mode = mode
    ((out,),) = seen.values()
    rows = out.reshape(len(out), -1)
    return rows.mean(axis=1), rows.var(axis=1)


def noisy_batchnorm(a, rng, n_mu, n_sigma, r_mu, r_sigma):
    """Algorithm 1 of Santurkar et al. (2018): noise that shifts and scales every unit, anew at every call.

    Parameters
    ----------
    a : ndarray, (N, D) or (N, C, H, W)
        Activations as they come out of BN. A unit is a feature or a channel; height and width count as batch.
    rng : numpy.random.Generator
        The only source of chance. In which order it is asked does not matter.
    n_mu, n_sigma : float
        How far the units are moved: every unit j gets a shift μ_j from U(-n_mu, n_mu) and a scale σ_j from
        U(1, n_sigma).
    r_mu, r_sigma : float
        How far the values of a unit spread around that: value i gets a shift m_ij from
        U(μ_j - r_mu, μ_j + r_mu) and a scale s_ij from a normal distribution with mean σ_j and standard
        deviation r_sigma.

    Returns
    -------
    noised : ndarray, of the shape of a
        s_ij · a_ij + m_ij.

    Notes
    -----
    Two drawings, one inside the other: μ and σ have the shape (1, D) or (1, C, 1, 1) of a unit, m and s that
    of ``a``, and broadcasting gives all values of a unit the same μ_j and σ_j.
    """
    a = floats("a", a)
    unit = [1] * a.ndim
    unit[1] = a.shape[1]
    mu, sigma = rng.uniform(-n_mu, n_mu, unit), rng.uniform(1, n_sigma, unit)
    m, s = rng.uniform(mu - r_mu, mu + r_mu, a.shape), rng.normal(sigma, r_sigma, a.shape)
    return (s * a + m).astype(a.dtype, copy=False)


def internal_covariate_shift(net, x, y, layer, lr):
    """What the update of the layers before it does to the gradient of a layer (Definition 2.1).

    Parameters
    ----------
    net : bnlab.nn.Network
        With the parameters of step t. It is looked at in train mode, and is afterwards what it was before:
        parameters, gradient, mode, running statistics, even if an error breaks off a pass.
    x, y : ndarray
        The batch of step t: examples as the network takes them, and labels or targets.
    layer : int
        An index into ``net.layers``, of a layer with parameters.
    lr : float
        The learning rate of step t: the update is one step of gradient descent with it.

    Returns
    -------
    l2 : float
        The length of G' - G. G is the gradient of all parameters of the layer on this batch, and G' is the same
        once every parameter *before* the layer has made its update, those of other norms included.
    cosine : float
        Of the angle between G and G'.

    Notes
    -----
    ``net.slices[layer].start`` divides the vector of parameters: before it lies all that moves. One forward and
    backward pass gives G and the update, another one G'. ``net.gradient`` is filled anew by the second pass,
    hence the copies; in float64, because a cosine close to 1 is what one wants to tell from 1.
    """
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    here, before = net.slices[layer], slice(net.slices[layer].start)
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            update = net.loss_and_gradient(x, y)[1].copy()
            net.parameters[before] -= lr * update[before]
            moved = net.loss_and_gradient(x, y)[1][here].astype(np.float64)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    old = update[here].astype(np.float64)
    cosine = old @ moved / (np.linalg.norm(old) * np.linalg.norm(moved))
    return float(np.linalg.norm(moved - old)), float(cosine)
