"""BNLab's parts for stock nbgrader: `nbgrader autograde` and the formgrader's button grade through the trusted judge.

A course folder's ``nbgrader_config.py`` calls ``configure``. nbgrader then runs its two passes with the classes
below instead of its own:

- sanitise pass: ``RobustExporter`` reads whatever was handed in, ``Sanitise`` rebuilds it from the release;
- grade pass: ``Judged`` takes the verdict from the store, or grades the submission there and then; ``Recorded`` writes
  the judge's points into the gradebook and never looks at what a cell has displayed.
"""

from __future__ import annotations

import atexit
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets.config import Config

from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.judge import Judge
from bnlab_autograder.grading.sanitise import read_back, sanitise


def configure(config: Config) -> None:
    """Plug the classes of this module into nbgrader, by name: the formgrader shows the configuration."""
    config.Autograde.exporter_class = f"{__name__}.RobustExporter"
    config.Autograde.sanitize_preprocessors = [f"{__name__}.Sanitise"]
    config.Autograde.autograde_preprocessors = [f"{__name__}.Judged", f"{__name__}.Recorded"]
    # What students have written is shown with the rights of whoever looks at it.
    config.HTMLExporter.sanitize_html = True
    shown = "bnlab_autograder.grading.shown"
    config.HTMLExporter.filters = {"clean_html": f"{shown}.html", "markdown2html": f"{shown}.markdown"}


class RobustExporter(NotebookExporter):
    """Hands a submitted file on unread: the sanitise pass reads it, and nothing in it can stop the run."""

    def from_filename(self, filename: str, resources: dict | None = None, **options: Any) -> tuple[str, dict]:
        resources = {**(resources or {}), "bnlab_file": filename}
        if not _is_sanitised(Path(filename)):
            return self.from_notebook_node(nbformat.v4.new_notebook(), resources=resources, **options)
        return super().from_filename(filename, resources=resources, **options)


class Sanitise(NbGraderPreprocessor):
    """Phase 1 as a preprocessor."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        course = Course.find(Path.cwd())
        stage = resources["nbgrader"]["assignment"]
        folder = (course.root / resources["bnlab_file"]).parent
        sanitised = sanitise(folder, course.released(stage))
        for finding in sanitised.findings:
            self.log.warning("%s: %s", resources["nbgrader"]["student"], finding.text)
        return sanitised.notebook, resources


class Judged(NbGraderPreprocessor):
    """Phase 2 as a preprocessor: outputs and scores come from the judge, or from its stored verdict."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        course = Course.find(Path.cwd())
        about = resources["nbgrader"]
        judge = _judge(course.hidden, course.mutants)
        result = course.grade_one(about["student"], about["assignment"], read_back(nb), judge)
        resources["bnlab_record"] = result.record
        return result.notebook, resources


class Recorded(NbGraderPreprocessor):
    """Phase 3 as a preprocessor: what `bnlab grade` would record. A grader's points and comments stay."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        with Course.find(Path.cwd()).ledger() as ledger:
            ledger.record(resources["bnlab_record"])
        return nb, resources


@cache
def _judge(hidden: Path, mutants: Path) -> Judge:
    """One judge for the whole command."""
    judge = Judge(hidden, mutants)
    atexit.register(judge.close)
    return judge


def _is_sanitised(path: Path) -> bool:
    return "autograded" in path.parts
