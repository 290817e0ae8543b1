"""A course folder with a small stage released, on SQLite or PostgreSQL, and a class that has handed in."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from bnlab.cli import app
from bnlab_autograder.assets import assets
from bnlab_autograder.cli import register
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import filled, write
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.grading.released import is_answer
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import SETTINGS, Workspace
from typer.testing import CliRunner

from .servers import Dask, Missing, PostgreSQL, certificates

STAGE = stage_named("00_warmup")
DATABASES = ("sqlite", "postgresql")
WORTH = load_points(assets().hidden, STAGE.name)["standardize"]  # points of its cases
ALL = sum(WORTH.values())
register(app)


@pytest.fixture(scope="session")
def master(tmp_path_factory):
    """The course folder as it is before anybody hands in, with its gradebook in SQLite."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("master"), course_id="bn")
    build_release(workspace, STAGE, "1.0.0")
    return workspace


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    try:
        server = PostgreSQL()
    except Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.close()


@pytest.fixture(scope="session")
def master_on_postgresql(master, postgresql, tmp_path_factory):
    """The same with its gradebook in PostgreSQL: folder and name of the database."""
    url = postgresql.new_database()
    folder = tmp_path_factory.mktemp("master-pg") / "course"
    result = CliRunner().invoke(app, ["init", str(folder), "--course-id", "bn", "--db", url])
    assert result.exit_code == 0, result.output
    build_release(Workspace(folder), STAGE, "1.0.0")
    return folder, url


@pytest.fixture
def course_on(request, master, tmp_path) -> Callable[[str], Course]:
    """A fresh course on ``"sqlite"`` or ``"postgresql"``."""

    def make(database: str, folder: Path = tmp_path / "course") -> Course:
        if database == "sqlite":
            shutil.copytree(master.root, folder, dirs_exist_ok=True)
        else:
            server = request.getfixturevalue("postgresql")
            template, url = request.getfixturevalue("master_on_postgresql")
            shutil.copytree(template, folder, dirs_exist_ok=True)
            new = server.new_database(url.partition("?")[0].rpartition("/")[2])
            settings = folder / SETTINGS
            settings.write_text(settings.read_text().replace(url, new))
        return Course(Workspace(folder))

    return make


@pytest.fixture(params=DATABASES)
def course(request, course_on) -> Course:
    """A fresh course, once on each database."""
    return course_on(request.param)


@pytest.fixture(scope="session")
def solved(master):
    """The released notebook with the reference's answers."""
    release = nbformat.read(master.release(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    answers = nbformat.read(master.source(STAGE.name) / f"{STAGE.name}.ipynb", as_version=4)
    return filled(release, answers, STAGE)


@pytest.fixture
def hand_in(solved):
    """Hand in for so many students, no two notebooks equal. ``code`` ends the first answer. Returns the students."""

    def put(course: Course, *students: str | int, code: str = "") -> list[str]:
        names = [student if isinstance(student, str) else f"s{student:02}" for student in students]
        for name in names:
            notebook = copy.deepcopy(solved)
            answer = next(cell for cell in notebook.cells if is_answer(cell))
            answer.source = f"{answer.source}\n{code}\n# by {name}"
            write(course.workspace.submitted / name / STAGE.name, STAGE.name, notebook)
        return names

    return put


@pytest.fixture(scope="session")
def pool():
    """One warm judge for all tests."""
    with LocalPool(assets().hidden, assets().mutants, workers=1) as pool:
        yield pool


@pytest.fixture(scope="session")
def dask(tmp_path_factory) -> Iterator[Dask]:
    """A scheduler with two workers."""
    cluster = Dask(tmp_path_factory.mktemp("dask"), workers=2)
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def tls(tmp_path_factory) -> Path:
    try:
        return certificates(tmp_path_factory.mktemp("tls"))
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def bnlab():
    """The command in this process: exit status, standard output, JSON lines, standard error."""

    def run(*arguments):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        lines = result.stdout.splitlines()
        result.json = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return result

    return run


@pytest.fixture
def start():
    """The command as a process of its own; what is left of them at the end is killed."""
    started = []

    def run(course: Course, *arguments: str, **options) -> subprocess.Popen:
        program = Path(sys.executable).with_name("bnlab")
        process = subprocess.Popen(
            [str(program), *map(str, arguments)],
            cwd=course.root,
            env={**os.environ, "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def grade_log(course: Course) -> list[tuple[str, str, float | None, float | None]]:
    """Every change of a grade: student, cell, old, new."""
    with course.ledger() as ledger:
        return [(row["student"], row["cell"], row["old"], row["new"]) for row in ledger.log(STAGE.name)]


IN_PLACE = """
_right = standardize
def standardize(x, axis):
    result = _right(x, axis)
    if x.dtype.kind == "f":
        x[...] = result
    return result
"""  # costs the points of the case "unchanged"


def points(course: Course) -> dict[str, float | None]:
    """The points of each student, as they are recorded."""
    with course.ledger() as ledger:
        return {student: row["data"]["points"] for student, row in ledger.results(STAGE.name).items()}


def graded_once(course: Course, students: list[str]) -> bool:
    """Asserts that each student has full points and that each cell was given its points once."""
    lost = {student: _cases_lost(course, student) for student in students}
    assert points(course) == dict.fromkeys(students, STAGE.points), lost
    log = grade_log(course)
    cells = {(student, f"check_{exercise}") for student in students for exercise in STAGE.exercises}
    assert sorted((student, cell) for student, cell, _, _ in log) == sorted(cells)
    assert all(old is None for _, _, old, _ in log)
    return True


def _cases_lost(course: Course, student: str) -> list[str]:
    with course.ledger() as ledger:
        row = ledger.result(student, STAGE.name)
    return [
        f"{judged['exercise']}, {case['name']}: {case['message']}"
        for judged in (row["data"]["exercises"] if row else [])
        for case in judged["cases"]
        if not case["passed"]
    ]
