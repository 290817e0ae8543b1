"""The mutants of the bank as they behave in the hidden cases, and the name of the mistake that a course makes.

The hidden cases are the probes. A course that does in every case of an exercise what one mutant does, and not what the
reference does, makes that mutant's mistake. Otherwise two mutants may explain it together, or one may explain most of
it. Explanations that differ in name are none: a wrong name is worse than no name.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from _pytest.outcomes import OutcomeException

from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.bank import Entry, namespace
from bnlab_autograder.diagnosis.traces import RAISED, Comparison, Recorder, Table, Trace
from bnlab_autograder.grading.at_home import AtHome, as_written
from bnlab_autograder.grading.cases import cases_of_one

PAGE = "mistakes.md"
KEPT = 64  # tables in memory, about a megabyte each


@dataclass(frozen=True)
class Probe:
    """A hidden case as a function of ``student``, ``reference`` and ``rng``."""

    name: str
    run: Callable[..., None]


def generator(seed: bytes, name: str) -> np.random.Generator:
    """The generator of the hidden case ``name``."""
    digest = hashlib.sha256(seed + name.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


class Catalogue:
    """What the mutants do in the cases of an exercise under a seed: found out when first asked for, and kept.

    Parameters
    ----------
    bank : mapping
        Mutants by name.
    probes : callable
        Gives the hidden cases of an exercise.
    reference : object
        The reference course.
    """

    def __init__(
        self, bank: Mapping[str, Entry], probes: Callable[[str], Iterable[Probe]], reference: object
    ):
        self.bank, self.probes, self.reference = bank, probes, AtHome(reference)
        self.table = lru_cache(maxsize=KEPT)(self._table)
        self._latest: dict[str, tuple[Trace, Table, Comparison]] = {}

    def mutants_of(self, exercise: str) -> list[Entry]:
        """The mutants whose mistake costs points in ``exercise``: rows 1, 2, … of its table."""
        return [
            entry for entry in self.bank.values() if entry.exercise == exercise and entry.points != "full"
        ]

    def diagnose(
        self, seed: bytes, traces: Mapping[str, Trace], failed: Iterable[str]
    ) -> dict[str, list[dict[str, Any]]]:
        """The mistakes in each of the exercises that ``failed``, the main one first, as people see them.

        A mistake is named in the exercise in which it is made. What is made on top of a mistake in a function that
        is called is recognised, too.
        """
        found: dict[str, tuple[Entry, ...]] = {}
        for exercise in sorted(failed, key=list(STAGE_OF).index):
            below = [found[name][0] for name in self._called_by(exercise) if name in found]
            explanations = (self.explain(exercise, seed, traces[exercise], under) for under in (None, *below))
            entries = next(filter(None, explanations), ())
            if entries:
                found[exercise] = entries
        return {exercise: [described(entry) for entry in entries] for exercise, entries in found.items()}

    def alike(self, seed: bytes, traces: Mapping[str, Trace], failed: Iterable[str]) -> dict[str, list[str]]:
        """For each exercise that ``failed`` the names of the mutants that do the same in everything that was seen."""
        found = {}
        for exercise in failed:
            mutants = self.mutants_of(exercise)
            if mutants:
                rows = alone(*self._compared(exercise, seed, traces[exercise], None))
                found[exercise] = [mutants[row].name for (row,) in rows]
        return {exercise: names for exercise, names in found.items() if names}

    def explain(
        self, exercise: str, seed: bytes, trace: Trace, under: Entry | None = None
    ) -> tuple[Entry, ...]:
        """The mutants, one for each mistake, that explain ``trace``; ``under``: a mistake in what is called."""
        mutants = self.mutants_of(exercise)
        if not mutants or not _ever_returned(exercise, trace):  # errors alone are alike for too many reasons
            return ()
        table, seen = self._compared(exercise, seed, trace, under)
        found = alone(table, seen) or pairs(table, seen) or mainly(table, seen)
        if len({frozenset(mutants[row].mistake for row in rows) for rows in found}) != 1:
            return ()
        rows = sorted(found[0], key=lambda row: -table.off[row + 1].sum())
        return tuple({mutants[row].mistake: mutants[row] for row in rows}.values())

    def trace(
        self,
        exercise: str,
        seed: bytes,
        entry: Entry | None,
        under: Entry | None = None,
        *,
        nudged: bool = False,
    ) -> Trace:
        """The trace of a course of the bank; every case gets a fresh one, so that no state is left over."""
        trace: Trace = {}
        shared: dict[str, Any] = {}
        for probe in self.probes(exercise):
            course = SimpleNamespace(**namespace(under, entry.source if entry else ""))
            recorder = Recorder(course, exercise, probe.name, nudged=nudged)
            with (
                cases_of_one(shared, None),
                np.errstate(all="ignore"),
                warnings.catch_warnings(action="ignore"),
            ):
                try:
                    probe.run(student=recorder, reference=self.reference, rng=generator(seed, probe.name))
                    passed = True
                except (Exception, OutcomeException):  # pytest.fail() is no Exception
                    passed = False
            trace |= recorder.ended(passed)
        return trace

    def _table(self, exercise: str, seed: bytes, under: Entry | None) -> Table:
        entries = (None, *self.mutants_of(exercise))
        plain, nudged = (
            [self.trace(exercise, seed, entry, under, nudged=nudged) for entry in entries]
            for nudged in (False, True)
        )
        return Table(plain, nudged)

    def _compared(
        self, exercise: str, seed: bytes, trace: Trace, under: Entry | None
    ) -> tuple[Table, Comparison]:
        """A table and how ``trace`` compares with it; of each exercise the last one without ``under`` is kept."""
        of, table, seen = self._latest.get(exercise, (None, None, None))
        now = self.table(exercise, seed, under)
        if of is not trace or table is not now:
            seen = now.compare(trace)
            if under is None:
                self._latest[exercise] = trace, now, seen
        return now, seen

    def _called_by(self, exercise: str) -> list[str]:
        """The exercises that the reference function calls."""
        code = getattr(getattr(as_written(self.reference), exercise), "__code__", None)
        return [name for name in code.co_names if name in STAGE_OF] if code else []


def _ever_returned(exercise: str, trace: Trace) -> bool:
    calls = {key[:3] for key in trace if key[1] == exercise}
    return any((*call, RAISED) not in trace for call in calls)


def alone(table: Table, seen: Comparison) -> list[tuple[int, ...]]:
    """The mutants that do the same in everything that was seen; exact matches before those within noise."""
    if seen.beyond:
        return []
    same = seen.like[1:].all(axis=1) & table.off[1:].any(axis=1)
    noise = table.noisy[1:].sum(axis=1)
    least = noise[same].min(initial=len(table.keys))
    return [(int(row),) for row in np.flatnonzero(same & (noise == least))]


def pairs(table: Table, seen: Comparison) -> list[tuple[int, ...]]:
    """Pairs of mutants that explain everything together, each of them something alone.

    Where one of the two is off, the course must do as that one does; where none is, as the reference; where both are,
    what they do together is not known, and it is enough that the course is off, too.
    """
    off, right = table.off[1:], seen.right
    unlike = ~seen.like[1:] & seen.reached
    telling = seen.like[1:] & off & table.telling[1:]
    found = []
    for a in range(len(off) - 1):
        rest = slice(a + 1, None)
        only_a, only_b = off[a] & ~off[rest], ~off[a] & off[rest]
        both, none = off[a] & off[rest], ~off[a] & ~off[rest]
        wrong = only_a & unlike[a] | only_b & unlike[rest] | both & right | none & ~right
        good = ~wrong.any(axis=1) & (only_a & telling[a]).any(axis=1) & (only_b & telling[rest]).any(axis=1)
        found += [(a, a + 1 + int(b)) for b in np.flatnonzero(good)]
    return found


def mainly(table: Table, seen: Comparison) -> list[tuple[int, ...]]:
    """The mutants all of whose effects are there, and are most of what is off."""
    off = table.off[1:]
    unlike = off & ~seen.like[1:] & seen.reached
    telling = (off & seen.like[1:] & table.telling[1:]).sum(axis=1)
    rest = (~seen.right & ~off).sum(axis=1) + seen.beyond
    good = ~unlike.any(axis=1) & (telling > 0) & (telling >= rest)
    return [(int(row),) for row in np.flatnonzero(good)]


def described(entry: Entry) -> dict[str, Any]:
    """A mistake as students and reports see it."""
    return {
        "mistake": entry.mistake,
        "message": entry.message,
        "line": entry.line,
        "link": f"{PAGE}#{entry.mistake}",
    }
