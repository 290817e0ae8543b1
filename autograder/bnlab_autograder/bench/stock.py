"""The course as users of stock nbgrader write it: hidden tests in the cells, partial credit as the cell's value."""

from __future__ import annotations

import copy
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.released import exercise_of

CONFIG = """\
from pathlib import Path

c = get_config()
c.CourseDirectory.root = str(Path(__file__).parent)
c.CourseDirectory.course_id = "stock"
c.ExecutePreprocessor.timeout = 60
c.Execute.timeout = 60
"""

# The cases have names of their own, which a student's variables must not replace.
FIRST = """\
_cases = {{"__name__": "_cases"}}
exec({source!r}, _cases)

def _points(exercise, table):
    from types import SimpleNamespace
    import bnlab_solutions as reference
    import numpy as np

    earned, student = 0.0, SimpleNamespace(**globals())
    for name, points in table.items():
        try:
            _cases[f"test_{{exercise}}__{{name}}"](student, reference, np.random.default_rng(0))
        except Exception:
            continue
        earned += points
    return earned

"""


def stock_notebook(ours: NotebookNode, stage: str, hidden: Path) -> NotebookNode:
    """Our instructor notebook with the hidden cases moved into the cells that carry the points."""
    notebook = copy.deepcopy(ours)
    points = load_points(hidden, stage)
    cells, first = [], True
    for cell in notebook.cells:
        exercise = exercise_of(cell)
        if exercise is None:
            cells.append(cell)
            continue
        visible = new_code_cell(cell.source, id=f"visible-{exercise}"[:64])
        code = FIRST.format(source=_cases(stage, hidden)) if first else ""
        code += f"_points({exercise!r}, {points[exercise]!r})"
        cell.source = f"### BEGIN HIDDEN TESTS\n{code}\n### END HIDDEN TESTS"
        cells += [visible, cell]
        first = False
    notebook.cells = cells
    return notebook


def shared_modules(hidden: Path) -> list[Path]:
    """What hidden cases import from beside them; in the stock course these are files beside the notebook."""
    return [path for path in sorted(hidden.glob("*.py")) if not path.name.startswith("test_")]


def _cases(stage: str, hidden: Path) -> str:
    return (hidden / f"test_{stage}.py").read_text(encoding="utf-8")
