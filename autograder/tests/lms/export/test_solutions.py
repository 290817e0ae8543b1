"""The solved notebook: what is in it, and when it may go out."""

import datetime

import jsonschema
import nbformat
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.grading.submitted import read_notebook
from bnlab_autograder.release.generate import set_due

from .conftest import STAGE


@pytest.fixture
def due(course):
    def change(days):
        when = None if days is None else datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
        with course.ledger() as ledger, ledger.transaction() as gradebook:
            if when is None:
                gradebook.find_assignment(STAGE.name).duedate = None
            else:
                set_due(gradebook, STAGE.name, when)

    return change


def test_it_has_answers_but_no_rubrics_and_no_marks(bnlab, course):
    done = bnlab("solutions", "01", "--json")
    assert done.exit_code == 0, done.output
    jsonschema.validate(done.data, schemas.load("solutions"))
    path = course.root / "solutions" / STAGE.name / f"{STAGE.name}-solved.ipynb"
    assert done.data["path"] == str(path)
    text = path.read_text(encoding="utf-8")
    assert "SOLUTION" not in text
    assert "Rubric" not in text
    assert "**Model answer.**" in text
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert not any("nbgrader" in cell.metadata for cell in notebook.cells)
    assert any("def batchnorm_train" in cell.source and "return" in cell.source for cell in notebook.cells)
    assert all(cell.grade_id is None for cell in read_notebook(path).cells)


def test_executed_it_shows_that_all_checks_pass(bnlab, course, tmp_path):
    done = bnlab("solutions", "01", "--execute", "--out", tmp_path / "solved.ipynb")
    assert done.exit_code == 0, done.output
    cells = nbformat.read(tmp_path / "solved.ipynb", as_version=4).cells
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    assert outputs
    assert not any(output.output_type == "error" for output in outputs)
    assert str(tmp_path) not in (tmp_path / "solved.ipynb").read_text(encoding="utf-8")


def test_a_notebook_that_does_not_run_is_not_written(bnlab, course, monkeypatch):
    from bnlab_autograder.release import solved

    real = solved.solved

    def broken(instructor):
        notebook = real(instructor)
        notebook.cells.insert(0, nbformat.v4.new_code_cell("1 / 0"))
        return notebook

    monkeypatch.setattr(solved, "solved", broken)
    done = bnlab("solutions", "01", "--execute")
    assert done.exit_code == 1
    assert "ZeroDivisionError" in done.said
    assert not (course.root / "solutions").exists()


def test_while_the_stage_is_open_it_is_refused(bnlab, course, due):
    for days, why in ((1, "can be handed in until"), (None, "no due date")):
        due(days)
        done = bnlab("solutions", "01")
        assert done.exit_code == 2
        assert why in done.said
        assert not (course.root / "solutions").exists()
    forced = bnlab("solutions", "01", "--force", "--json")
    assert forced.exit_code == 0
    assert "no due date" in forced.data["forced"][0]


def test_while_an_extension_lasts_it_is_refused(bnlab, course, due):
    due(-1)
    with course.ledger() as ledger, ledger.transaction() as gradebook:  # given in nbgrader's own way
        gradebook.find_submission(STAGE.name, "bob").extension = datetime.timedelta(days=3)
    done = bnlab("solutions", "01")
    assert done.exit_code == 2
    assert "bob has an extension until" in done.said
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        gradebook.find_submission(STAGE.name, "bob").extension = None
    (course.root / "extensions.csv").write_text("student_id,stage,days\nzoe,01,3\n")  # has not handed in yet
    assert "zoe has an extension until" in bnlab("solutions", "01").said
    (course.root / "extensions.csv").write_text("student_id,stage,days\nzoe,01,0.5\n")
    assert bnlab("solutions", "01").exit_code == 0


def test_a_stage_that_is_not_released(bnlab):
    done = bnlab("solutions", "02")
    assert done.exit_code == 2
    assert "has not been released" in done.said
