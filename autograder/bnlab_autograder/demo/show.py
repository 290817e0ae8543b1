"""The demo: a course folder, all stages released, a class of 24, graded, with feedback and a report, and checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import STAGE_OF, Stage
from bnlab_autograder.demo.classroom import BREAKAGES, Breakage, filled, write
from bnlab_autograder.diagnosis.bank import Entry, load_bank
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.release.build import build_release
from bnlab_autograder.report.class_report.page import Places, page_in, render
from bnlab_autograder.report.class_report.page import write as write_page
from bnlab_autograder.report.class_report.report import classes, make
from bnlab_autograder.report.feedback import write_feedback
from bnlab_autograder.workspace import SETTINGS, Workspace

MARKER = ".bnlab-demo"
CELL_SECONDS = 5.0  # of an infinite loop in a demo nobody wants to wait longer
VARIANTS = (
    "cache_dict",
    "loops_over_features",
    "prints_everywhere",
    "buffers_with_kept_axes",
    "spatial_by_transpose",
)
MUTANTS = (
    "forward_eps_outside_root",
    "forward_momentum_swapped",
    "forward_batch_statistics_in_test",
    "batch_statistics_whole_batch",
    "backward_variance_constant",
    "backward_gamma_missing",
    "layer_backward_gamma_outside",
    "spatial_forward_reshape_discarded",
)
NAMES = [
    "ada",
    "blaise",
    "carl",
    "dorothy",
    "emmy",
    "fields",
    "grace",
    "hilbert",
    "ingrid",
    "julia",
    "kurt",
    "leonhard",
    "maryam",
    "noether",
    "olga",
    "pascal",
    "quetelet",
    "rosa",
    "sofia",
    "turing",
    "ulam",
    "vera",
    "weyl",
    "yau",
]


@dataclass
class Pupil:
    """A student of the made-up class: what they hand in, and what they should earn."""

    student: str
    what: str
    entry: Entry | None = None
    breakage: Breakage | None = None
    stub: bool = False
    points: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def class_of_24() -> list[Pupil]:
    """One that is right, one that has done nothing, odd styles, known mistakes, and everything that breaks."""
    files = assets()
    variants, mutants = load_bank(files.variants), load_bank(files.mutants)
    kinds: list[dict[str, Any]] = [{"what": "reference"}, {"what": "untouched", "stub": True}]
    kinds += [{"what": f"variant {name}", "entry": variants[name]} for name in VARIANTS]
    kinds += [{"what": f"mistake {name}", "entry": mutants[name]} for name in MUTANTS]
    kinds += [
        {"what": breakage.name, "breakage": breakage} for breakage in BREAKAGES[: len(NAMES) - len(kinds)]
    ]
    return [Pupil(student, **kind) for student, kind in zip(NAMES, kinds, strict=True)]


def show(folder: Path, stages: list[Stage], *, workers: int | None, log: Console) -> dict[str, Any]:
    """Make the demo in ``folder`` and return what came out, for people and for scripts."""
    columns = TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=log) as progress:
        workspace, _ = Workspace.create(folder, course_id="demo")
        with (folder / SETTINGS).open("a", encoding="utf-8") as settings:
            settings.write(f"\n[limits]\ncell_seconds = {CELL_SECONDS}\n")
        (folder / MARKER).write_text("made by: bnlab demo\n", encoding="utf-8")
        for stage in progress.track(stages, description="Releasing the stages"):
            build_release(workspace, stage, "1.0.0", force=True)
        pupils = class_of_24()
        for pupil in progress.track(pupils, description="Handing in"):
            _hand_in(pupil, workspace, stages)
        course = Course(workspace)
        problems = []
        with LocalPool(course.hidden, course.mutants, workers=workers) as pool:
            for stage in stages:
                task = progress.add_task(f"Grading {stage.name}", total=len(pupils))
                terms = course.terms(stage.name)
                by_name = {pupil.student: pupil for pupil in pupils}
                for outcome in course.grade(stage.name, course.students(stage.name), pool, terms=terms):
                    progress.advance(task)
                    problems += _note(by_name[outcome.student], stage, outcome.data)
        for stage in stages:
            students = [pupil.student for pupil in pupils]
            task = progress.add_task(f"Feedback {stage.name}", total=len(students))
            for page in write_feedback(course, stage.name, students):
                progress.advance(task)
                problems += (
                    [f"no feedback for {page.student} in {stage.name}: {page.problem}"]
                    if page.problem
                    else []
                )
        for _ in progress.track((workspace,), description="Report on the class"):
            page = _report(course)
    return {
        "folder": str(folder),
        "stages": [stage.name for stage in stages],
        "submissions": len(pupils) * len(stages),
        "as_expected": not problems,
        "problems": problems,
        "class": [
            {
                "student": p.student,
                "what": p.what,
                "points": p.points,
                "note": "; ".join(dict.fromkeys(p.notes)),
            }
            for p in pupils
        ],
        "open": {"the report on the class": str(page), **dict(_to_open(workspace, pupils, stages))},
    }


def _hand_in(pupil: Pupil, workspace: Workspace, stages: list[Stage]) -> None:
    for stage in stages:
        target = workspace.submitted / pupil.student / stage.name
        released = nbformat.read(workspace.release(stage.name) / f"{stage.name}.ipynb", as_version=4)
        solved = nbformat.read(workspace.source(stage.name) / f"{stage.name}.ipynb", as_version=4)
        notebook = released if pupil.stub else filled(released, solved, stage, pupil.entry)
        (pupil.breakage.write if pupil.breakage else write)(target, stage.name, notebook)


def _note(pupil: Pupil, stage: Stage, data: dict[str, Any]) -> list[str]:
    """Put a result into the table, and say what is not as it should be."""
    points, most = data["points"], data["max_points"]
    pupil.points[stage.name] = "–" if points is None else f"{points:g}/{most:g}"
    pupil.notes += [finding["text"] for finding in data["findings"][:1]]
    where = f"{pupil.student} ({pupil.what}) in {stage.name}"
    if points is None:
        return [f"{where} was not graded"]
    mutant = (
        pupil.entry is not None
        and pupil.what.startswith("mistake")
        and STAGE_OF[pupil.entry.exercise] == stage
    )
    if pupil.what == "reference" or pupil.what.startswith("variant"):
        return [f"{where} earned {points:g} of {most:g}"] if points != most else []
    if pupil.stub:
        return [f"{where} earned {points:g}"] if points else []
    if mutant:
        return [f"{where} earned full marks"] if points == most else []
    return [f"{where} left no note"] if pupil.breakage and not data["findings"] else []


def _report(course: Course) -> Path:
    found = classes(course)
    page = page_in(course.workspace)
    write_page(page, render(make(course.workspace.course_id, found), found, Places(page, course.workspace)))
    return page


def _to_open(workspace: Workspace, pupils: list[Pupil], stages: list[Stage]) -> Iterator[tuple[str, str]]:
    mistaken = next(pupil for pupil in pupils if pupil.what == f"mistake {MUTANTS[0]}")
    stage = next((s for s in stages if s == STAGE_OF[mistaken.entry.exercise]), stages[0])
    yield "a released notebook", str(workspace.release(stage.name) / f"{stage.name}.ipynb")
    yield (
        "feedback on a mistake",
        str(workspace.feedback / mistaken.student / stage.name / f"{stage.name}.html"),
    )
    yield "the gradebook", str(workspace.root / "gradebook.db")
