"""What is graded anew, and what is not: a change regrades exactly what it touches."""

import json
import os
import shutil
import time

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import STAGES
from bnlab_autograder.grading.judge import environment_of
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.release.build import build_release

from .conftest import ALL, IN_PLACE, STAGE, WORTH, grade_log, graded_once, points


class NoPool:
    """Executes nothing."""

    def map(self, jobs, began):
        for tag, job in jobs:
            assert job is None, f"{tag.student} is executed"
            yield tag, None


@pytest.fixture
def course(course_on):
    return course_on("sqlite")


@pytest.fixture
def hidden(course, tmp_path):
    """The hidden cases of the course, in a folder where they may be changed."""
    folder = tmp_path / "hidden"
    shutil.copytree(assets().hidden, folder, ignore=shutil.ignore_patterns("__pycache__"))
    course.__dict__["hidden"] = folder
    return folder


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def executed(outcomes):
    return [outcome.student for outcome in outcomes if outcome.executed]


def test_a_changed_case_touches_its_stage_and_what_rests_on_it(hidden):
    def environments():
        return {stage.name: environment_of(stage.name, hidden, assets().mutants, "A") for stage in STAGES[:5]}

    def touched_by(name):
        before, path = environments(), hidden / name
        path.write_text(path.read_text() + "\n# changed\n")
        after = environments()
        return [stage for stage in before if before[stage] != after[stage]]

    assert touched_by("test_04_spatial.py") == ["04_spatial"]
    assert touched_by("test_00_warmup.py") == ["00_warmup"]
    backward = touched_by("test_03_backward.py")
    assert "03_backward" in backward
    assert not {"00_warmup", "01_forward", "02_train_test"} & set(backward)
    assert touched_by("inputs.py") == [stage.name for stage in STAGES[:5]]


def test_a_changed_case_regrades(course, hidden, hand_in, pool):
    students = hand_in(course, *range(2))
    list(course.grade(STAGE.name, students, pool))
    edit(hidden / "test_04_spatial.py", '"""', '"""Changed. ')
    list(course.grade(STAGE.name, students, NoPool()))
    edit(hidden / "test_00_warmup.py", "    x = integers(rng)\n", "    raise AssertionError\n")
    with LocalPool(hidden, course.mutants, workers=1) as other:
        assert executed(course.grade(STAGE.name, students, other)) == students
    assert points(course) == dict.fromkeys(students, STAGE.points - WORTH["integers"])
    with course.ledger() as ledger:
        last = ledger.log(STAGE.name)[-1]
    assert (last["old"], last["new"]) == (ALL, ALL - WORTH["integers"])
    assert "hidden cases" in last["reason"]


def test_changed_points_alone_execute_nothing(course, hidden, hand_in, pool):
    students = hand_in(course, "ada", code=IN_PLACE)
    list(course.grade(STAGE.name, students, pool))
    assert points(course) == {"ada": STAGE.points - WORTH["unchanged"]}
    more = WORTH["unchanged"] + WORTH["integers"]
    edit(hidden / "00_warmup.toml", f"integers = {WORTH['integers']}\n", "")
    edit(hidden / "00_warmup.toml", f"unchanged = {WORTH['unchanged']}", f"unchanged = {more}")
    list(course.grade(STAGE.name, students, NoPool()))
    assert points(course) == {"ada": STAGE.points - more}
    with course.ledger() as ledger:
        assert ledger.log(STAGE.name)[-1]["reason"] == "points or findings have changed"


def test_a_changed_limit_regrades(course, hand_in, pool):
    students = hand_in(course, "ada")
    list(course.grade(STAGE.name, students, pool))
    terms = course.terms(STAGE.name, limits={"cell_seconds": 20.0})
    assert executed(course.grade(STAGE.name, students, pool, terms=terms)) == students
    assert executed(course.grade(STAGE.name, students, pool, terms=terms)) == []
    list(course.grade(STAGE.name, students, NoPool()))  # under the first limit there is a result, too
    assert graded_once(course, students)


def test_a_new_release_regrades(course, hand_in, pool):
    students = hand_in(course, "ada")
    list(course.grade(STAGE.name, students, pool))
    build_release(course.workspace, STAGE, "1.0.1")
    assert executed(course.grade(STAGE.name, students, pool)) == students
    assert graded_once(course, students)


def test_a_new_submission_regrades_that_student_alone(course, hand_in, pool):
    students = hand_in(course, *range(3))
    list(course.grade(STAGE.name, students, pool))
    hand_in(course, "s01", code=IN_PLACE)
    assert executed(course.grade(STAGE.name, students, pool)) == ["s01"]
    assert grade_log(course)[-1] == ("s01", "check_standardize", ALL, ALL - WORTH["unchanged"])


def test_equal_submissions_are_executed_once(course, hand_in, pool):
    students = hand_in(course, *range(3))
    for student in students[1:]:
        shutil.copytree(
            course.workspace.submitted / students[0], course.workspace.submitted / student, dirs_exist_ok=True
        )
    executed_now = executed(course.grade(STAGE.name, students, pool))
    assert len(list(course.store.keys())) == 1
    assert executed_now[0] == students[0]
    assert graded_once(course, students)


def test_force_executes_all(course, hand_in, pool):
    students = hand_in(course, *range(2))
    list(course.grade(STAGE.name, students, pool))
    assert executed(course.grade(STAGE.name, students, pool, force=True)) == students
    assert graded_once(course, students), "the same grade is no change"


def test_pruning(course, hand_in, pool, bnlab):
    students = hand_in(course, *range(3))
    list(course.grade(STAGE.name, students, pool))
    old = time.time() - 200 * 86400
    gone = next(course.store.folder.glob("??/*"))
    os.utime(gone, (old, old))
    leftover = course.workspace.autograded / "s00" / ".bnlab-crash"
    leftover.mkdir()
    os.utime(leftover, (old, old))
    result = bnlab("prune", "-C", course.root, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    jsonschema.validate(data, schemas.load("prune"))
    assert (data["removed"], data["kept"], data["left_behind"]) == (1, 2, 1)
    assert not leftover.exists()
    assert graded_once(course, students), "grades stay"
    assert len(executed(course.grade(STAGE.name, students, pool))) == 1, (
        "what was removed is worked out again"
    )
    assert "3 results removed, 0 kept" in bnlab("prune", "-C", course.root, "--days", 0).stdout
