"""A course folder with a release that is no more than a notebook, which is all that collecting looks at."""

from __future__ import annotations

import json

import pytest
from bnlab.cli import app
from bnlab_autograder.cli import register
from bnlab_autograder.grading.course import Course
from bnlab_autograder.lms.collect import collect as take
from bnlab_autograder.lms.roster import roster_of
from bnlab_autograder.workspace import Workspace
from typer.testing import CliRunner

from ..archives import HandedIn, notebook

STAGE = "02_train_test"
OTHER = "01_forward"
CELLS = ("batchnorm_forward", "check_batchnorm_forward")
NOTEBOOK = f"{STAGE}.ipynb"
ROSTER = """\
student_id,first_name,last_name,email,canvas_id,sis_id
ada,Ada,Lovelace,ada@uni.edu,501,s1
zoe,Zoë,García López,zoe@uni.edu,502,s2
ann1,Ann,Lee,ann1@uni.edu,,s3
ann2,Ann,Lee,ann2@uni.edu,,s4
nico,Nicolás,O'Brien-Smith,nico@uni.edu,505,s5
"""
register(app)


def work(text="x = 1", stage=STAGE, **options):
    return notebook(stage, text, CELLS, **options)


def person(student, files=None, **options):
    """Somebody of the roster, or not, who hands in."""
    known = {
        "ada": ("Ada", "Lovelace", 501, "s1"),
        "zoe": ("Zoë", "García López", 502, "s2"),
        "ann1": ("Ann", "Lee", 503, "s3"),
        "nico": ("Nicolás", "O'Brien-Smith", 505, "s5"),
        "eve": ("Eve", "Nobody", 666, "s9"),
    }
    first, last, user, sid = known[student]
    files = {NOTEBOOK: work(student)} if files is None else files
    settings = {"user": user, "email": f"{student}@uni.edu", "sid": sid, **options}
    return HandedIn(first, last, files, **settings)


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """The gradebook takes a second to make, so it is made once."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("blank"), course_id="bn")
    with Course(workspace).ledger():
        pass
    return workspace


@pytest.fixture
def course(blank, tmp_path):
    import shutil

    root = tmp_path / "course"
    shutil.copytree(blank.root, root)
    release = root / "release" / STAGE
    release.mkdir(parents=True)
    (release / NOTEBOOK).write_bytes(work("…"))
    (release / "previous_stages.py").write_text("given = 1\n")
    (release / "manifest.json").write_text("{}")
    (root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return Course(Workspace(root))


@pytest.fixture
def collect(course):
    """Collect, with the course's roster unless there is another."""

    def run(source, system, **options):
        options.setdefault("roster", roster_of(course.root))
        return take(course, STAGE, source, system, **options)

    return run


@pytest.fixture
def handed_in(course):
    """The bytes of a student's present notebook, or None."""

    def read(student):
        path = course.workspace.submitted / student / STAGE / NOTEBOOK
        return path.read_bytes() if path.exists() else None

    return read


@pytest.fixture
def bnlab(course):
    """The command: exit status, standard output, JSON, standard error."""

    def run(*arguments):
        result = CliRunner().invoke(app, [str(one) for one in (*arguments, "-C", course.root)])
        try:
            result.json = json.loads(result.stdout)
        except ValueError:
            result.json = None
        return result

    return run
