"""Feedback for students: nbgrader's own page for each graded notebook, written anew each time.

A page is a single file. Only its formulas need a network: nbgrader's template loads MathJax from a public server.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from bnlab_autograder.grading.course import Course


@dataclass(frozen=True)
class Written:
    """The page of one student; ``problem`` says why there is none."""

    student: str
    stage: str
    page: Path | None
    problem: str = ""


def graded_students(course: Course, stage: str) -> list[str]:
    """The students whose submission to ``stage`` has been graded."""
    notebooks = course.workspace.autograded.glob(f"*/{stage}/{stage}.ipynb")
    return sorted(path.parent.parent.name for path in notebooks)


def write_feedback(course: Course, stage: str, students: Iterable[str]) -> Iterator[Written]:
    """Write ``feedback/STUDENT/STAGE/STAGE.html`` for each student. One that fails does not keep the others."""
    for student in students:
        page = course.workspace.feedback / student / stage / f"{stage}.html"
        try:
            _convert(course, stage, student)
        except Exception as problem:  # nbgrader raises whatever went wrong in a conversion
            yield Written(student, stage, None, f"{type(problem).__name__}: {problem}")
        else:
            yield Written(student, stage, page)


def _convert(course: Course, stage: str, student: str) -> None:
    config = Config(course.config)
    config.CourseDirectory.root = str(course.root)
    config.CourseDirectory.assignment_id = stage
    config.CourseDirectory.student_id = student
    converter = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config)
    converter.log = logging.getLogger("bnlab.feedback")
    converter.log.setLevel(logging.CRITICAL)
    converter.force = True  # else nbgrader leaves an outdated page in place
    converter.start()
