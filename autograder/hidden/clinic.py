"""The bug clinic: what a student's tests find in implementations that they have not seen.

The tests run in the student's process, the implementations here. Which of them a test faces it can only tell from
how they behave: each run has a fresh clone of the process and an implementation drawn from the case's secret, correct
ones among them. What a test says counts only if

- it passes on every correct implementation, in all runs;
- and is steady: where it fails once on an implementation, it fails each time.

So guessing, counting calls, and looking for traces of earlier runs do not pay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import bnlab_solutions
import numpy as np
from bnlab.clinic import FUNCTIONS, STYLES, served
from bnlab.clinic.suite import MESSAGE, UNWRITTEN
from bnlab_autograder.diagnosis.bank import Entry, load_bank, namespace
from bnlab_autograder.grading.cases import Mismatch, another, describe, kept, remark
from bnlab_autograder.sandbox import CallTimeout, Died

MUTANTS = Path(__file__).parents[1] / "mutants"
PLAIN = 3  # runs of the reference itself, beside those in other styles
AGAIN = 2  # times that everything broken is met again
SECONDS = 90.0  # for all runs together; a second is enough where nothing else is busy
MOST_NUMBERS = 2_000_000  # array entries that the tests of a run may send
GONE = (CallTimeout, Died)
UNSTEADY = "it does not say the same each time that it is run"

Names = tuple[str, ...]


@dataclass
class Board:
    """What the tests of one submission have found.

    Attributes
    ----------
    wrong : dict of str to str
        Tests that do not count, and why.
    counted : tuple of str
        The others.
    killed_by : dict of str to tuple of str
        The counted tests that find a bug, by the name of the mutant.
    """

    wrong: dict[str, str] = field(default_factory=dict)
    counted: Names = ()
    killed_by: dict[str, Names] = field(default_factory=dict)


def expect_found(student: Any, rng: np.random.Generator, bugs: dict[str, str], bug: str) -> None:
    """Pass if a test of ``student.TestBatchNorm`` finds ``bug``; ``bugs``: all of them, and their topics."""
    shared = kept()
    if not shared:
        try:
            shared["board"] = examine(student, rng, tuple(bugs))
        except Exception as problem:  # the same for all bugs
            shared["problem"] = problem
    if "problem" in shared:
        raise shared["problem"]
    board = shared["board"]
    if not all(board.killed_by.values()):
        remark("board", f"bugs found, by topic: {_by_topic(board, bugs)}")
    for name, why in board.wrong.items():
        remark(f"test {name}", f"{name} does not count: {why}")
    if not board.counted:
        raise Mismatch("no test is left that counts; see the remarks")
    if not board.killed_by[bug]:
        raise Mismatch(f"none of {_tests(len(board.counted))} failed")


def examine(student: Any, rng: np.random.Generator, bugs: Names) -> Board:
    """Run the tests on everything, in a secret order, and again, so that only what they can tell for sure counts.

    All requests are alike: nothing in them says which round it is, or what has been found before.
    """
    until = time.monotonic() + SECONDS
    correct = [f"correct {number}" for number in range(PLAIN + len(STYLES))]
    board, failed = Board(), {}
    names: Names = ()
    rounds = [
        [*correct, *bugs],
        *([*rng.choice(correct, 2, replace=False).tolist(), *bugs] for _ in range(AGAIN)),
    ]
    for subjects in rounds:
        for subject in rng.permutation(subjects).tolist():
            found = _run(student, subject, until)
            if found is None:
                failed[subject] = None
                continue
            names = _the_same(names, found)
            if subject in correct:
                board.wrong |= {name: _on_correct_code(how) for name, how in found.items() if how}
                continue
            now = {name for name, how in found.items() if how}
            if (before := failed.setdefault(subject, now)) is not None:
                board.wrong |= dict.fromkeys((before ^ now) - board.wrong.keys(), UNSTEADY)
    board.counted = tuple(name for name in names if name not in board.wrong)
    board.killed_by = {
        bug: tuple(name for name in board.counted if name in (failed[bug] or ())) for bug in bugs
    }
    return board


def _run(student: Any, subject: str, until: float) -> dict[str, str] | None:
    """What the tests say about an implementation, in a process that has seen no other.

    None if they do not come back from a broken one; from a correct one they have to.
    """
    if time.monotonic() > until:
        raise Mismatch(f"your tests take too long: more than {SECONDS:g} s for all implementations together")
    call = served(_functions(subject), MOST_NUMBERS)
    with another(student) as clone:
        try:
            answer = clone.TestBatchNorm(call)
        except GONE:
            if subject.startswith("correct"):
                raise
            return None
    found = answer.get("tests") if isinstance(answer, dict) else None
    if not isinstance(found, dict) or not all(type(x) is str for item in found.items() for x in item):
        raise Mismatch(f"running your tests should give a message for each, but gave {describe(answer)}")
    return found


def _the_same(names: Names, found: Iterable[str]) -> Names:
    if names and set(names) != set(found):
        raise Mismatch("your class does not have the same tests each time that it is run")
    return names or tuple(found)


def _on_correct_code(how: str) -> str:
    if how == UNWRITTEN:
        return "it is not written yet"
    words = "".join(c if c.isprintable() else " " for c in how)[: 2 * MESSAGE]
    return f"it fails on correct code ({' '.join(words.split())})"


def _by_topic(board: Board, bugs: dict[str, str]) -> str:
    topics: dict[str, list[bool]] = {}
    for bug, topic in bugs.items():
        topics.setdefault(topic, []).append(bool(board.killed_by[bug]))
    return ", ".join(f"{topic} {sum(found)} of {len(found)}" for topic, found in topics.items())


def _tests(count: int) -> str:
    return "the tests that count (there is one)" if count == 1 else f"your {count} tests that count"


def _functions(subject: str) -> dict[str, Callable]:
    """The four functions of an implementation; a mutant is executed anew, so that no state is left over."""
    if not subject.startswith("correct"):
        entry = _bank()[subject]
        course = namespace(entry)
        if entry.exercise == "batchnorm_backward":  # for images, too
            course["batchnorm_backward_alt"] = course["batchnorm_backward"]
        return {name: course[name] for name in FUNCTIONS}
    reference = {name: getattr(bnlab_solutions, name) for name in FUNCTIONS}
    number = int(subject.removeprefix("correct ")) - PLAIN
    return reference if number < 0 else list(STYLES.values())[number](reference)


@cache
def _bank() -> dict[str, Entry]:
    return load_bank(MUTANTS)
