"""Which cells run in grading: everything that is the student's, and what that rests on."""

from bnlab_autograder.grading.needed import needed_cells
from nbformat.v4 import new_code_cell


def cell(source, role="given"):
    return new_code_cell(source, metadata={"bnlab": {"role": role}})


def run(*cells):
    return [cell.source for cell in needed_cells(cells)]


SETUP = cell("import numpy as np", "locked")
ANSWER = cell("def f(x):\n    return helper(x)", "answer")


def test_experiments_do_not_run():
    assert run(SETUP, ANSWER, cell("print(f(1))")) == [SETUP.source, ANSWER.source]


def test_what_an_answer_reads_runs_and_what_that_reads():
    helper = cell("def helper(x):\n    return scale * x")
    scale = cell("scale = 2")
    assert run(SETUP, scale, helper, ANSWER) == [SETUP.source, scale.source, helper.source, ANSWER.source]


def test_a_given_cell_that_changes_an_object_runs():
    table, change = cell("table = {}"), cell("table['a'] = 1")
    assert run(table, change, cell("print(table)", "own")) == ["table = {}", "table['a'] = 1", "print(table)"]


def test_a_changed_experiment_runs():
    assert run(SETUP, cell("print(1)", "changed")) == [SETUP.source, "print(1)"]


def test_everything_runs_where_names_may_be_read_unseen():
    for source in ("globals()['week']", "exec('week')", "%run other.py", "from given import *"):
        assert run(cell("week = 1"), cell(source, "own")) == ["week = 1", source]


def test_a_syntax_error_needs_nothing():
    assert run(cell("week = 1"), cell("def f(:", "answer")) == ["def f(:"]
