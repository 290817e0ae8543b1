"""A real course folder with stage 01 released, and a class that has handed in; judged by a real judge."""

from __future__ import annotations

import json
import shutil

import nbformat
import pytest
from bnlab.cli import app
from bnlab_autograder.assets import assets
from bnlab_autograder.cli import register
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import BREAKAGES, filled, write
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace
from typer.testing import CliRunner

STAGE = stage_named("01_forward")
register(app)


@pytest.fixture(scope="session")
def master(tmp_path_factory):
    """The course folder as it is before anybody hands in."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("course"), course_id="bn")
    build_release(workspace, STAGE, "1.0.0")
    return workspace


@pytest.fixture
def course(master, tmp_path):
    """A fresh copy of it."""
    folder = tmp_path / "course"
    shutil.copytree(master.root, folder)
    return Course(Workspace(folder))


@pytest.fixture(scope="session")
def pool():
    """One warm judge for all tests."""
    with LocalPool(assets().hidden, assets().mutants, workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def notebooks(master):
    """Notebooks by what they are: the reference, an untouched one, a variant, a mutant."""
    released = nbformat.read(master.release(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    solved = nbformat.read(master.source(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    files = assets()
    variants, mutants = load_bank(files.variants), load_bank(files.mutants)
    return {
        "reference": filled(released, solved, STAGE),
        "stub": released,
        "variant": filled(released, solved, STAGE, variants["loops_over_features"]),
        "mutant": filled(released, solved, STAGE, mutants["train_eps_outside_root"]),
        "helper mutant": filled(released, solved, STAGE, mutants["batch_statistics_ddof_one"]),
    }


@pytest.fixture
def with_outputs(notebooks):
    """The reference with an output in every code cell, which says ``text``."""

    def make(text):
        notebook = nbformat.from_dict(notebooks["reference"])
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [nbformat.v4.new_output("stream", text=f"{text}\nin two lines\n")]
        return notebook

    return make


@pytest.fixture
def hand_in(course, notebooks):
    """Put a notebook into a student's submission folder."""

    def put(student, notebook, breakage=None):
        notebook = notebooks[notebook] if isinstance(notebook, str) else notebook
        folder = course.workspace.submitted / student / STAGE.name
        (breakage.write if breakage else write)(folder, STAGE.name, nbformat.from_dict(notebook))
        return folder

    return put


@pytest.fixture
def grade(course, pool):
    """Grade, and return the data by student."""

    def run(students=None, **options):
        terms = course.terms(STAGE.name, limits={"cell_seconds": 3.0})
        students = students or course.students(STAGE.name)
        return {o.student: o for o in course.grade(STAGE.name, students, pool, terms=terms, **options)}

    return run


@pytest.fixture
def bnlab(course):
    """The command, in the course folder: exit status, standard output, JSON lines, standard error."""

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        lines = result.stdout.splitlines()
        result.json = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return result

    return run


BY_NAME = {breakage.name: breakage for breakage in BREAKAGES}
