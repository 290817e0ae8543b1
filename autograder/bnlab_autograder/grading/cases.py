"""What hidden cases are written with: the decorator, the expectations, the points files.

A case never looks into a cache and never compares per element: entries near zero would decide about points by the
luck of the seed. Errors are measured against the largest entry of the same feature.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, SimpleNamespace

import numpy as np

from bnlab_autograder.grading.at_home import AtHome, as_written

RTOL = {"float64": 1e-7, "float32": 1e-4}
ATOL = {"float64": 1e-12, "float32": 1e-6}

REMARKS = {
    "keepdims": "{name} has shape {seen} where {wanted} was expected; accepted, since only an axis of length 1 differs",
    "upcast": "{name} is float64 although the input was float32; accepted, but it doubles the memory",
}


class Mismatch(AssertionError):
    """The student's answer is not what the case expects; the text is a sentence that the student may read."""


@dataclass
class Trace:
    """What one running case has noticed besides its verdict."""

    inherited: set[str] = field(default_factory=set)
    remarks: dict[str, str] = field(default_factory=dict)


_trace: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def tracing() -> Iterator[Trace]:
    """Collect the remarks and inherited faults of the case that runs inside."""
    trace = Trace()
    token = _trace.set(trace)
    try:
        yield trace
    finally:
        _trace.reset(token)


_anew: ContextVar[Callable[[], object] | None] = ContextVar("anew", default=None)


@contextmanager
def helpers_from(anew: Callable[[], object]) -> Iterator[None]:
    """Take a student's helper, by which a fault is excused, from a course that has not seen the case's own calls.

    A helper that knows of them could lie just where a lie excuses a wrong answer.
    """
    token = _anew.set(anew)
    try:
        yield
    finally:
        _anew.reset(token)


_kept: ContextVar[dict | None] = ContextVar("kept", default=None)
_another: ContextVar[Callable[[], AbstractContextManager] | None] = ContextVar("another", default=None)


@contextmanager
def cases_of_one(kept: dict, another: Callable[[], AbstractContextManager] | None) -> Iterator[None]:
    """Within the block, ``kept`` and ``another`` are those of the submission that is being judged.

    another: None for a course in this process.
    """
    tokens = _kept.set(kept), _another.set(another)
    try:
        yield
    finally:
        _kept.reset(tokens[0])
        _another.reset(tokens[1])


def kept() -> dict:
    """What the cases of an exercise may share while one submission is judged; empty before the first of them."""
    found = _kept.get()
    return {} if found is None else found


@contextmanager
def another(student: object) -> Iterator[object]:
    """The student's course in a fresh clone of its process, which ends with the block."""
    clone = _another.get()
    if clone is None:  # a course in this process
        yield student
        return
    with clone() as course:
        yield course


def remark(code: str, text: str) -> None:
    """Note something that costs no points. The same code is reported once per exercise."""
    trace = _trace.get()
    if trace is not None:
        trace.remarks.setdefault(code, text)


def case(*, says: str, topic: str) -> Callable[[Callable], Callable]:
    """Attach the sentence that a student reads when the case fails, and the topic announced before."""

    def mark(function: Callable) -> Callable:
        function.says, function.topic = says, topic
        return function

    return mark


def returns(value: object, count: int, what: str) -> tuple:
    """``value`` as a tuple of ``count`` items, or a Mismatch opened by ``what`` ("project_out returns (a, b)")."""
    if not isinstance(value, tuple | list) or len(value) != count:
        seen = f"{len(value)} values" if isinstance(value, tuple | list) else describe(value)
        raise Mismatch(f"{what}: expected {count} values, got {seen}")
    return tuple(value)


def describe(value: object) -> str:
    """A short description of a returned value that shows no numbers of it."""
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    return f"an object of type {type(value).__name__}"


def expect_close(
    got: object,
    want: object,
    *,
    name: str = "out",
    feature: int | None = -1,
    inherits: Mapping[str, Callable[[], object]] | None = None,
    rtol: float | None = None,
) -> None:
    """Pass if ``got`` has the type, shape and values of ``want``; otherwise raise Mismatch.

    Errors are relative to the largest entry of the same feature: axis ``feature`` of ``want`` (None: the whole array
    is one feature). The tolerance is 1e-7 where ``want`` is float64 and 1e-4 where it is float32.

    inherits: for each other exercise that ``got`` may rest on, a function that computes what ``got`` should be given
        the *student's own* version of it. A match there is noted as inherited from that exercise instead of failing.
    """
    want = np.asarray(want)
    problem = _difference(got, want, name, feature, rtol)
    if problem is None:
        return
    for source, expected in (inherits or {}).items():
        if _meets(got, expected, want, name, feature, rtol):
            _note_inherited(source)
            return
    raise Mismatch(problem)


def _meets(got: object, expected: Callable[[], object], want: np.ndarray, *how: object) -> bool:
    """Whether ``got`` is what the student's own helper leads to; NaN and infinity may be among it."""
    try:
        own = np.asarray(expected())
        if own.dtype.kind != "f":
            return False
        own, odd = own.astype(want.dtype), ~np.isfinite(own)
        if odd.any():
            if not np.array_equal(odd, ~np.isfinite(got)):
                return False
            got, own = np.where(odd, 0, got), np.where(odd, 0, own)
        elif _varies(want, want, *how) and not _varies(own, want, *how):
            return False  # with such a helper anything would be right
        return _difference(got, own, *how) is None
    except Exception:  # the student's helper failed: then nothing is inherited from it
        return False


def _varies(values: np.ndarray, want: np.ndarray, name: str, feature: int | None, *_: object) -> bool:
    """Whether a feature of ``values`` varies, measured against the largest entry of ``want``."""
    axes = tuple(axis for axis in range(want.ndim) if feature is None or axis != feature % want.ndim)
    if values.shape != want.shape or not values.size:
        return True
    return bool((np.ptp(values, axis=axes) > 1e-6 * np.abs(want).max()).any())


def _note_inherited(source: str) -> None:
    trace = _trace.get()
    if trace is not None:
        trace.inherited.add(source)


Compute = Callable[..., object]  # takes a course, the student's or the reference, and the arguments of a case

UNEXCUSED = ("NotImplementedError", "CallTimeout", "Died")


def expect_agreement(
    compute: Compute,
    student: object,
    reference: object,
    *,
    given: Mapping[str, object],
    want: object = None,
    rests_on: Iterable[str] = (),
    **how: object,
) -> None:
    """Pass if ``compute(student, **given)`` is close to ``want``, which is ``compute(reference, **given)`` if absent.

    compute: returns an array, or a dict of arrays by the names under which a student knows them. Each call gets
        copies of what is given.
    want: for a case that compares a student's function with itself.
    rests_on: other exercises that the student's functions may call. A fault is inherited from one of them if the
        reference, with the student's version of that one put in, shows the same, be it a value or an error.
    how: goes to ``expect_close``.
    """

    def answer(course: object) -> dict[str, object]:
        return _named(compute(course, **_copied(dict(given))), how.get("name", "out"))

    with _excusing(answer, student, reference, rests_on):
        got = answer(student)
        wanted = answer(reference) if want is None else _named(want, how.get("name", "out"))
        for name, value in wanted.items():
            inherits = {
                source: lambda source=source, name=name: answer(with_own(reference, student, source))[name]
                for source in rests_on
            }
            expect_close(got.get(name), value, **{**how, "name": name, "inherits": inherits})


def expect_unchanged(
    compute: Compute,
    student: object,
    reference: object,
    *,
    given: Mapping[str, object],
    rests_on: Iterable[str] = (),
) -> None:
    """Fail if ``compute(student, **given)`` changes an array that is given (or an array in a dict).

    What it returns needs the type and the shape of what the reference returns, so that doing nothing does not pass.
    """
    form = _named(compute(reference, **_copied(dict(given))), "out")

    def check(course: object) -> None:
        arguments = _copied(dict(given))
        with leaves_unchanged(**arguments):
            got = _named(compute(course, **arguments), "out")
        for name, want in form.items():
            problem = _difference(got.get(name), np.asarray(want), name, None, math.inf)
            if problem is not None:
                raise Mismatch(problem)

    with _excusing(check, student, reference, rests_on):
        check(student)


def expect_error(kind: str, call: Callable[[], object], what: str) -> None:
    """Pass if ``call()`` raises an error whose type is called ``kind``; ``what`` opens the sentence otherwise."""
    try:
        call()
    except Exception as error:
        if _kind(error) in UNEXCUSED:
            raise
        if _kind(error) != kind:
            raise Mismatch(f"{what} should raise {kind}, but raised {_kind(error)}") from None
    else:
        raise Mismatch(f"{what} should raise {kind}, but the call went through")


@contextmanager
def _excusing(
    attempt: Callable[[object], object], student: object, reference: object, rests_on: Iterable[str]
) -> Iterator[None]:
    """Let an error pass if the reference, with the student's version of a helper put in, ends in the same one."""
    try:
        yield
    except Exception as error:
        if _kind(error) in UNEXCUSED:
            raise
        for source in rests_on:
            try:
                attempt(with_own(reference, student, source))
            except Exception as own:
                if _kind(own) == _kind(error):
                    _note_inherited(source)
                    return
        raise


def with_own(reference: object, student: object, name: str) -> AtHome:
    """The reference course with the student's version of one function put in, for its other functions to call.

    Classes stay with the functions beside which they were written.
    """
    reference = as_written(reference)
    course: dict[str, object] = {each: getattr(reference, each) for each in reference.__all__}
    for each, f in course.items():
        if isinstance(f, FunctionType):
            course[each] = FunctionType(f.__code__, dict(f.__globals__), each, f.__defaults__)
    rebuilt = [f for each, f in course.items() if each != name and isinstance(f, FunctionType)]
    anew = _anew.get()
    course[name] = getattr(student if anew is None else anew(), name)
    for f in rebuilt:
        f.__globals__.update(course)
    return AtHome(SimpleNamespace(**course))


def _copied(value: object) -> object:
    """A copy of what a case hands over; arrays keep the order of their axes in memory, as deepcopy has them."""
    kind = type(value)
    if kind is dict:
        return {key: _copied(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return kind(_copied(item) for item in value)
    return value.copy("K") if kind is np.ndarray and value.dtype != object else deepcopy(value)


def _kind(error: Exception) -> str:
    """The name of the type of an error, as it was called in the student's process."""
    return getattr(error, "type_name", type(error).__name__)


def _named(value: object, name: str) -> dict[str, object]:
    return value if isinstance(value, dict) else {name: value}


def _difference(
    got: object, want: np.ndarray, name: str, feature: int | None, rtol: float | None
) -> str | None:
    """A sentence saying how ``got`` differs from ``want``, or None. Only notes remarks when all is well."""
    if want.ndim == 0 and isinstance(got, int | float) and not isinstance(got, bool):
        got = np.asarray(float(got))
    if isinstance(got, np.generic):
        got = np.asarray(got)
    if not isinstance(got, np.ndarray):
        return f"{name} should be a NumPy array, got {describe(got)}"
    if got.dtype.kind != "f":
        return f"{name} should hold floating-point numbers, got dtype {got.dtype}"
    notes = []
    if got.shape != want.shape:
        if want.ndim == 1 and got.shape == (1, *want.shape):
            notes.append(("keepdims", got.shape))
            got = got[0]
        else:
            return f"{name} should have shape {want.shape}, got {got.shape}"
    if rtol == math.inf:
        return None
    if not np.isfinite(got).all():
        return f"{name} contains NaN or infinity"
    precision = str(want.dtype)
    if precision == "float32" and got.dtype == np.float64:
        notes.append(("upcast", got.dtype))
    if not got.size:
        return None
    wanted, seen = want.astype(np.float64), got.astype(np.float64)
    magnitude = np.abs(wanted)
    if feature is None or want.ndim == 0:
        scale = magnitude.max()
    else:
        axes = tuple(axis for axis in range(want.ndim) if axis != feature % want.ndim)
        scale = magnitude.max(axis=axes, keepdims=True) if axes else magnitude
    # A feature that is zero but for rounding is measured against the whole array.
    scale = np.maximum(scale, 1e-3 * magnitude.max())
    tolerance = (rtol if rtol is not None else RTOL[precision]) * scale + ATOL[precision]
    error = np.abs(seen - wanted)
    if not (error <= tolerance).all():
        worst = float((error / np.maximum(scale, ATOL[precision])).max())
        return f"the values of {name} are off: the largest relative error is {worst:.1e}"
    for code, what in notes:
        remark(code, REMARKS[code].format(name=name, seen=what, wanted=want.shape))
    return None


@contextmanager
def leaves_unchanged(**arguments: object) -> Iterator[None]:
    """Fail if a call inside changes one of these arrays (or an array in one of these dicts)."""
    before = {key: _frozen(value) for key, value in arguments.items()}
    yield
    for key, value in arguments.items():
        if _frozen(value) != before[key]:
            raise Mismatch(f"the call changed its argument {key}; work on a copy")


def _frozen(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.shape, value.dtype.str, value.tobytes()
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def load_points(folder: Path, stage: str) -> dict[str, dict[str, float]]:
    """The points of a stage's cases: ``{exercise: {case: points}}``, in the order of the file.

    Raises ValueError, naming the file, for points that are not positive multiples of 0.25.
    """
    path = folder / f"{stage}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    for exercise, cases in table.items():
        for name, points in cases.items():
            if not points > 0 or not math.isclose(points * 4, round(points * 4)):
                raise ValueError(
                    f"{path.name}: {exercise}.{name} = {points} is not a positive multiple of 0.25"
                )
    return {exercise: {name: float(p) for name, p in cases.items()} for exercise, cases in table.items()}


def split_name(function_name: str) -> tuple[str, str]:
    """``test_batchnorm_train__large_eps`` → ("batchnorm_train", "large_eps")."""
    exercise, separator, name = function_name.removeprefix("test_").partition("__")
    if not separator:
        raise ValueError(f"a hidden case is named test_EXERCISE__CASE, not {function_name}")
    return exercise, name
