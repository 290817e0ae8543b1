"""The course folder and the stage that a command names, or a clear end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bnlab_autograder.cli.output import misuse
from bnlab_autograder.curriculum import stage_named

if TYPE_CHECKING:
    from bnlab_autograder.grading.course import Course
    from bnlab_autograder.workspace import Workspace


def stage_in(name: str) -> str:
    """The full name of a stage."""
    try:
        return stage_named(name).name
    except LookupError as problem:
        misuse(str(problem.args[0]))


def workspace_in(folder: Path) -> Workspace:
    """The course folder that holds ``folder``; unlike ``course_in`` this imports nothing that takes long."""
    from bnlab_autograder.workspace import NoWorkspace, Workspace

    try:
        found = Workspace.find(folder)
        _ = found.settings
        return found
    except (NoWorkspace, OSError) as problem:
        misuse(str(problem))


def course_in(folder: Path) -> Course:
    """The course folder that holds ``folder``."""
    from bnlab_autograder.grading.course import Course

    try:
        return Course.find(folder)
    except (LookupError, ValueError, OSError) as problem:
        misuse(str(problem))
