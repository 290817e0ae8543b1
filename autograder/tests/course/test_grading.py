"""Grading a class: real notebooks, a real judge, a real gradebook."""

import json

import jsonschema
import nbformat
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.judge import JudgeFailed
from bnlab_autograder.grading.outdated import outdated
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.grading.released import exercise_of
from bnlab_autograder.workspace import SETTINGS, Workspace
from nbgrader.api import Gradebook

from .conftest import BY_NAME, STAGE


def gradebook(course):
    return Gradebook(course.workspace.db_url, course.workspace.course_id)


def auto_scores(course, student):
    with gradebook(course) as book:
        notebook = book.find_submission_notebook(STAGE.name, STAGE.name, student)
        return {grade.name: grade.auto_score for grade in notebook.grades}


def points(outcomes):
    return {student: outcome.data["points"] for student, outcome in outcomes.items()}


def test_right_odd_wrong_and_untouched(hand_in, grade, course):
    for name in ("reference", "stub", "variant", "mutant", "helper mutant"):
        hand_in(name.replace(" ", "-"), name)
    outcomes = grade()
    earned = points(outcomes)
    assert earned["reference"] == earned["variant"] == STAGE.points
    assert earned["stub"] == 0
    assert 0 < earned["mutant"] < STAGE.points
    for outcome in outcomes.values():
        jsonschema.validate(outcome.data, schemas.load("grade"))
    by_exercise = {one["exercise"]: one for one in outcomes["helper-mutant"].data["exercises"]}
    assert by_exercise["batch_statistics"]["points"] < by_exercise["batch_statistics"]["max_points"]
    assert by_exercise["batchnorm_train"]["points"] == by_exercise["batchnorm_train"]["max_points"], (
        "it costs once"
    )
    assert any("batch_statistics" in remark for remark in by_exercise["batchnorm_train"]["remarks"])
    assert auto_scores(course, "reference") == {
        "check_batch_statistics": 4.0,
        "check_batchnorm_train": 8.0,
        **{name: None for name in auto_scores(course, "reference") if not name.startswith("check_")},
    }


FULL = {"duplicated cell", "changed metadata", "infinite loop", "process ends itself", "renamed notebook"}
FULL |= {"shadowing module", "not UTF-8"}


def test_what_breaks_graders_breaks_nothing_here(hand_in, grade):
    for number, breakage in enumerate(BY_NAME.values()):
        hand_in(f"s{number:02}", "reference", breakage)
    hand_in("t00", "reference")
    outcomes = grade()
    for number, name in enumerate(BY_NAME):
        data = outcomes[f"s{number:02}"].data
        assert data["findings"], name
        assert (data["points"] == STAGE.points) == (name in FULL), (name, data["points"])
        jsonschema.validate(data, schemas.load("grade"))
    assert outcomes["t00"].data["points"] == STAGE.points


def test_nothing_is_done_twice(hand_in, grade, course):
    hand_in("ada", "reference")
    hand_in("bob", "mutant")
    first = grade()
    assert all(outcome.fresh for outcome in first.values())

    class NoPool:
        def map(self, jobs, began):
            for tag, job in jobs:
                assert job is None, f"{tag.student} is executed again"
                yield tag, None

    terms = course.terms(STAGE.name, limits={"cell_seconds": 3.0})
    again = {o.student: o for o in course.grade(STAGE.name, ["ada", "bob"], NoPool(), terms=terms)}
    assert points(again) == points(first)
    assert not any(outcome.fresh for outcome in again.values())


def test_a_graded_notebook_that_got_lost_is_written_again(hand_in, grade, course):
    hand_in("ada", "reference")
    grade()
    path = course.workspace.autograded / "ada" / STAGE.name / f"{STAGE.name}.ipynb"
    good = path.read_text()
    path.unlink()
    grade()
    assert path.read_text() == good
    path.write_text(good.replace("fingerprint", "finger"))
    path.write_text("{}")  # as after a crash between the record and the rename
    assert grade()["ada"].fresh
    assert path.read_text() == good


def test_a_new_submission_changes_the_grade_and_the_log_says_why(hand_in, grade, course):
    hand_in("ada", "stub")
    grade()
    hand_in("ada", "reference")
    outcome = grade()["ada"]
    assert {(change.old, change.new) for change in outcome.changes} == {(0.0, 4.0), (0.0, 8.0)}
    with course.ledger() as ledger:
        log = ledger.log(student="ada")
    assert [row["reason"] for row in log[:2]] == ["first grading"] * 2
    assert "submission" in log[-1]["reason"]


def test_a_graders_points_and_comments_survive(hand_in, grade, course):
    hand_in("ada", "mutant")
    grade()
    with gradebook(course) as book:
        notebook = book.find_submission_notebook(STAGE.name, STAGE.name, "ada")
        for entry in notebook.grades:
            entry.manual_score, entry.needs_manual_grade = 2.5, False
        for comment in notebook.comments:
            comment.manual_comment = "well said"
        book.db.commit()
    hand_in("ada", "reference")
    grade()
    grade(force=True, reason="a second look")
    with gradebook(course) as book:
        notebook = book.find_submission_notebook(STAGE.name, STAGE.name, "ada")
        assert {entry.manual_score for entry in notebook.grades} == {2.5}
        assert {comment.manual_comment for comment in notebook.comments} == {"well said"}
        flagged = {entry.name for entry in notebook.grades if entry.needs_manual_grade}
        # Only what the grader has not seen as it is now: the exercise whose automatic score has changed.
        assert flagged == {"check_batchnorm_train"}


def test_a_judge_that_fails_leaves_no_stale_grade(hand_in, grade, course):
    hand_in("ada", "reference")
    hand_in("bob", "reference")
    grade()

    class Broken:
        def map(self, jobs, began):
            for tag, _ in jobs:
                yield tag, JudgeFailed("its worker died over it twice")

    terms = course.terms(STAGE.name)  # other limits, so that everything is judged again
    outcomes = {o.student: o for o in course.grade(STAGE.name, ["ada"], Broken(), terms=terms)}
    assert outcomes["ada"].data["status"] == "failed"
    assert outcomes["ada"].data["points"] is None
    jsonschema.validate(outcomes["ada"].data, schemas.load("grade"))
    assert auto_scores(course, "ada")["check_batchnorm_train"] is None
    assert auto_scores(course, "bob")["check_batchnorm_train"] == 8.0
    assert grade()["ada"].data["points"] == STAGE.points, "a later run mends it"


def test_a_record_is_all_or_nothing(hand_in, grade, course, monkeypatch):
    hand_in("ada", "stub")
    grade()
    before = auto_scores(course, "ada")
    hand_in("ada", "reference")
    monkeypatch.setattr(Ledger, "_late_penalty", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        grade()
    monkeypatch.undo()
    assert auto_scores(course, "ada") == before
    with course.ledger() as ledger:
        assert ledger.results(STAGE.name)["ada"]["data"]["points"] == 0
    assert grade()["ada"].data["points"] == STAGE.points


def test_the_graded_notebook_shows_points_and_no_secrets(hand_in, grade, course):
    hand_in("ada", "mutant")
    grade()
    folder = course.workspace.autograded / "ada" / STAGE.name
    text = (folder / f"{STAGE.name}.ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    check = next(cell for cell in notebook.cells if cell.id == "check_batchnorm_train")
    panel = check.outputs[-1].data["text/plain"]
    assert "batchnorm_train" in panel
    assert "of 8 points" in panel
    for secret in ("def test_", "expect_close", "bnlab_autograder", str(course.root), "site-packages"):
        assert secret not in text
    assert json.loads(text)["metadata"]["bnlab"]["status"] == "ok"


def test_a_cell_that_grading_does_not_run_shows_what_was_handed_in(hand_in, grade, course, with_outputs):
    hand_in("ada", with_outputs("my own plot"))
    first = grade()["ada"]
    path = course.workspace.autograded / "ada" / STAGE.name / f"{STAGE.name}.ipynb"
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    kept = [cell for cell in cells if "my own plot" in json.dumps(cell.outputs)]
    assert kept
    for cell in kept:
        assert "As handed in" in cell.outputs[0].data["text/plain"]
    for cell in cells:
        ran = cell.execution_count is not None
        assert (cell not in kept) == (ran or exercise_of(cell) is not None), cell.source
    hand_in("ada", with_outputs("another plot"))
    second = grade()["ada"]
    assert "another plot" in path.read_text()
    assert second.fresh, "the notebook is written anew"
    assert not second.executed, "and nothing is executed again"
    assert second.data["points"] == first.data["points"] == STAGE.points
    assert not second.changes


def test_a_stage_is_graded_with_the_cases_it_rests_on(course):
    terms = course.terms(STAGE.name)
    assert set(terms.points) >= {"batch_statistics", "batchnorm_train"}
    assert "standardize" not in terms.points


def test_limits_of_the_folder_count_for_every_grading(course, hand_in, pool):
    (course.root / SETTINGS).open("a").write("\n[limits]\ncell_seconds = 5\nprocesses = 32\n")
    course = Course(Workspace(course.root))
    limits = course.terms(STAGE.name).limits
    assert (limits["cell_seconds"], limits["processes"]) == (5, 32)
    assert course.terms(STAGE.name, limits={"cell_seconds": 9}).limits["cell_seconds"] == 9
    hand_in("ada", "stub")
    list(course.grade(STAGE.name, ["ada"], pool, terms=course.terms(STAGE.name)))
    with course.ledger() as ledger:
        assert outdated(course, STAGE.name, ledger) == []
        (course.root / SETTINGS).write_text((course.root / SETTINGS).read_text().replace("= 5", "= 6"))
        assert [one.student for one in outdated(Course(Workspace(course.root)), STAGE.name, ledger)] == [
            "ada"
        ]


@pytest.mark.parametrize(
    "line", ["cell_second = 5", "cell_seconds = 0", 'cell_seconds = "5"', "cell_seconds = true"]
)
def test_a_limit_that_is_none_is_named(course, line):
    (course.root / SETTINGS).open("a").write(f"\n[limits]\n{line}\n")
    with pytest.raises(ValueError, match=rf"{SETTINGS}: cell_second"):
        _ = Course(Workspace(course.root)).limits
