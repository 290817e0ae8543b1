"""What every loader returns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["DataUnavailable", "Dataset"]


class DataUnavailable(RuntimeError):
    """A data set that has to be downloaded could not be; the message says what to do."""


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples to train on and examples held out; the arrays are read-only.

    Attributes
    ----------
    name : str
    x_train, x_test : ndarray
        Images (N, C, H, W) float32, or vectors (N, D).
    y_train, y_test : ndarray
        Labels (N,) int64, or the vectors (N, D) to predict.
    source, licence : str
        Where the data come from, whom to cite, and how they may be used.
    classes : tuple of str
        What the labels stand for; empty without labels.
    """

    name: str
    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    source: str
    licence: str
    classes: tuple[str, ...] = ()

    def __post_init__(self):
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            array.setflags(write=False)

    def __repr__(self):
        return f"<{self.name}: x_train {self.x_train.shape}, x_test {self.x_test.shape}, {self.licence}>"


def standardised(images, train):
    """``images`` (N, C, H, W) with mean 0 and standard deviation 1 per channel over the first ``train`` of them."""
    axes = (0, 2, 3)
    mean = images[:train].mean(axis=axes, keepdims=True, dtype=np.float64)
    std = images[:train].std(axis=axes, keepdims=True, dtype=np.float64)
    return ((images - mean) / std).astype(np.float32)


def sizes(total, test, name="count"):
    """(train, test) sizes of ``total`` examples, both at least 1; otherwise a ValueError."""
    if not 0 < test < total:
        raise ValueError(f"test should lie between 1 and {name} − 1, {total - 1}, but is {test}")
    return total - test, test
