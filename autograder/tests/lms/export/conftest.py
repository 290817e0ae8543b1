"""A class whose stage 01 is graded, by one run of a real judge; every test has a copy of the course folder."""

from __future__ import annotations

import datetime
import json
import shutil

import nbformat
import pytest
from bnlab.cli import app
from bnlab_autograder.assets import assets
from bnlab_autograder.cli import register
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import filled, write
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace
from typer.testing import CliRunner

STAGE = stage_named("01_forward")
DUE = datetime.datetime(2024, 3, 4, 12, tzinfo=datetime.UTC)
# Who hands in what, and how many hours after the due date.
CLASS = {"ada": ("reference", -5), "bob": ("mutant", 30), "cem": ("stub", -1), "dora": ("reference", 2)}
MANUAL = 3.0  # points by hand
register(app)


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """The course folder before anybody has handed in."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("course"), course_id="bn")
    build_release(workspace, STAGE, "1.0.0", due=DUE)
    return workspace


@pytest.fixture(scope="session")
def master(blank, tmp_path_factory):
    """The course folder after `bnlab grade`."""
    folder = tmp_path_factory.mktemp("graded") / "course"
    shutil.copytree(blank.root, folder)
    workspace = Workspace(folder)
    released = nbformat.read(workspace.release(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    solved = nbformat.read(workspace.source(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    mutant = load_bank(assets().mutants)["train_eps_outside_root"]
    kinds = {
        "reference": filled(released, solved, STAGE),
        "stub": released,
        "mutant": filled(released, solved, STAGE, mutant),
    }
    for student, (kind, hours) in CLASS.items():
        folder = workspace.submitted / student / STAGE.name
        write(folder, STAGE.name, nbformat.from_dict(kinds[kind]))
        when = DUE + datetime.timedelta(hours=hours)
        (folder / "timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC")
    course = Course(workspace)
    with LocalPool(assets().hidden, assets().mutants, workers=1) as pool:
        list(course.grade(STAGE.name, list(CLASS), pool))
    return workspace


@pytest.fixture
def course(master, tmp_path):
    """A fresh copy of it, whose written answers wait for a grader."""
    folder = tmp_path / "course"
    shutil.copytree(master.root, folder)
    return Course(Workspace(folder))


@pytest.fixture
def by_hand(course):
    """Give the points of every written answer that waits for a grader."""

    def grade(points=MANUAL):
        with course.ledger() as ledger, ledger.transaction() as gradebook:
            for submission in gradebook.assignment_submissions(STAGE.name):
                for entry in submission.notebooks[0].grades:
                    if entry.needs_manual_grade:
                        entry.manual_score, entry.needs_manual_grade = points, False

    return grade


@pytest.fixture
def late_costs_all(course):
    """nbgrader's plugin with the policy "zero"."""
    with course.workspace.nbgrader_config.open("a") as file:
        file.write('c.LateSubmissionPlugin.penalty_method = "zero"\n')
    course.__dict__.pop("config", None)


@pytest.fixture
def penalties(course):
    """What the gradebook holds, by student."""

    def read():
        with course.ledger() as ledger, ledger.transaction() as gradebook:
            return {
                one.student_id: one.late_submission_penalty
                for one in gradebook.assignment_submissions(STAGE.name)
                if one.late_submission_penalty
            }

    return read


@pytest.fixture
def bnlab(course):
    """The command, in the course folder; ``data`` is its JSON."""

    def run(*arguments):
        result = CliRunner().invoke(app, [*(str(argument) for argument in arguments), "-C", str(course.root)])
        result.data = json.loads(result.stdout) if "--json" in arguments and result.stdout else None
        result.said = " ".join(result.stderr.split())
        return result

    return run
