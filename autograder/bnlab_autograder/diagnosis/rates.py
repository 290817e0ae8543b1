"""What catches the mutants: the customary checks, the visible checks, the hidden cases; and whether they are named.

Mutants whose mistake is tolerated do not count. Those that were written after checks and cases were frozen are listed
in a file, and counted a second time on their own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bnlab.checks
import bnlab_solutions

from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis import customary
from bnlab_autograder.diagnosis.bank import Entry, namespace
from bnlab_autograder.diagnosis.catalogue import Catalogue, Probe
from bnlab_autograder.diagnosis.in_process import HiddenCases, lost

GOALS = {"visible": 0.85, "hidden": 1.0, "named": 0.95}  # shares of the whole bank
SEED = b"kill rates"


@dataclass(frozen=True)
class Caught:
    """One mutant, and what catches it."""

    name: str
    exercise: str
    mistake: str
    fresh: bool
    customary: str | None  # the customary cell that catches it; None: there is none for this exercise
    visible: str  # the title of the first visible check that fails
    hidden: list[str]  # the hidden cases that fail under every seed
    named: bool  # its own mistake is the first that diagnosis names

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Rate:
    """How many of how many."""

    caught: int
    of: int

    @property
    def share(self) -> float:
        return self.caught / self.of if self.of else 1.0

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "share": round(self.share, 4)}


@dataclass(frozen=True)
class Rates:
    """The kill rates of one group of mutants.

    ``shared`` looks only at exercises that the customary checks know, so that the three can be compared there.
    """

    customary: Rate
    visible: Rate
    hidden: Rate
    named: Rate
    shared: dict[str, Rate] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        rates = {name: getattr(self, name).to_dict() for name in ("customary", "visible", "hidden", "named")}
        return {**rates, "shared": {name: rate.to_dict() for name, rate in self.shared.items()}}


def fresh_names(listed: Path) -> frozenset[str]:
    """The mutants written after the checks were frozen: a name a line, what follows a # is a comment."""
    lines = (line.partition("#")[0].strip() for line in listed.read_text(encoding="utf-8").splitlines())
    return frozenset(filter(None, lines))


def measure(
    bank: Mapping[str, Entry],
    fresh: frozenset[str],
    hidden: HiddenCases,
    *,
    seeds: int = 1,
    exercises: Iterable[str] = STAGE_OF,
    tell: Callable[[Caught], None] = lambda caught: None,
) -> list[Caught]:
    """What catches each mutant of ``exercises`` that loses points. Runs the mutants in this process.

    Raises ValueError if ``fresh`` names a mutant that is not in the bank.
    """
    if unknown := sorted(fresh - bank.keys()):
        raise ValueError(f"no such mutants: {', '.join(unknown)}")
    catalogue, found = Catalogue(bank, lambda exercise: probes(hidden, exercise), bnlab_solutions), []
    for entry in graded(bank, exercises):
        with warnings.catch_warnings(action="ignore"):
            caught = Caught(
                entry.name,
                entry.exercise,
                entry.mistake,
                entry.name in fresh,
                customary.caught_by(namespace(entry), entry.exercise)
                if entry.exercise in customary.EXERCISES
                else None,
                visible(namespace(entry), entry.exercise),
                failed_cases(hidden, entry, seeds),
                name_of(catalogue, entry) == entry.mistake,
            )
        found.append(caught)
        tell(caught)
    return found


def graded(bank: Mapping[str, Entry], exercises: Iterable[str] = STAGE_OF) -> list[Entry]:
    """The mutants of these exercises that lose points, exercise by exercise."""
    wanted = list(exercises)
    entries = (entry for entry in bank.values() if entry.exercise in wanted and entry.points != "full")
    return sorted(entries, key=lambda entry: list(STAGE_OF).index(entry.exercise))


def visible(course: Mapping[str, Any], exercise: str) -> str:
    """The title of the first visible check that fails for a course; empty if none does."""
    helpers = {name: course[name] for name in bnlab.checks.HELPERS[exercise]}
    failure = bnlab.checks.run(exercise, course[exercise], **helpers).failure
    return failure.title if failure else ""


def failed_cases(hidden: HiddenCases, entry: Entry, seeds: int) -> list[str]:
    """The hidden cases of its exercise that a mutant fails under each of the seeds."""
    by_seed = [lost(hidden.judge(entry, seed, [entry.exercise])[entry.exercise]) for seed in range(seeds)]
    return [name for name in by_seed[0] if all(name in failed for failed in by_seed)]


def name_of(catalogue: Catalogue, entry: Entry) -> str:
    """The mistake that diagnosis names first, in the exercise in which the mutant makes its own."""
    trace = catalogue.trace(entry.exercise, SEED, entry)
    named = catalogue.diagnose(SEED, {entry.exercise: trace}, [entry.exercise])
    return named.get(entry.exercise, [{"mistake": ""}])[0]["mistake"]


def probes(hidden: HiddenCases, exercise: str) -> tuple[Probe, ...]:
    """The hidden cases of an exercise as diagnosis takes them."""
    cases = hidden.of(STAGE_OF[exercise].name)[exercise].values()
    return tuple(Probe(case.__name__, case) for case in cases)


def rates(found: Iterable[Caught]) -> Rates:
    """The kill rates of a group."""
    found = list(found)
    shared = [one for one in found if one.customary is not None]
    return Rates(
        customary=_rate(shared, "customary"),
        visible=_rate(found, "visible"),
        hidden=_rate(found, "hidden"),
        named=_rate(found, "named"),
        shared={name: _rate(shared, name) for name in ("visible", "hidden", "named")},
    )


def _rate(found: list[Caught], what: str) -> Rate:
    return Rate(sum(bool(getattr(one, what)) for one in found), len(found))
