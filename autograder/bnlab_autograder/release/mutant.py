"""From a mistake that nobody knew to one that has a name: a draft from a submission, its trial, its place in a bank.

``draft_of`` takes code out of a graded notebook and runs nothing. ``Checker`` runs a draft as it would a submission:
behind the walls, against the hidden cases, whose verdict is formed outside. ``accept`` is for a person who has read it.
"""

from __future__ import annotations

import ast
import hashlib
import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import nbformat
from bnlab.checks import HELPERS
from bnlab.checks.exercise import EXERCISES
from bnlab.checks.run import plan
from nbgrader.api import MissingEntry

from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.curriculum import STAGE_OF, stage_named
from bnlab_autograder.diagnosis.anonymous import Vocabulary, anonymous, python_files
from bnlab_autograder.diagnosis.bank import compose, load_bank, reference_sources
from bnlab_autograder.diagnosis.draft import NAME, Draft, NotADraft, written
from bnlab_autograder.diagnosis.extract import extract
from bnlab_autograder.diagnosis.fingerprints import fingerprints_file, titles_in
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.files import PUBLIC_SEED
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.judge import Judge, environment_of, limits_for
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.grading.released import exercise_of
from bnlab_autograder.grading.score import points_of, score
from bnlab_autograder.lms.roster import RosterProblem, roster_of
from bnlab_autograder.release.verify import affected

RIGHT, SILENT, KNOWN, NEW = "right", "silent", "known", "distinguishable"
RETURNED = ("passed", "wrong")  # kinds of cases in which something came back
FINGERPRINTS = "fingerprints.json"
MARK = "bnlab mutant check: "  # before what is said from behind the walls
SAID = 4096  # characters of it that are read


class NoDraft(LookupError):
    """There is nothing to make a draft from; the text names the submission and says why."""


# Making a draft


@dataclass(frozen=True)
class Made:
    """A draft as text, its name, and what a person should know about it."""

    name: str
    source: str
    remarks: tuple[str, ...]


def draft_of(course: Course, stage: str, student: str, exercise: str, line: int | None = None) -> Made:
    """The draft of a mutant, from what ``student`` has handed in as ``exercise``. Raises NoDraft."""
    if exercise not in stage_named(stage).exercises:
        raise NoDraft(
            f"{stage} has no exercise {exercise!r}; it has: {', '.join(stage_named(stage).exercises)}"
        )
    path = course.workspace.autograded / student / stage / f"{stage}.ipynb"
    with course.ledger() as ledger:
        result = ledger.result(student, stage) if student in course.workspace.students() else None
        identity = _about(course, ledger, student)
    if result is None or not path.is_file():
        raise NoDraft(
            f"{stage} of {student} has not been graded; run: bnlab grade {stage} --student {student}"
        )
    remarks = _remarks(result["data"], exercise, student)
    cells = nbformat.read(path, as_version=4).cells
    end = next((k for k, cell in enumerate(cells) if exercise_of(cell) == exercise), len(cells))
    sources = [cell.source for cell in cells[:end] if cell.cell_type == "code"]
    try:
        taken = extract(sources, exercise, _shared_names(), HELPERS.get(exercise, ()))
        if taken.left_out:
            count = len(taken.left_out)
            remarks.append(f"Left out: {count} of the names that it reads, which no definition gives it.")
        code = anonymous([*taken.imports, *taken.definitions], _vocabulary(), identity)
        imports = [node for node in code if isinstance(node, ast.Import | ast.ImportFrom)]
        definitions = [node for node in code if node not in imports]
        source = written(exercise, imports, definitions, line, remarks)
    except (RecursionError, MemoryError):
        raise NoDraft(f"{stage} of {student}: the code is too deeply nested to be taken apart") from None
    except ValueError as problem:  # the exercise is not there, or a number is too long to be written
        raise NoDraft(f"{stage} of {student}: {problem}") from None
    digest = hashlib.sha256(source.encode()).hexdigest()[:6]
    return Made(f"draft_{exercise.lower()}_{digest}", source, tuple(remarks))


def _about(course: Course, ledger: Ledger, student: str) -> list[str]:
    """What the gradebook and the roster know about a student. Raises NoDraft if the roster cannot be read."""
    known: list[str | None] = [student]
    with ledger.transaction() as gradebook, suppress(MissingEntry):
        found = gradebook.find_student(student)
        known += [found.first_name, found.last_name, found.email, found.lms_user_id]
    try:
        roster = roster_of(course.root)
    except RosterProblem as problem:
        raise NoDraft(f"{problem}; without it the student's name cannot be looked for in the code") from None
    listed = [one for one in roster.students if one.student_id == student] if roster else []
    known += [text for one in listed for text in asdict(one).values()]
    return [text for text in known if text]


def _remarks(data: dict[str, Any], exercise: str, student: str) -> list[str]:
    """What grading has said about the exercise, for whoever names the mistake. Raises NoDraft."""
    found = next((one for one in data["exercises"] if one["exercise"] == exercise), None)
    if found is None or found["status"] == "not implemented" or data["points"] is None:
        raise NoDraft(f"{student} has no answer to {exercise} that could be judged")
    if found["points"] == found["max_points"]:
        raise NoDraft(f"{student} has earned all points of {exercise}: there is no mistake in it")
    remarks = [f"Cases that it failed: {', '.join(c['name'] for c in found['cases'] if not c['passed'])}."]
    if named := [mistake["mistake"] for mistake in found["diagnosis"]]:
        remarks.append(f"Grading has called it: {', '.join(named)}.")
    return remarks


@cache
def _shared_names() -> frozenset[str]:
    """The functions and classes of the reference."""
    return frozenset(
        node.name
        for source in reference_sources()
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    )


@cache
def _vocabulary() -> Vocabulary:
    files = assets()
    sources = [*reference_sources(), *python_files(files.mutants, files.variants, files.library / "nn")]
    return Vocabulary.of(sources, _shared_names(), reference_sources())


# Trying one


@dataclass
class Checked:
    """What a draft does, and whether it can have a name of its own."""

    file: str
    name: str
    exercise: str
    mistake: str
    draft: bool
    answer: str  # "right", "silent", "known" or "distinguishable"
    points: float
    max_points: float
    unnamed: list[str]  # what is still to be written
    failed: list[dict[str, str]] = field(default_factory=list)  # hidden cases: "case" and what students read
    visible: str | None = None  # the title of the first visible check that fails
    alike: list[str] = field(default_factory=list)  # mutants that do the very same in every hidden case
    known: list[str] = field(default_factory=list)  # the mistakes of these
    called: list[str] = field(default_factory=list)  # what grading calls it today
    in_notebook: str | None = None  # what a check in the notebook calls it today
    others: list[str] = field(default_factory=list)  # mutants that bear the same name
    problem: str = ""  # why its code could not run to the end
    tier: str = ""

    @property
    def holds(self) -> bool:
        """Whether it can go into a bank as it is."""
        return self.answer == NEW and not self.unnamed

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "holds": self.holds}


class Checker:
    """Judges drafts for the time of a ``with`` block.

    Parameters
    ----------
    files : Assets
        With the bank that a draft is compared with.
    tier : str
        Of the walls.
    """

    def __init__(self, files: Assets, tier: str):
        self.files, self.tier = files, tier
        self.bank = load_bank(files.mutants)
        self._judge = Judge(files.hidden, files.mutants, tier=tier)

    def __enter__(self) -> Checker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._judge.close()

    def __call__(self, draft: Draft) -> Checked:
        """Raises NotADraft, and what ``Judge.judge`` raises."""
        entry = draft.entry
        if entry.exercise not in STAGE_OF:
            raise NotADraft(f"{entry.path}: there is no exercise {entry.exercise!r}")
        if entry.exercise not in entry.changed:
            raise NotADraft(f"{entry.path} does not define {entry.exercise}, in which its mistake is made")
        stage = STAGE_OF[entry.exercise]
        verdict = self._judge.judge(self._job(draft))
        exercises = affected(stage, entry.changed)
        points = points_of((*exercises, *(case.exercise for case in verdict.cases)), self.files.hidden)
        scores = {one.exercise: one for one in score(verdict, exercises, points)}
        own = scores[entry.exercise]
        alike = [name for name in verdict.alike.get(entry.exercise, []) if not self._is_itself(draft, name)]
        known = list(dict.fromkeys(self.bank[name].mistake for name in alike))
        visible, in_notebook = self._said(draft, verdict)
        return Checked(
            str(entry.path),
            entry.name,
            entry.exercise,
            entry.mistake or "",
            entry.draft,
            _answer(own.points == own.max_points, _returned(verdict, entry.exercise), known),
            own.points,
            own.max_points,
            draft.unnamed,
            failed=[
                {"case": f"{one.exercise}.{case.name}", "message": case.message}
                for one in scores.values()
                for case in one.cases
                if not case.passed
            ],
            visible=visible,
            alike=alike,
            known=known,
            called=[mistake["mistake"] for mistake in verdict.diagnosis.get(entry.exercise, [])],
            in_notebook=in_notebook,
            others=[
                other.name
                for other in self.bank.values()
                if other.mistake == entry.mistake and not self._is_itself(draft, other.name)
            ],
            problem=verdict.ended or _first_error(verdict),
            tier=verdict.tier,
        )

    def _is_itself(self, draft: Draft, name: str) -> bool:
        return name == draft.entry.name and self.bank[name].source == draft.entry.source

    def _job(self, draft: Draft) -> Job:
        stage, exercise = STAGE_OF[draft.entry.exercise], draft.entry.exercise
        cells = [Cell("source", compose(draft.entry))]
        cells += [Cell(f"judge-{name}", "", name) for name in affected(stage, draft.entry.changed)]
        cells += [
            Cell(
                "look",
                LOOK.format(exercise=exercise, mark=MARK, helpers=HELPERS[exercise], file=FINGERPRINTS),
            )
        ]
        beside = {FINGERPRINTS: fingerprints_file(self.files) or b"{}"}
        environment = environment_of(stage.name, self.files.hidden, self.files.mutants, self.tier)
        return Job(stage.name, tuple(cells), beside, PUBLIC_SEED, limits_for(), environment)

    def _said(self, draft: Draft, verdict: Verdict) -> tuple[str | None, str | None]:
        """What the visible checks have found, as said from behind the walls: only what could be true is believed."""
        outputs = [output for run in verdict.cells if run.id == "look" for output in run.outputs]
        text = "".join(str(output.get("text", "")) for output in outputs)
        try:
            said = json.loads(text.rpartition(MARK)[2][:SAID])
            visible, mistake = said["visible"], said["mistake"]
        except (ValueError, TypeError, KeyError):
            return None, None
        titles = {title for _, title, _ in plan(EXERCISES[draft.entry.exercise])}
        mistakes = {entry.mistake for entry in self.bank.values()}
        return visible if visible in titles else None, mistake if mistake in mistakes else None


LOOK = """
def _bnlab_look(names):
    import json
    from bnlab.checks import run
    from bnlab.diagnosis.names import Known, recognise
    function, helpers = names["{exercise}"], {{name: names[name] for name in {helpers!r}}}
    failure = run("{exercise}", function, **helpers).failure
    known = json.loads(open("{file}", encoding="utf-8").read())
    mistake = recognise("{exercise}", function, helpers, Known.from_dict(known)) if known else None
    said = {{"visible": failure.title if failure else None, "mistake": mistake.name if mistake else None}}
    print("{mark}" + json.dumps(said))
_bnlab_look(globals())
"""


def _answer(full: bool, returned: bool, known: list[str]) -> str:
    if full:
        return RIGHT
    return KNOWN if known else NEW if returned else SILENT


def _returned(verdict: Verdict, exercise: str) -> bool:
    """Whether anything ever came back: what only raises errors is alike for too many reasons."""
    return any(case.exercise == exercise and case.kind in RETURNED for case in verdict.cases)


def _first_error(verdict: Verdict) -> str:
    for run in verdict.cells:
        for output in run.outputs if not run.ok and run.id == "source" else ():
            if output.get("output_type") == "error":
                return f"{output.get('ename')}: {output.get('evalue')}"[:200]
    return ""


# Accepting one


def accept(draft: Draft, bank: Path, page: Path, section: str, name: str | None = None) -> list[Path]:
    """Put a draft into a bank and its entry on a page, below the heading ``section``. Raises NotADraft.

    Returns the files that were written. A mistake that the page explains already gets no second entry.
    """
    name = name or draft.entry.name
    if draft.unnamed:
        raise NotADraft(
            f"{draft.entry.path} is not named yet: {', '.join(draft.unnamed)} still to be written"
        )
    if not NAME.fullmatch(name):
        raise NotADraft(
            f"{name!r} cannot be the name of a mutant: small letters, digits and underscores only"
        )
    target = bank / f"{name}.py"
    if target.exists():
        raise NotADraft(f"{target} exists; give this one another --name")
    bank.mkdir(parents=True, exist_ok=True)
    files = [target]
    if draft.entry.mistake not in titles_in(page):
        text = page.read_text(encoding="utf-8") if page.exists() else ""
        page.write_text(_with_entry(text, draft.on_the_page, section), encoding="utf-8")
        files.append(page)
    target.write_text(draft.accepted, encoding="utf-8")
    return files


def _with_entry(text: str, entry: str, section: str) -> str:
    """``text`` with an entry at the end of a section, which is added if there is none of that heading."""
    heading = f"## {section}"
    lines = text.rstrip().splitlines()
    if heading not in lines:
        lines += ["", heading]
    start = lines.index(heading) + 1
    end = next((k for k in range(start, len(lines)) if lines[k].startswith("## ")), len(lines))
    before, after = "\n".join(lines[:end]).strip(), "\n".join(lines[end:]).strip()
    return "\n\n".join(filter(None, [before, entry.strip(), after])) + "\n"
