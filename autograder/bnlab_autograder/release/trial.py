"""A release on trial: judged as a submission would be, the instructor's notebook earns everything, the untouched one
nothing."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol

import nbformat
from nbformat import NotebookNode

from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.files import PUBLIC_SEED
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.judge import environment_of, limits_for
from bnlab_autograder.grading.needed import GIVEN, needed_cells
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.grading.released import FOR_STUDENTS_ONLY, exercise_of, is_answer
from bnlab_autograder.grading.score import score
from bnlab_autograder.release.proof import NotProved
from bnlab_autograder.release.publish import Built


class Judged(Protocol):
    """Whatever looks at a finished release before it is published; raises NotProved."""

    def __call__(self, built: Built) -> None: ...


class Trial:
    """Judges for the time of a ``with`` block; call it with a release.

    Parameters
    ----------
    tier : str
        Of the walls; what is judged is the course's own.
    """

    def __init__(self, tier: str, files: Assets | None = None):
        self.files, self.tier = files or assets(), tier

    def __enter__(self) -> Trial:
        self._pool = LocalPool(self.files.hidden, self.files.mutants, workers=1, tier=self.tier)
        self._judges = self._pool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)

    def __call__(self, built: Built) -> None:
        """Raise NotProved unless both notebooks of ``built`` earn what they should."""
        stage = built.stage
        points = load_points(self.files.hidden, stage)
        environment = environment_of(stage, self.files.hidden, self.files.mutants, self.tier)
        notebooks = {
            "the instructor's notebook": built.instructor,
            "the untouched notebook": built.files[f"{stage}.ipynb"],
        }
        jobs = ((who, _job(stage, raw, built.files, environment)) for who, raw in notebooks.items())
        for who, verdict in self._judges.map(jobs):
            if not isinstance(verdict, Verdict):
                raise NotProved(f"{stage}: {who} could not be judged: {verdict}")
            scores = score(verdict, tuple(points), points)
            earned, most = sum(one.points for one in scores), sum(one.max_points for one in scores)
            if who == "the untouched notebook" and earned:
                cases = [f"{one.exercise}.{case.name}" for one in scores for case in one.cases if case.passed]
                raise NotProved(f"{stage}: {who} earns {earned:g} points, in {', '.join(cases)}")
            if who != "the untouched notebook" and earned != most:
                cases = [
                    f"{one.exercise}.{c.name}: {c.message}"
                    for one in scores
                    for c in one.cases
                    if not c.passed
                ]
                raise NotProved(f"{stage}: {who} earns {earned:g} of {most:g} points; {cases[0]}")


def _job(stage: str, raw: bytes, files: Mapping[str, bytes], environment: str) -> Job:
    cells = needed_cells(_with_roles(nbformat.reads(raw.decode("utf-8"), as_version=4)))
    beside = {
        name: content
        for name, content in files.items()
        if not name.endswith((".ipynb", ".whl")) and name not in FOR_STUDENTS_ONLY
    }
    jobs = tuple(Cell(cell.id, cell.source, exercise_of(cell)) for cell in cells)
    return Job(stage, jobs, beside, PUBLIC_SEED, limits_for(), environment)


def _with_roles(notebook: NotebookNode) -> list[NotebookNode]:
    for cell in notebook.cells:
        cell.metadata.bnlab = {"role": "answer" if is_answer(cell) or exercise_of(cell) else GIVEN}
    return notebook.cells
