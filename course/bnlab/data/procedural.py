"""Small coloured images of ten shapes and textures, made from a seed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bnlab.data.dataset import Dataset, sizes, standardised
from bnlab.validate import number

__all__ = ["procedural_images"]

SHARPNESS = 16  # of edges: an edge takes about a quarter of a shape's radius


@lru_cache(maxsize=2)
def procedural_images(count=7500, hard=0.5, noise=0.1, seed=0, test=None, side=16):
    """Images of ten classes: shapes and textures of random colour, size and pose, before a random gradient.

    Parameters
    ----------
    count : int
        Number of images, those held out included; the classes come equally often, up to one image.
    hard : float in [0, 1]
        How far shapes are moved and turned, how strong gradients are, how large the spot is that covers a part.
    noise : float
        Standard deviation of the noise on each pixel; colours lie between −1 and 1.
    seed : int
        Equal arguments give equal images (up to rounding, which differs between processors).
    test : int, optional
        How many of them are held out; a fifth unless told.
    side : int
        Height and width in pixels.

    Returns
    -------
    dataset : Dataset
        x: (N, 3, side, side) float32, standardised per channel, mostly between −3 and 3; y: (N,) int64 in 0 … 9.
    """
    train, test = sizes(count, count // 5 if test is None else test)
    hard, noise = number("hard", hard, 0, 1), number("noise", noise, 0)
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(count) % len(FIELDS))
    y, x = pixel_grid(side)
    shape = shapes(rng, labels, x, y, hard)[:, None]
    back, fore = colours(rng, count)
    images = back + gradient(rng, count, x, y, hard) + (fore - back) * shape
    spot = spots(rng, count, x, y, hard)[:, None]
    images += (uniform(rng, -1, 1, count, 3) - images) * spot
    images += noise * rng.standard_normal(images.shape, dtype=np.float32)
    images = standardised(images, train)
    return Dataset(
        name="procedural images",
        x_train=images[:train],
        y_train=labels[:train],
        x_test=images[train:],
        y_test=labels[train:],
        source=f"made by bnlab.data.procedural_images from seed {seed}",
        licence="BSD-3-Clause",
        classes=tuple(FIELDS),
    )


def pixel_grid(side):
    """Coordinates of the pixels' centres in [−1, 1], (side, 1) downwards and (1, side) to the right."""
    line = (np.arange(side, dtype=np.float32) + 0.5) * 2 / side - 1
    return line[:, None], line[None, :]


def uniform(rng, low, high, count, *shape):
    """(count, *shape, 1, 1) float32, to broadcast over pixels."""
    return rng.uniform(low, high, (count, *shape, 1, 1)).astype(np.float32)


def cover(field):
    """How much of a pixel a shape covers, in [0, 1]: ``field`` is positive inside, negative outside."""
    return 1 / (1 + np.exp(-SHARPNESS * field))


def shapes(rng, labels, x, y, hard):
    """(N, H, W): what the shape of each image covers, each in a pose of its own."""
    count = len(labels)
    centre_x, centre_y = (hard * uniform(rng, -0.3, 0.3, count) for _ in range(2))
    radius, angle = uniform(rng, 0.45, 0.8, count), hard * uniform(rng, -0.35, 0.35, count)
    period, phase = np.pi * uniform(rng, 1.6, 2.6, count), uniform(rng, 0, 2 * np.pi, count)
    cos, sin = np.cos(angle), np.sin(angle)
    u = ((x - centre_x) * cos + (y - centre_y) * sin) / radius
    v = ((y - centre_y) * cos - (x - centre_x) * sin) / radius
    covered = np.empty_like(u)
    for label, field in enumerate(FIELDS.values()):
        own = labels == label
        covered[own] = cover(field(u[own], v[own], period[own], phase[own]))
    return covered


def colours(rng, count):
    """Background and foreground, (N, 3, 1, 1) each, at least 0.7 apart so that every shape can be seen."""
    back, fore = uniform(rng, -1, 1, count, 3), uniform(rng, -1, 1, count, 3)
    apart = np.linalg.norm(fore - back, axis=1, keepdims=True)
    return back, back + (fore - back) / apart * np.maximum(apart, 0.7)


def gradient(rng, count, x, y, hard):
    """(N, 3, H, W): light that grows along a random direction in each colour."""
    return hard * (uniform(rng, -0.5, 0.5, count, 3) * x + uniform(rng, -0.5, 0.5, count, 3) * y)


def spots(rng, count, x, y, hard):
    """(N, H, W): a round spot somewhere, which distracts from the shape."""
    centre_x, centre_y = uniform(rng, -1, 1, count), uniform(rng, -1, 1, count)
    radius = hard * uniform(rng, 0.1, 0.3, count)
    return cover(2 * (radius - np.hypot(x - centre_x, y - centre_y)))


def box(u, v):
    return np.maximum(abs(u), abs(v))


def plus(u, v):
    """Two bars that cross."""
    return np.maximum(
        np.minimum(0.28 - abs(u), 1 - abs(v)),
        np.minimum(0.28 - abs(v), 1 - abs(u)),
    )


def bars(along, u, v, period, phase):
    return np.minimum(0.4 * np.sin(period * along + phase), 1 - box(u, v))


def chequers(u, v, period, phase):
    return np.minimum(np.sin(period * u + phase) * np.sin(period * v + phase), 1 - box(u, v))


HALF = np.float32(np.sqrt(0.5))

# (u, v): (N, H, W), the pixels as the shape sees them: upright, around 0, about as large as [−1, 1]²; v points down.
FIELDS = {
    "disc": lambda u, v, *_: 1 - np.hypot(u, v),
    "ring": lambda u, v, *_: 0.28 - abs(np.hypot(u, v) - 0.75),
    "square": lambda u, v, *_: 0.85 - box(u, v),
    "frame": lambda u, v, *_: 0.24 - abs(box(u, v) - 0.75),
    "triangle": lambda u, v, *_: np.minimum(0.65 - v, 0.5 + 0.5 * v - 0.9 * abs(u)),
    "plus": lambda u, v, *_: plus(u, v),
    "cross": lambda u, v, *_: plus((u + v) * HALF, (u - v) * HALF),
    "horizontal bars": lambda u, v, *wave: bars(v, u, v, *wave),
    "vertical bars": lambda u, v, *wave: bars(u, u, v, *wave),
    "chequers": chequers,
}
