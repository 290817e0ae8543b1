"""Stock nbgrader on the same folder: the same grades, its feedback, its export."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from .conftest import BY_NAME, STAGE


def nbgrader(course, *arguments):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["nbgrader", *arguments],
        cwd=course.root,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )


def scores(course):
    with Gradebook(course.workspace.db_url, course.workspace.course_id) as book:
        return {
            (submission.student.id, grade.name): grade.auto_score
            for submission in book.assignment_submissions(STAGE.name)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def graded_cells(course, student):
    path = course.workspace.autograded / student / STAGE.name / f"{STAGE.name}.ipynb"
    return nbformat.read(path, as_version=4).cells


def test_autograde_feedback_and_export(course, hand_in, grade, with_outputs):
    for name in ("reference", "stub", "mutant"):
        hand_in(name, name)
    hand_in("shown", with_outputs("my own plot"))
    for name in ("bad JSON", "missing cell", "changed metadata", "duplicated cell", "process ends itself"):
        hand_in(name.replace(" ", "-"), "reference", BY_NAME[name])
    done = nbgrader(course, "autograde", STAGE.name)
    assert done.returncode == 0, done.stderr[-2000:]
    by_nbgrader, cells_of_nbgrader = scores(course), graded_cells(course, "shown")
    with Gradebook(course.workspace.db_url, course.workspace.course_id) as book:
        for submission in book.assignment_submissions(STAGE.name):
            for notebook in submission.notebooks:
                for entry in notebook.grades:
                    entry.auto_score = -1.0  # so that the next run cannot but write
        book.db.commit()
    grade(force=True)
    assert scores(course) == by_nbgrader
    assert graded_cells(course, "shown") == cells_of_nbgrader
    assert by_nbgrader["reference", "check_batchnorm_train"] == 8.0
    assert by_nbgrader["changed-metadata", "check_batchnorm_train"] == 8.0
    assert by_nbgrader["bad-JSON", "check_batchnorm_train"] == 0.0

    done = nbgrader(course, "generate_feedback", STAGE.name)
    assert done.returncode == 0, done.stderr[-2000:]
    page = (course.workspace.feedback / "mutant" / STAGE.name / f"{STAGE.name}.html").read_text()
    assert "of 8 points" in page
    assert "def test_" not in page
    assert 'href="mistakes.md' not in page
    page = (course.workspace.feedback / "shown" / STAGE.name / f"{STAGE.name}.html").read_text()
    assert page.count("As handed in; not run again in grading.") == page.count("my own plot") > 0

    done = nbgrader(course, "export")
    assert done.returncode == 0, done.stderr[-2000:]
    with (course.root / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file) if row["assignment"] == STAGE.name}
    assert float(rows["reference"]["raw_score"]) == STAGE.points
    assert float(rows["stub"]["raw_score"]) == 0
