"""The instructor's notebook of a stage, from its source as text and the reference solutions.

Exercises and questions stand in the source as directives (see CONTRIBUTING.md); here they become the cells that
nbgrader knows. Equal sources give equal notebooks, down to the ids of cells. A variant has other inputs, and the
numbers in its prose that come from them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jupytext
from bnlab.checks import HELPERS
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.curriculum import Stage
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.release.answers import (
    BEGIN,
    END,
    PREVIOUS,
    SourceProblem,
    bound_names,
    functions_of,
    previous_names,
    previous_stages_source,
    written_answers,
)
from bnlab_autograder.release.measure import MEASURED, SAY, filled, measure, steps_of
from bnlab_autograder.release.variant import Inputs, Variant, declared_in

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
DIRECTIVES = ("setup", "exercise", "question", MEASURED)
PLACEHOLDER = "Write your answer here."


@dataclass(frozen=True)
class Source:
    """The source of a stage, read.

    Parameters
    ----------
    cells : list of NotebookNode
        The notebook's, still with the marks of numbers in prose and with the cells that measure them.
    inputs : Inputs
        What was put in.
    """

    stage: Stage
    cells: list[NotebookNode]
    inputs: Inputs

    @classmethod
    def read(cls, stage: Stage, files: Assets | None = None, variant: Variant | None = None) -> Source:
        """Raises SourceProblem."""
        files = files or assets()
        path = files.assignments / stage.name / f"{stage.name}.md"
        if not path.exists():
            raise SourceProblem(f"there is no notebook source {path}")
        source = jupytext.read(path, fmt="md:myst")
        try:
            inputs = Inputs(declared_in(source.metadata), variant)
            points = _points(stage, files)
            building = _Building(stage, points, written_answers(files.written, stage.name), inputs)
            cells = [made for cell in source.cells for made in building.of(cell)]
            building.finish()
        except SourceProblem as problem:
            raise SourceProblem(f"{path.name}: {problem}") from None
        return cls(stage, cells, inputs)

    def measured(
        self,
        files: Assets | None = None,
        beside: Mapping[str, bytes] | None = None,
        cache: Path | None = None,
    ) -> list[str]:
        """The numbers in the prose, as they come out. Executes the notebook. Raises SourceProblem.

        ``beside`` are the files that it may read; ``cache`` is a folder that keeps what came out.
        """
        if beside is None:
            beside = {f"{PREVIOUS}.py": previous_stages_source(self.stage).encode()}
        try:
            return measure(steps_of(self.cells), beside, (files or assets()).library, cache)
        except SourceProblem as problem:
            raise SourceProblem(f"{self.stage.name}.md: {problem}") from None

    @property
    def written(self) -> list[str]:
        """The numbers in the prose, as they are written for the default."""
        return [step.written for step in steps_of(self.cells) if step.kind == SAY]

    def notebook(
        self,
        files: Assets | None = None,
        beside: Mapping[str, bytes] | None = None,
        cache: Path | None = None,
    ) -> NotebookNode:
        """The instructor's notebook; see ``instructor_notebook``."""
        said = self.measured(files, beside, cache) if self.inputs.differ else self.written
        cells = filled(self.cells, said)
        _give_ids(cells)
        about = {"stage": self.stage.name}
        if self.inputs.variant is not None:
            about["variant"] = self.inputs.variant.name
        metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "bnlab": about}
        return new_notebook(cells=cells, metadata=metadata, nbformat_minor=5)


def instructor_notebook(
    stage: Stage, files: Assets | None = None, variant: Variant | None = None
) -> NotebookNode:
    """The notebook with solutions, checks and points, without outputs. Raises SourceProblem.

    What nbgrader's ``generate_assignment`` makes of it is the students' version. A variant with other inputs is
    executed once, for the numbers in its prose.
    """
    return Source.read(stage, files, variant).notebook(files)


@dataclass
class _Building:
    """Turns the cells of a source into those of a notebook, one after the other."""

    stage: Stage
    points: dict[str, float]  # by exercise
    answers: dict[str, str]  # to written questions
    inputs: Inputs
    bound: set[str] = field(default_factory=set)  # names that the cells so far have bound
    seen: list[str] = field(default_factory=list)  # exercises and questions so far
    has_setup: bool = False

    def of(self, cell: NotebookNode) -> list[NotebookNode]:
        found = [name for name in DIRECTIVES if name in cell.metadata]
        if len(found) > 1:
            raise SourceProblem(f"a cell is {' and '.join(found)} at once")
        if cell.cell_type == "code" and not self.has_setup:
            if found != ["setup"]:
                raise SourceProblem("the first cell of code must be the set-up cell (:setup: true)")
            self.has_setup = True
            self.bound |= bound_names(cell.source)
            return [_marked(new_code_cell(self.inputs.code(cell.source)), "setup", locked=True)]
        match found:
            case ["exercise"]:
                return self._exercise(cell.metadata)
            case ["question"]:
                return [self._question(cell)]
            case [one] if one == MEASURED:
                if cell.cell_type != "code":
                    raise SourceProblem("what is measured must be code")
                return [new_code_cell(self.inputs.code(cell.source), metadata={MEASURED: True})]
            case ["setup"]:
                raise SourceProblem("there are two set-up cells")
        return [self._plain(cell)]

    def finish(self) -> None:
        """Complain if the source was not complete."""
        exercises = tuple(name for name in self.seen if name in self.stage.exercises)
        if exercises != self.stage.exercises:
            raise SourceProblem(
                f"its exercises are {', '.join(exercises) or 'none'}; "
                f"{self.stage.name} has, in this order: {', '.join(self.stage.exercises)}"
            )
        unasked = [name for name in self.answers if name not in self.seen]
        if unasked:
            raise SourceProblem(f"{unasked[0]} has a model answer but is not asked")

    def _exercise(self, metadata: dict[str, Any]) -> list[NotebookNode]:
        name = metadata["exercise"]
        if name not in self.stage.exercises:
            raise SourceProblem(f"{name} is not an exercise of {self.stage.name}")
        self._once(name)
        helpers = str(metadata.get("helpers", "")).split()
        self.bound.add(name)
        lacking = [one for one in HELPERS.get(name, ()) if one not in helpers]
        unknown = [one for one in helpers if one not in self.bound]
        if lacking or unknown:
            raise SourceProblem(
                f"the check of {name} needs {lacking[0]}; add :helpers: {lacking[0]}"
                if lacking
                else f"{unknown[0]}, a helper of {name}, is not defined at that place"
            )
        solution = functions_of(self.stage)[name].solved(self.bound, previous_names(self.stage))
        arguments = ", ".join([f'"{name}"', name, *(f"{one}={one}" for one in helpers)])
        check = _marked(
            new_code_cell(f"check({arguments})"),
            f"check_{name}",
            grade=True,
            locked=True,
            points=self.points[name],
        )
        return [_marked(new_code_cell(solution), name, solution=True), check]

    def _question(self, cell: NotebookNode) -> NotebookNode:
        name, points = cell.metadata["question"], cell.metadata.get("points")
        self._once(name)
        if cell.cell_type != "markdown" or not isinstance(points, int | float) or points <= 0:
            raise SourceProblem(f"the question {name} must be a Markdown cell with points")
        if name not in self.answers:
            raise SourceProblem(f"the question {name} has no model answer in solutions/written")
        given = cell.source.replace(PLACEHOLDER, "").strip()
        region = f"{BEGIN}\n{self.answers[name]}\n{END}"
        text = f"{given}\n\n{region}" if given else region
        return _marked(new_markdown_cell(text), name, grade=True, solution=True, points=float(points))

    def _plain(self, cell: NotebookNode) -> NotebookNode:
        if not cell.source.strip():
            raise SourceProblem(f"an empty cell, with metadata {dict(cell.metadata)}; a misspelt directive?")
        if cell.cell_type == "code":
            self.bound |= bound_names(cell.source) if "%" not in cell.source else set()
            return new_code_cell(self.inputs.code(cell.source), metadata=dict(cell.metadata))
        return new_markdown_cell(self.inputs.prose(cell.source), metadata=dict(cell.metadata))

    def _once(self, name: str) -> None:
        if name in self.seen:
            raise SourceProblem(f"{name} occurs twice")
        self.seen.append(name)


def _points(stage: Stage, files: Assets) -> dict[str, float]:
    """The points of each exercise: the sum over its hidden cases."""
    if not (files.hidden / f"{stage.name}.toml").exists():
        raise SourceProblem(f"there is no points file {files.hidden / stage.name}.toml")
    try:
        cases = load_points(files.hidden, stage.name)
    except ValueError as problem:
        raise SourceProblem(str(problem)) from None
    points = {exercise: sum(one.values()) for exercise, one in cases.items()}
    if set(points) != set(stage.exercises) or sum(points.values()) != stage.points:
        raise SourceProblem(
            f"{stage.name}.toml gives {sum(points.values()):g} points to {', '.join(points)}; the curriculum says "
            f"{stage.points:g} points for {', '.join(stage.exercises)}"
        )
    return points


def _marked(
    cell: NotebookNode,
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> NotebookNode:
    """The cell with the metadata by which nbgrader knows it."""
    cell.metadata.nbgrader = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    if points is not None:
        cell.metadata.nbgrader["points"] = points
    return cell


def _give_ids(cells: list[NotebookNode]) -> None:
    """Ids that no build changes: of a cell that nbgrader knows its grade_id, of others a digest of what they say.

    So one id never stands for two different texts, and cells keep theirs when others come, go or move.
    """
    count: Counter[str] = Counter()
    for cell in cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name is None:
            name = f"{cell.cell_type}-{hashlib.sha256(cell.source.encode()).hexdigest()[:12]}"
        count[name] += 1
        cell.id = name[:64] if count[name] == 1 else f"{name}-{count[name]}"
