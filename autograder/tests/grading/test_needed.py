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


def test_local_variables_of_functions_need_nothing():
    experiment = cell("mean = 1\nx = 2\nn = [3]\nn[0] = 4")
    answer = cell(
        "def f(x):\n    n = len(x)\n    mean = sum(x) / n\n    return [v - mean for v in x]", "answer"
    )
    assert run(experiment, answer) == [answer.source]


def test_a_name_that_a_cell_binds_itself_needs_nothing():
    assert run(cell("x = 1"), cell("x = 2\nprint(x)", "own")) == ["x = 2\nprint(x)"]
    assert run(cell("x = 1"), cell("x = x + 1", "own")) == ["x = 1", "x = x + 1"]
    assert run(cell("x = 1"), cell("for x in ():\n    pass\nprint(x)", "own"))[0] == "x = 1"
