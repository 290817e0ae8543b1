"""Calls a function on probes and writes down what an outsider can see: results, buffers, changed arguments, errors.

What correct solutions do each their own way is not written down: what a cache holds, the precision of results, (1, D)
for (D,), a list for a tuple, further keys in a dictionary, zeros where no buffers were.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from bnlab.checks.exercise import CONTRACTS, fresh
from bnlab.diagnosis.signature import Signature

SAME = {False: 1e-9, True: 1e-3}  # relative to the largest entry, without and with float32
ROUGHLY = 1e-4
THE_SAME, ROUGHLY_THE_SAME, DIFFERENT = "the same", "roughly the same", "different"
BUFFERS = ("running_mean", "running_var")

Results = dict[str, np.ndarray]


class Unable(Exception):
    """The function cannot be looked at: it takes too long, or what it is called with could not be made."""


class Witness:
    """The function of an exercise, and the signature of what it has done so far.

    Parameters
    ----------
    name : str
        The exercise.
    function : callable
    helpers : mapping
        The functions that it is checked with.
    seconds : float
        After that much time no further call is made.
    """

    def __init__(
        self, name: str, function: Callable, helpers: Mapping[str, Callable], seconds: float = np.inf
    ):
        self.contract, self.helpers = CONTRACTS[name], helpers
        self.function = self.contract.harnessed(function)
        self.signature = Signature()
        self.returned = False  # whether any call came back
        self._until = time.perf_counter() + seconds

    def helper(self, name: str, *arguments: Any) -> Any:
        """The result of a helper, for instance the forward pass that fills a cache."""
        self._in_time()
        try:
            return self.helpers[name](*arguments)
        except (Exception, SystemExit) as error:
            raise Unable(f"{name} raised {type(error).__name__}") from None

    def __call__(self, label: str, *arguments: Any) -> Results | None:
        """Call the function and write everything down. Returns the results that are arrays, None after an error."""
        self.signature.word(f"[{label}]")
        results = self.quietly(*arguments, note=self.signature.word)
        for name, array in (results or {}).items():
            self.signature.word(name)
            self.signature.array(array)
        for name in self.contract.writes if results is not None else ():
            argument = arguments[self.contract.arguments.index(name)]
            for key, array in stored(argument).items():
                self.signature.word(f"{name}[{key}]")
                self.signature.array(array)
        return results

    def quietly(self, *arguments: Any, note: Callable[[str], None] = lambda text: None) -> Results | None:
        """As a call, but the numbers are not written down; words go to ``note``."""
        self._in_time()
        named = dict(zip(self.contract.arguments, arguments, strict=False))
        own = (*self.contract.writes, "cache")
        given = {name: value if name in own else fresh(value) for name, value in named.items()}
        try:
            value = self.function(*given.values())
        except (Exception, SystemExit) as error:
            note(f"raised {type(error).__name__}")
            return None
        self.returned = True
        for name in named:
            if name not in own and not equal(named[name], given[name]):
                note(f"{name} changed")
        return self._taken_apart(value, self.contract.returns(*arguments), note)

    def edges(self) -> None:
        """What follows are special cases, which one mistake may meet in several ways."""
        self.signature.ordinary = len(self.signature.items)

    def compare(self, label: str, got: object, want: object) -> None:
        """Write down, instead of the numbers, how well two results or dictionaries of them agree."""
        found = _agreement(got, want, SAME[self.signature.single])
        if self.signature.single and found in (ROUGHLY_THE_SAME, DIFFERENT):
            found = "float32"  # has too few digits to tell
        self.signature.word(f"[{label}] {found}")

    def _taken_apart(self, value: Any, wanted: Mapping[str, Any], note: Callable[[str], None]) -> Results:
        names = list(wanted)
        if self.contract.mapping:
            items = value if isinstance(value, dict) else {}
        elif len(names) == 1:
            items = {names[0]: value}
        elif isinstance(value, tuple | list) and len(value) == len(names):
            items = dict(zip(names, value, strict=True))
        else:
            items = {}
            note(f"returned {type(value).__name__} of {len(value) if isinstance(value, tuple | list) else 1}")
        results = {}
        for name, shape in wanted.items():
            if shape is None:
                continue
            array = _array(items.get(name), shape)
            if array is None:
                note(f"{name} {type(items.get(name)).__name__}")
            else:
                results[name] = array
        return results

    def _in_time(self) -> None:
        if time.perf_counter() > self._until:
            raise Unable("too slow")


def stored(param: object) -> Results:
    """The running buffers in a dictionary; zeros are as good as none."""
    found = {}
    for key in BUFFERS if isinstance(param, dict) else ():
        array = param.get(key)
        array = _array(array, np.shape(array)[1:] if np.ndim(array) == 2 and len(array) == 1 else ())
        if array is not None and array.any():
            found[key] = array
    return found


def _array(value: Any, shape: tuple[int, ...]) -> np.ndarray | None:
    """A copy of ``value``, (1, D) as (D,) where ``shape`` is that; None if it holds no numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.generic | np.ndarray):
        return None
    array = np.array(value)
    if array.dtype.kind not in "fiu":
        return None
    if not isinstance(value, np.ndarray | np.integer):
        array = array.astype(np.promote_types(array.dtype, np.float16))  # a plain 0 is as good as 0.0
    return array[0] if len(shape) == 1 and array.shape == (1, *shape) else array


def equal(one: Any, other: Any) -> bool:
    """Whether the arrays in two values are; other parts count as equal."""
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(equal, one, other))
    if type(one) is dict:
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return True


def _agreement(got: object, want: object, same: float) -> str:
    if not isinstance(got, dict) or not isinstance(want, dict):
        return "neither" if got is want is None else "one of the two"
    if {name: array.shape for name, array in got.items()} != {
        name: array.shape for name, array in want.items()
    }:
        return "of other shapes"
    worst = 0.0
    for name, array in want.items():
        array, other = array.astype(np.float64), got[name].astype(np.float64)
        size = max(float(np.abs(array).max(initial=0.0)), 1e-300)
        error = np.abs(other - array).max(initial=0.0) / size
        worst = max(worst, float(error)) if np.isfinite(error) else np.inf
    return THE_SAME if worst <= same else ROUGHLY_THE_SAME if worst <= ROUGHLY else DIFFERENT
