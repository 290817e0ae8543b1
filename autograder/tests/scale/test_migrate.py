"""Releasing anew while submissions exist: nothing is lost, and points are as the manifest says."""

from __future__ import annotations

import copy
import itertools
import json
import os
import shutil
import threading

import jsonschema
import nbformat
import pytest
import sqlalchemy as sa
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.job import CaseResult, Verdict
from bnlab_autograder.grading.record import NotRegistered
from bnlab_autograder.grading.released import NoRelease, grade_id_of
from bnlab_autograder.release import backup as backing_up
from bnlab_autograder.release import publish as publishing
from bnlab_autograder.release import restructure as restructuring
from bnlab_autograder.release.backup import NoBackup, back_up, restore
from bnlab_autograder.release.manifest import Manifest
from bnlab_autograder.release.migrate import migrate
from bnlab_autograder.release.publish import (
    Built,
    Refused,
    finish_interrupted,
    lay_down,
    put_in_place,
    read_files,
)
from bnlab_autograder.workspace import Workspace
from nbformat.v4 import new_markdown_cell

from .conftest import DATABASES, IN_PLACE, STAGE, WORTH, points

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")  # nbgrader's own

REMOVED = "relative_error"
CHECK = f"check_{REMOVED}"
CHANGES = ("changed check", "changed points", "added", "removed")


# Versions of the stage


def change(notebook, *changes: str) -> None:
    """Make changes to a notebook; the students' and the instructor's alike."""
    cells = notebook.cells
    by_name = {grade_id_of(cell): cell for cell in cells}
    question = _question(notebook)
    if "changed check" in changes:
        by_name["check_standardize"].source += "  # a better check"
    if "changed points" in changes:
        by_name["check_standardize"].metadata.nbgrader.points += 1.0
        by_name[question].metadata.nbgrader.points += 2.0
    if "added" in changes:
        marks = {**by_name[question].metadata.nbgrader, "grade_id": "another", "points": 1.5}
        cells.append(new_markdown_cell("YOUR ANSWER HERE", id="another", metadata={"nbgrader": marks}))
    if "removed" in changes:
        notebook.cells = [cell for cell in notebook.cells if grade_id_of(cell) not in (REMOVED, CHECK)]
    if "no question" in changes:
        notebook.cells = [cell for cell in notebook.cells if grade_id_of(cell) != question]


def _question(notebook) -> str:
    marks = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells]
    return next(one.grade_id for one in marks if one.get("grade") and one.get("solution"))


def version(course: Course, number: str, *changes: str) -> Built:
    """Release 1.0.0 with changes."""
    base = Built.load(course.workspace, STAGE.name, "1.0.0")
    notebooks = base.notebook, nbformat.reads(base.instructor.decode(), as_version=4)
    for notebook in notebooks:
        notebook.metadata.bnlab.version = number
        change(notebook, *changes)
    students, instructor = ((nbformat.writes(notebook) + "\n").encode() for notebook in notebooks)
    files = {**base.files, f"{STAGE.name}.ipynb": students}
    _, seed = course.workspace.seed_for(STAGE.name, number)
    manifest = Manifest.of(STAGE, number, "", seed, notebooks[0], files)
    return Built(manifest, instructor, files, base.record)


def points_file(course: Course, folder, *changes: str) -> None:
    """The hidden cases as they fit a version with these changes."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(assets().hidden, folder, ignore=shutil.ignore_patterns("__pycache__"))
    course.__dict__["hidden"] = folder
    if "changed points" in changes:
        path, old = folder / f"{STAGE.name}.toml", f"unchanged = {WORTH['unchanged']}"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, f"unchanged = {WORTH['unchanged'] + 1.0}", 1))


class Judging:
    """A pool that executes nothing: every case passes, but for one of bob's."""

    def map(self, jobs, began):
        for pending, job in jobs:
            if job is None:
                yield pending, None
                continue
            cases = []
            for exercise in job.exercises:
                for name in load_points(assets().hidden, STAGE.name)[exercise]:
                    passed = (pending.student, exercise, name) != ("bob", "standardize", "unchanged")
                    cases.append(CaseResult(exercise, name, passed, kind="passed" if passed else "wrong"))
            yield pending, Verdict(cases=cases, tier="A")


def grade(course: Course, pool=None) -> None:
    list(
        course.grade(
            STAGE.name, course.students(STAGE.name), pool or Judging(), terms=course.terms(STAGE.name)
        )
    )


def grades(course: Course) -> dict[tuple[str, str], tuple]:
    """Of each student and cell: automatic points, points by hand, the most, whether somebody has to look."""
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        return {
            (submission.student.id, grade.name): (
                grade.auto_score,
                grade.manual_score,
                grade.max_score,
                grade.needs_manual_grade,
            )
            for submission in gradebook.assignment_submissions(STAGE.name)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def comments(course: Course) -> dict[tuple[str, str], str | None]:
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        return {
            (submission.student.id, comment.name): comment.comment
            for submission in gradebook.assignment_submissions(STAGE.name)
            for comment in submission.notebooks[0].comments
        }


def by_hand(course: Course, student: str, cell: str, score: float | None, comment: str | None = None) -> None:
    """What a person does in the formgrader."""
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        grade = gradebook.find_grade(cell, STAGE.name, STAGE.name, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        if comment is not None:
            gradebook.find_comment(cell, STAGE.name, STAGE.name, student).manual_comment = comment


def dump(course: Course) -> dict:
    """Everything in the gradebook."""
    engine = sa.create_engine(course.workspace.db_url)
    with engine.connect() as connection:
        tables = backing_up._dump(connection)["tables"]
    engine.dispose()
    return {name: (one["columns"], sorted(one["rows"], key=str)) for name, one in tables.items()}


def state(course: Course) -> dict:
    workspace = course.workspace
    return {
        "release": read_files(workspace.release(STAGE.name)),
        "source": read_files(workspace.source(STAGE.name)),
        "published": sorted(path.name for path in workspace.published(STAGE.name).iterdir()),
        "gradebook": dump(course),
    }


def asserts_manifest(course: Course, students=("ada", "bob", "cem")) -> Manifest:
    """That every submission has a grade in each graded cell of the release in place, out of its points."""
    manifest = Manifest.load(course.workspace.release(STAGE.name))
    held = grades(course)
    assert {key: one[2] for key, one in held.items()} == {
        (student, cell): most for student in students for cell, most in manifest.graded.items()
    }
    return manifest


@pytest.fixture
def question(course):
    return _question(Built.load(course.workspace, STAGE.name, "1.0.0").notebook)


@pytest.fixture
def graded(course, hand_in, question, tmp_path):
    """A course in which three students have been graded under 1.0.0; two of them by a person, too."""
    points_file(course, tmp_path / "hidden")
    hand_in(course, "ada", "bob", "cem")
    grade(course)
    by_hand(course, "ada", question, 1.5, "A clear answer.")
    by_hand(course, "bob", CHECK, 0.25)
    return course


# Migrating


@pytest.mark.parametrize("order", list(itertools.permutations(CHANGES)), ids=lambda order: ", ".join(order))
@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
def test_changes_in_every_order(graded, tmp_path, question, order):
    reach_the_same_end(graded, tmp_path, question, order)


@pytest.mark.parametrize("order", [CHANGES, CHANGES[::-1]], ids=["forwards", "backwards"])
@pytest.mark.parametrize("course", ["postgresql"], indirect=True)
def test_changes_in_order_on_postgresql(graded, tmp_path, question, order):
    reach_the_same_end(graded, tmp_path, question, order)


def reach_the_same_end(course, tmp_path, question, order):
    """Each change is a release of its own, on top of those before."""
    for number in range(1, len(order) + 1):
        done = migrate(course.workspace, version(course, f"1.{number}.0", *order[:number]))
        assert (done.status, done.submissions) == ("migrated", 3)
        asserts_manifest(course)
        assert [one.why for one in done.regrade] == ["graded under release 1.0.0"] * 3
    points_file(course, tmp_path / "hidden", *order)
    grade(course)
    manifest = asserts_manifest(course)
    held = grades(course)
    lost = WORTH["unchanged"] + 1.0
    for (student, cell), (auto, manual, most, look) in held.items():
        if cell.startswith("check_"):
            assert auto == most - (lost if (student, cell) == ("bob", "check_standardize") else 0)
        elif cell == question:
            assert (manual, look) == (
                (1.5, True) if student == "ada" else (None, True)
            )  # out of other points
        else:
            assert (cell, auto, manual, look) == ("another", 0.0, None, False)  # nobody was asked
    assert manifest.points["automatic"] == STAGE.points + 1.0 - sum(
        load_points(assets().hidden, STAGE.name)[REMOVED].values()
    )
    assert comments(course)["ada", question] == "A clear answer."
    with course.ledger() as ledger:
        log = [
            (row["student"], row["old"], row["new"]) for row in ledger.log(STAGE.name) if row["cell"] == CHECK
        ]
    worth = sum(load_points(assets().hidden, STAGE.name)[REMOVED].values())
    assert sorted(log[3:]) == [(student, worth, None) for student in ("ada", "bob", "cem")]


def test_what_a_removed_cell_held_comes_back_with_it(graded, question):
    before, said = grades(graded), comments(graded)
    done = migrate(graded.workspace, version(graded, "1.1.0", "removed", "no question"))
    assert {(look.student, look.cell) for look in done.restructured.by_hand} == {
        ("ada", question),
        ("bob", CHECK),
    }
    assert not {question, CHECK} & {cell for _, cell in grades(graded)}
    again = migrate(graded.workspace, Built.load(graded.workspace, STAGE.name, "1.0.0"))
    assert grades(graded) == before
    assert comments(graded) == said
    assert {look.why.partition(" given")[2] for look in again.restructured.by_hand} == {
        " by hand are back, as is the cell"
    }
    grade(graded)
    assert grades(graded)["ada", question][:2] == (None, 1.5)


def test_what_was_graded_anew_in_between_is_looked_at_when_it_comes_back(graded, question):
    migrate(graded.workspace, version(graded, "1.1.0", "no question"))
    grade(graded)
    migrate(graded.workspace, Built.load(graded.workspace, STAGE.name, "1.0.0"))
    grade(graded)
    assert grades(graded)["ada", question] == (None, 1.5, grades(graded)["cem", question][2], True)


def test_a_submission_that_comes_later_has_the_new_cells(graded, hand_in):
    migrate(graded.workspace, version(graded, "1.1.0", "added", "removed"))
    hand_in(graded, "dan")
    grade(graded)
    asserts_manifest(graded, ("ada", "bob", "cem", "dan"))


def test_a_submission_that_is_recorded_meanwhile_waits_and_has_the_new_cells(graded, hand_in, monkeypatch):
    hand_in(graded, "dan")
    terms, recorded = graded.terms(STAGE.name), threading.Event()

    def record() -> None:
        list(graded.grade(STAGE.name, ["dan"], Judging(), terms=terms))
        recorded.set()

    thread = threading.Thread(target=record)
    real = restructuring._Restructuring.add

    def add(self, *arguments):
        if thread.ident is None:
            thread.start()
            assert not recorded.wait(0.7)
        real(self, *arguments)

    monkeypatch.setattr(restructuring._Restructuring, "add", add)
    built = version(graded, "1.1.0", "added")
    migrate(graded.workspace, built)
    thread.join(60)
    assert recorded.is_set()
    asserts_manifest(graded, ("ada", "bob", "cem", "dan"))


def test_who_has_to_be_graded_again(graded, hand_in):
    built = version(graded, "1.1.0", "added")
    migrate(graded.workspace, built)
    grade(graded)
    assert migrate(graded.workspace, built).regrade == []
    hand_in(graded, "bob", code="better = True")
    hand_in(graded, "dan")
    assert [(one.student, one.why.partition(",")[0]) for one in migrate(graded.workspace, built).regrade] == [
        ("bob", "handed in again"),
        ("dan", "not graded yet"),
    ]


def test_before_the_first_submission_there_is_nothing_to_save(course):
    done = migrate(course.workspace, version(course, "1.1.0", "added", "removed"))
    assert (done.status, done.backup, done.restructured.by_hand, done.regrade) == ("migrated", None, (), [])
    asserts_manifest(course, ())


def test_a_second_time_nothing_is_done(graded):
    built = version(graded, "1.1.0", *CHANGES)
    migrate(graded.workspace, built)
    before = state(graded)
    assert migrate(graded.workspace, built).status == "unchanged"
    assert state(graded) == before


def test_a_plan_changes_nothing_and_says_what_will_happen(graded):
    before, built = state(graded), version(graded, "1.1.0", *CHANGES)
    planned = migrate(graded.workspace, built, dry_run=True)
    assert state(graded) == before
    assert not (graded.workspace.private / "backups").exists()
    done = migrate(graded.workspace, built)
    assert planned.status == "planned"
    assert planned.restructured == done.restructured
    assert planned.regrade == done.regrade
    assert {(one.cell, one.kind) for one in done.restructured.cells} == {
        ("check_standardize", "points"),
        (_question(built.notebook), "points"),
        ("another", "added"),
        (REMOVED, "removed"),
        (CHECK, "removed"),
    }


def test_cases_that_do_not_fit_are_told_before_anybody_is_graded(graded, tmp_path):
    built = version(graded, "1.1.0", "changed points")
    assert (
        "give check_standardize 1.25 points, release 1.1.0 2.25"
        in migrate(graded.workspace, built, dry_run=True).warning
    )
    assert migrate(graded.workspace, version(graded, "1.2.0", "removed")).warning is None


def test_a_cell_may_get_another_role(graded, question):
    """A question that nobody grades any more is still an answer."""
    built = version(graded, "1.1.0")
    notebook = built.notebook
    marks = next(cell for cell in notebook.cells if grade_id_of(cell) == question).metadata.nbgrader
    marks.grade = False
    del marks["points"]
    files = {**built.files, f"{STAGE.name}.ipynb": nbformat.writes(notebook).encode()}
    built = Built(Manifest.of(STAGE, "1.1.0", "", "", notebook, files), built.instructor, files, built.record)
    with pytest.raises(Refused, match=f"change the role of {question}; nothing was changed"):
        put_in_place(graded.workspace, built)
    done = migrate(graded.workspace, built)
    assert [(one.cell, one.kind) for one in done.restructured.cells] == [(question, "role")]
    assert comments(graded)["ada", question] == "A clear answer."
    asserts_manifest(graded)


def test_release_refuses_and_names_the_way(graded):
    before = state(graded)
    with pytest.raises(Refused, match=f"add another; .*run: bnlab migrate {STAGE.name}"):
        put_in_place(graded.workspace, version(graded, "1.1.0", "added"))
    with pytest.raises(Refused, match=f"points of .* bnlab migrate {STAGE.name}; or add --change-points"):
        put_in_place(graded.workspace, version(graded, "1.1.0", "changed points"))
    assert state(graded) == before


def test_a_grade_without_a_place_is_not_dropped_silently(graded, hand_in):
    """As when somebody has put another release in place by hand."""
    built = version(graded, "1.1.0", "removed")
    migrate(graded.workspace, built)
    shutil.rmtree(graded.workspace.release(STAGE.name))
    shutil.copytree(
        graded.workspace.published(STAGE.name) / "1.0.0" / "release", graded.workspace.release(STAGE.name)
    )
    hand_in(graded, "ada", code="again = True")
    with pytest.raises(NotRegistered, match=f"no cell {CHECK} .* run: bnlab migrate"):
        grade(graded)


# Submissions of an earlier version, judged


def test_a_submission_made_against_an_earlier_version_is_graded_under_the_present_one(
    course, hand_in, pool, tmp_path, question
):
    """End to end: 1.0.0 lacked an exercise and had other checks; everybody has started from it."""
    points_file(course, tmp_path / "hidden")
    migrate(course.workspace, version(course, "0.9.0", "removed", "changed check"))
    hand_in(course, "ada", "bob")
    hand_in(course, "cem", code=IN_PLACE)
    for student in ("ada", "cem"):  # they never saw the exercise that 1.0.0 has
        from_version(course, student, "0.9.0")
    grade(course, pool)
    full = Manifest.load(course.workspace.release(STAGE.name)).points["automatic"]
    assert points(course) == {"ada": full, "bob": full, "cem": full - WORTH["unchanged"]}

    migrate(course.workspace, Built.load(course.workspace, STAGE.name, "1.0.0"))
    grade(course, pool)
    asserts_manifest(course)
    assert points(course) == {"ada": full, "bob": STAGE.points, "cem": full - WORTH["unchanged"]}
    held = grades(course)
    assert held["ada", CHECK][0] == 0.0
    assert held["bob", CHECK][0] == held["bob", CHECK][2]
    with course.ledger() as ledger:
        found = {one: row["data"]["findings"] for one, row in ledger.results(STAGE.name).items()}
    assert [finding["code"] for finding in found["ada"]] == ["new-cell", "other-version"]


def from_version(course: Course, student: str, number: str) -> None:
    """Let a student have answered the notebook of another version."""
    path = course.workspace.submitted / student / STAGE.name / f"{STAGE.name}.ipynb"
    answered = nbformat.read(path, as_version=4)
    given = Built.load(course.workspace, STAGE.name, number).notebook
    answers = {grade_id_of(cell): cell.source for cell in answered.cells if grade_id_of(cell)}
    for cell in given.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[grade_id_of(cell)]
    nbformat.write(given, path)


# Crashes


def crashing(real, crash, at: int = 1):
    """``real``, but the ``at``-th call crashes instead."""
    calls = []

    def call(*arguments, **options):
        calls.append(arguments)
        if len(calls) == at:
            crash()
        return real(*arguments, **options)

    return call


def disk_full():
    raise OSError(28, "No space left on device")


STEPS = {
    "backup": (backing_up.os, "replace", 1),
    "kept among the published": (publishing.os, "rename", 1),
    "first cell removed": (restructuring._Restructuring, "remove", 2),
    "first cell added": (restructuring._Restructuring, "_give_rows", 1),
    "registered": (publishing, "register", 1),
    "folders 1": (publishing.os, "rename", 2),
    "folders 2": (publishing.os, "rename", 3),
    "folders 3": (publishing.os, "rename", 4),
    "folders 4": (publishing.os, "rename", 5),
    "committed": (publishing._Swap, "__exit__", 1),
}


@pytest.mark.parametrize("step", [step for step in STEPS if step != "committed"])
def test_a_failure_leaves_everything_as_it_was(graded, monkeypatch, step):
    before, built = state(graded), version(graded, "1.1.0", *CHANGES)
    where, name, at = STEPS[step]
    with monkeypatch.context() as broken:
        broken.setattr(where, name, crashing(getattr(where, name), disk_full, at))
        with pytest.raises((OSError, NoBackup), match="No space left"):
            migrate(graded.workspace, built)
    assert state(graded) == before
    assert migrate(graded.workspace, built).status == "migrated"
    asserts_manifest(graded)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("database", DATABASES)
def test_a_killed_migration_is_completed_by_the_next_one(course_on, hand_in, tmp_path, step, database):
    course = course_on(database)
    points_file(course, tmp_path / "hidden")
    hand_in(course, "ada", "bob", "cem")
    grade(course)
    by_hand(course, "bob", CHECK, 0.25)
    built = version(course, "1.1.0", *CHANGES)
    where, name, at = STEPS[step]
    child = os.fork()
    if child == 0:
        setattr(where, name, crashing(getattr(where, name), lambda: os._exit(9), at))
        migrate(course.workspace, built)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    unfinished = list(course.workspace.private.glob("publishing-*"))
    assert bool(unfinished) == (step.startswith("folders") or step == "committed")
    if unfinished:  # two versions at once would be graded wrongly
        with pytest.raises(NoRelease, match="was interrupted"):
            course.terms(STAGE.name)
    finish_interrupted(course.workspace, STAGE.name)
    migrate(course.workspace, built)
    points_file(course, tmp_path / "hidden", *CHANGES)
    asserts_manifest(course)
    grade(course)
    asserts_manifest(course)
    left = sorted(path.name for path in course.workspace.private.iterdir())
    assert not [name for name in left if "swap" in name or "publishing" in name]
    migrate(course.workspace, Built.load(course.workspace, STAGE.name, "1.0.0"))
    assert grades(course)["bob", CHECK][1] == 0.25


# Backups


def test_a_backup_holds_everything_and_can_be_put_back(graded):
    before, built = dump(graded), version(graded, "1.1.0", *CHANGES)
    done = migrate(graded.workspace, built)
    backup = graded.root / done.backup
    assert backup.stat().st_mode & 0o077 == 0
    assert dump(graded) != before
    restore(graded.workspace.db_url, backup)
    restored = dump(graded)
    assert restored.pop("bnlab_set_aside", ([], []))[1] == []
    assert restored == before
    migrate(graded.workspace, Built.load(graded.workspace, STAGE.name, "1.0.0"))
    grade(graded)  # counters go on
    asserts_manifest(graded)


def test_a_backup_fills_another_database(course_on, hand_in, tmp_path):
    """As after the loss of a server: ``bnlab init`` has made an empty gradebook."""
    lost, new = course_on("postgresql", tmp_path / "lost"), course_on("postgresql", tmp_path / "new")
    hand_in(lost, "ada", "bob", "cem")
    grade(lost)
    migrate(lost.workspace, version(lost, "1.1.0", "removed"))
    restore(new.workspace.db_url, back_up(lost.workspace.db_url, tmp_path / "backups", "one"))
    assert dump(new) == dump(lost)
    migrate(new.workspace, Built.load(new.workspace, STAGE.name, "1.0.0"))
    assert {cell for _, cell in grades(new)} >= {CHECK}
    hand_in(new, "dan")
    grade(new)  # the log goes on where it was
    asserts_manifest(new, ("ada", "bob", "cem", "dan"))


def test_a_damaged_backup_is_refused(graded, tmp_path):
    before = dump(graded)
    made = back_up(graded.workspace.db_url, tmp_path / "backups", "one")
    suffix = "".join(made.suffixes)
    broken = made.with_name(f"broken{suffix}")
    broken.write_bytes(made.read_bytes()[:3000])
    for bad in (
        broken,
        tmp_path / "nowhere",
        made.with_name(f"other{'.json.gz' if suffix == '.db' else '.db'}"),
    ):
        if bad.suffix and not bad.exists():
            bad.touch()
        with pytest.raises(NoBackup):
            restore(graded.workspace.db_url, bad)
    assert dump(graded) == before


# The command


@pytest.fixture
def laid_down(graded):
    """Version 1.1.0 as ``bnlab release`` would have kept it."""
    built = version(graded, "1.1.0", "changed check", "added", "removed")
    lay_down(graded.workspace, built)
    return graded


def output(result, name="migrate"):
    data = json.loads(result.stdout)
    jsonschema.validate(data, schemas.load(name))
    return data


@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
def test_the_command(laid_down, bnlab):
    place = ("-C", laid_down.root)
    planned = bnlab("migrate", "00", "--to", "1.1.0", "--dry-run", *place)
    assert planned.exit_code == 0, planned.output
    said = " ".join(planned.stdout.split())
    assert "would be 1.1.0 (was 1.0.0); the gradebook holds 3 submissions" in said
    assert "to be graded (graded under release 1.0.0): ada, bob, cem" in said
    assert (
        output(bnlab("migrate", "00", "--to", "1.1.0", "--dry-run", "--json", *place))["status"] == "planned"
    )

    done = bnlab("migrate", "00", "--to", "1.1.0", "--regrade", "--workers", "1", "--json", *place)
    assert done.exit_code == 0, done.output
    data = output(done)
    assert (laid_down.root / data["handout"]).is_file()
    full = Manifest.load(laid_down.workspace.release(STAGE.name)).points["automatic"]
    assert {one["student"]: (one["old"], one["new"]) for one in data["regraded"]} == {
        "ada": (STAGE.points, full),
        "bob": (STAGE.points - WORTH["unchanged"], full),
        "cem": (STAGE.points, full),
    }
    again = output(bnlab("migrate", "00", "--to", "1.1.0", "--regrade", "--json", *place))
    assert (again["status"], again["regrade"], again["regraded"]) == ("unchanged", [], [])

    restored = output(bnlab("migrate", "00", "--restore", laid_down.root / data["backup"], "--json", *place))
    assert (laid_down.root / restored["backup"]).is_file()
    assert bnlab("migrate", "00", "--to", "1.0.0", *place).exit_code == 0
    assert points(laid_down)["bob"] == STAGE.points - WORTH["unchanged"]


@pytest.mark.parametrize("course", ["sqlite"], indirect=True)
def test_the_command_says_what_is_wrong(laid_down, bnlab):
    place = ("-C", laid_down.root)
    (laid_down.workspace.published(STAGE.name) / "1.1.0" / "release" / f"{STAGE.name}.ipynb").write_text("{}")
    failed = bnlab("migrate", "00", "--to", "1.1.0", "--json", *place)
    assert failed.exit_code == 1
    assert "changed or damaged" in output(failed)["problem"]
    assert bnlab("migrate", "nothing", *place).exit_code == 2
    gone = bnlab("migrate", "00", "--restore", laid_down.root / "nowhere.db", *place)
    assert gone.exit_code == 1
    assert "there is no backup" in gone.stderr


def test_versions_are_made_of_1_0_0(course):
    """The helper of these tests: without changes it makes the same cells."""
    assert isinstance(course.workspace, Workspace)
    made, base = version(course, "1.0.0"), Built.load(course.workspace, STAGE.name, "1.0.0")
    assert made.manifest.cells == base.manifest.cells
    assert copy.deepcopy(made.notebook) == base.notebook
