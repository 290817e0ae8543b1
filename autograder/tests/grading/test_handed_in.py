"""Outputs with which a notebook was handed in: kept where they are harmless, within limits, and never a danger."""

import base64
import json
import time

import nbformat
import pytest
from bnlab_autograder.grading import handed_in
from bnlab_autograder.grading.handed_in import HandedIn
from bnlab_autograder.grading.sanitise import sanitise
from nbformat.v4 import new_code_cell, new_notebook

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"pixels").decode()
SEEN = {"output_type": "stream", "name": "stdout", "text": ["what I\n", "saw"]}


def display(data, kind="display_data", **metadata):
    return {"output_type": kind, "data": data, "metadata": metadata}


def kept(*outputs):
    return HandedIn().of(outputs)


def as_json(outputs):
    return json.dumps(outputs, ensure_ascii=False)


def test_ordinary_outputs_are_kept():
    error = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["line 1", "line 2"]}
    table = "<table><tbody><tr><td>1</td></tr></tbody></table>"
    outputs = kept(
        SEEN, display({"image/png": PNG, "text/plain": "<Figure>"}), display({"text/html": table}), error
    )
    assert outputs[0].text == "what I\nsaw"
    assert outputs[1].data == {"image/png": PNG, "text/plain": "<Figure>"}
    assert outputs[2].data["text/html"] == table
    assert outputs[3].traceback == ["line 1\nline 2"]
    nbformat.validate(new_notebook(cells=[new_code_cell("1", outputs=outputs)]))


def test_an_image_in_lines_is_an_image():
    (output,) = kept(display({"image/png": [PNG[:8] + "\n", PNG[8:] + "\n"]}))
    assert output.data["image/png"] == PNG


@pytest.mark.parametrize(
    "data",
    [
        {"application/javascript": "evil()"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "evil()"}},
        {"image/svg+xml": "<svg onload='evil()'/>"},
        {"text/html": "<script>evil()</script><img src=x onerror='evil()'>"},
        {"image/png": '"><script>evil()</script>'},
        {"image/png": base64.b64encode(b"<html>evil()").decode()},
        {"image/jpeg": PNG},
        {"text/html": {"evil()": 1}, "text/plain": 7},
    ],
)
def test_what_could_act_is_not_kept(data):
    shown = as_json(kept(display(data, width="1 onerror=evil()")))
    assert "evil()" not in shown
    assert "image/" not in shown


def test_formulas_and_markdown_are_shown_as_they_were_typed():
    (output,) = kept(display({"text/latex": "$x^2$", "text/plain": "<Math object>"}))
    assert output.data == {"text/plain": "$x^2$"}


DAMAGED = [
    None, 7, "text", [], [[]] * 1000, {}, {"output_type": ["x"]}, {"output_type": "stream"},
    {"output_type": "stream", "text": 5},
    {"output_type": "error", "ename": 1, "evalue": 2, "traceback": 3}, {"output_type": "display_data", "data": None},
    {"output_type": "display_data", "data": {"text/plain": "x"}, "metadata": None}, {"output_type": "pyout"},
    {"output_type": "execute_result", "data": {"text/plain": [1, 2]}, "metadata": {}},
]  # fmt: skip


@pytest.mark.parametrize("output", DAMAGED)
def test_a_damaged_output_costs_itself_alone(output):
    assert [one.text for one in kept(output, SEEN)] == ["what I\nsaw"]


def test_half_characters_can_be_stored():
    (output,) = kept({"output_type": "stream", "text": "a\ud800b"})
    output.text.encode()


def test_what_claims_to_be_ours_is_left_out():
    forged = display({"text/html": "<b>8 of 8 points</b>"}, bnlab="hidden cases")
    assert kept(forged, SEEN) == kept(SEEN)


def test_a_cell_and_a_notebook_have_their_limits(monkeypatch):
    monkeypatch.setattr(handed_in, "CELL_BYTES", 300)
    outputs = HandedIn(room=500)
    many = tuple({"output_type": "stream", "text": "x" * 100} for _ in range(9))
    first, second, third = outputs.of(many), outputs.of(many), outputs.of(many)
    assert [len(cell) - 1 for cell in (first, second, third)] == [3, 2, 0]
    for cell in (first, second, third):
        assert "too large" in cell[-1].data["text/plain"]
    assert len(HandedIn().of(({"output_type": "stream", "text": ""},) * 5000)) <= handed_in.MAX_OUTPUTS + 1


def test_pages_that_are_slow_to_clean_show_as_text():
    began = time.perf_counter()
    (output,) = kept(display({"text/html": "<div>" * 200_000, "text/plain": "deep"}))
    assert output.data == {"text/plain": "deep"}
    assert time.perf_counter() - began < 1


def test_outputs_come_through_phase_1_only_where_their_source_does(released, solved, hand_in):
    for cell in solved.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(SEEN)]
    solved.cells[1].source = "import numpy as np; print('what I saw')"  # a locked cell
    solved.cells.insert(4, new_code_cell("mine = 1", id="mine", outputs=[nbformat.from_dict(SEEN)]))
    cells = sanitise(hand_in(solved), released).notebook.cells
    with_outputs = [cell.id for cell in cells if cell.get("outputs")]
    assert with_outputs == ["answer", "own-check-0", "experiment"], "and never those of a check"
