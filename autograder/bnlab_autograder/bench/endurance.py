"""``bnlab bench endurance``: many submissions in one run of ``bnlab grade``, and the rate of each hundred."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlab_autograder.bench.grading import VARIETY, graded_by_bnlab, release_for, submissions_for
from bnlab_autograder.bench.measure import Cost
from bnlab_autograder.curriculum import Stage

PORTION = 100  # submissions whose rate is told together


@dataclass(frozen=True)
class Endurance:
    """One run over ``submissions`` generated submissions."""

    stage: str
    submissions: int
    cost: Cost
    rates: list[float]  # submissions per second: of the first hundred, of the second, …

    def to_dict(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "submissions": self.submissions,
            "different": VARIETY,
            "cost": self.cost.to_dict(),
            "rates": [round(rate, 2) for rate in self.rates],
            "last_over_first": round(self.rates[-1] / self.rates[0], 3) if len(self.rates) > 1 else None,
        }


def endure(
    folder: Path, stage: Stage, submissions: int, tell: Callable[[str], None] = lambda text: None
) -> Endurance:
    """Grade so many submissions in ``folder``, which is emptied before."""
    tell("Building the course")
    course = release_for(folder / "release", stage)
    events = folder / "events.jsonl"
    events.unlink(missing_ok=True)
    tell(f"Grading {submissions} submissions")
    cost, _ = graded_by_bnlab(
        folder / "course", course, stage, submissions_for(course, stage), submissions, events=events
    )
    return Endurance(stage.name, submissions, cost, rates_in(events))


def rates_in(events: Path) -> list[float]:
    """From when a hundred were recorded; the first counts from its own second, since before that judges start."""
    lines = map(json.loads, events.read_text(encoding="utf-8").splitlines())
    times = [event["time"] for event in lines if event["event"] == "graded"]
    portions = [times[max(k - 1, 0) : k + PORTION] for k in range(0, len(times), PORTION)]
    whole = [part for part in portions if len(part) >= PORTION] or portions[:1]
    return [(len(part) - 1) / max(part[-1] - part[0], 1e-3) for part in whole]
