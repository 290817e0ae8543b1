"""Phase 1: whatever is handed in, what is graded is the released notebook with the student's own parts in it."""

import copy
import json
import os

import pytest
from bnlab_autograder.grading.sanitise import sanitise
from nbformat.v4 import new_code_cell, new_markdown_cell


def codes(result):
    return [finding.code for finding in result.findings]


def sources(result, role=None):
    return [cell.source for cell in result.notebook.cells if role in (None, cell.metadata.bnlab.role)]


def test_an_honest_submission_comes_through_without_a_remark(released, solved, hand_in):
    result = sanitise(hand_in(solved), released)
    assert result.status == "ok"
    assert codes(result) == []
    assert sources(result) == [cell.source for cell in solved.cells]


def test_only_metadata_of_the_release_survive(released, solved, hand_in):
    solved.cells[3].metadata.nbgrader.update(points=100, grade=False, schema_version=2)
    solved.cells[3].metadata.tags = ["skip-execution"]
    solved.metadata["evil"] = True
    result = sanitise(hand_in(solved), released)
    check = result.notebook.cells[3]
    assert check.metadata.nbgrader == released.notebook.cells[3].metadata.nbgrader
    assert "tags" not in check.metadata
    assert "evil" not in result.notebook.metadata
    assert codes(result) == ["metadata", "tags"]


def test_points_that_equal_true_are_a_change(released, solved, hand_in):
    solved.cells[3].metadata.nbgrader.grade = 1
    assert codes(sanitise(hand_in(solved), released)) == ["metadata"]


def test_a_changed_check_is_put_back(released, solved, hand_in):
    solved.cells[3].source = "print('all passed')"
    result = sanitise(hand_in(solved), released)
    assert result.notebook.cells[3].source == released.notebook.cells[3].source
    assert codes(result) == ["locked-cell"]


def test_answers_whose_labels_an_editor_has_dropped_are_graded(released, solved, hand_in):
    for cell in solved.cells:
        cell.metadata = {}
    result = sanitise(hand_in(solved), released)
    assert sources(result) == [cell.source for cell in solved.cells]
    assert set(codes(result)) == {"unlabelled-cell"}


def test_labels_and_ids_dropped_both(released, solved, hand_in):
    data = json.loads(json.dumps(solved))
    for cell in data["cells"]:
        del cell["id"], cell["metadata"]
    result = sanitise(hand_in(data), released)
    assert sources(result, "answer")[0] == solved.cells[2].source
    assert [cell.id for cell in result.notebook.cells if cell.cell_type == "code"] == [
        cell.id for cell in released.notebook.cells if cell.cell_type == "code"
    ]


def test_an_answer_in_a_fresh_cell_instead_of_the_deleted_one_is_graded(released, solved, hand_in):
    solved.cells[2] = new_code_cell(solved.cells[2].source, id="fresh")
    result = sanitise(hand_in(solved), released)
    assert sources(result, "answer")[0] == solved.cells[2].source
    assert codes(result) == ["unlabelled-cell"]


@pytest.mark.parametrize("position", [1, 2, 3, 5])
def test_a_deleted_cell_is_put_back_in_its_place(released, solved, hand_in, position):
    del solved.cells[position]
    result = sanitise(hand_in(solved), released)
    assert [cell.id for cell in result.notebook.cells] == [cell.id for cell in released.notebook.cells]
    assert result.notebook.cells[position].source == released.notebook.cells[position].source
    assert codes(result) == ["missing-cell"]


def test_of_a_duplicated_answer_the_original_counts(released, solved, hand_in):
    twin = copy.deepcopy(solved.cells[2])
    twin.id, twin.source = "pasted", "def batch_statistics(x):\n    return 0"
    solved.cells.insert(2, twin)
    result = sanitise(hand_in(solved), released)
    assert sources(result, "answer")[0].endswith("x.var(axis=0)")
    assert codes(result) == ["duplicated-cell"]
    assert "copies differ" in result.findings[0].text


def test_a_copy_with_an_answer_counts_where_the_original_is_untouched(released, solved, hand_in):
    twin = copy.deepcopy(solved.cells[2])
    twin.id = "pasted"
    solved.cells[2].source = released.notebook.cells[2].source
    solved.cells.insert(3, twin)
    result = sanitise(hand_in(solved), released)
    assert sources(result, "answer")[0] == twin.source
    assert "first copy was graded" in result.findings[0].text


def test_a_retyped_answer_is_code_again(released, solved, hand_in):
    solved.cells[2] = new_markdown_cell(
        solved.cells[2].source, id="answer", metadata=solved.cells[2].metadata
    )
    result = sanitise(hand_in(solved), released)
    assert result.notebook.cells[2].cell_type == "code"
    assert result.notebook.cells[2].source == solved.cells[2].source
    assert codes(result) == ["retyped-cell"]


def test_own_cells_stay_behind_the_cell_they_followed(released, solved, hand_in):
    solved.cells.insert(2, new_code_cell("helper = 1", id="mine"))
    solved.cells.insert(0, new_code_cell("first = 1", id="top"))
    result = sanitise(hand_in(solved), released)
    assert sources(result)[:4] == ["first = 1", "# A stage", "import numpy as np", "helper = 1"]
    assert sources(result, "own") == ["first = 1", "helper = 1"]


def test_an_own_cell_may_not_pass_for_a_graded_one(released, solved, hand_in):
    marks = {"nbgrader": {"grade": True, "grade_id": "check_more", "points": 50, "locked": True}}
    solved.cells.append(new_code_cell("1000", id="forged", metadata=marks))
    result = sanitise(hand_in(solved), released)
    assert [cell.metadata.get("nbgrader") for cell in result.notebook.cells if cell.source == "1000"] == [
        None
    ]


def test_a_changed_experiment_is_the_students_own(released, solved, hand_in):
    solved.cells[4].source = "print('played with it')"
    result = sanitise(hand_in(solved), released)
    assert sources(result, "changed") == ["print('played with it')"]
    assert codes(result) == []


def test_cells_that_lost_their_ids_are_known_by_their_source(released, solved, hand_in):
    data = json.loads(json.dumps(solved))
    for cell in data["cells"]:
        del cell["id"]
    result = sanitise(hand_in(data), released)
    assert [cell.id for cell in result.notebook.cells] == [cell.id for cell in released.notebook.cells]


def test_another_order_is_undone(released, solved, hand_in):
    solved.cells.reverse()
    result = sanitise(hand_in(solved), released)
    assert [cell.id for cell in result.notebook.cells] == [cell.id for cell in released.notebook.cells]


def test_outputs_are_cut_however_large(released, solved, hand_in):
    flood = {"output_type": "stream", "name": "stdout", "text": "x" * 50_000_000}
    solved.cells[4].outputs = [flood]
    result = sanitise(hand_in(solved), released)
    (output,) = result.notebook.cells[4].outputs
    assert len(output.text) < 50_000


UNREADABLE = {
    "empty": b"",
    "cut off": b'{"cells": [{"cell_type": "code", "source": "x',
    "not a notebook": b"[1, 2, 3]",
    "cells are no list": b'{"cells": 5}',
    "bytes": bytes(range(256)),
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_becomes_a_finding(released, hand_in, content):
    result = sanitise(hand_in(content), released)
    assert result.status == "unreadable"
    assert codes(result)[-1] == "unreadable"
    assert sources(result) == [cell.source for cell in released.notebook.cells]


ODD_CELLS = [
    None,
    5,
    {},
    {"cell_type": "code"},
    {"cell_type": "code", "source": 3},
    {"cell_type": [], "source": ""},
]


@pytest.mark.parametrize("cell", ODD_CELLS)
def test_a_damaged_cell_costs_itself_alone(released, solved, hand_in, cell):
    data = json.loads(json.dumps(solved))
    data["cells"].insert(0, cell)
    data["cells"][3]["metadata"] = "none"
    result = sanitise(hand_in(data), released)
    assert "damaged-cell" in codes(result)
    assert result.status == "ok"


def test_latin_1_is_read_with_a_remark(released, solved, hand_in):
    solved.cells[5].source = "naïve"
    result = sanitise(hand_in(json.dumps(solved, ensure_ascii=False).encode("latin-1")), released)
    assert result.notebook.cells[5].source == "naïve"
    assert codes(result) == ["encoding"]


def test_a_renamed_notebook_is_graded_with_a_remark(released, solved, hand_in):
    result = sanitise(hand_in(solved, "my solution.ipynb"), released)
    assert result.status == "ok"
    assert codes(result) == ["renamed"]


def test_two_renamed_notebooks_are_never_guessed(released, solved, hand_in):
    hand_in(solved, "one.ipynb")
    result = sanitise(hand_in(solved, "two.ipynb"), released)
    assert result.status == "missing"
    assert "one.ipynb, two.ipynb" in result.findings[0].text


def test_no_folder_at_all(released, tmp_path):
    result = sanitise(tmp_path / "nobody", released)
    assert (result.status, codes(result)) == ("missing", ["no-notebook"])


def test_links_are_not_followed(released, solved, hand_in, tmp_path):
    folder = hand_in(solved, "elsewhere.ipynb")
    target = tmp_path / "secret.ipynb"
    os.rename(folder / "elsewhere.ipynb", target)
    (folder / "01_forward.ipynb").symlink_to(target)
    result = sanitise(folder, released)
    assert result.status == "unreadable"
    assert "link" in result.findings[-1].text


def test_a_pipe_does_not_block(released, tmp_path):
    os.mkfifo(tmp_path / "01_forward.ipynb")
    assert sanitise(tmp_path, released).status == "unreadable"


def test_files_that_could_stand_in_for_modules_are_named(released, solved, hand_in):
    folder = hand_in(solved)
    (folder / "numpy.py").write_text("raise SystemExit")
    (folder / "previous_stages.py").write_text("# the release's own file")
    result = sanitise(folder, released)
    assert codes(result) == ["extra-file"]
    assert "numpy.py" in result.findings[0].text


def test_the_release_that_a_student_started_from_is_named(released, solved, hand_in):
    solved.metadata["bnlab"] = {"version": "0.9.0"}
    result = sanitise(hand_in(solved), released)
    assert codes(result) == ["other-version"]
