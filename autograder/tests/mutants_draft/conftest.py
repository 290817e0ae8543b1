"""A course folder with stage 01 released and graded, in which one student makes a mistake that nobody knows."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

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
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace
from typer.testing import CliRunner

STAGE = stage_named("01_forward")
EXERCISE = "batchnorm_train"
STUDENT = "enoether"
KNOWN, RIGHT, SILENT = "kovalevskaya", "hypatia", "germain"

UNKNOWN = '''
# Emmy Noether, enoether@uni-goettingen.de
def noethers_centre(x, author="Emmy Noether"):
    """Written by Emmy."""
    print("Emmy was here")
    emmy = {"middle of Emmy": np.median(x, axis=0)}
    return emmy["middle of Emmy"]


def batchnorm_train(x, gamma, beta, eps):
    """Emmy's."""
    if x.ndim != 2:
        raise ValueError(f"Emmy does not like {x.shape}")
    mean, var = batch_statistics(x)
    x_hat = (x - noethers_centre(x)) / np.sqrt(var + eps)
    return gamma * x_hat + beta
'''
ERRORS = "def batchnorm_train(x, gamma, beta, eps):\n    raise RuntimeError\n"
WORDS = {
    '""': 'The median is subtracted.""',
    "TITLE = ": "The median in the place of the mean",
    "ENTRY = ": "Half of the values lie above the median.",
    "NOTICE = ": "take the mean of the result.",
    "MESSAGE = ": "You centre at the middle value. Look at what is subtracted.",
}
register(app)


@pytest.fixture(scope="session")
def judged():
    """One warm judge for all tests."""
    with LocalPool(assets().hidden, assets().mutants, workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def master(tmp_path_factory, judged):
    """The course folder, released and graded."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("course"), course_id="bn")
    build_release(workspace, STAGE, "1.0.0")
    released = nbformat.read(workspace.release(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    solved = nbformat.read(workspace.source(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    known = load_bank(assets().mutants)["train_eps_outside_root"]
    for student, entry, own in (
        (STUDENT, None, UNKNOWN),
        (KNOWN, known, None),
        (RIGHT, None, None),
        (SILENT, None, ERRORS),
    ):
        notebook = filled(released, solved, STAGE, entry)
        for cell in notebook.cells:
            if own and grade_id_of(cell) == EXERCISE:
                cell.source = own
        write(workspace.submitted / student / STAGE.name, STAGE.name, notebook)
    list(Course(workspace).grade(STAGE.name, workspace.students(), judged))
    return workspace


@pytest.fixture
def course(master, tmp_path):
    """A fresh copy of it."""
    folder = tmp_path / "course"
    shutil.copytree(master.root, folder)
    return Course(Workspace(folder))


@pytest.fixture
def bnlab(course, monkeypatch):
    """The command, in the course folder: its exit status, output and JSON."""
    monkeypatch.chdir(course.root)

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        text = result.stdout
        result.json = json.loads(text) if "--json" in arguments and text.startswith("{") else None
        return result

    return run


@pytest.fixture
def drafted(bnlab, tmp_path):
    """Write a draft of a student's answer, and return its path."""

    def draft(student=STUDENT, *options):
        result = bnlab(
            "mutant", "draft", "01", "-s", student, "-e", EXERCISE, "-o", tmp_path, "--json", *options
        )
        assert result.exit_code == 0, result.output
        return Path(result.json["file"])

    return draft


@pytest.fixture
def named(drafted):
    """A draft with words in the place of every TODO."""

    def name(path=None, mistake="median-for-mean"):
        path = path or drafted()
        text = path.read_text(encoding="utf-8").replace("todo-short-name", mistake)
        for field, words in WORDS.items():
            text, count = re.subn(rf'^{field}".*"$', f'{field}"{words}"', text, count=1, flags=re.MULTILINE)
            assert count == 1, field
        path.write_text(text, encoding="utf-8")
        return path

    return name
