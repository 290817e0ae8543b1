"""A gradebook in PostgreSQL: one URL for BNLab, nbgrader and the formgrader."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bnlab_autograder.workspace import Workspace
from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from .conftest import IN_PLACE, STAGE, WORTH, points


@pytest.fixture
def course(course_on):
    return course_on("postgresql")


def nbgrader(course, *arguments):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["nbgrader", *arguments],
        cwd=course.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_init_makes_the_gradebook_there(postgresql, bnlab, tmp_path):
    url = postgresql.new_database()
    result = bnlab("init", tmp_path / "course", "--course-id", "bn", "--db", url, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["database"].startswith("postgresql+psycopg://bnlab@")
    workspace = Workspace(tmp_path / "course")
    assert not workspace.gradebook.exists()
    assert workspace.db_url.startswith("postgresql+psycopg://")


def test_init_says_when_no_database_answers(postgresql, bnlab, tmp_path):
    result = bnlab("init", tmp_path / "course", "--db", postgresql.url("no_such"))
    assert result.exit_code == 2
    assert "does not exist" in result.stderr.replace("\n", " ")
    assert not (tmp_path / "course").exists()


def test_nbgrader_and_the_formgrader_on_the_same_url(course, hand_in, bnlab, pool):
    hand_in(course, "ada")
    hand_in(course, "bob", code=IN_PLACE)
    result = bnlab("grade", "00", "-C", course.root)
    assert result.exit_code == 0, result.output
    assert points(course) == {"ada": STAGE.points, "bob": STAGE.points - WORTH["unchanged"]}
    assert bnlab("feedback", "00", "-C", course.root).exit_code == 0
    assert (course.workspace.feedback / "bob" / STAGE.name / f"{STAGE.name}.html").exists()

    nbgrader(course, "export")
    with (course.root / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == STAGE.name}
    assert float(rows["ada"]["raw_score"]) == STAGE.points
    assert float(rows["bob"]["raw_score"]) == STAGE.points - WORTH["unchanged"]

    # What the formgrader's pages ask for, and its button.
    api = NbGraderAPI(coursedir=CourseDirectory(config=course.config), config=course.config)
    assignment = api.get_assignment(STAGE.name)
    assert assignment["num_submissions"] == 2
    assert assignment["average_score"] == STAGE.points - WORTH["unchanged"] / 2
    submissions = {one["student"]: one for one in api.get_submissions(STAGE.name)}
    assert submissions["bob"]["score"] == STAGE.points - WORTH["unchanged"]
    hand_in(course, "bob")
    done = api.autograde(STAGE.name, "bob")
    assert done["success"], done.get("error")
    assert points(course)["bob"] == STAGE.points


def test_nbgrader_autograde(course, hand_in):
    hand_in(course, "ada")
    nbgrader(course, "autograde", STAGE.name)
    assert points(course) == {"ada": STAGE.points}
