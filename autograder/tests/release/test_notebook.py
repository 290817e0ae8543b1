from __future__ import annotations

import nbformat
import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import STAGES
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.release.answers import SourceProblem
from bnlab_autograder.release.notebook import instructor_notebook
from nbgrader.nbgraderformat import MetadataValidator

from .conftest import STAGE


def cells_of(notebook):
    return {grade_id_of(cell): cell for cell in notebook.cells if grade_id_of(cell)}


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_stage_has_a_notebook_that_nbgrader_accepts(stage):
    notebook = instructor_notebook(stage)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    cells = cells_of(notebook)
    points = load_points(assets().hidden, stage.name)
    for name in stage.exercises:
        assert cells[f"check_{name}"].metadata.nbgrader.points == sum(points[name].values())
        order = list(cells)
        assert order.index(f"check_{name}") == order.index(name) + 1
    assert sum(c.metadata.nbgrader.points for n, c in cells.items() if n.startswith("check_")) == stage.points
    assert cells["setup"] is next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_equal_sources_give_equal_notebooks(sources):
    assert nbformat.writes(instructor_notebook(STAGE, sources)) == nbformat.writes(
        instructor_notebook(STAGE, sources)
    )


def test_cells_keep_their_ids_when_another_comes_before_them(sources):
    before = [cell.id for cell in instructor_notebook(STAGE, sources).cells]
    sources.edit("```{code-cell}", "A new paragraph of its own.\n\n+++\n\n```{code-cell}")
    after = [cell.id for cell in instructor_notebook(STAGE, sources).cells]
    assert set(before) - set(after) <= {before[0], before[1]}  # the text that the paragraph was added to
    assert len(after) - len(before) <= 1
    assert [name for name in after if name in before] == [name for name in before if name in after]


def test_two_cells_of_the_same_text_have_different_ids(sources):
    twice = "\n+++\n\n```{code-cell} ipython3\nprint(1)\n```\n\n```{code-cell} ipython3\nprint(1)\n```\n"
    sources.text.write_text(sources.text.read_text(encoding="utf-8") + twice, encoding="utf-8")
    notebook = instructor_notebook(STAGE, sources)
    nbformat.validate(notebook)
    first, second = (cell.id for cell in notebook.cells[-2:])
    assert second == f"{first}-2"


def test_a_question_holds_its_model_answer_inside_the_marks(sources):
    notebook = instructor_notebook(STAGE, sources)
    questions = [c for c in notebook.cells if c.cell_type == "markdown" and grade_id_of(c)]
    assert questions
    for cell in questions:
        marks = cell.metadata.nbgrader
        assert (marks.grade, marks.solution, marks.locked) == (True, True, False)
        assert cell.source.startswith("### BEGIN SOLUTION\n")
        assert cell.source.endswith("\n### END SOLUTION")
        assert "Rubric" in cell.source


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (":exercise: batch_statistics", ":exersise: batch_statistics", "misspelt directive"),
        (
            ":exercise: batch_statistics",
            ":exercise: standardize",
            "standardize is not an exercise of 01_forward",
        ),
        (":exercise: batchnorm_train", ":exercise: batch_statistics", "occurs twice"),
        (
            ":exercise: batch_statistics",
            ":exercise: batch_statistics\n:helpers: nothing",
            "nothing, a helper",
        ),
        (":setup: true", ":set-up: true", "must be the set-up cell"),
        ('{"question": "', '{"question": "un', "no model answer"),
        ('"points": ', '"point": ', "a Markdown cell with points"),
    ],
)
def test_a_mistake_in_a_source_is_named(sources, old, new, words):
    sources.edit(old, new)
    with pytest.raises(SourceProblem, match=r"01_forward\.md: .*") as caught:
        instructor_notebook(STAGE, sources)
    assert words in str(caught.value)


def test_points_that_the_curriculum_does_not_know_are_refused(sources):
    sources.replace(sources.points, "[batchnorm_train]", "[batchnorm_train]\nanother_case = 1.0")
    with pytest.raises(SourceProblem, match=r"gives 13 points .* the curriculum says 12"):
        instructor_notebook(STAGE, sources)
