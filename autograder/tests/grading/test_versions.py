"""A submission that was made against another version of the release than the one it is graded under."""

import copy
import json
from dataclasses import replace

import pytest
from bnlab_autograder.grading.needed import needed_cells
from bnlab_autograder.grading.released import Released
from bnlab_autograder.grading.sanitise import sanitise
from bnlab_autograder.grading.versions import Versions
from nbformat.v4 import new_code_cell, new_markdown_cell

from .conftest import _marks

STUB = "def {}(x):\n    raise NotImplementedError()"


@pytest.fixture
def old(released):
    """The notebook of release 1.0.0, with what 1.1.0 has not."""
    notebook = copy.deepcopy(released.notebook)
    notebook.metadata.bnlab = {"stage": "01_forward", "version": "1.0.0"}
    setup, answer, check, experiment, question = notebook.cells[1:]
    setup.source = "import numpy as np\nimport math"
    answer.source += "  # the old stub"
    check.source += "  # the old check"
    check.metadata.nbgrader.points = 2.0
    experiment.id, experiment.source = "code-0123456789ab", "def scaled(x):\n    return 2 * x"
    question.source = "Write here."
    removed = [
        new_markdown_cell("## An exercise that is gone", id="markdown-0123456789ab"),
        new_code_cell(STUB.format("gone"), id="gone", metadata=_marks("gone", solution=True)),
        new_code_cell(
            'check("gone", gone)', id="c", metadata=_marks("check_gone", grade=True, locked=True, points=1.0)
        ),
    ]
    notebook.cells[5:5] = removed
    return notebook


@pytest.fixture
def new(released, old, tmp_path):
    """Release 1.1.0, which knows of 1.0.0: one exercise more, one less, all given texts changed."""
    folder = tmp_path / "published" / "01_forward"
    (folder / "1.0.0" / "release").mkdir(parents=True)
    (folder / "1.0.0" / "release" / "01_forward.ipynb").write_text(json.dumps(old))
    more = new_code_cell(STUB.format("added"), id="added", metadata=_marks("added", solution=True))
    check = new_code_cell(
        'check("added", added)', id="ca", metadata=_marks("check_added", grade=True, locked=True, points=1.0)
    )
    notebook = copy.deepcopy(released.notebook)
    notebook.cells[4:4] = [more, check]
    return replace(
        released, version="1.1.0", notebook=notebook, others=Versions.published(folder, but="1.1.0")
    )


def codes(result):
    return [finding.code for finding in result.findings]


def by_id(result):
    return {cell.id: cell for cell in result.notebook.cells}


def test_what_another_version_gave_is_not_the_students(old, new, hand_in):
    result = sanitise(hand_in(old), new)
    assert [cell.source for cell in result.notebook.cells] == [cell.source for cell in new.notebook.cells]
    assert codes(result) == ["new-cell", "other-version"]
    assert (
        result.findings[0].text
        == "the answer cell added is new since release 1.0.0; it counts as not answered"
    )


def test_without_knowing_that_version_everything_would_be(old, new, hand_in):
    result = sanitise(hand_in(old), replace(new, others=Versions()))
    assert {"locked-cell", "metadata", "missing-cell"} <= set(codes(result))


def test_answers_are_graded_in_the_cells_of_this_version(old, new, hand_in):
    cells = {cell.id: cell for cell in old.cells}
    cells["answer"].source = "def batch_statistics(x):\n    return x.mean(axis=0), x.var(axis=0)"
    cells["why"].source = "Because."
    result = sanitise(hand_in(old), new)
    assert by_id(result)["answer"].source == cells["answer"].source
    assert by_id(result)["why"].source == "Because."
    assert by_id(result)["check"].source == new.by_grade_id["check_batch_statistics"].source
    assert by_id(result)["check"].metadata.nbgrader.points == 4.0


def test_an_answer_to_what_is_not_asked_any_more_is_shown(old, new, hand_in):
    next(cell for cell in old.cells if cell.id == "gone").source = "def gone(x):\n    return 1"
    result = sanitise(hand_in(old), new)
    own = [cell.source for cell in result.notebook.cells if cell.metadata.bnlab.role == "own"]
    assert own == ["def gone(x):\n    return 1"]


def test_given_code_of_that_version_runs_if_an_answer_rests_on_it(old, new, hand_in):
    next(
        cell for cell in old.cells if cell.id == "answer"
    ).source = "def batch_statistics(x):\n    return scaled(x).mean(axis=0), math.sqrt(2)"
    result = sanitise(hand_in(old), new)
    run = [cell.source for cell in needed_cells(result.notebook.cells)]
    assert run[0] == "import numpy as np\nimport math"
    assert "def scaled(x):\n    return 2 * x" in run
    assert STUB.format("gone") not in run
    assert "mean" in by_id(result)["answer"].source


def test_given_code_of_that_version_is_nobodys_answer(old, new, hand_in):
    """1.0.0 gave ``added`` ready-made; 1.1.0 asks for it."""
    given = new_code_cell("def added(x):\n    return 'right'", id="code-aaaaaaaaaaaa")
    old.cells.insert(3, given)
    versions = {"1.0.0": (*new.others.cells["1.0.0"], replace_source(new.others.cells["1.0.0"][0], given))}
    result = sanitise(hand_in(old), replace(new, others=Versions(versions)))
    assert by_id(result)["added"].source == STUB.format("added")


def replace_source(cell, other):
    return replace(cell, kind="code", source=other.source, grade_id=None)


def test_a_copy_of_the_old_stub_is_not_what_was_worked_on(old, new, hand_in):
    answer = next(cell for cell in old.cells if cell.id == "answer")
    twin = copy.deepcopy(answer)
    twin.id, twin.source = "twin", "def batch_statistics(x):\n    return 1, 2"
    old.cells.append(twin)
    assert by_id(sanitise(hand_in(old), new))["answer"].source == twin.source


def test_tampering_is_still_seen(old, new, hand_in):
    cells = {cell.id: cell for cell in old.cells}
    cells["check"].metadata.nbgrader.points = 100
    cells["setup"].source = "import os"
    del old.cells[2]
    assert {"metadata", "locked-cell", "missing-cell"} <= set(codes(sanitise(hand_in(old), new)))


def test_a_version_that_cannot_be_read_is_left_out(new, tmp_path):
    folder = tmp_path / "published" / "01_forward"
    (folder / "1.0.1" / "release").mkdir(parents=True)
    (folder / "1.0.1" / "release" / "01_forward.ipynb").write_text("{")
    assert set(Versions.published(folder, but="1.1.0").cells) == {"1.0.0"}
    assert isinstance(new, Released)
