"""Memory for buffers, the engine's and NumPy's."""

from __future__ import annotations

import math
from contextlib import contextmanager
from threading import local

import numpy as np

__all__ = ["aligned", "scratch", "short_ufunc_buffers"]


def aligned(shape, dtype):
    """An uninitialised array at the start of a cache line (64 bytes), where wide loads and stores run faster."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


class _Scratch(local):
    """A dict for each thread."""

    def __init__(self):
        self.held = {}


_SCRATCH = _Scratch()


def scratch(name, shape, dtype):
    """Memory for what is used up before its user returns: whoever asks for ``name`` next gets the same.

    It is in cache by then, which memory of each layer's own is not.
    """
    size = math.prod(shape)
    held = _SCRATCH.held.get(name)
    if held is None or held.size < size or held.dtype != dtype:
        held = _SCRATCH.held[name] = aligned((size,), dtype)
    return held[:size].reshape(shape)


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
