"""Answers cannot be read, however the staff's packages are installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from bnlab_autograder.sandbox import Zygote
from bnlab_autograder.sandbox.exposure import exposure

from .conftest import HOLDING

SECRET = "the answer is 42"


@pytest.fixture
def layout(tmp_path, monkeypatch):
    """Two kinds of installation: a wheel beside NumPy, and an editable one whose folders are on sys.path."""
    wheel = tmp_path / "env" / "site-packages"
    for path in (
        wheel / "answers" / "__init__.py",
        wheel / "answers" / "deep" / "one.py",
        wheel / "answers.libs" / "data.txt",
        wheel / "single.py",
        wheel / "__pycache__" / "single.cpython-311.pyc",
        wheel / "answers_staff-1.0.dist-info" / "RECORD",
        wheel / "helpful" / "__init__.py",
        tmp_path / "project" / "solutions" / "more_answers" / "__init__.py",
        tmp_path / "project" / "course" / "given" / "__init__.py",
        tmp_path / "project" / "course" / "other" / "__init__.py",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"value = {SECRET!r}")
    (wheel / "answers_staff-1.0.dist-info" / "RECORD").write_text("answers/__init__.py,,\n")
    (wheel / "staff.pth").write_text(str(tmp_path / "project" / "solutions"))
    monkeypatch.setattr(
        sys,
        "path",
        [*sys.path, str(wheel), *(str(tmp_path / "project" / name) for name in ("solutions", "course"))],
    )
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)  # students' processes are of another user, when root runs the tests
    return tmp_path


HIDDEN = ["answers", "single", "more_answers"]


@pytest.mark.parametrize("tier", HOLDING)
def test_answers_are_unreadable_and_given_packages_are_not(layout, tier):
    given = layout / "project" / "course" / "given"
    secrets = [path for path in layout.rglob("*") if path.is_file() and "given" not in str(path)]
    hidden = [path for path in secrets if "helpful" not in str(path) and path.suffix != ".pth"]
    assert len(hidden) == 8
    with Zygote(tier, preload=[], packages=[given], hidden=HIDDEN) as zygote, zygote.spawn() as session:
        for name in ("given", "helpful", "numpy"):
            assert session.run_cell(f"import {name}").ok, name
        for name in ("answers.deep.one", "single", "more_answers", "other"):
            result = session.run_cell(f"import {name}")
            assert result.error == "ModuleNotFoundError", (name, result.outputs)
        for path in hidden:
            result = session.run_cell(f"assert open({str(path)!r}).read()")
            assert not result.ok, path
        for folder in (layout / "env/site-packages/answers", layout / "project/solutions"):
            assert not session.run_cell(f"import os; assert os.listdir({str(folder)!r})").ok


def test_nothing_hidden_is_left_when_folders_are_carved(layout):
    seen = exposure([layout / "project" / "course" / "given"], HIDDEN)
    pieces = seen.carved()
    for path in (path for path in layout.rglob("*") if path.is_file()):
        readable = any(path.is_relative_to(piece) for piece in pieces)
        assert readable == seen.shows(path)
        assert readable == any(word in str(path) for word in ("given", "helpful", ".pth")), path


def test_other_interpreters_packages_are_searched_too(layout, monkeypatch):
    answers = layout / "other" / "lib" / "python3.11" / "site-packages" / "answers"
    answers.mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(layout / "other"))
    seen = exposure(hidden=HIDDEN)
    assert seen.shows(answers.parent)
    assert not seen.shows(answers)


def test_names_are_normalised():
    numpy_hidden = exposure(hidden=["NumPy"])
    assert not any(
        name.lower().startswith(("numpy-", "numpy.")) or name == "numpy" for name in numpy_hidden.links
    )
    assert "msgpack" in numpy_hidden.links
    assert exposure(hidden=["num"]).links == exposure().links


def test_the_projects_own_folders_are_not_exposed():
    seen = exposure(hidden=["bnlab_solutions", "bnlab_autograder"])
    root = Path(__file__).parents[3]
    for folder in ("solutions", "autograder", "course", "assignments"):
        assert not seen.shows(root / folder)
    for site in {entry.parent for entry in seen.links.values()}:
        for entry in site.glob("bnlab*"):
            assert not seen.shows(entry) or "staff" in entry.name
