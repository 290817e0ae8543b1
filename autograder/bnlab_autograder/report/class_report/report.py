"""The whole report as plain data, from a course folder or from what was gathered."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.exc import OperationalError

from bnlab_autograder.assets import assets
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.record import GradebookLost
from bnlab_autograder.lms.roster import RosterProblem
from bnlab_autograder.report.class_report.compare import compare
from bnlab_autograder.report.class_report.entries import entries
from bnlab_autograder.report.class_report.gather import StageClass, anonymous, gather
from bnlab_autograder.report.class_report.numbers import course_numbers, stage_numbers
from bnlab_autograder.workspace import NoWorkspace

SCHEMA, VERSION = "bnlab-report", 1


class NoReport(LookupError):
    """There is nothing to report on, or nothing to compare with; the text says what to do."""


def classes(course: Course, stages: Sequence[str] = (), *, hide_names: bool = False) -> list[StageClass]:
    """What is gathered about a course, under pseudonyms if asked for. Raises NoReport where nothing is graded."""
    try:
        found = gather(course, stages)
    except RosterProblem as problem:
        raise NoReport(str(problem)) from None
    except (GradebookLost, OperationalError) as lost:
        raise NoReport(f"the gradebook cannot be used ({str(lost).splitlines()[0]}); try again") from None
    if not any(one.submissions for one in found):
        what = ", ".join(stages) or "this course"
        raise NoReport(
            f"nothing is graded in {what} yet; run: bnlab grade {stages[0] if stages else 'STAGE'}"
        )
    return anonymous(found, course.workspace.secret) if hide_names else found


def make(
    name: str,
    stages: Iterable[StageClass],
    *,
    hide_names: bool = False,
    earlier: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The report on the course called ``name``, beside an ``earlier`` one if there is one."""
    stages = list(stages)
    page = entries(assets().pages / "mistakes.md")
    report = {
        "schema": SCHEMA,
        "version": VERSION,
        "course": name,
        "made": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "anonymous": hide_names,
        "whole": course_numbers(stages, page),
        "stages": [stage_numbers(one, page) for one in stages],
        "comparison": None,
    }
    if earlier is not None:
        report["comparison"] = compare(report, earlier)
    return report


def earlier_report(place: Path, stages: Sequence[str]) -> dict[str, Any]:
    """What to compare with: a file that ``bnlab report --json`` has printed, or another course folder.

    Raises NoReport.
    """
    if place.is_dir():
        try:
            course = Course.find(place)
            return make(course.workspace.course_id, classes(course, stages))
        except NoWorkspace as problem:
            raise NoReport(str(problem)) from None
    try:
        report = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise NoReport(f"{place} cannot be read ({problem})") from None
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise NoReport(f"{place} is no report; make one with: bnlab report --json > FILE.json")
    if report.get("version") != VERSION:
        raise NoReport(f"{place} is a report of version {report.get('version')}, this BNLab knows {VERSION}")
    try:
        compare(report, report)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise NoReport(f"{place} is damaged ({type(problem).__name__}: {problem})") from None
    return report
