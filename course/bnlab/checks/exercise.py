"""An exercise and its checks, and the way in which checks call a student's functions.

The module of a stage declares its exercises and hangs the checks on them:

    mean = Exercise("mean", stage="01", arguments=("x",), returns=lambda x: {"m": x.shape[1:]}, ...)

    @mean.invariant("a shift moves the mean along")
    def _(ask):
        close(ask(x + 1), ask(x) + 1, "m", "One more everywhere")

Type and shape of the results are checked at every call, so a check can rely on what ``ask`` returns.
"""

from __future__ import annotations

import functools
import linecache
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from traceback import walk_tb
from types import TracebackType
from typing import Any

import numpy as np

from bnlab.checks.expect import Failure, Unimplemented, describe, entry, pair


@dataclass(frozen=True)
class Contract:
    """How a function is called and what it returns.

    ``returns`` maps the arguments of a call to the names of the results and their shapes: None for a result
    that belongs to the student (a cache), ``()`` for a number. With ``mapping`` the results come in a dict.
    """

    name: str
    arguments: tuple[str, ...]
    returns: Callable[..., dict[str, tuple[int, ...] | None]]
    mapping: bool = False
    writes: tuple[str, ...] = ()  # arguments that the function may change
    harness: Callable[..., Any] | None = None

    def harnessed(self, function: Callable) -> Callable:
        """What is called with ``arguments``: ``function`` itself, or what its harness makes of it."""
        return functools.partial(self.harness, function) if self.harness else function


@dataclass
class Exercise:
    """A function (or a class) that students write, and the visible checks of it.

    A ``harness`` belongs to an exercise that takes or is an object: a network, a generator, a class. It is a
    function of a module, ``harness(function, *plain) -> plain``, that builds the objects from plain data, uses
    ``function`` on them, and returns plain data. ``arguments`` and ``returns`` are then those of the harness.
    """

    name: str
    stage: str
    arguments: tuple[str, ...]
    returns: Callable[..., dict[str, tuple[int, ...] | None]]
    examples: Callable[[Session], list[tuple]]  # ordinary arguments, for the checks that all exercises share
    topics: tuple[str, ...]  # what the hidden cases look at
    helpers: tuple[str, ...] = ()
    mapping: bool = False
    writes: tuple[str, ...] = ()
    harness: Callable[..., Any] | None = None
    checks: list[tuple[str, str, Callable[[Session], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        CONTRACTS[self.name] = Contract(
            self.name, self.arguments, self.returns, self.mapping, self.writes, self.harness
        )
        EXERCISES[self.name] = self

    def shape(self, title: str) -> Callable[[Callable], Callable]:
        return self._check("shape", title)

    def invariant(self, title: str) -> Callable[[Callable], Callable]:
        return self._check("invariant", title)

    def value(self, title: str) -> Callable[[Callable], Callable]:
        return self._check("value", title)

    def _check(self, kind: str, title: str) -> Callable[[Callable], Callable]:
        def add(function: Callable[[Session], None]) -> Callable[[Session], None]:
            self.checks.append((kind, title, function))
            return function

        return add


EXERCISES: dict[str, Exercise] = {}
CONTRACTS: dict[str, Contract] = {}  # of exercises, and of functions that students are given


class Session:
    """Calls the function of an exercise, and those of its helpers, for the checks.

    Every call gets copies of its arrays. Results come back as float arrays of the agreed shapes; what is
    tolerated on the way there goes to ``notes``.
    """

    def __init__(
        self,
        name: str,
        function: Callable,
        helpers: Mapping[str, Callable],
        notes: dict[str, str],
        *,
        finite: bool = True,
        serves: str = "",
    ):
        self.contract = CONTRACTS[name]
        self.function = function  # as students wrote it
        self.call = self.contract.harnessed(function)
        self.notes = notes
        self.finite = finite  # whether NaN and infinity are refused
        self.serves = serves  # the exercise that this function helps to check
        self.helper = {key: Session(key, helpers[key], {}, {}, serves=name) for key in helpers}

    def __call__(self, *arguments: Any) -> Any:
        """The results of a call: one, or a tuple of several, or a dict."""
        results, _ = self._run(arguments)
        return results

    def types(self, *arguments: Any) -> None:
        """Call, and look at nothing but the types of the results."""
        self._run(arguments, shapes=False)

    def pure(self, *arguments: Any) -> Any:
        """As a call, but raise Failure if the arguments are not afterwards what they were before."""
        results, given = self._run(arguments)
        for name, before, after in zip(self.contract.arguments, arguments, given, strict=False):
            if name not in self.contract.writes:
                _compare(name, before, after)
        return results

    def refuses(self, claim: str, *arguments: Any) -> None:
        """Failure unless the call raises ValueError; ``claim`` says what it is called with."""
        try:
            self.call(*(fresh(argument) for argument in arguments))
        except NotImplementedError as error:
            raise self._missing(error.__traceback__) from None
        except ValueError:
            return
        except Exception as error:
            raise Failure(
                f"{claim} a ValueError is agreed, but the call raised {type(error).__name__}"
            ) from None
        raise Failure(f"{claim} a ValueError is agreed, but the call went through")

    def accept(self, name: str, value: object, shape: tuple[int, ...], single: bool = False) -> np.ndarray:
        """``value`` as an array of floats of that shape, or Failure. ``single``: float32 was due."""
        array = self._typed(name, value, shape)
        if array.shape != shape:
            if len(shape) == 1 and array.shape == (1, *shape):
                self.notes.setdefault(
                    "shape",
                    f"{name} has shape {array.shape} where {shape} is agreed. Accepted here, but such an "
                    "axis travels: what is computed with it may change shape, too.",
                )
                array = array[0]
            else:
                same = " (as many entries, arranged otherwise)" if array.size == math.prod(shape) else ""
                raise Failure(f"{name} should have shape {shape}, but its shape is {array.shape}{same}.")
        if self.finite and not np.isfinite(array).all():
            bad = np.argwhere(~np.isfinite(array))[0]
            raise Failure(f"{name} should be finite, but {entry(name, tuple(bad))} is {array[tuple(bad)]}.")
        if single and array.dtype == np.float64:
            self.notes.setdefault(
                "upcast " + self.contract.name,
                f"For float32 input {name} comes back as float64. Accepted here, but it doubles the memory "
                "and slows everything down that follows.",
            )
        return array

    def _run(self, arguments: tuple, shapes: bool = True) -> tuple[Any, list]:
        given = [
            argument if name in self.contract.writes else fresh(argument)
            for name, argument in zip(self.contract.arguments, arguments, strict=False)
        ]
        value = self._invoke(given, arguments)
        wanted = self.contract.returns(*arguments)
        items = self._take_apart(value, wanted)
        floats = [a for a in arguments if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        single = bool(floats) and all(a.dtype == np.float32 for a in floats)
        results = {}
        for name, shape in wanted.items():
            if shape is None:
                results[name] = items[name]
            elif shapes:
                try:
                    results[name] = self.accept(name, items[name], shape, single)
                except Failure as failure:
                    raise type(failure)(f"{self.shown(arguments)}: {failure}") from None
            else:
                self._typed(name, items[name], shape)
        if self.contract.mapping or not shapes:
            return results, given
        return (next(iter(results.values())) if len(results) == 1 else tuple(results.values())), given

    def _invoke(self, given: list, arguments: tuple) -> object:
        try:
            return self.call(*given)
        except NotImplementedError as error:
            raise self._missing(error.__traceback__) from None
        except (Exception, SystemExit) as error:
            message = " ".join(str(error).split())
            message = f"{type(error).__name__}: {message}" if message else type(error).__name__
            if len(message) > 240:
                message = message[:239] + "…"
            where = self._where(error.__traceback__)
            raise Failure(f"{self.shown(arguments)} raised {message}{where}.") from None

    def _take_apart(self, value: object, wanted: dict[str, tuple[int, ...] | None]) -> dict[str, object]:
        names = list(wanted)
        if value is None or value is ...:
            raise self._missing(None, f" (it returns {describe(value)})")
        if self.contract.mapping:
            if not isinstance(value, dict):
                raise Failure(f"{self.contract.name} should return a dict, but returns {describe(value)}.")
            missing = [name for name in names if name not in value]
            if missing:
                raise Failure(
                    f"the dict lacks {', '.join(missing)}; its keys are {', '.join(map(str, value))}."
                )
            return value
        if len(names) == 1:
            if isinstance(value, tuple | list):
                raise Failure(
                    f"{self.contract.name} should return {names[0]} alone, but returns {describe(value)}."
                )
            return {names[0]: value}
        if not isinstance(value, tuple | list) or len(value) != len(names):
            expected = f"{len(names)} values, {' and '.join(', '.join(names).rsplit(', ', 1))}"
            raise Failure(f"{self.contract.name} should return {expected}, but returns {describe(value)}.")
        if all(item is None or item is ... for item in value):
            raise self._missing(None, " (it returns nothing but None)")
        return dict(zip(names, value, strict=True))

    def _typed(self, name: str, value: object, shape: tuple[int, ...]) -> np.ndarray:
        if shape == ():
            if isinstance(value, int | float | np.floating) and not isinstance(value, bool):
                return np.asarray(float(value))
            if not (isinstance(value, np.ndarray) and value.shape == () and value.dtype.kind == "f"):
                raise Failure(f"{name} should be a single float, but is {describe(value)}.")
            return value
        if isinstance(value, np.generic):
            value = np.asarray(value)
        if not isinstance(value, np.ndarray):
            raise Failure(f"{name} should be a NumPy array, but is {describe(value)}.")
        if value.dtype.kind != "f":
            raise Failure(f"{name} should hold floating-point numbers, but its dtype is {value.dtype}.")
        return value

    def shown(self, arguments: tuple) -> str:
        """The call, with shapes in place of arrays."""
        named = zip(self.contract.arguments, arguments, strict=False)
        return f"{self.contract.name}({', '.join(_shown(name, value) for name, value in named)})"

    def _missing(self, traceback: TracebackType | None, remark: str = "") -> Failure:
        """What to say when there is no answer yet; it may be that of another function that is called."""
        name = self.contract.name
        frames = [frame.f_code.co_name for frame, _ in walk_tb(traceback)]
        if frames and frames[-1] != name and frames[-1] in CONTRACTS:
            return Failure(f"{name} calls {frames[-1]}, which is not implemented yet.")
        if self.serves:
            return Failure(
                f"{self.serves} is checked together with {name}, which is not implemented yet{remark}."
            )
        return Unimplemented(f"{name} is not implemented yet{remark}.")

    def _where(self, traceback: TracebackType | None) -> str:
        """The line of the student's code at which it happened: the innermost in the function's own file."""
        function = self.function
        while isinstance(function, functools.partial):
            function = function.func
        lines = [(frame.f_code.co_filename, number) for frame, number in walk_tb(traceback)]
        files = _files(function)
        own = [place for place in lines if place[0] in files]
        if not own:
            return ""
        filename, number = own[-1]
        source = linecache.getline(filename, number).strip()
        return f" (line {number}: {source})" if source else f" (line {number})"


def _files(function: Any) -> set[str]:
    """The files in which a function, or the methods of a class, are written."""
    parts = vars(function).values() if isinstance(function, type) else [function]
    codes = (getattr(getattr(part, "__func__", part), "__code__", None) for part in parts)
    return {code.co_filename for code in codes if code is not None}


def fresh(value: Any) -> Any:
    """A copy of arrays, in the same layout, and of lists and dicts with arrays in them; the rest as it is."""
    if isinstance(value, np.ndarray):
        if value.flags.c_contiguous or value.flags.f_contiguous:
            return value.copy(order="K")
        return spaced(value)
    if isinstance(value, list):
        return [fresh(item) for item in value]
    if type(value) is dict:
        return {key: fresh(item) for key, item in value.items()}
    return value


def spaced(array: np.ndarray) -> np.ndarray:
    """An equal array whose entries do not lie side by side in memory."""
    wide = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = wide[..., ::2]
    view[...] = array
    return view


def _compare(name: str, before: Any, after: Any) -> None:
    if isinstance(before, np.ndarray):
        if before.shape != after.shape:
            raise Failure(
                f"the call changed the shape of its argument {name} from {before.shape} to {after.shape}."
            )
        changed = np.argwhere(before != after)
        if len(changed):
            place = tuple(changed[0])
            was, now = pair(before[place], after[place])
            raise Failure(
                f"the call changed its argument {name}: {entry(name, place)} was {was} and is {now} now."
            )
    elif isinstance(before, list):
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            _compare(f"{name}[{number}]", one, other)
    elif type(before) is dict:
        for key, one in before.items():
            _compare(f"{name}[{key!r}]", one, after.get(key))


def _shown(name: str, value: object) -> str:
    if isinstance(value, np.ndarray):
        dtype = "" if value.dtype == np.float64 else f" {value.dtype}"
        gaps = "" if value.flags.c_contiguous else ", not contiguous"
        return f"{name}: {value.shape}{dtype}{gaps}"
    if isinstance(value, bool | int | float | str):
        return f"{name}={value!r}"
    if isinstance(value, list):
        return f"{name}: a list of {len(value)}"
    if isinstance(value, dict) and "mode" in value:
        settings = [f"{key}={value[key]!r}" for key in ("mode", "eps", "momentum") if key in value]
        return f"{name} with {' '.join(settings)}"
    if isinstance(value, dict) and "eps" in value:
        return f"{name} with eps={value['eps']!r}"
    return name
