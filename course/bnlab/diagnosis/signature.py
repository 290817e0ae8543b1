"""Words and numbers that say what a function did, and digests of them that do not mind rounding.

An array becomes its kind and shape (words), the size of its largest entry, and a few fixed mixtures of its entries
relative to that (numbers). Numbers are rounded to a grid. One that rounding noise might carry across a cell's border
has two spellings, and whoever looks for a signature tries them all; what is stored has one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np

GRID = 1024  # cells for a mixture that grows by as much as the largest entry
NOISE = {False: 1e-9, True: 4e-6}  # of a number, without and with float32 anywhere
MIXTURES = 3
ZERO = 1e-9  # what is smaller everywhere is rounding
DOUBTFUL = 8  # numbers near a border; with more of them nothing is looked up
DIGITS = 16


@dataclass
class Signature:
    """Everything that was seen of a function on the probes of an exercise: first ordinary ones, then edges."""

    items: list[str | float] = field(default_factory=list)
    single: bool = False  # whether float32 came back somewhere
    ordinary: int | None = None  # so many items come before the edges

    def without_edges(self) -> Signature | None:
        """What was seen of ordinary probes; None if there were no others."""
        return Signature(self.items[: self.ordinary], self.single) if self.ordinary is not None else None

    def word(self, text: str) -> None:
        self.items.append(text)

    def array(self, array: np.ndarray) -> None:
        """Of any shape; floats or integers."""
        kind = "floats" if array.dtype.kind == "f" else "integers"
        self.single |= kind == "floats" and array.dtype.itemsize < 8
        values = array.astype(np.float64).ravel()
        size = float(np.abs(values).max(initial=0.0))
        rough = "" if np.isfinite(size) else " not finite" if values.size else " empty"
        self.word(f"{kind} {array.shape}{' zero' if size < ZERO else rough}")
        if ZERO <= size < np.inf:
            self.items += [float(np.log2(size)), *(_mixtures(values.size) @ (values / size)).tolist()]

    def spellings(self) -> Iterator[bytes]:
        """The signature as bytes, then its spellings beyond the borders that are near; none if these are too many."""
        cells: list[tuple[str, ...]] = []
        for item in self.items:
            if isinstance(item, str):
                cells.append((item,))
                continue
            place = GRID * item
            nearest = round(place)
            other = nearest + (1 if place > nearest else -1)
            near = 0.5 - abs(place - nearest) <= GRID * NOISE[self.single] * max(1.0, abs(item))
            cells.append((f"{nearest:d}", f"{other:d}") if near else (f"{nearest:d}",))
        if sum(len(cell) > 1 for cell in cells) <= DOUBTFUL:
            for spelling in product(*cells):
                yield "\n".join(spelling).encode()


def digest(spelling: bytes, salt: str) -> str:
    """What is stored of a spelling."""
    inner = hashlib.sha256(spelling).digest()
    return hashlib.sha256(salt.encode() + inner).hexdigest()[:DIGITS]


def _mixtures(size: int) -> np.ndarray:
    """(MIXTURES, size): weights between −1 and 1, no two alike."""
    turns = np.outer(np.sqrt([2.0, 3.0, 5.0])[:MIXTURES], np.arange(1, size + 1))
    return np.cos(2 * np.pi * turns)
