"""Right side: the length of an explicit projection. Left side: an explicit Jacobian. Norms: those of NumPy."""

import numpy as np
from bnlab_solutions import *


def lp_normalize(x, p):
    x = np.asarray(x)
    out = np.zeros(x.shape, np.result_type(x, np.float32) if x.dtype.kind == "f" else float)
    for j in range(x.shape[1]):
        column = x[:, j].astype(out.dtype)
        count = 1 if np.isinf(p) else len(column) ** (1 / p)
        norm = np.linalg.norm(column, ord=p) / count
        if norm > 0:
            out[:, j] = (column - column.mean()) / norm
    return out


def theorem_4_1_sides(dout, y, gamma):
    m, D = y.shape
    left, right = np.zeros(D), np.zeros(D)
    for j in range(D):
        centred = y[:, j] - y[:, j].mean()
        std = np.linalg.norm(centred) / np.sqrt(m)
        basis = np.stack([np.ones(m) / np.sqrt(m), centred / np.linalg.norm(centred)])
        jacobian = gamma[j] / std * (np.eye(m) - basis.T @ basis)
        left[j] = np.linalg.norm(jacobian.T @ dout[:, j]) ** 2
        rest = dout[:, j] - basis.T @ (basis @ dout[:, j])
        right[j] = (gamma[j] / std) ** 2 * rest @ rest
    return [left, right]
