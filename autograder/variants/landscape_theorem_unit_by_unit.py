"""Unit by unit in plain sums, with the length of the normalised y measured instead of known."""

import math

import numpy as np
from bnlab_solutions import *


def theorem_4_1_sides(dout, y, gamma):
    sides = []
    for g, values, scale in zip(dout.T.tolist(), y.T.tolist(), gamma.tolist(), strict=True):
        mean = math.fsum(values) / len(values)
        std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        hat = [(value - mean) / std for value in values]
        along = [math.fsum(g), math.fsum(a * b for a, b in zip(g, hat, strict=True))]
        squares = [len(hat), math.fsum(a * a for a in hat)]
        dy = [
            scale / std * (a - along[0] / squares[0] - b * along[1] / squares[1])
            for a, b in zip(g, hat, strict=True)
        ]
        removed = sum(a * a / b for a, b in zip(along, squares, strict=True))
        factor = (scale / std) ** 2
        sides.append((math.fsum(a * a for a in dy), factor * (math.fsum(a * a for a in g) - removed)))
    left, right = np.array(sides).T
    return left, right
