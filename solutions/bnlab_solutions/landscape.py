"""Stage 07: the landscape of the loss, other norms, and a theorem about one unit."""

import numpy as np
from bnlab.validate import floats, number

from bnlab_solutions.backward import batchnorm_backward
from bnlab_solutions.train_test import batchnorm_forward


def loss_along_gradient(net, x, y, steps):
    """The loss on the straight line along the gradient: one point, one batch, many step lengths.

    Parameters
    ----------
    net : bnlab.nn.Network
        With W for ``net.parameters`` and g for the gradient there. It is measured in train mode, and is
        afterwards what it was before: parameters, gradient, mode, running statistics, even if an error breaks
        off the walk.
    x, y : ndarray
        The batch: examples as the network takes them, and labels or targets.
    steps : ndarray, (S,)
        Step lengths λ ≥ 0 in any order; absolute ones, no learning rate comes in.

    Returns
    -------
    losses : ndarray, (S,)
        The loss at W - λ g for each λ.

    Notes
    -----
    Every λ starts from the same copy of W and goes along the same copy of g: ``net.gradient`` is an array
    that the next backward pass fills anew. What was there is put back, not computed back: (W - λ g) + λ g
    is W only up to rounding, and not even a number where the walk has overflowed.
    """
    steps = floats("steps", steps, ("S",))
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    losses = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                losses[place], _ = net.loss(net.forward(x), y)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return losses


def gradient_predictiveness(net, x, y, steps):
    """How far the gradient on the line along the gradient is from the one at its beginning.

    Parameters
    ----------
    net, x, y, steps
        As for ``loss_along_gradient``; the network is left as it was in the same way.

    Returns
    -------
    changes : ndarray, (S,)
        The length of g(W) - g(W - λ g) for each λ, with g = g(W): how wrong the gradient has become as a
        description of the slope. Small is predictive.

    Notes
    -----
    The walk of ``loss_along_gradient`` with a gradient at each stop. All gradients belong to the same batch;
    with another one the difference would be that of the examples, and not zero at λ = 0.
    """
    steps = floats("steps", steps, ("S",))
    start, gradient, mode = net.parameters.copy(), net.gradient.copy(), net.mode
    changes = np.empty(len(steps))
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            direction = net.loss_and_gradient(x, y)[1].copy()
            for place, step in enumerate(steps):
                net.parameters[:] = start - step * direction
                changes[place] = np.linalg.norm(net.loss_and_gradient(x, y)[1] - direction)
    finally:
        net.parameters[:], net.gradient[:], net.mode = start, gradient, mode
    return changes


def effective_smoothness(net, x, y, steps):
    """The effective β-smoothness: the fastest change of the gradient along the gradient, per distance.

    Parameters
    ----------
    net, x, y
        As for ``loss_along_gradient``; the network is left as it was in the same way.
    steps : ndarray, (S,)
        Step lengths λ > 0 in any order.

    Returns
    -------
    beta : float
        The largest ratio, over all λ, of the change of the gradient to the distance moved in the space of
        the parameters. ``np.nan`` if the gradient is zero: a dead network has no line to walk along, and
        nothing has been shown about its smoothness.

    Notes
    -----
    From W to W - λ g it is λ ‖g‖, not λ: ``beta = max over λ of ‖g(W) - g(W - λ g)‖ / (λ ‖g‖)``. On a
    quadratic with Hessian H it is ‖H g‖ / ‖g‖ for every λ, at most the largest eigenvalue of H.
    """
    changes = gradient_predictiveness(net, x, y, steps)
    gradient, mode = net.gradient.copy(), net.mode
    net.mode = "train"
    try:
        with net.running_statistics_kept():
            length = np.linalg.norm(net.loss_and_gradient(x, y)[1])
    finally:
        net.gradient[:], net.mode = gradient, mode
    return float(np.max(changes / (floats("steps", steps, ("S",)) * length))) if length else np.nan


def lp_normalize(x, p):
    """Centre each feature over the batch and divide it by its average p-norm.

    Parameters
    ----------
    x : ndarray, (N, D)
    p : float
        At least 1; ``np.inf`` for the largest absolute value.

    Returns
    -------
    out : ndarray, (N, D)
        The norm is that of the feature *before* the mean is subtracted, and an average: it does not grow with
        N. A feature of zeros gives zeros.

    Notes
    -----
    ``out = (x - mean) / (mean |x|^p)^(1/p)``, per feature. p = 2 is not BN, which takes the norm about the
    mean: mean x² = var + mean².
    """
    x, p = floats("x", x, ("N", "D")), number("p", p, low=1)
    size = np.abs(x)
    norm = size.max(axis=0) if p == np.inf else (size**p).mean(axis=0) ** (1 / p)
    return (x - x.mean(axis=0)) / np.where(norm == 0, 1, norm)


def lp_normalize_backward(dout, x, p):
    """The backward pass of ``lp_normalize``.

    Parameters
    ----------
    dout, x : ndarray, (N, D)
        The upstream gradient, and what was normalised.
    p : float
        As for ``lp_normalize``.

    Returns
    -------
    dx : ndarray, (N, D)

    Notes
    -----
    ``out = (x - mean) / n`` depends on x in two places, so ``dx = (dout - mean(dout) - dn/dx · Σ dout · out) / n``
    with ``dn/dx = sign(x) (|x|/n)^(p-1) / N``. For p = ∞ it is sign(x) at the (first) largest |x|, 0 elsewhere.
    """
    size, N = np.abs(x), len(x)
    if p == np.inf:
        norm = size.max(axis=0)
        share = np.zeros_like(x)
        share[size.argmax(axis=0), np.arange(x.shape[1])] = 1
    else:
        norm = (size**p).mean(axis=0) ** (1 / p)
        share = (size / np.where(norm == 0, 1, norm)) ** (p - 1) / N
    norm = np.where(norm == 0, 1, norm)
    out = (x - x.mean(axis=0)) / norm
    return (dout - dout.mean(axis=0) - np.sign(x) * share * (dout * out).sum(axis=0)) / norm


def theorem_4_1_sides(dout, y, gamma):
    """Both sides of theorem 4.1 for a layer of BN with eps = 0, feature by feature.

    Parameters
    ----------
    dout : ndarray, (m, D)
        The gradient of the loss by the output of BN: the gradient that a network without BN would have at y.
    y : ndarray, (m, D)
        What goes into BN: m examples, no feature constant.
    gamma : ndarray, (D,)

    Returns
    -------
    left : ndarray, (D,)
        The squared length of the gradient of the loss by y, through BN.
    right : ndarray, (D,)
        What the theorem compares it with, with the constant c for which it is true.

    Notes
    -----
    ``left = ‖dy‖²`` by the backward pass of BN, which with ŷ for the normalised y is
    ``dy = gamma/σ (dout - 1 ⟨1, dout⟩/m - ŷ ⟨ŷ, dout⟩/m)``. The vectors 1 and ŷ are orthogonal and both of
    length √m, so by Pythagoras ``right = gamma²/σ² (‖dout‖² - ⟨1, dout⟩²/m - c ⟨dout, ŷ⟩²)`` with c = 1/m;
    then both sides are equal (Santurkar et al. 2018, who print 1/√m).
    """
    dout, y = floats("dout", dout, ("m", "D")), floats("y", y, ("m", "D"))
    m, D = y.shape
    gamma = floats("gamma", gamma, (D,))
    _, cache = batchnorm_forward(y, gamma, np.zeros_like(gamma), {"mode": "train", "eps": 0})
    dy, _, _ = batchnorm_backward(dout, cache)
    var = y.var(axis=0)
    y_hat = (y - y.mean(axis=0)) / np.sqrt(var)
    along_ones, along_y_hat = dout.sum(axis=0), (dout * y_hat).sum(axis=0)
    right = gamma**2 / var * ((dout**2).sum(axis=0) - (along_ones**2 + along_y_hat**2) / m)
    return (dy**2).sum(axis=0), right
