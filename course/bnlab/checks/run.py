"""Running the visible checks of an exercise."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from io import StringIO

import numpy as np

from bnlab.checks.exercise import EXERCISES, Exercise, Session
from bnlab.checks.expect import Failure, Unimplemented, describe
from bnlab.checks.panel import Panel
from bnlab.checks.report import FAILED, KINDS, PASSED, SKIPPED, CheckFailed, Item, Mistake, Report

observers: list[Callable[[Report], None]] = []  # called with every report before it is shown


def check(name: str, function: Callable, /, **helpers: Callable) -> None:
    """Run the visible checks of the exercise ``name`` on ``function`` and show what they found.

    Parameters
    ----------
    name : str
        The exercise.
    function : callable
        Your version of it.
    helpers : callable
        Your versions of the functions that ``HELPERS[name]`` lists; others are ignored.

    Raises
    ------
    CheckFailed
        At the first check that does not pass.
    """
    report = run(name, function, **helpers)
    for observer in observers:
        observer(report)
    show(Panel(report))
    if not report.passed:
        raise CheckFailed.from_report(report)


def run(name: str, function: Callable, /, **helpers: Callable) -> Report:
    """As ``check``, but return the report instead of showing it.

    Raises LookupError for an exercise without checks and TypeError if a helper is missing.
    """
    exercise = EXERCISES.get(name)
    if exercise is None:
        raise LookupError(f"there are no checks of {name!r}; there are checks of {', '.join(EXERCISES)}")
    missing = [helper for helper in exercise.helpers if helper not in helpers]
    if missing:
        wanted = "".join(f", {helper}={helper}" for helper in exercise.helpers)
        together = " and ".join(exercise.helpers)
        raise TypeError(f"{name} is checked together with {together}: check({name!r}, {name}{wanted})")
    used = {helper: helpers[helper] for helper in exercise.helpers}
    notes: dict[str, str] = {}
    printed = _Sink()
    with redirect_stdout(printed), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        items, unimplemented = _items(exercise, function, used, notes)
        mistake = None
        if not unimplemented and any(item.state == FAILED for item in items):
            mistake = _mistake(name, function, used)
    if printed.characters:
        notes["printed"] = (
            "What your function prints while it is checked is not shown; call it yourself to see it."
        )
    return Report(
        name, exercise.stage, tuple(items), tuple(notes.values()), exercise.topics, unimplemented, mistake
    )


def show(panel: Panel) -> None:
    """As HTML in a notebook, as text elsewhere."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display(panel)
        return
    text = f"{panel}\n"
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        sys.stdout.write(text.encode("ascii", "replace").decode("ascii"))


def plan(exercise: Exercise) -> list[tuple[str, str, Callable[[Session], None]]]:
    """All checks of an exercise in the order in which they run."""

    def types(ask: Session) -> None:
        ask.types(*exercise.examples(ask)[0])

    def calls(ask: Session) -> None:
        for arguments in exercise.examples(ask):
            ask(*arguments)

    def purity(ask: Session) -> None:
        for arguments in exercise.examples(ask):
            ask.pure(*arguments)

    shared = [
        ("type", "the call, and the type of the result", types),
        ("shape", "shape of the result", calls),
        ("invariant", "all numbers are finite", calls),
        ("invariant", "the arguments are left as they were", purity),
    ]
    return sorted([*shared, *exercise.checks], key=lambda check: KINDS.index(check[0]))


def _items(
    exercise: Exercise, function: Callable, helpers: Mapping[str, Callable], notes: dict[str, str]
) -> tuple[list[Item], bool]:
    items: list[Item] = []
    unimplemented = failed = False
    for kind, title, body in plan(exercise):
        if failed:
            items.append(Item(kind, title, SKIPPED))
            continue
        try:
            for key, value in {exercise.name: function, **helpers}.items():
                if not callable(value):
                    raise Failure(f"{key} should be a function, but is {describe(value)}.")
            body(Session(exercise.name, function, helpers, notes, finite=kind != "shape"))
        except Failure as failure:
            failed, unimplemented = True, isinstance(failure, Unimplemented) and not items
            items.append(Item(kind, title, FAILED, _sentence(str(failure))))
        except Exception as error:  # an answer so odd that the check itself stumbled over it
            failed = True
            problem = f"This check could not make sense of the answer ({type(error).__name__}: {error})."
            items.append(Item(kind, title, FAILED, _sentence(problem)))
        else:
            items.append(Item(kind, title, PASSED))
    return items, unimplemented


def _mistake(name: str, function: Callable, helpers: Mapping[str, Callable]) -> Mistake | None:
    """The known mistake that the function makes, if it is one. No answer is too odd to go without a name."""
    from bnlab.diagnosis import recognise

    try:
        return recognise(name, function, helpers)
    except Exception:
        return None


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "…", "?")) else text + "."


class _Sink(StringIO):
    """Swallows what is printed, and counts it."""

    characters = 0

    def write(self, text: str) -> int:
        self.characters += len(text)
        return len(text)
