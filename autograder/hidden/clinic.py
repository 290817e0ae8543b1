"""The bug clinic: what a student's tests find in implementations that they have not seen.

The tests run in the student's process, the implementations here. Which of them a test faces it can only tell from
how they behave: each run has a fresh clone of the process and an implementation drawn from the case's secret, correct
ones among them. What a test says counts only if

- it passes on every correct implementation, in all runs;
- and fails again, each time that it meets the same bug.

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
AGAIN = 2  # times that a test must fail again on a bug
SECONDS = 60.0  # for all runs together; a second is enough where nothing else is busy
MOST_NUMBERS = 2_000_000  # array entries that the tests of a run may send
GONE = (CallTimeout, Died)

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
    """Run the tests on everything, in a secret order, and then again where they have found something."""
    until = time.monotonic() + SECONDS
    correct = [f"correct {number}" for number in range(PLAIN + len(STYLES))]
    board, failed = Board(), {}
    names: Names = ()
    for subject in rng.permutation([*correct, *bugs]).tolist():
        found = _run(student, subject, None, until)
        names = names if found is None else _the_same(names, found)
        failed[subject] = {name: how for name, how in (found or {}).items() if how}
    for subject in correct:
        for name, how in failed[subject].items():
            board.wrong.setdefault(name, _on_correct_code(how))

    claims = {bug: _left(failed[bug], board) for bug in bugs}
    claimed = tuple(sorted({name for found in claims.values() for name in found}))
    for _ in range(AGAIN):
        again = [*rng.choice(correct, 2, replace=False).tolist(), *bugs]
        for subject in rng.permutation(again).tolist():
            found = _run(student, subject, claims.get(subject, claimed), until)
            if found is None:
                claims[subject] = ()
            for name, how in (found or {}).items():
                if bool(how) == (subject in correct):
                    board.wrong.setdefault(name, "it does not say the same each time that it is run")
    board.counted = tuple(name for name in names if name not in board.wrong)
    board.killed_by = {bug: _left(claims[bug], board) for bug in bugs}
    return board


def _run(student: Any, subject: str, names: Names | None, until: float) -> dict[str, str] | None:
    """What the tests of these names say about an implementation, in a process that has seen no other.

    None if they do not come back from a broken one; from a correct one they have to.
    """
    if time.monotonic() > until:
        raise Mismatch(f"your tests take too long: more than {SECONDS:g} s for all implementations together")
    call = served(_functions(subject), MOST_NUMBERS)
    wanted = None if names is None else list(names)
    with another(student) as clone:
        try:
            answer = clone.TestBatchNorm(call, wanted)
        except GONE:
            if subject.startswith("correct"):
                raise
            return None
    found = answer.get("tests") if isinstance(answer, dict) else None
    if not isinstance(found, dict) or not all(type(x) is str for item in found.items() for x in item):
        raise Mismatch(f"running your tests should give a message for each, but gave {describe(answer)}")
    return {name: how for name, how in found.items() if names is None or name in names}


def _the_same(names: Names, found: Iterable[str]) -> Names:
    if names and set(names) != set(found):
        raise Mismatch("your class does not have the same tests each time that it is run")
    return names or tuple(found)


def _left(names: Iterable[str], board: Board) -> Names:
    return tuple(name for name in names if name not in board.wrong)


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
