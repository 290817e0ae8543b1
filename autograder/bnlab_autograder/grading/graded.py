"""Between the phases, as pure functions: a sanitised submission becomes a job; with its verdict, a record."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_markdown_cell

from bnlab_autograder.grading import handed_in, panel
from bnlab_autograder.grading.findings import Finding
from bnlab_autograder.grading.harmless import sized_by_numbers
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.needed import needed_cells
from bnlab_autograder.grading.record import Record, digest
from bnlab_autograder.grading.released import Released, exercise_of, grade_id_of, is_answer
from bnlab_autograder.grading.sanitise import Sanitised
from bnlab_autograder.grading.score import ExerciseScore, Points, score

FORMAT = 2  # of graded notebooks and records; a new one makes old records count as outdated
SCHEMA, SCHEMA_VERSION = "bnlab-grade", 1


@dataclass(frozen=True)
class Terms:
    """What all submissions of a run are graded under."""

    released: Released
    hidden: Path
    points: Points
    seed: bytes
    environment: str
    limits: Mapping[str, float]
    tier: str

    def __post_init__(self) -> None:
        for exercise in self.released.exercises:
            cases = sum(self.points.get(exercise, {}).values())
            most = self.released.points[f"check_{exercise}"]
            if cases != most:
                raise ValueError(
                    f"{self.released.stage}.toml gives {exercise} {cases:g} points, the release {most:g}; "
                    f"run: bnlab release {self.released.stage}"
                )


@dataclass(frozen=True)
class Graded:
    """A submission with its result."""

    notebook: NotebookNode
    record: Record
    findings: tuple[Finding, ...]
    scores: tuple[ExerciseScore, ...]


def job_for(sanitised: Sanitised, terms: Terms) -> Job | None:
    """The job of a submission; None where there is nothing to execute."""
    if sanitised.status != "ok":
        return None
    cells = tuple(
        Cell(cell.id, cell.source, exercise_of(cell)) for cell in needed_cells(sanitised.notebook.cells)
    )
    released = terms.released
    return Job(released.stage, cells, released.files, terms.seed, dict(terms.limits), terms.environment)


def fingerprint(
    sanitised: Sanitised, key: str | None, terms: Terms, timestamp: datetime.datetime | None
) -> str:
    """A digest of all that a record depends on: if it is unchanged, so is the record."""
    texts = {cell.id: (cell.source, cell.get("outputs")) for cell in sanitised.notebook.cells}
    about = sanitised.notebook.metadata.bnlab
    return digest(FORMAT, key, texts, about, {k: dict(v) for k, v in terms.points.items()}, str(timestamp))


def graded(
    student: str,
    sanitised: Sanitised,
    verdict: Verdict | None,
    terms: Terms,
    *,
    key: str | None = None,
    problem: str | None = None,
    timestamp: datetime.datetime | None = None,
    reason: str = "graded",
) -> Graded:
    """Put everything about a submission together.

    ``verdict`` is None where nothing was executed; then every exercise has earned 0. With ``problem`` the judge has
    failed: then there is no score, and a person has to look.
    """
    released = terms.released
    findings = [*sanitised.findings, *_findings_of(verdict, sanitised.notebook)]
    if problem is not None:
        findings.append(Finding("not-graded", f"this submission could not be graded: {problem}"))
    scores = tuple(score(verdict or Verdict(), released.exercises, terms.points))
    if verdict is None:
        for one in scores:
            one.status = "not implemented"
            for case in one.cases:
                case.message = "not implemented"
    status = "failed" if problem is not None else "graded" if sanitised.status == "ok" else sanitised.status
    data = {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "student": student,
        "stage": released.stage,
        "release": released.version,
        "points": None if problem is not None else sum(one.points for one in scores),
        "max_points": sum(one.max_points for one in scores),
        "status": status,
        "tier": verdict.tier if verdict else None,
        "findings": [finding.to_dict() for finding in findings],
        "exercises": [one.to_dict() for one in scores],
        "usage": verdict.usage if verdict else {},
    }
    record = Record(
        student=student,
        stage=released.stage,
        scores={f"check_{one.exercise}": None if problem is not None else one.points for one in scores},
        answered=_answered(sanitised.notebook, released),
        answers=_answers(sanitised.notebook),
        timestamp=timestamp,
        reason=reason,
        key=key,
        fingerprint=fingerprint(sanitised, key, terms, timestamp) if problem is None else "",
        data=data,
    )
    notebook = _notebook(sanitised.notebook, verdict, () if problem is not None else scores, findings)
    notebook.metadata.bnlab.fingerprint = record.fingerprint
    return Graded(notebook, record, tuple(findings), scores)


def _findings_of(verdict: Verdict | None, notebook: NotebookNode) -> list[Finding]:
    if verdict is None:
        return []
    findings = []
    if verdict.ended:
        place = next((cell for cell in notebook.cells if cell.id == verdict.ended_in), None)
        name = (grade_id_of(place) if place is not None else None) or "a cell of the student's own"
        findings.append(
            Finding(
                "stopped", f"{name} was stopped: {verdict.ended.rstrip('.')}; the rest ran without it", name
            )
        )
    faults = sorted({case.exercise for case in verdict.cases if case.kind == "fault"})
    if faults:
        text = (
            f"answers of {', '.join(faults)} were so odd that a hidden case stumbled over them; please look"
        )
        findings.append(Finding("odd-answer", text))
    if verdict.tier == "C":
        findings.append(
            Finding("no-walls", "graded without walls, because the students were declared trusted")
        )
    return findings


def _answered(notebook: NotebookNode, released: Released) -> dict[str, bool]:
    """Whether each answer cell holds something else than what students were given."""
    return {
        name: cell.source.strip() != released.by_grade_id[name].source.strip()
        for cell in notebook.cells
        if is_answer(cell) and (name := grade_id_of(cell))
    }


def _answers(notebook: NotebookNode) -> dict[str, str]:
    """Digests of the answers that a person grades."""
    return {
        grade_id_of(cell): digest(cell.source)
        for cell in notebook.cells
        if is_answer(cell) and cell.metadata.nbgrader.get("grade")
    }


def _notebook(
    sanitised: NotebookNode,
    verdict: Verdict | None,
    scores: tuple[ExerciseScore, ...],
    findings: list[Finding],
) -> NotebookNode:
    notebook = copy.deepcopy(sanitised)
    runs = {run.id: run for run in verdict.cells} if verdict else {}
    by_exercise = {one.exercise: one for one in scores}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        run = runs.get(cell.id)
        if run is None:
            cell.outputs = handed_in.marked(cell.outputs)
        else:
            cell.outputs = [from_dict(sized_by_numbers(output)) for output in run.outputs]
            cell.execution_count = run.execution_count
        exercise = exercise_of(cell)
        if exercise in by_exercise:
            cell.outputs.append(from_dict(panel.output(by_exercise[exercise])))
    if findings:
        notebook.cells.insert(0, _findings_cell(findings))
    return notebook


def _findings_cell(findings: list[Finding]) -> NotebookNode:
    lines = [f"- {finding.text}" for finding in findings]
    cell = new_markdown_cell("\n".join(["**Notes on this submission**", "", *lines]))
    cell.id = "bnlab-findings"
    cell.metadata.bnlab = {"role": "findings"}
    return cell


def summary(data: Mapping[str, Any]) -> str:
    """A record's data in a line."""
    points = "–" if data["points"] is None else f"{data['points']:g}"
    return f"{data['student']}: {points}/{data['max_points']:g} ({data['status']})"
