"""What a course does in hidden cases, written down so that two courses can be compared.

A ``Recorder`` stands between a case and the functions that it calls. For every call it notes what an outsider can
see: the results that the contract names, the running buffers, whether an argument was changed, or the error. A cache
belongs to the student and is never looked at; the forward pass that has made it is. A ``Table`` holds the traces of
many courses on the same cases and compares another trace with all of them at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bnlab.checks  # noqa: F401  (fills CONTRACTS)
import numpy as np
from bnlab.checks.exercise import CONTRACTS, Contract

from bnlab_autograder.grading.at_home import at_home

RTOL, ATOL = 1e-7, 1e-12  # as hidden cases have them, relative to the largest entry of the feature
SINGLE = 1e3  # float32 is that much coarser
MARGIN = 10.0  # times what a nudge does to an answer
LARGE = 10_000  # entries; larger answers are known by their shape alone
BUFFERS = ("running_mean", "running_var")
OUTCOME, RAISED = "outcome", "raised"


@dataclass(frozen=True)
class Seen:
    """One thing that was seen: what it is, and its numbers if it has any."""

    tag: str
    values: np.ndarray | None = None  # float64
    single: bool = False  # whether they have the precision of float32


Key = tuple[str, str, int, str]  # case, function, number of the call, what was seen
Trace = dict[Key, Seen]


class Recorder:
    """A course whose calls of one exercise are noted in ``trace``.

    Parameters
    ----------
    course : object
        Has the functions of the course as attributes.
    exercise : str
        The function to watch. Others that a case calls say nothing about it, but for forward passes before it.
    case : str
        The case that is running.
    nudged : bool
        Whether to nudge all arguments before each call: by so little that it only shows where digits cancel.
    """

    def __init__(self, course: object, exercise: str, case: str, *, nudged: bool = False):
        self._course, self._exercise, self._case, self._nudged = course, exercise, case, nudged
        self._calls: Counter[str] = Counter()
        self.trace: Trace = {}

    def __getattr__(self, name: str) -> Any:
        function = at_home(getattr(self._course, name), name)
        contract = CONTRACTS.get(name)
        if contract is None or not self._watches(contract):
            return function
        return lambda *arguments, **named: self._call(function, contract, arguments, named)

    def beside(self, course: object) -> Recorder:
        """A recorder of another course whose calls belong to the same case and the same trace."""
        other = Recorder(course, self._exercise, self._case, nudged=self._nudged)
        other._calls, other.trace = self._calls, self.trace
        return other

    def ended(self, passed: bool) -> Trace:
        """The trace, closed with the outcome of the case."""
        self.trace[self._case, OUTCOME, 0, ""] = Seen("passed" if passed else "failed")
        return self.trace

    def _watches(self, contract: Contract) -> bool:
        own = CONTRACTS.get(self._exercise)
        forward = own is not None and "cache" in own.arguments and bool(contract.writes)
        return contract is own or forward

    def _call(self, function: Callable, contract: Contract, arguments: tuple, named: dict) -> Any:
        number, self._calls[contract.name] = self._calls[contract.name], self._calls[contract.name] + 1
        given = {**dict(zip(contract.arguments, arguments, strict=False)), **named}
        own = (*contract.writes, "cache")
        observed = {name: value for name, value in given.items() if name not in own}
        if self._nudged:
            _nudge({name: value for name, value in given.items() if name != "cache"})
        before = {name: _frozen(value) for name, value in observed.items()}
        shapes = _shapes(contract, given)
        try:
            value = function(*arguments, **named)
        except Exception as error:  # what the call had changed by then does not come back from a sandbox
            self._note(contract, number, given, {RAISED: Seen(_kind(error))})
            raise
        found = _results(contract, shapes, value)
        for name in contract.writes:
            found |= _buffers(name, given.get(name))
        found |= {
            f"{name} changed": Seen("yes") for name in observed if _frozen(observed[name]) != before[name]
        }
        self._note(contract, number, given, found)
        return value

    def _note(
        self, contract: Contract, number: int, given: Mapping[str, Any], found: dict[str, Seen]
    ) -> None:
        coarse = any(isinstance(value, np.ndarray) and value.dtype == np.float32 for value in given.values())
        for what, seen in found.items():
            key = self._case, contract.name, number, what
            self.trace[key] = replace(seen, single=True) if coarse else seen


def _shapes(contract: Contract, given: Mapping[str, Any]) -> dict[str, tuple[int, ...] | None]:
    try:
        return contract.returns(*given.values())
    except Exception:  # arguments that the contract does not know, for instance of another stage
        return {}


def _results(contract: Contract, shapes: Mapping[str, tuple[int, ...] | None], value: Any) -> dict[str, Seen]:
    names = list(shapes)
    if contract.mapping:
        if not isinstance(value, dict):
            return {"results": Seen(type(value).__name__)}
        items = value
    elif len(names) == 1:
        items = {names[0]: value}
    elif isinstance(value, tuple | list) and len(value) == len(names):
        items = dict(zip(names, value, strict=True))
    else:
        count = f" of {len(value)}" if isinstance(value, tuple | list) else ""
        return {"results": Seen(type(value).__name__ + count)}
    return {
        name: _seen(items[name], shape)
        for name, shape in shapes.items()
        if shape is not None and name in items
    }


def _seen(value: Any, shape: tuple[int, ...] = ()) -> Seen:
    """``shape`` is what the contract says: (1, D) passes for (D,), and any precision for another."""
    if isinstance(value, int | float | np.generic) and not isinstance(value, bool):
        value = np.asarray(value, None if isinstance(value, np.generic) else np.float64)
    if not isinstance(value, np.ndarray):
        return Seen("None" if value is None else type(value).__name__)
    if len(shape) == 1 and value.shape == (1, *shape):
        value = value[0]
    kind = {"f": "floats", "i": "integers", "u": "integers"}.get(value.dtype.kind, value.dtype.kind)
    tag = f"{kind} {value.shape}"
    if kind not in ("floats", "integers") or value.size > LARGE:
        return Seen(tag)
    return Seen(tag, value.astype(np.float64), value.dtype.itemsize < 8 and kind == "floats")


def _buffers(argument: str, value: Any) -> dict[str, Seen]:
    """The running buffers in a dictionary that a function may write into; zeros are as good as none."""
    found = {}
    for key in BUFFERS if isinstance(value, dict) else ():
        array = value.get(key)
        if isinstance(array, np.ndarray) and array.any():
            flat = array.ndim == 2 and len(array) == 1
            found[f"{argument}[{key}]"] = _seen(array, array.shape[1:] if flat else ())
        elif array is not None and not isinstance(array, np.ndarray):
            found[f"{argument}[{key}]"] = _seen(array)
    return found


def _kind(error: Exception) -> str:
    """The type of an error of this process, or of one that a sandbox reports."""
    return getattr(error, "type_name", type(error).__name__)


def _frozen(value: Any) -> Any:
    """A copy of the numbers in ``value`` that can be compared."""
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, list | tuple):
        return [_frozen(item) for item in value]
    if type(value) is dict:
        return {key: _frozen(item) for key, item in value.items()}
    return None


def _nudge(value: Any) -> None:
    """Move numbers by up to three units in the last place, each its own way; equal ones stay equal, and 0 stays."""
    if isinstance(value, np.ndarray) and value.dtype in (np.float64, np.float32) and value.flags.writeable:
        bits = value.view(f"i{value.dtype.itemsize}")
        units = (bits * 0x9E3779B1 >> 13) % 7 - 3
        bits += np.where((value == 0) | ~np.isfinite(value), 0, units).astype(bits.dtype)
    elif isinstance(value, list | tuple):
        for item in value:
            _nudge(item)
    elif type(value) is dict:
        for item in value.values():
            _nudge(item)


@dataclass(frozen=True)
class Comparison:
    """How a trace compares with the rows of a table, key by key."""

    like: np.ndarray  # (rows, keys): the same as in that row
    right: np.ndarray  # (keys,): the same as in the reference
    reached: np.ndarray  # (keys,): the trace holds the call that a key belongs to
    beyond: int  # how many keys of the trace are in no row


class Table:
    """The traces of many courses on the same cases.

    Parameters
    ----------
    traces : sequence of Trace
        A row each; the first is the reference.
    nudged : sequence of Trace
        The same with nudged arguments. Where that makes a difference digits cancel, and an answer is known only by
        being off, and about how much.

    Attributes
    ----------
    keys : list
        What was seen in any of the traces.
    off, noisy, telling : arrays (rows, keys) of bool
        Where a row differs from the reference, where it is known only roughly, and where it shows an answer: an
        outcome or an error says too little about its cause.
    """

    def __init__(self, traces: Sequence[Trace], nudged: Sequence[Trace]):
        self.keys: list[Key] = sorted({key for trace in traces for key in trace})
        self._place = {key: k for k, key in enumerate(self.keys)}
        self._lay_out(traces)
        rows = [self._row(trace) for trace in traces]
        self._tags, self._values, self._coarseness = (np.array(column) for column in zip(*rows, strict=True))
        self._margins = np.array([self._margins_of(trace) for trace in traces])
        self.noisy, self._erratic = (np.zeros(self._tags.shape, bool) for _ in range(2))
        for row, (trace, other) in enumerate(zip(traces, nudged, strict=True)):
            for key in trace.keys() & other.keys():
                if key[1] != OUTCOME:
                    self._allow_for(row, self._place[key], trace[key], other[key])
        self.off = np.array([~self._near(row)[0] for row in rows])
        self.telling = (self._tags > 0) & np.array(
            [key[1] != OUTCOME and key[3] != RAISED for key in self.keys]
        )

    def compare(self, trace: Trace) -> Comparison:
        like = self._near(self._row(trace))
        right = like[0].copy()
        like[1:] |= self._erratic[1:]
        like[1:] &= ~self.noisy[1:] | (self.off[1:] == ~right)
        calls = {key[:3] for key in trace}
        reached = np.array([key[:3] in calls for key in self.keys])
        return Comparison(like, right, reached, len(trace.keys() - self._place.keys()))

    def _lay_out(self, traces: Sequence[Trace]) -> None:
        """Give every kind of answer that a key has in some row its place, side by side."""
        self._kinds: list[dict[str, int]] = [{} for _ in self.keys]
        self._slots: dict[tuple[int, str], slice] = {}
        self._starts, end = np.zeros(len(self.keys), int), 0
        for k, key in enumerate(self.keys):
            self._starts[k] = end
            end += 1  # so that no key is left without an entry
            for seen in (trace[key] for trace in traces if key in trace):
                if seen.tag not in self._kinds[k]:
                    self._kinds[k][seen.tag] = len(self._kinds[k]) + 1
                    if seen.values is not None:
                        self._slots[k, seen.tag] = slice(end, end + seen.values.size)
                        end += seen.values.size
        self._length = end

    def _row(self, trace: Trace) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The kind of answer by key (0 = none, -1 = one that no row has), all numbers, and how coarse they are."""
        kinds, values, coarseness = (
            np.zeros(len(self.keys), int),
            np.zeros(self._length),
            np.ones(self._length),
        )
        for key, seen in trace.items():
            k = self._place.get(key)
            if k is None:
                continue
            kinds[k] = self._kinds[k].get(seen.tag, -1)
            slot = self._slots.get((k, seen.tag))
            if slot is not None:
                values[slot] = seen.values.ravel()
                coarseness[slot] = SINGLE if seen.single else 1.0
        return kinds, values, coarseness

    def _margins_of(self, trace: Trace) -> np.ndarray:
        margins = np.zeros(self._length)
        for key, seen in trace.items():
            slot = self._slots.get((self._place[key], seen.tag))
            if slot is not None:
                margins[slot] = (
                    (RTOL * _scale(seen.values) + ATOL) * (SINGLE if seen.single else 1.0)
                ).ravel()
        return margins

    def _allow_for(self, row: int, k: int, seen: Seen, nudged: Seen) -> None:
        """Widen the margin of an answer by what a nudge does to it."""
        if seen.tag != nudged.tag:
            self.noisy[row, k] = self._erratic[row, k] = True
            return
        slot = self._slots.get((k, seen.tag))
        if slot is None:
            return
        values, others = seen.values.ravel(), nudged.values.ravel()
        with np.errstate(all="ignore"):
            moved = MARGIN * np.abs(values - others)
        moved[(values == others) | (np.isnan(values) & np.isnan(others))] = 0.0
        moved[np.isnan(moved)] = np.inf  # a number here, none there: no telling
        if (moved > self._margins[row, slot]).any():
            self.noisy[row, k] = True
            most = moved.max(initial=0.0, where=np.isfinite(moved))
            self._margins[row, slot] = np.maximum(np.maximum(self._margins[row, slot], most), moved)

    def _near(self, row: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
        """(rows, keys): whether an answer has the same kind and, within the margins, the same numbers."""
        kinds, values, coarseness = row
        with np.errstate(all="ignore"):
            margins = self._margins * np.maximum(coarseness / self._coarseness, 1.0)
            near = np.abs(self._values - values) <= margins
        near |= np.isinf(margins) | (self._values == values) | (np.isnan(self._values) & np.isnan(values))
        return np.logical_and.reduceat(near, self._starts, axis=1) & (self._tags == kinds)


def _scale(values: np.ndarray) -> np.ndarray:
    """For each entry the largest of its feature: axis 1 of images, else the last one."""
    size = np.where(np.isfinite(values), np.abs(values), 0.0)
    if values.ndim < 2 or not values.size:
        return np.full(values.shape, size.max(initial=0.0))
    axes = tuple(axis for axis in range(values.ndim) if axis != (1 if values.ndim == 4 else values.ndim - 1))
    return np.broadcast_to(np.maximum(size.max(axis=axes, keepdims=True), 1e-3 * size.max()), values.shape)
