"""A small release, made by hand, for tests that execute nothing."""

from __future__ import annotations

import copy
import json

import pytest
from bnlab_autograder.grading.released import Released
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def _marks(grade_id, **marks):
    base = {"grade": False, "solution": False, "locked": False, "schema_version": 3, "task": False}
    return {"nbgrader": {**base, "grade_id": grade_id, **marks}}


@pytest.fixture
def released():
    """Set-up, an exercise with its check, an experiment, a written question."""
    cells = [
        new_markdown_cell("# A stage", id="title"),
        new_code_cell("import numpy as np", id="setup", metadata=_marks("setup", locked=True)),
        new_code_cell(
            "def batch_statistics(x):\n    raise NotImplementedError()",
            id="answer",
            metadata=_marks("batch_statistics", solution=True),
        ),
        new_code_cell(
            'check("batch_statistics", batch_statistics)',
            id="check",
            metadata=_marks("check_batch_statistics", grade=True, locked=True, points=4.0),
        ),
        new_code_cell("week = np.ones((3, 2))\nprint(batch_statistics(week))", id="experiment"),
        new_markdown_cell(
            "YOUR ANSWER HERE", id="why", metadata=_marks("why", grade=True, solution=True, points=3.0)
        ),
    ]
    return Released("01_forward", "1.0.0", new_notebook(cells=cells), {"previous_stages.py": b"# earlier\n"})


@pytest.fixture
def solved(released):
    """The notebook of a student who has done everything."""
    notebook = copy.deepcopy(released.notebook)
    notebook.cells[2].source = "def batch_statistics(x):\n    return x.mean(axis=0), x.var(axis=0)"
    notebook.cells[5].source = "Because of the other examples."
    return notebook


@pytest.fixture
def hand_in(tmp_path):
    """Write a notebook (or any bytes) as a submission and return its folder."""

    def write(notebook, name="01_forward.ipynb"):
        folder = tmp_path / "submitted"
        folder.mkdir(exist_ok=True)
        content = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        (folder / name).write_bytes(content)
        return folder

    return write
