"""Phase 1: rebuild a submitted notebook from the released one, keeping only what belongs to the student.

Everything that decides about points comes from the release: which cells exist, their order, type, metadata and
locked sources. From the submission come the answers, cells that the student added, given cells that the student
changed, and outputs, cleaned, which are shown where grading does not run a cell. What another version of the release
gave to its students counts as given: it is left out, unless it binds names that only it binds and something reads.
Nothing is executed, and nothing that a submission contains can make this fail.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from bnlab_autograder.grading.findings import Finding, findings_from
from bnlab_autograder.grading.handed_in import HandedIn
from bnlab_autograder.grading.needed import GIVEN, defines, names_in
from bnlab_autograder.grading.released import (
    FOR_STUDENTS_ONLY,
    Released,
    exercise_of,
    grade_id_of,
    is_answer,
    is_locked,
)
from bnlab_autograder.grading.submitted import Submitted, SubmittedCell, read_submission
from bnlab_autograder.grading.versions import Versions

CHANGED, OWN, ANSWER, LOCKED = "changed", "own", "answer", "locked"  # roles of cells, beside GIVEN
SUPERSEDED = "superseded"  # role of what another version gave, until it is left out
# nbgrader's metadata that say what a cell is
MARKS = ("grade", "solution", "locked", "points", "schema_version")


@dataclass(frozen=True)
class Sanitised:
    """A submission that is safe to hand on."""

    notebook: NotebookNode  # every cell has metadata.bnlab.role
    findings: tuple[Finding, ...]
    status: str  # as of Submitted


def sanitise(folder: Path, released: Released) -> Sanitised:
    """The submission in ``folder``, rebuilt. A missing or unreadable one becomes the untouched release."""
    given = frozenset((*released.files, *FOR_STUDENTS_ONLY))
    return rebuild(read_submission(folder, released.stage, given), released)


def rebuild(submitted: Submitted, released: Released) -> Sanitised:
    """The released notebook with the student's own parts put in."""
    findings = list(submitted.findings)
    notebook = copy.deepcopy(released.notebook)
    matched = _Matched(submitted, released, findings)
    outputs = HandedIn()
    cells = [*matched.own_after(None, outputs)]
    for cell in notebook.cells:
        filled = _filled(cell, matched.of(cell), released, findings, outputs)
        cells += [*matched.before(cell, outputs), filled, *matched.own_after(cell.id, outputs)]
    notebook.cells = _without_superseded(cells)
    if submitted.released_version not in (None, released.version) and submitted.cells is not None:
        findings.append(
            Finding(
                "other-version",
                f"the notebook comes from release {submitted.released_version}; it is graded under {released.version}",
            )
        )
    notebook.metadata.bnlab = {
        "stage": released.stage,
        "version": released.version,
        "status": submitted.status,
        "findings": [finding.to_dict() for finding in findings],
    }
    return Sanitised(notebook, tuple(findings), submitted.status)


def read_back(notebook: NotebookNode) -> Sanitised:
    """What ``rebuild`` returned, from the notebook alone."""
    about = notebook.metadata.bnlab
    return Sanitised(notebook, findings_from(about["findings"]), about["status"])


class _Matched:
    """Which submitted cell stands for which released one, and which are the student's own."""

    def __init__(self, submitted: Submitted, released: Released, findings: list[Finding]):
        cells, complete = submitted.cells or (), submitted.cells is not None
        self._others, self._version = released.others, submitted.released_version
        self._for: dict[str, SubmittedCell] = {}  # by the id of the released cell
        self._own: dict[str | None, list[SubmittedCell]] = defaultdict(list)
        known = released.by_grade_id
        by_grade_id = defaultdict(list)
        for cell in cells:
            if cell.grade_id in known:
                by_grade_id[cell.grade_id].append(cell)
        for grade_id, candidates in by_grade_id.items():
            wanted = known[grade_id]
            worked_on = [
                cell
                for cell in candidates
                if cell.source.strip() != wanted.source.strip()
                and not self._others.gave_as(grade_id, cell.source)
            ] or candidates
            chosen = next((cell for cell in worked_on if cell.id == wanted.id), worked_on[0])
            self._for[wanted.id] = chosen
            if len(candidates) > 1:
                differ = "" if len({cell.source for cell in candidates}) == 1 else "; the copies differ"
                findings.append(
                    Finding(
                        "duplicated-cell",
                        f"the cell {grade_id} occurs {len(candidates)} times{differ}; "
                        f"{'the original' if chosen.id == wanted.id else 'the first copy'} was graded",
                        grade_id,
                    )
                )
        self._match_plain(cells, released)
        self._match_unlabelled(cells, released, findings)
        for cell in released.notebook.cells:
            if complete and (name := grade_id_of(cell)) and cell.id not in self._for:
                self._note_missing(cell, name, findings)
        self._place_own(cells, known, released)

    def of(self, cell: NotebookNode) -> SubmittedCell | None:
        return self._for.get(cell.id)

    def before(self, cell: NotebookNode, outputs: HandedIn) -> list[NotebookNode]:
        """The set-up cell of another version: an answer may rest on what it imports."""
        submitted, name = self._for.get(cell.id), grade_id_of(cell)
        if submitted is None or not is_locked(cell) or exercise_of(cell) or cell.cell_type != "code":
            return []
        same = submitted.source.strip() == cell.source.strip()
        if same or not self._others.gave_as(name, submitted.source):
            return []
        return [_own(submitted, f"old-{cell.id}", outputs, SUPERSEDED)]

    def own_after(self, cell_id: str | None, outputs: HandedIn) -> list[NotebookNode]:
        return [
            _own(cell, f"own-{cell_id or 'top'}-{k}", outputs, self._role(cell))
            for k, cell in enumerate(self._own.get(cell_id, ()))
        ]

    def _role(self, cell: SubmittedCell) -> str:
        return SUPERSEDED if self._others.gave(cell.source) else OWN

    def _match_plain(self, cells: tuple[SubmittedCell, ...], released: Released) -> None:
        """Cells that nbgrader does not know: by their id, or, where an editor has changed that, by an equal source."""
        plain = [cell for cell in released.notebook.cells if not grade_id_of(cell)]
        free = [cell for cell in cells if cell.grade_id not in released.by_grade_id]
        by_id = {cell.id: cell for cell in free if cell.id}
        by_source: dict[str, list[SubmittedCell]] = defaultdict(list)
        taken = set()
        for cell in plain:
            if cell.id in by_id:
                self._for[cell.id] = by_id[cell.id]
                taken.add(id(by_id[cell.id]))
        for cell in free:
            if id(cell) not in taken:
                by_source[cell.source].append(cell)
        for cell in plain:
            if cell.id not in self._for and by_source[cell.source]:
                self._for[cell.id] = by_source[cell.source].pop(0)

    def _match_unlabelled(
        self, cells: tuple[SubmittedCell, ...], released: Released, findings: list[Finding]
    ) -> None:
        """Labelled cells whose labels an editor has dropped, or answers that were written into a fresh cell."""
        taken = {id(cell) for cell in self._for.values()}
        free = [
            cell
            for cell in cells
            if cell.grade_id not in released.by_grade_id
            and id(cell) not in taken
            and not self._others.gave(cell.source)
        ]
        for name, wanted in released.by_grade_id.items():
            if wanted.id in self._for:
                continue
            tests = [lambda cell, w=wanted: cell.id == w.id]
            if is_answer(wanted) and wanted.cell_type == "code":
                tests.append(lambda cell, n=name: cell.kind == "code" and defines(cell.source, n))
            if is_locked(wanted):
                tests.append(lambda cell, w=wanted: cell.source.strip() == w.source.strip())
            found = next((cell for test in tests for cell in free if test(cell)), None)
            if found is not None:
                self._for[wanted.id] = found
                free.remove(found)
                if is_answer(wanted):
                    text = f"the answer {name} stood in a cell without nbgrader's label; it was graded"
                    findings.append(Finding("unlabelled-cell", text, name))

    def _note_missing(self, cell: NotebookNode, name: str, findings: list[Finding]) -> None:
        new = self._others.lacks(self._version, name)
        if is_answer(cell):
            why = f"is new since release {self._version}" if new else "has been deleted"
            text = f"the answer cell {name} {why}; it counts as not answered"
            findings.append(Finding("new-cell" if new else "missing-cell", text, name))
        elif not new:
            text = f"the locked cell {name} has been deleted; it was put back"
            findings.append(Finding("missing-cell", text, name))

    def _place_own(
        self, cells: tuple[SubmittedCell, ...], known: dict[str, NotebookNode], released: Released
    ) -> None:
        """Put each of the student's own cells behind the released cell that it follows."""
        place_of = {id(cell): released_id for released_id, cell in self._for.items()}
        place = None
        for cell in cells:
            if id(cell) in place_of:
                place = place_of[id(cell)]
            elif cell.grade_id not in known and cell.kind != "raw" and cell.source.strip():
                self._own[place].append(cell)


def _filled(
    cell: NotebookNode,
    submitted: SubmittedCell | None,
    released: Released,
    findings: list[Finding],
    outputs: HandedIn,
) -> NotebookNode:
    """A cell of the release with what the student put into it."""
    name = grade_id_of(cell)
    role = ANSWER if is_answer(cell) else LOCKED if is_locked(cell) else GIVEN
    if submitted is not None:
        changed = submitted.source.rstrip() != cell.source.rstrip()
        if name and released.others.gave_as(name, submitted.source):
            changed = False  # not by the student
        if role == LOCKED and changed:
            findings.append(
                Finding("locked-cell", f"the locked cell {name} was changed; the original was used", name)
            )
        if changed and (role == ANSWER or (role == GIVEN and submitted.kind == cell.cell_type)):
            cell.source = submitted.source
            role = ANSWER if role == ANSWER else CHANGED
        if name and submitted.grade_id == name:
            _note_metadata(cell, submitted, released.others, findings)
    cell.metadata.bnlab = {"role": role}
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
        if (
            submitted is not None
            and not exercise_of(cell)
            and submitted.source.rstrip() == cell.source.rstrip()
        ):
            cell.outputs = outputs.of(submitted.outputs)
    return cell


def _note_metadata(
    cell: NotebookNode, submitted: SubmittedCell, others: Versions, findings: list[Finding]
) -> None:
    name = cell.metadata.nbgrader.grade_id
    kinds = {cell.cell_type, *(other.kind for other in others.of(name))}
    if submitted.kind not in kinds:
        text = f"the cell {name} had been turned into a {submitted.kind} cell; it was read as {cell.cell_type} again"
        findings.append(Finding("retyped-cell", text, name))
    other = _changed_marks(submitted, cell.metadata.nbgrader)
    if other and all(_changed_marks(submitted, given.marks) for given in others.of(name)):
        text = f"the nbgrader metadata of {name} had been changed ({', '.join(other)}); those of the release were used"
        findings.append(Finding("metadata", text, name))
    if submitted.tags:
        tags = ", ".join(sorted(submitted.tags))[:80]
        findings.append(
            Finding("tags", f"the cell {name} had been given tags ({tags}); they were ignored", name)
        )


def _changed_marks(submitted: SubmittedCell, marks: Mapping[str, Any]) -> list[str]:
    wanted = {key: marks[key] for key in MARKS if key in marks}
    return sorted(key for key, value in wanted.items() if not _same(submitted.marks.get(key), value))


def _same(seen: object, wanted: object) -> bool:
    """Equal, and not merely equal as ``True == 1`` is; points may be 2 or 2.0."""
    if isinstance(seen, bool) or isinstance(wanted, bool):
        return seen is wanted
    return seen == wanted


def _without_superseded(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Cells of another version are left out, but for code that binds what no cell of this one binds and one reads."""
    old = [cell for cell in cells if cell.metadata.bnlab.role == SUPERSEDED]
    if not old:
        return cells
    present = [cell for cell in cells if cell.metadata.bnlab.role != SUPERSEDED]
    names = [names_in(cell.source) for cell in present if cell.cell_type == "code"]
    everything = None in names  # a cell whose names cannot be told may read any
    missing = {name for one in names if one for name in one.reads}
    missing -= {name for one in names if one for name in one.writes}
    for cell in reversed(old):  # what one of them reads an earlier one may bind
        binds = names_in(cell.source) if cell.cell_type == "code" else None
        if binds is not None and (everything or binds.writes & missing):
            missing |= binds.reads
            cell.metadata.bnlab.role = GIVEN
    return [cell for cell in cells if cell.metadata.bnlab.role != SUPERSEDED]


def _own(cell: SubmittedCell, new_id: str, outputs: HandedIn, role: str) -> NotebookNode:
    make = new_code_cell if cell.kind == "code" else new_markdown_cell
    made = make(cell.source, metadata={"bnlab": {"role": role}})
    made.id = new_id[:64]
    if cell.kind == "code":
        made.outputs = outputs.of(cell.outputs)
    return made
