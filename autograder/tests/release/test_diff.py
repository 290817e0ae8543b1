"""What differs between two versions, told in words and as JSON."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import nbformat
import pytest
import typer
from bnlab_autograder import schemas
from bnlab_autograder.cli import diff as diff_command
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.release.diff import Version, difference
from bnlab_autograder.release.manifest import Manifest
from bnlab_autograder.release.publish import Built, lay_down
from jsonschema import validate
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from .conftest import STAGE

app = typer.Typer()
diff_command.register(app)


def bnlab(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def named(name, source="pass", kind="code", **marks):
    base = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, id=name, metadata={"nbgrader": {**base, **marks, "grade_id": name}})


def cells():
    return [
        new_markdown_cell(
            "# A stage\n\nWith a wrong word in a sentence that is long enough.", id="markdown-1"
        ),
        named("setup", "import numpy", locked=True),
        new_markdown_cell("## 1 · Means\n\nProse.", id="markdown-2"),
        named("mean", "def mean(x): ...", solution=True),
        named("check_mean", 'check("mean", mean)', grade=True, locked=True, points=2.0),
        new_code_cell("plot(1)", id="code-1"),
        named("why", "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=3.0),
    ]


def version(notebook_cells, files=None, cases=None, number="1.0.0"):
    return Version("01_forward", number, "", {}, new_notebook(cells=notebook_cells), files or {}, cases)


def told(old, new):
    return [(change.part, change.kind, change.name) for change in difference(old, new).changes]


def of_cells(change):
    """The differences after ``change`` has edited the cells."""
    new = cells()
    change(new)
    return difference(version(cells()), version(new, number="1.1.0")).changes


def test_equal_versions_do_not_differ():
    assert of_cells(lambda cells: None) == ()


def test_changed_prose_is_shown_with_its_lines():
    def change(cells):
        cells[0] = new_markdown_cell(cells[0].source.replace("wrong", "right"), id="markdown-9")

    (found,) = of_cells(change)
    assert (found.kind, found.role, found.name) == ("changed", "prose", "A stage")
    assert "-With a wrong word in a sentence that is long enough." in found.lines
    assert "+With a right word in a sentence that is long enough." in found.lines


def test_other_prose_is_new_prose():
    def change(cells):
        cells[2] = new_markdown_cell("Something quite different: y = 3", id="markdown-9")

    assert [(one.kind, one.name) for one in of_cells(change)] == [
        ("removed", "1 · Means"),
        ("added", "A stage"),
    ]


def test_points_and_text_of_a_check():
    def change(cells):
        cells[4].metadata.nbgrader.points = 2.5
        cells[4].source += "  # better"

    points, text = of_cells(change)
    assert points.text == "check_mean is worth 2.5 points instead of 2"
    assert (points.kind, points.old, points.new) == ("points", 2.0, 2.5)
    assert (text.kind, text.role) == ("changed", "check")


def test_cells_that_come_and_go():
    def change(cells):
        del cells[3:5]
        cells.append(named("how", "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=1.0))

    assert [one.text for one in of_cells(change)] == [
        "the answer mean is gone",
        "check_mean is gone, 2 points",
        "the question how is new, 1 point",
    ]


def test_a_cell_that_moves_is_neither_new_nor_gone():
    (found,) = of_cells(lambda cells: cells.append(cells.pop(0)))
    assert (found.kind, found.role) == ("moved", "prose")


def test_a_cell_with_another_role():
    def change(cells):
        cells[6].metadata.nbgrader.grade = False

    assert [one.kind for one in of_cells(change)] == ["points", "changed"]


# What stands beside the notebook

MODULE = """
SIZE = 3
@mean.invariant("a shift")
def _(ask):
    assert ask(1)
@mean.value("a table")
def _(ask):
    assert ask(2)
"""


def wheel(checks=MODULE, **files):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("bnlab/checks/stage01_forward.py", checks)
        archive.writestr("bnlab-0.1.dist-info/RECORD", str(hash(checks)))
        for name, text in files.items():
            archive.writestr(f"bnlab/{name}.py", text)
    return raw.getvalue()


def test_visible_checks_are_told_by_exercise_and_title():
    old, new = MODULE, MODULE.replace("ask(1)", "ask(5)").replace("a table", "two tables")
    assert told(
        version(cells(), {"bnlab-1.whl": wheel(old)}),
        version(cells(), {"bnlab-2.whl": wheel(new, plots="x")}),
    ) == [
        ("check", "changed", "mean: a shift"),
        ("check", "removed", "mean: a table"),
        ("check", "added", "mean: two tables"),
        ("library", "added", "bnlab/plots.py"),
    ]


def test_a_comment_in_a_check_is_a_change_of_the_library():
    new = wheel(MODULE + "# a comment\n")
    assert told(version(cells(), {"a.whl": wheel()}), version(cells(), {"a.whl": new})) == [
        ("library", "changed", "bnlab/checks/stage01_forward.py")
    ]


def test_hidden_cases_and_files():
    old = version(cells(), {"previous_stages.py": b"a = 1\n"}, {"mean": {"small": 1.0, "large": 1.0}})
    new = version(
        cells(),
        {"previous_stages.py": b"a = 2\n", "x.png": b""},
        {"mean": {"small": 1.5, "far": 0.5}},
        number="1.1.0",
    )
    assert told(old, new) == [
        ("case", "points", "mean.small"),
        ("case", "removed", "mean.large"),
        ("case", "added", "mean.far"),
        ("file", "changed", "previous_stages.py"),
        ("file", "added", "x.png"),
    ]
    assert [c for c in told(old, replace(new, cases=None)) if c[0] == "case"] == []


def test_what_every_build_writes_anew_is_no_difference():
    old = "BNLab 01 (release 1.0.0)\n====\n    bnlab-0.1.0+h1-py3-none-any.whl  the library"
    new = old.replace("1.0.0", "1.10.0").replace("====", "=====").replace("h1", "h2")
    assert (
        told(version(cells(), {"README.txt": old.encode()}), version(cells(), {"README.txt": new.encode()}))
        == []
    )
    other = new.replace("library", "books").encode()
    assert told(version(cells(), {"README.txt": old.encode()}), version(cells(), {"README.txt": other})) == [
        ("file", "changed", "README.txt")
    ]


# The command


@pytest.fixture
def two(workspace):
    """A course folder with a version 1.1.0 among the published ones, and that version itself."""
    base = Built.load(workspace, STAGE.name, "1.0.0")
    notebook = base.notebook
    check = next(cell for cell in notebook.cells if grade_id_of(cell) == "check_batch_statistics")
    check.metadata.nbgrader.points += 0.5
    files = {**base.files, f"{STAGE.name}.ipynb": nbformat.writes(notebook).encode()}
    manifest = Manifest.of(STAGE, "1.1.0", "fairer points", "", notebook, files)
    built = Built(manifest, base.instructor, files, base.record)
    lay_down(workspace, built)
    return workspace


def test_versions_folders_and_zips(two, tmp_path):
    place = ("-C", two.root)
    said = bnlab("01@1.0.0", "1.1.0", *place)
    assert said.exit_code == 0, said.output
    assert "01_forward  1.0.0 → 1.1.0  fairer points" in said.stdout
    assert "~ check_batch_statistics is worth" in said.stdout
    students = two.published(STAGE.name) / "1.1.0" / "release"
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        for path in students.iterdir():
            archive.write(path, f"{STAGE.name}/{path.name}")
    for pair in ((two.release(STAGE.name), students), ("01", tmp_path / "new.zip"), ("01@1.0.0", "01@1.1.0")):
        data = json.loads(bnlab(*pair, "--json", *place).stdout)
        validate(data, schemas.load("diff"))
        assert [(one["kind"], one["name"]) for one in data["changes"]] == [
            ("points", "check_batch_statistics")
        ]
        assert data["new"]["points"]["automatic"] == data["old"]["points"]["automatic"] + 0.5
    assert "nothing that students or graders see differs" in bnlab("01@1.0.0", *place).stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["01@7.0.0", "1.1.0"], "there is no version 7.0.0 of 01_forward; there are: 1.0.0, 1.1.0"),
        (["99"], "there is no stage '99'"),
        (["02", "1.1.0"], "02_train_test has not been released"),
        (["01", "."], "holds no release"),
    ],
)
def test_wrong_use(two, arguments, words, monkeypatch, tmp_path):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    done = bnlab(*arguments, "-C", two.root)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.split())
