"""A teaching assistant grades a class by hand: the rubric beside the answer, points, comments, and what stays."""

from __future__ import annotations

import pytest
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.report.feedback import write_feedback
from nbgrader.api import Gradebook
from playwright.sync_api import Locator, Page, expect

from .classroom import QUESTION, STAGE, Classroom, write
from .lab import jupyterlab
from .legible import illegible

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("hand grading")]

CLASS = f"formgrader/gradebook/{STAGE.name}/{STAGE.name}"
EXERCISE = "batchnorm_train"
SECRET = "half for a right sentence"  # a piece of the rubric that stands nowhere else
MODEL = "Right: after BN every feature has mean"  # one of the model answer
SLIPPED, SOLVED, EMPTY = "hilbert", "ada", "noether"
COMMENT = "Which number contradicts the *second* sentence?"


@pytest.fixture(scope="module")
def room(classroom, tmp_path_factory) -> Classroom:
    """A class of its own, graded: what is done to it by hand is nobody else's business."""
    room = Classroom(tmp_path_factory.mktemp("hand") / "course", classroom.pool)
    for student in (SLIPPED, SOLVED, EMPTY):
        room.hand_in(student)
    room.grade([SLIPPED, SOLVED, EMPTY])
    return room


@pytest.fixture(scope="module")
def server(room, tmp_path_factory):
    with jupyterlab(room.workspace.root, tmp_path_factory.mktemp("home")) as server:
        yield server
        assert not server.errors()


@pytest.fixture
def kept(room):
    """The grade of a cell, as the gradebook has it now."""

    def look(student: str, cell: str):
        with Gradebook(room.workspace.db_url, room.workspace.course_id) as gradebook:
            grade = gradebook.find_grade(cell, STAGE.name, STAGE.name, student)
            return grade.auto_score, grade.manual_score, grade.needs_manual_grade

    return look


@pytest.fixture
def submission(room, window):
    """Open a student's submission in the formgrader."""

    def visit(student: str) -> Page:
        with Gradebook(room.workspace.db_url, room.workspace.course_id) as gradebook:
            number = gradebook.find_submission_notebook(STAGE.name, STAGE.name, student).id
        return ready(window.visit(f"formgrader/submissions/{number}/"))

    return visit


def ready(page: Page) -> Page:
    page.wait_for_function("window.formgrader?.grades?.loaded && formgrader.comments?.loaded")
    return page


def give(page: Page, cell: str, points: str, comment: str = "") -> None:
    """Type points, and a comment, as a grader does."""
    for name, call, text in ((cell, "grade", points), (f"{cell}-comment", "comment", comment)):
        box = page.locator(f"#{name}")
        if text and box.input_value() != text:  # else nothing would be sent
            with page.expect_response(f"**/api/{call}/*"):
                box.fill(text)
                box.blur()


def unfold(summary: Locator) -> None:
    """Click until it is open: while the page still grows, a click can hit what has come in its place."""
    for _ in range(3):
        summary.click()
        if summary.evaluate("element => element.closest('details').open"):
            return


def flagged(page: Page) -> int:
    """How many submissions of the class wait for a person."""
    expect(page.locator("#main-table a.name-hidden")).to_have_count(3)
    return page.locator("#main-table .needs-manual-grade .glyphicon").count()


def test_the_rubric_stands_beside_the_answer(submission):
    page = submission(SOLVED)
    rubric = page.get_by_role("note", name=f"Rubric of {QUESTION}")
    expect(rubric).to_contain_text("3 points, one for each sentence")
    expect(rubric).to_contain_text(SECRET)
    expect(rubric.locator("td").first).to_be_visible()
    expect(rubric.get_by_text(MODEL)).to_be_hidden()
    unfold(rubric.get_by_text("Model answer", exact=True))
    expect(rubric.get_by_text(MODEL)).to_be_visible()
    assert not illegible(rubric)
    answer = page.locator(".bnlab-written")
    expect(answer).to_contain_text("with other seeds")
    left, right = answer.bounding_box(), rubric.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    expect(page.get_by_role("note")).to_have_count(1)


def test_an_answer_cannot_show_a_rubric_of_its_own(room, submission):
    """What students write stays within the answer; hilbert's answer is full of HTML."""
    page = submission(SLIPPED)
    expect(page.locator(".bnlab-written p", has_text="My answer")).to_have_count(1)
    expect(page.get_by_role("note")).to_have_count(1)
    assert page.evaluate("window.hacked") is None


def test_a_mistake_is_shown_with_its_entry(submission):
    page = submission(SLIPPED)
    panel = page.get_by_role("group", name=f"Points of {EXERCISE}")
    expect(panel).to_contain_text("large eps (0 of 1.75)")
    expect(panel).to_contain_text("mistakes.md#eps-outside-root")
    unfold(panel.get_by_text("eps outside the root", exact=True))
    expect(panel.get_by_text("joins the standard deviation instead of the variance")).to_be_visible()
    assert not illegible(panel)


def test_no_rubric_reaches_a_student(room):
    list(write_feedback(room.course, STAGE.name, [SLIPPED]))
    workspace = room.workspace
    for folder in (
        workspace.feedback / SLIPPED,
        workspace.autograded / SLIPPED,
        workspace.release(STAGE.name),
    ):
        pages = [
            path for path in folder.rglob("*") if path.suffix in (".html", ".ipynb", ".md", ".json", ".txt")
        ]
        assert pages
        for path in pages:
            text = path.read_text(encoding="utf-8")
            assert SECRET not in text, path
            assert MODEL not in text, path
    assert SECRET in (workspace.source(STAGE.name) / f"{STAGE.name}.ipynb").read_text(encoding="utf-8")


def test_from_one_submission_to_the_next_until_none_waits(room, window, kept):
    page = window.visit(CLASS)
    assert flagged(page) == 2  # an empty answer has 0 points already
    order = []
    page.locator("#main-table a.name-hidden").first.click()
    ready(page)
    for turn in range(3):
        order.append(page.evaluate("submission_id"))
        give(page, QUESTION, f"{1 + turn / 2}", COMMENT)
        if turn < 2:
            page.get_by_role("link", name="Next →").click()
            page.wait_for_url(lambda url, here=order[-1]: here not in url)
            ready(page)
    assert len(set(order)) == 3
    page.get_by_role("link", name="← Prev").click()
    page.wait_for_url(f"**/{order[1]}/**")
    expect(ready(page).locator(f"#{QUESTION}")).to_have_value("1.5")
    assert flagged(window.visit(CLASS)) == 0
    assert sorted(kept(student, QUESTION)[1] for student in (SLIPPED, SOLVED, EMPTY)) == [1, 1.5, 2]


def test_points_of_an_exercise_given_by_hand_stay_and_reach_the_student(room, submission, window, kept):
    cell = f"check_{EXERCISE}"
    page = submission(SLIPPED)
    expect(page.locator(f"#{cell}")).to_have_attribute("placeholder", "6.25")
    give(page, cell, "7.5")
    give(page, QUESTION, "2", COMMENT)
    assert room.grade([SLIPPED], force=True)[SLIPPED].fresh
    assert kept(SLIPPED, cell) == (6.25, 7.5, False)
    expect(submission(SLIPPED).locator(f"#{cell}")).to_have_value("7.5")
    (written,) = write_feedback(room.course, STAGE.name, [SLIPPED])
    page = window.page
    page.goto(written.page.as_uri())
    cells = page.locator(".nbgrader_cell")
    expect(cells.filter(has_text=f"Grade cell: {cell}")).to_contain_text("Score: 7.5 / 8.0")
    answer = cells.filter(has_text="My answer")
    expect(answer).to_contain_text("Score: 2.0 / 3.0")
    expect(answer.locator(".panel-footer em")).to_have_text("second")
    expect(page.locator("body")).not_to_contain_text(SECRET)
    expect(page.locator(".panel-heading h4").first).to_contain_text("Score: 13.5 / 15.0")


def test_only_another_answer_is_looked_at_again(room, submission, kept):
    for student in (SOLVED, EMPTY):
        give(submission(student), QUESTION, "1", COMMENT)
    for student in (SOLVED, EMPTY):
        room.grade([student], force=True)
        assert kept(student, QUESTION)[1:] == (1, False)
    notebook = room.submitted(SOLVED)
    next(cell for cell in notebook.cells if grade_id_of(cell) == QUESTION).source = "Another three sentences."
    write(room.workspace.submitted / SOLVED / STAGE.name, STAGE.name, notebook)
    room.grade([SOLVED])
    assert kept(SOLVED, QUESTION)[1:] == (1, True)
    page = submission(SOLVED)
    expect(page.locator(f"#{QUESTION}")).to_have_value("1")
    expect(page.locator(f"#{QUESTION}-comment")).to_have_value(COMMENT)
    expect(page.locator(".bnlab-written")).to_contain_text("Another three sentences.")
