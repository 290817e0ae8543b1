"""Handwritten digits of 8×8 pixels, shipped with this package."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from bnlab.data.dataset import Dataset, standardised

__all__ = ["digits"]

TRAIN = 1400


@lru_cache(maxsize=2)
def digits(seed=0):
    """1,797 real handwritten digits of 13 people, 1,400 of them to train on.

    Parameters
    ----------
    seed : int
        Of the order in which they are drawn: who writes the digits held out also writes digits trained on.

    Returns
    -------
    dataset : Dataset
        x: (N, 1, 8, 8) float32, standardised with one mean and standard deviation (about −0.8 to 1.9);
        y: (N,) int64 in 0 … 9.
    """
    with files(__package__).joinpath("digits.npz").open("rb") as file, np.load(file) as stored:
        images, labels = stored["images"], stored["labels"]
    order = np.random.default_rng(seed).permutation(len(labels))
    x, y = standardised(images[order, None], TRAIN), labels[order].astype(np.int64)
    return Dataset(
        name="UCI digits",
        x_train=x[:TRAIN],
        y_train=y[:TRAIN],
        x_test=x[TRAIN:],
        y_test=y[TRAIN:],
        source="E. Alpaydin and C. Kaynak (1998), Optical Recognition of Handwritten Digits, "
        "UCI Machine Learning Repository, https://doi.org/10.24432/C50P49",
        licence="CC BY 4.0",
        classes=tuple("0123456789"),
    )
