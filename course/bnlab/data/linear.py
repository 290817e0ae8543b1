"""A linear map with Gaussian inputs: the task of deep linear networks."""

from __future__ import annotations

import numpy as np

from bnlab.data.dataset import Dataset

__all__ = ["linear_regression"]


def linear_regression(examples=1000, width=10, seed=0):
    """Pairs of a Gaussian x and y = A x with a Gaussian matrix A: (width, width), all entries of variance 1.

    The paper trains its deep linear networks on such data (Santurkar et al. 2018, appendix A.1).

    Parameters
    ----------
    examples : int
        Number of pairs to train on; as many, of the same A, are held out.
    width : int
        Length of x and of y.
    seed : int

    Returns
    -------
    dataset : Dataset
        x, y: (examples, width) float64, as drawn: of mean 0 and variance 1 only in expectation.
    """
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((width, width))
    x_train, x_test = rng.standard_normal((2, examples, width))
    return Dataset(
        name="linear regression",
        x_train=x_train,
        y_train=x_train @ A.T,
        x_test=x_test,
        y_test=x_test @ A.T,
        source=f"made by bnlab.data.linear_regression from seed {seed}",
        licence="BSD-3-Clause",
    )
