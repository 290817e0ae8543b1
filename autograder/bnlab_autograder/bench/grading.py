"""``bnlab bench grading``: the same submissions through stock nbgrader and through ``bnlab grade``, in turns.

Every size is graded from nothing by both, in fresh course folders, one right after the other, so that a busy machine
harms both. The marginal cost is what a further submission costs between the smallest and the largest size.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from bnlab_autograder.assets import assets
from bnlab_autograder.bench.measure import Cost, counts_all, run
from bnlab_autograder.bench.stock import CONFIG, shared_modules, stock_notebook
from bnlab_autograder.curriculum import Stage
from bnlab_autograder.demo.classroom import filled, write
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.graded import job_for
from bnlab_autograder.grading.judge import zygote_settings
from bnlab_autograder.grading.record import path_with_alembic
from bnlab_autograder.grading.sanitise import sanitise
from bnlab_autograder.release.build import build_release
from bnlab_autograder.sandbox import Limits, Zygote
from bnlab_autograder.workspace import Workspace

STOCK, OURS = "stock", "ours"
VARIANTS = ("cache_dict", "loops_over_features", "python_floats", "var_and_std_of_numpy", "helpers_inside")
MUTANTS = ("forward_eps_outside_root", "forward_momentum_swapped", "fold_gamma_forgotten")
VARIETY = 1 + len(VARIANTS) + len(MUTANTS)  # solutions; what students hand in differs besides by a comment


@dataclass
class Comparison:
    """Costs by system and number of submissions, and whether both gave the same scores."""

    stage: str
    costs: dict[str, dict[int, Cost]] = field(default_factory=lambda: {STOCK: {}, OURS: {}})
    by_workers: dict[int, Cost] = field(default_factory=dict)
    differences: dict[str, str] = field(default_factory=dict)
    cells_cpu: float = 0.0  # seconds of CPU that a submission's own cells take, without hidden cases

    def to_dict(self) -> dict[str, Any]:
        """With the ratios that matter. The total is compared at the size nearest to 40."""
        sizes = sorted(self.costs[OURS])
        middle = min(sizes, key=lambda size: abs(size - 40))
        cpu = {system: marginal(table, "cpu") for system, table in self.costs.items()}
        return {
            "stage": self.stage,
            "sizes": sizes,
            "costs": {
                system: {str(size): cost.to_dict() for size, cost in sorted(table.items())}
                for system, table in self.costs.items()
            },
            "workers": {str(count): cost.to_dict() for count, cost in self.by_workers.items()},
            "wall_ratio": self._ratio(lambda table: table[middle].wall),
            "wall_ratio_at": middle,
            "marginal_ratio": self._ratio(lambda table: marginal(table, "wall")),
            "marginal_seconds": {
                system: _rounded(marginal(table, "wall")) for system, table in self.costs.items()
            },
            "fixed_seconds": {system: _rounded(fixed(table, "wall")) for system, table in self.costs.items()},
            "cpu_per_submission": _rounded(cpu[OURS]),
            "stock_cpu_per_submission": _rounded(cpu[STOCK]),
            "cells_cpu": _rounded(self.cells_cpu),
            "cpu_beyond_students_code": _rounded(cpu[OURS] - self.cells_cpu),
            "memory_mb_per_submission": _rounded(marginal(self.costs[OURS], "peak_mb")),
            "all_cpu_counted": counts_all(),
            "same_scores": not self.differences,
            "differences": [f"{student}: {text}" for student, text in sorted(self.differences.items())],
        }

    def _ratio(self, of: Callable[[dict[int, Cost]], float]) -> float | None:
        """How many times more stock takes; None where ours takes nothing that could be measured."""
        ours = of(self.costs[OURS])
        return _rounded(of(self.costs[STOCK]) / ours) if ours > 0 else None


def marginal(table: dict[int, Cost], what: str) -> float:
    """What one more submission costs, between the smallest and the largest size."""
    low, high = min(table), max(table)
    if low == high:
        return getattr(table[low], what) / low
    return (getattr(table[high], what) - getattr(table[low], what)) / (high - low)


def fixed(table: dict[int, Cost], what: str) -> float:
    """What a run costs before the first submission."""
    return getattr(table[min(table)], what) - min(table) * marginal(table, what)


def compare(
    folder: Path,
    stage: Stage,
    sizes: Sequence[int],
    *,
    workers: Sequence[int] = (),
    repeat: int = 1,
    tell: Callable[[str], None] = lambda text: None,
) -> Comparison:
    """Grade ``sizes`` submissions with both systems in ``folder``, which is emptied between the runs.

    Of ``repeat`` runs the quickest counts, for both.
    """
    result = Comparison(stage.name)
    course = release_for(folder / "release", stage)
    stock_course = _stock_course(folder / "stock-release", course, stage)
    notebooks = submissions_for(course, stage)
    for turn in range(repeat):
        for size in sizes:
            tell(f"stock nbgrader, {size} submissions, run {turn + 1} of {repeat}")
            cost, theirs = _stock(folder / "stock", stock_course, stage, notebooks, size)
            _keep_quickest(result.costs[STOCK], size, cost)
            tell(f"bnlab grade, {size} submissions, run {turn + 1} of {repeat}")
            cost, ours = graded_by_bnlab(folder / "ours", course, stage, notebooks, size)
            _keep_quickest(result.costs[OURS], size, cost)
            for student in theirs.keys() | ours.keys():
                if theirs.get(student) != ours.get(student):
                    text = f"stock {theirs.get(student)}, ours {ours.get(student)}"
                    result.differences[student] = text
        for count in workers:
            tell(f"bnlab grade, {sizes[-1]} submissions, {count} workers, run {turn + 1} of {repeat}")
            cost, _ = graded_by_bnlab(folder / "ours", course, stage, notebooks, sizes[-1], workers=count)
            _keep_quickest(result.by_workers, count, cost)
    tell("the students' cells alone")
    result.cells_cpu = _cells_cpu(Course(Workspace(folder / "ours")), stage, len(notebooks))
    return result


def _keep_quickest(table: dict[int, Cost], key: int, cost: Cost) -> None:
    if key not in table or cost.wall < table[key].wall:
        table[key] = cost


def _rounded(value: float) -> float:
    return round(value, 4)


def release_for(folder: Path, stage: Stage) -> Workspace:
    shutil.rmtree(folder, ignore_errors=True)
    workspace, _ = Workspace.create(folder, course_id="bench")
    build_release(workspace, stage, "1.0.0")
    return workspace


def submissions_for(course: Workspace, stage: Stage) -> list[NotebookNode]:
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


def _stock_course(folder: Path, course: Workspace, stage: Stage) -> Path:
    """The same course for stock nbgrader, with its own release."""
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source" / stage.name
    shutil.copytree(course.source(stage.name), source)
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    hidden = assets().hidden
    for path in shared_modules(hidden):
        shutil.copy(path, source)
    notebook = nbformat.read(source / f"{stage.name}.ipynb", as_version=4)
    nbformat.write(stock_notebook(notebook, stage.name, hidden), source / f"{stage.name}.ipynb")
    run([_bin("nbgrader"), "generate_assignment", stage.name], cwd=folder, env=_environment())
    return folder


def _stock(
    folder: Path, course: Path, stage: Stage, notebooks: list[NotebookNode], size: int
) -> tuple[Cost, dict[str, float]]:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course, folder)
    _hand_in(folder / "submitted", stage, notebooks, size)
    cost = run([_bin("nbgrader"), "autograde", stage.name], cwd=folder, env=_environment())
    return cost, _scores(f"sqlite:///{folder / 'gradebook.db'}", "stock", stage)


def graded_by_bnlab(
    folder: Path,
    course: Workspace,
    stage: Stage,
    notebooks: list[NotebookNode],
    size: int,
    workers: int | None = None,
    events: Path | None = None,
) -> tuple[Cost, dict[str, float]]:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(course.root, folder)
    _hand_in(folder / "submitted", stage, notebooks, size)
    command = [_bin("bnlab"), "grade", stage.name, *(["--workers", str(workers)] if workers else [])]
    command += ["--events", str(events)] if events else []
    cost = run(command, cwd=folder, env=_environment())
    workspace = Workspace(folder)
    return cost, _scores(workspace.db_url, workspace.course_id, stage)


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


def _cells_cpu(course: Course, stage: Stage, count: int) -> float:
    """CPU seconds of the cells of a submission on average, run as in grading but without any hidden case."""
    terms = course.terms(stage.name)
    used = []
    with Zygote(**zygote_settings(None)) as zygote:
        for student in course.students(stage.name)[:count]:
            folder = course.workspace.submitted / student / stage.name
            job = job_for(sanitise(folder, terms.released), terms)
            limits = Limits.from_dict(dict(job.limits))
            with zygote.spawn(files=dict(job.files), limits=limits, plots=job.plots) as session:
                for cell in job.cells:
                    session.run_cell(cell.source)
            used.append(session.usage.cpu_seconds)
    return statistics.mean(used)


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
