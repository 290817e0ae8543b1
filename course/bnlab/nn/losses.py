"""Losses with their gradients; the batch is on the last axis."""

from __future__ import annotations

import numpy as np

__all__ = ["softmax_cross_entropy", "squared_loss"]


def softmax_cross_entropy(logits, labels):
    """Mean of −log softmax(logits)[label] over the batch.

    logits: (K, N), labels: (N,) whole numbers below K. Returns (loss, dlogits) with
    dlogits = (softmax − one-hot) / N: (K, N).
    """
    K, N = logits.shape if logits.ndim == 2 else (0, 0)
    labels = np.asarray(labels)
    if not N:
        raise ValueError(f"logits should have shape (K, N), but its shape is {logits.shape}")
    if labels.shape != (N,) or labels.dtype.kind not in "iu":
        raise ValueError(f"labels should be ({N},) whole numbers, but are {labels.shape} of {labels.dtype}")
    if labels.min() < 0 or labels.max() >= K:
        raise ValueError(f"labels should lie between 0 and {K - 1}")
    examples = np.arange(N)
    shifted = logits - logits.max(axis=0)  # exp cannot overflow
    softmax = np.exp(shifted)
    total = softmax.sum(axis=0)
    loss = float((np.log(total) - shifted[labels, examples]).mean())
    softmax /= total
    softmax[labels, examples] -= 1
    softmax /= N
    return loss, softmax


def squared_loss(out, target):
    """Σ (out − target)², summed over the batch as well. Returns (loss, 2 (out − target)); equal shapes."""
    if out.shape != np.shape(target):
        raise ValueError(f"target should have shape {out.shape}, but its shape is {np.shape(target)}")
    difference = out - np.asarray(target, out.dtype)
    return float(np.vdot(difference, difference)), 2 * difference
