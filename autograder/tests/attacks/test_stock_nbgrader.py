"""Stock ``nbgrader autograde`` goes through the same walls, and what it shows to students tells no secrets."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import bnlab_autograder
import nbformat
import pytest
from bnlab_autograder.workspace import Workspace
from nbgrader.api import Gradebook

from .canaries import STAGE, Canaries
from .cells import ATTACKS, PRELUDE
from .stand import strings, with_attacks

CHOSEN = (
    "reading-hidden-cases", "reading-gradebook", "forging-tree-transformer", "forging-gradebook",
    "forging-exception-that-lies", "forging-script", "escaping-kill-canary", "surviving-daemon-program",
)  # fmt: skip


def nbgrader(folder: Path, *arguments: str) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["nbgrader", *arguments], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture
def canaries(course_folder, tmp_path):
    nbgrader(course_folder, "db", "student", "add", "ada")  # creates the gradebook
    canaries = Canaries(Workspace(course_folder), tmp_path, os.getuid())
    yield canaries
    canaries.close()


def test_nbgrader_autograde_and_feedback(canaries, course_folder, notebooks):
    token = "token-of-nbgrader"
    names = canaries.names(judge=canaries.process, zygotes=course_folder, token=token)
    prelude = "\n".join([*(f"{name} = {value!r}" for name, value in names.items()), PRELUDE])
    attacks = {attack.name: attack for attack in ATTACKS if attack.name in CHOSEN}
    assert set(attacks) == set(CHOSEN)
    handed_in = {name: with_attacks(notebooks["half"], [attack], prelude) for name, attack in attacks.items()}
    handed_in |= {"zoe": copy.deepcopy(notebooks["reference"])}
    for student, notebook in handed_in.items():
        folder = course_folder / "submitted" / student / STAGE
        folder.mkdir(parents=True)
        hostile = f'<script>{token}</script> <img src=x onerror="{token}"> [x](javascript:"{token}")'
        notebook.cells.append(nbformat.v4.new_markdown_cell(hostile))
        nbformat.write(notebook, folder / f"{STAGE}.ipynb")
    canaries.plant()
    nbgrader(course_folder, "autograde", STAGE)
    nbgrader(course_folder, "generate_feedback", STAGE)

    with Gradebook(canaries.workspace.db_url, canaries.workspace.course_id) as book:
        for student in handed_in:
            submission = book.find_submission(STAGE, student)
            grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
            scores = {grade.name: grade.auto_score for grade in grades if grade.name.startswith("check_")}
            assert all(grade.manual_score is None for grade in grades)
            if student == "zoe":
                assert sum(scores.values()) == 12
            else:
                attack = attacks[student]
                assert sum(scores.values()) == attack.earns or attack.harms_itself, (student, scores)
                assert sum(scores.values()) <= attack.earns
    for student, notebook in handed_in.items():
        graded = nbformat.read(
            course_folder / "autograded" / student / STAGE / f"{STAGE}.ipynb", as_version=4
        )
        own = "\n".join(cell.source for cell in notebook.cells)
        shown = "\n".join(strings([cell.get("outputs", []) for cell in graded.cells]))
        page = (course_folder / "feedback" / student / STAGE / f"{STAGE}.html").read_text()
        assert not canaries.reached(shown + page.replace("&#39;", "'").replace("&quot;", '"'), own), student
        assert f"{token} reached" not in shown
        for telling in ("judge_process", "site-packages/_pytest", "runtestprotocol", "expect_agreement("):
            assert telling not in shown + page, (student, telling)
        for script in (f"<script>{token}", f'onerror="{token}', f'"{token}"</script>', "<img src=x"):
            assert script not in page, (student, script)
        assert re.search(r'aria-label="Points of batchnorm_train"[^>]* style="border:', page), student
        assert str(Path(bnlab_autograder.__file__).parent) not in shown, student
