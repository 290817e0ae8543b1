"""What a run of the visible checks found, as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

KINDS = ("type", "shape", "invariant", "value")  # the order in which checks run
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


@dataclass(frozen=True)
class Item:
    """One check: what it looked at, and how it ended."""

    kind: str  # one of KINDS
    title: str
    state: str  # PASSED, FAILED, or SKIPPED because an earlier one failed
    text: str = ""  # of a failed check: what was expected and what was seen


@dataclass(frozen=True)
class Mistake:
    """A known mistake, as it is explained to those who make it."""

    name: str
    title: str
    message: str  # what it is, why it matters, where to look
    link: str  # page#anchor


@dataclass(frozen=True)
class Report:
    """All checks of one exercise, in order; at most one of them has failed."""

    exercise: str
    stage: str
    items: tuple[Item, ...]
    notes: tuple[str, ...] = ()  # what is tolerated and still worth knowing
    topics: tuple[str, ...] = ()  # what the hidden cases look at
    unimplemented: bool = field(default=False)
    mistake: Mistake | None = None  # that the function makes, where a check has failed and it is known

    @property
    def passed(self) -> bool:
        return self.failure is None

    @property
    def failure(self) -> Item | None:
        return next((item for item in self.items if item.state == FAILED), None)

    def count(self, state: str) -> int:
        return sum(item.state == state for item in self.items)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "exercise": self.exercise,
            "stage": self.stage,
            "passed": self.passed,
            "unimplemented": self.unimplemented,
            "checks": [vars(item) | {} for item in self.items],
            "notes": list(self.notes),
            "topics": list(self.topics),
            "mistake": vars(self.mistake) | {} if self.mistake else None,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """The inverse of ``to_dict``."""
        return cls(
            exercise=data["exercise"],
            stage=data["stage"],
            items=_items(data["checks"]),
            notes=tuple(data["notes"]),
            topics=tuple(data["topics"]),
            unimplemented=data["unimplemented"],
            mistake=Mistake(**data["mistake"]) if data.get("mistake") else None,
        )


class CheckFailed(AssertionError):
    """A visible check found something that is off. Jupyter shows one line of it, without a traceback."""

    report: Report | None = None

    @classmethod
    def from_report(cls, report: Report) -> CheckFailed:
        failure = report.failure
        assert failure is not None
        text = f"{report.exercise}: {failure.title}: {failure.text}"
        error = cls(failure.text if report.unimplemented else text)
        error.report = report
        return error

    def _render_traceback_(self) -> list[str]:
        if self.report is None or self.report.failure is None or self.report.unimplemented:
            return [str(self)]
        return [f"{self.report.exercise} is not there yet; first to mend: {self.report.failure.title}."]


def _items(checks: Iterable[dict[str, str]]) -> tuple[Item, ...]:
    return tuple(Item(**check) for check in checks)
