"""Whose submissions have to be graded again, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bnlab_autograder.grading.graded import Terms, fingerprint, job_for
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.grading.run import timestamp_of
from bnlab_autograder.grading.sanitise import sanitise

if TYPE_CHECKING:
    from bnlab_autograder.grading.course import Course


@dataclass(frozen=True)
class Outdated:
    """A submission whose grade is not what grading it now might give."""

    student: str
    why: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def _terms(course: Course, stage: str, tier: str | None) -> Terms | None:
    """None where the release and the hidden cases disagree about points: then nothing can be graded at all."""
    try:
        return course.terms(stage, tier=tier)
    except ValueError:
        return None


def outdated(
    course: Course, stage: str, ledger: Ledger, *, version: str | None = None, tier: str | None = None
) -> list[Outdated]:
    """The submissions to ``stage`` that ``bnlab grade`` would grade; with ``version`` once that one is in place.

    What has other terms in a way that only the submission itself tells is compared with what was recorded, as a run
    does it. Nothing is executed.
    """
    submissions = course.workspace.submissions(stage)
    if not submissions:
        return []
    terms = _terms(course, stage, tier) if version is None else None
    wanted = version or course.released(stage).version
    results, found = ledger.results(stage), []
    for student, folder in submissions:
        result = results.get(student)
        if result is None:
            found.append(Outdated(student, "not graded yet"))
        elif result["data"].get("release") != wanted:
            found.append(Outdated(student, f"graded under release {result['data'].get('release')}"))
        elif not result["fingerprint"]:
            found.append(Outdated(student, "could not be graded"))
        elif terms is not None:
            sanitised = sanitise(folder, terms.released)
            job = job_for(sanitised, terms)
            now = fingerprint(sanitised, job.key if job else None, terms, timestamp_of(folder))
            if now != result["fingerprint"]:
                found.append(
                    Outdated(student, "handed in again, or graded under other cases, points or versions")
                )
    return found
