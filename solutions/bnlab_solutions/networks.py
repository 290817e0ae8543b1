"""Stage 05: BN as a layer of a network."""

import numpy as np
from bnlab.nn import Layer
from bnlab.validate import training_cache

from bnlab_solutions.backward import batchnorm_backward_alt
from bnlab_solutions.train_test import batchnorm_forward


class BatchNorm(Layer):
    """Batch normalisation as a layer of ``bnlab.nn``, where the channels come first and the batch comes last.

    Parameters
    ----------
    channels : int
        Length of the first axis: D of activations (D, N), or C of images (C, H, W, N).
    eps, momentum : float
        As for ``batchnorm_forward``.

    Attributes
    ----------
    params, grads : dict of str to ndarray
        ``gamma`` and ``beta``, and their gradients: (channels,) each. The network puts these arrays there;
        they are views of its long vectors ``parameters`` and ``gradient``.
    running_mean, running_var : ndarray, (channels,)
        The running statistics of this layer.
    update : bool
        While it is False, no forward pass changes the running statistics.
    """

    def __init__(self, channels, eps=1e-5, momentum=0.9):
        super().__init__()
        self.channels, self.eps, self.momentum = channels, eps, momentum
        self.shapes = {"gamma": (channels,), "beta": (channels,)}
        self.update = True
        self.cache = None  # of the last forward pass

    def initialise(self, rng):
        """Put the layer in its state before training: gamma 1, beta 0, running statistics of zeros.

        It may be called again, whenever training is to begin anew.

        Parameters
        ----------
        rng : numpy.random.Generator
            For layers that start at random; this one does not.

        Notes
        -----
        The entries of ``params`` are filled, not replaced: another array in their place would belong to
        nobody but the layer, and no step of training would reach it.
        """
        gamma, beta = self.params["gamma"], self.params["beta"]
        gamma[:], beta[:] = 1, 0
        self.running_mean, self.running_var = np.zeros_like(gamma), np.zeros_like(gamma)

    def forward(self, x, mode="train"):
        """Normalise x, scale and shift it.

        Parameters
        ----------
        x : ndarray, (channels, N) or (channels, H, W, N)
        mode : {"train", "test"}
            As for ``batchnorm_forward``. Train mode moves the running statistics, unless ``update`` is False.

        Returns
        -------
        out : ndarray, of the shape of x

        Notes
        -----
        With the channels first, one row of ``x.reshape(channels, -1)`` holds all values of a channel, for
        images as well. Its transpose is the table with a feature in each column that ``batchnorm_forward``
        takes. Neither step moves a number. The copies are for a ``batchnorm_forward`` that writes into the
        buffers it gets, which it must not while ``update`` is False.
        """
        bn_param = {"mode": mode, "eps": self.eps, "momentum": self.momentum}
        bn_param |= {"running_mean": self.running_mean.copy(), "running_var": self.running_var.copy()}
        table = x.reshape(self.channels, -1).T
        out, cache = batchnorm_forward(table, self.params["gamma"], self.params["beta"], bn_param)
        self.cache = cache if mode == "train" else None
        if self.update:
            self.running_mean, self.running_var = bn_param["running_mean"], bn_param["running_var"]
        return out.T.reshape(x.shape)

    def backward(self, dout, need_dx=True):
        """The gradients that belong to the last forward pass, which was one in train mode.

        Several backward passes may follow one forward pass; each writes its own gradients.

        Parameters
        ----------
        dout : ndarray, of the shape of the last x
            The upstream gradient.
        need_dx : bool
            Whether the caller wants dx.

        Returns
        -------
        dx : ndarray, of the shape of dout
            None will do where ``need_dx`` is False. The gradients of gamma and beta go into ``grads``
            in any case.

        Raises
        ------
        ValueError
            If the last forward pass was one in test mode.

        Notes
        -----
        The road of x, with the backward pass in the middle. The gradients of gamma and beta are written into
        the arrays that are there, each time anew. A forward pass in test mode has left no cache, so that
        none of an earlier batch can be taken by mistake.
        """
        table, cache = dout.reshape(self.channels, -1).T, training_cache(self.cache)
        dx, self.grads["gamma"][:], self.grads["beta"][:] = batchnorm_backward_alt(table, cache)
        return dx.T.reshape(dout.shape) if need_dx else None
