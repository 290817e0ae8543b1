"""Data sets for the experiments, the same on every call; all but CIFAR-10 work without a network.

Images are (N, C, H, W) float32, channel by channel of mean 0 and standard deviation 1 over the training images,
and labels (N,) int64. Arrays are read-only: copy what you want to change. ``bnlab.nn.to_engine`` brings images
into the layout of the engine.
"""

from __future__ import annotations

from bnlab.data.cifar10 import cifar10
from bnlab.data.dataset import Dataset, DataUnavailable
from bnlab.data.digits import digits
from bnlab.data.linear import linear_regression
from bnlab.data.procedural import procedural_images

__all__ = ["DataUnavailable", "Dataset", "cifar10", "digits", "linear_regression", "procedural_images"]
