"""nbgrader's exchange, as on a hub: a release goes out, a submission comes in, feedback reaches whoever handed in."""

import getpass
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bnlab_autograder.report.feedback import write_feedback

from .conftest import STAGE

NAME = f"{STAGE.name}.ipynb"


@pytest.fixture
def nbgrader(course, tmp_path):
    """The command, in a folder, with an exchange and a home of its own."""
    exchange, home = tmp_path / "exchange", tmp_path / "home"
    for folder in (exchange, home):
        folder.mkdir()
    exchange.chmod(0o777)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def run(folder, *arguments):
        done = subprocess.run(
            ["nbgrader", *arguments, f"--Exchange.root={exchange}"],
            cwd=folder,
            env={**os.environ, "PATH": path, "HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        assert "Could not find feedback" not in done.stderr

    return run


def test_from_release_to_feedback(course, notebooks, grade, nbgrader, tmp_path):
    student, there = getpass.getuser(), ("--course=bn",)
    nbgrader(course.root, "release_assignment", STAGE.name)
    nbgrader(tmp_path / "home", "fetch_assignment", STAGE.name, *there)
    work = tmp_path / "home" / STAGE.name
    nbformat.write(notebooks["mutant"], work / NAME)
    nbgrader(tmp_path / "home", "submit", STAGE.name, *there)
    nbgrader(course.root, "collect", STAGE.name)

    (outcome,) = grade().values()
    assert outcome.student == student
    assert outcome.data["findings"] == []  # what came with the release and went back is nothing to talk about
    (written,) = write_feedback(course, STAGE.name, [student])
    assert not written.problem
    nbgrader(course.root, "release_feedback", STAGE.name)
    nbgrader(tmp_path / "home", "fetch_feedback", STAGE.name, *there)
    (page,) = work.glob(f"feedback/*/{STAGE.name}.html")
    assert "eps-outside-root" in page.read_text()
