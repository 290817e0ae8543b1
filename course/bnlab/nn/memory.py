"""Memory for buffers, the engine's and NumPy's."""

from __future__ import annotations

import math
from contextlib import contextmanager

import numpy as np

__all__ = ["aligned", "short_ufunc_buffers"]


def aligned(shape, dtype):
    """An uninitialised array at the start of a cache line (64 bytes), where wide loads and stores run faster."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


@contextmanager
def short_ufunc_buffers():
    """Within the block, operations of NumPy take their operands in pieces of 2,048 entries instead of 8,192.

    Where a piece spans several rows, a statistic per row is copied out to its length first. The rows of small
    images are shorter than 8,192 entries, and such operations take half the time without that copy.
    """
    before = np.setbufsize(2048)
    try:
        yield
    finally:
        np.setbufsize(before)
