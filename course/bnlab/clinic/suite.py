"""Runs the tests of a class as pytest would: every method ``test_…`` on a new object, one after the other."""

from __future__ import annotations

import itertools
import linecache
import sys
import warnings
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from io import StringIO
from traceback import walk_tb
from typing import Any

from bnlab.clinic.implementation import Call, Implementation

MOST = 60  # tests; more are not looked at
MESSAGE = 300  # characters
UNWRITTEN = "not written yet"
OUTCOMES = ("Failed", "Skipped", "XFailed")  # of pytest.fail and its relatives


def run_tests(tests: type, call: Call, names: Iterable[str] | None = None) -> dict[str, Any]:
    """What the tests of a class say about one implementation.

    Parameters
    ----------
    tests : class
        With methods ``test_…(self, bn)``.
    call : callable
        The implementation.
    names : list of str, optional
        Only these tests.

    Returns
    -------
    found : dict
        ``tests``: a message for each test by name, empty where it passed. ``failed``: 1 if any of them failed, else 0.

    Raises
    ------
    NotImplementedError
        If there are no tests yet.
    """
    if not isinstance(tests, type):
        answer = tests()  # a stub says so itself
        if answer is None or answer is ...:
            raise NotImplementedError("there is no class yet")
        raise TypeError(f"{getattr(tests, '__name__', 'it')} should be a class")
    methods = names_of(tests)
    messages = {name: _run(tests, name, call) for name in methods if names is None or name in names}
    if names is None and all(message == UNWRITTEN for message in messages.values()):
        raise NotImplementedError("there is no test yet: write a method test_...(self, bn)")
    return {"tests": messages, "failed": float(any(m not in ("", UNWRITTEN) for m in messages.values()))}


def names_of(tests: type) -> list[str]:
    """The methods that are tests, inherited ones included."""
    found = [name for name in dir(tests) if name.startswith("test_") and callable(getattr(tests, name))]
    return found[:MOST]


def _run(tests: type, name: str, call: Call) -> str:
    """Why a test fails; empty if it passes."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore")
        try:
            for named in _parameters(getattr(tests, name)):
                one = tests()
                getattr(one, "setup_method", _nothing)()
                getattr(one, name)(bn=Implementation(call), **named)
        except NotImplementedError:
            return UNWRITTEN
        except (Exception, SystemExit) as error:
            return _message(error)
        except BaseException as outcome:  # those of pytest are no Exceptions
            if type(outcome).__name__ not in OUTCOMES:
                raise
            return "" if type(outcome).__name__ == "Skipped" else _message(outcome)
    return ""


def _nothing() -> None:
    pass


def _parameters(method: Callable) -> list[dict[str, Any]]:
    """The arguments of each call that ``pytest.mark.parametrize`` asks for; else one call without any."""
    choices = []
    for mark in getattr(method, "pytestmark", ()):
        if mark.name != "parametrize":
            continue
        names, values = mark.args[:2]
        names = [part.strip() for part in names.split(",")] if isinstance(names, str) else list(names)
        rows = [row.values if hasattr(row, "marks") else row if len(names) > 1 else (row,) for row in values]
        choices.append([dict(zip(names, row, strict=True)) for row in rows])
    return [dict(itertools.chain.from_iterable(map(dict.items, one))) for one in itertools.product(*choices)]


def _message(error: BaseException) -> str:
    """An error in one line: its type, its words, and the line of the test at which it happened."""
    words = " ".join(str(error).split())
    text = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return text[:MESSAGE] + _place(error)


def _place(error: BaseException) -> str:
    """The innermost line outside of libraries."""
    for frame, number in reversed(list(walk_tb(error.__traceback__))):
        filename = frame.f_code.co_filename
        if filename == __file__ or "site-packages" in filename or filename.startswith(sys.base_prefix):
            continue
        if frame.f_globals.get("__name__", "").startswith("bnlab.clinic"):
            continue
        source = linecache.getline(filename, number).strip()
        return f" (line {number}: {source})"[:MESSAGE] if source else f" (line {number})"
    return ""
