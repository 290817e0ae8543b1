"""``bnlab bench grading``: the same submissions through stock nbgrader and through ``bnlab grade``, in turns.

Every size is graded from nothing by both, in fresh course folders, one right after the other, so that a busy machine
harms both. The marginal cost is what a further submission costs between the smallest and the largest size.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from bnlab_autograder.assets import assets
from bnlab_autograder.bench.measure import Cost, run
from bnlab_autograder.bench.stock import CONFIG, shared_modules, stock_notebook
from bnlab_autograder.curriculum import Stage
from bnlab_autograder.demo.classroom import filled, write
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.grading.record import path_with_alembic
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace

STOCK, OURS = "stock", "ours"
VARIANTS = ("cache_dict", "loops_over_features", "python_floats", "var_and_std_of_numpy", "helpers_inside")
MUTANTS = ("forward_eps_outside_root", "forward_momentum_swapped", "fold_gamma_forgotten")


@dataclass
class Comparison:
    """Costs by system and number of submissions, and whether both gave the same scores."""

    stage: str
    costs: dict[str, dict[int, Cost]] = field(default_factory=lambda: {STOCK: {}, OURS: {}})
    by_workers: dict[int, Cost] = field(default_factory=dict)
    same_scores: bool = True
    differences: list[str] = field(default_factory=list)
    students_cpu: float = 0.0  # seconds of CPU that the students' own code took, per submission

    def to_dict(self) -> dict[str, Any]:
        """With the ratios that matter. ``total`` is taken at the size nearest to 40."""
        sizes = sorted(self.costs[OURS])
        middle = min(sizes, key=lambda size: abs(size - 40))
        return {
            "stage": self.stage,
            "sizes": sizes,
            "costs": {
                system: {str(n): cost.to_dict() for n, cost in table.items()}
                for system, table in self.costs.items()
            },
            "workers": {str(n): cost.to_dict() for n, cost in self.by_workers.items()},
            "wall_ratio": self._ratio(lambda table: table[middle].wall),
            "wall_ratio_at": middle,
            "marginal_ratio": self._ratio(lambda table: marginal(table, "wall")),
            "marginal_seconds": {system: marginal(table, "wall") for system, table in self.costs.items()},
            "cpu_per_submission": {system: marginal(table, "cpu") for system, table in self.costs.items()},
            "cpu_beyond_students_code": marginal(self.costs[OURS], "cpu") - self.students_cpu,
            "students_cpu": self.students_cpu,
            "same_scores": self.same_scores,
            "differences": self.differences,
        }

    def _ratio(self, of: Callable[[dict[int, Cost]], float]) -> float:
        return of(self.costs[STOCK]) / of(self.costs[OURS])


def marginal(table: dict[int, Cost], what: str) -> float:
    """What one more submission costs, between the smallest and the largest size."""
    sizes = sorted(table)
    if len(sizes) < 2:
        return getattr(table[sizes[0]], what) / sizes[0]
    low, high = sizes[0], sizes[-1]
    return (getattr(table[high], what) - getattr(table[low], what)) / (high - low)


def compare(
    folder: Path,
    stage: Stage,
    sizes: Sequence[int],
    *,
    workers: Sequence[int] = (),
    tell: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Grade ``sizes`` submissions with both systems in ``folder``, which is emptied between the runs."""
    result = Comparison(stage.name)
    course = _release(folder / "release", stage)
    notebooks = list(_submissions(course, stage))
    for size in sizes:
        tell(f"stock nbgrader, {size} submissions")
        result.costs[STOCK][size], theirs = _stock(folder / "stock", course, stage, notebooks, size)
        tell(f"bnlab grade, {size} submissions")
        result.costs[OURS][size], ours, cpu = _ours(folder / "ours", course, stage, notebooks, size)
        result.students_cpu = cpu
        for student in sorted(theirs.keys() | ours.keys()):
            if theirs.get(student) != ours.get(student):
                result.differences.append(f"{student}: stock {theirs.get(student)}, ours {ours.get(student)}")
    for count in workers:
        tell(f"bnlab grade, {sizes[-1]} submissions, {count} workers")
        result.by_workers[count], _, _ = _ours(
            folder / "ours", course, stage, notebooks, sizes[-1], workers=count
        )
    result.same_scores = not result.differences
    return result


def _release(folder: Path, stage: Stage) -> Workspace:
    shutil.rmtree(folder, ignore_errors=True)
    workspace, _ = Workspace.create(folder, course_id="bench")
    build_release(workspace, stage, "1.0.0")
    return workspace


def _submissions(course: Workspace, stage: Stage) -> list[NotebookNode]:
    """Honest ones: the reference, odd styles, known mistakes."""
    released = nbformat.read(course.release(stage.name) / f"{stage.name}.ipynb", as_version=4)
    solved = nbformat.read(course.source(stage.name) / f"{stage.name}.ipynb", as_version=4)
    variants, mutants = load_bank(assets().variants), load_bank(assets().mutants)
    entries = [None, *(variants[name] for name in VARIANTS), *(mutants[name] for name in MUTANTS)]
    return [filled(released, solved, stage, entry) for entry in entries]


def _hand_in(submitted: Path, stage: Stage, notebooks: list[NotebookNode], size: int) -> None:
    for number in range(size):
        notebook = nbformat.from_dict(notebooks[number % len(notebooks)])
        # No two students hand in the same bytes.
        first = next(
            k for k, cell in enumerate(notebook.cells) if cell.metadata.get("nbgrader", {}).get("solution")
        )
        unique = {**notebook.cells[first], "source": f"{notebook.cells[first].source}\n# student {number}"}
        cells = [*notebook.cells[:first], nbformat.from_dict(unique), *notebook.cells[first + 1 :]]
        write(
            submitted / f"s{number:04}" / stage.name,
            stage.name,
            nbformat.from_dict({**notebook, "cells": cells}),
        )


def _stock(
    folder: Path, course: Workspace, stage: Stage, notebooks: list[NotebookNode], size: int
) -> tuple[Cost, dict[str, float]]:
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source" / stage.name
    shutil.copytree(course.source(stage.name), source)
    (folder / "nbgrader_config.py").write_text(CONFIG.format(root=str(folder)), encoding="utf-8")
    hidden = assets().hidden
    for path in shared_modules(hidden):
        shutil.copy(path, source)
    notebook = nbformat.read(source / f"{stage.name}.ipynb", as_version=4)
    nbformat.write(stock_notebook(notebook, stage.name, hidden), source / f"{stage.name}.ipynb")
    run([_bin("nbgrader"), "generate_assignment", stage.name], cwd=folder, env=_environment())
    _hand_in(folder / "submitted", stage, notebooks, size)
    cost = run([_bin("nbgrader"), "autograde", stage.name], cwd=folder, env=_environment())
    return cost, _scores(f"sqlite:///{folder / 'gradebook.db'}", "stock", stage)


def _ours(
    folder: Path,
    course: Workspace,
    stage: Stage,
    notebooks: list[NotebookNode],
    size: int,
    workers: int | None = None,
) -> tuple[Cost, dict[str, float], float]:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course.root, folder)
    _hand_in(folder / "submitted", stage, notebooks, size)
    command = [_bin("bnlab"), "grade", stage.name, *(["--workers", str(workers)] if workers else [])]
    cost = run(command, cwd=folder, env=_environment())
    workspace = Workspace(folder)
    return cost, _scores(workspace.db_url, workspace.course_id, stage), _students_cpu(workspace, stage)


def _scores(db_url: str, course_id: str, stage: Stage) -> dict[str, float]:
    with path_with_alembic(), Gradebook(db_url, course_id) as gradebook:
        return {
            submission.student.id: round(
                sum(
                    g.auto_score or 0.0
                    for nb in submission.notebooks
                    for g in nb.grades
                    if g.name[:6] == "check_"
                ),
                6,
            )
            for submission in gradebook.assignment_submissions(stage.name)
        }


def _students_cpu(workspace: Workspace, stage: Stage) -> float:
    """CPU seconds that the sandboxes took on average: the students' code and the clones for the cases."""
    from bnlab_autograder.grading.course import Course

    with Course(workspace).ledger() as ledger:
        used = [
            row["data"].get("usage", {}).get("cpu_seconds", 0.0)
            for row in ledger.results(stage.name).values()
        ]
    return sum(used) / max(len(used), 1)


def _environment() -> dict[str, str]:
    """The same for both: graded mode, one thread, the commands of this installation."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "BNLAB_GRADED": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _bin(name: str) -> str:
    return str(Path(sys.executable).parent / name)
