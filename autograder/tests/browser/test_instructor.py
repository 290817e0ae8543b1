"""An instructor opens nbgrader's formgrader on what BNLab has graded, adds what people grade, and grades again."""

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from .classroom import QUESTION, STAGE
from .lab import THEMES, Notebook, jupyterlab
from .legible import contrasts, illegible

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("instructor")]  # one server each

SUBMISSIONS = f"formgrader/manage_submissions/{STAGE.name}"
BY_HAND = 3  # points of the written question
COMMENT = "Which number contradicts the second sentence?"


@pytest.fixture(scope="module")
def graded(classroom):
    """What `bnlab grade` says of a class of three."""
    students = ("ada", "hilbert", "noether")
    for student in students:
        classroom.hand_in(student)
    return {student: outcome.data for student, outcome in classroom.grade(students).items()}


@pytest.fixture(scope="module")
def server(classroom, graded, tmp_path_factory):
    with jupyterlab(classroom.workspace.root, tmp_path_factory.mktemp("instructor")) as server:
        yield server
        assert not server.errors()


@pytest.fixture
def gradebook(classroom):
    with Gradebook(classroom.workspace.db_url, classroom.workspace.course_id) as gradebook:
        yield gradebook


@pytest.fixture
def submission(gradebook):
    """A student's submission, as the gradebook has it."""
    return lambda student: gradebook.find_submission_notebook(STAGE.name, STAGE.name, student)


def score(points):
    return f"{points:g} / {STAGE.points + BY_HAND:g}"


def row(page, word):
    return page.locator("#main-table tr").filter(has_text=word)


def press(page, student, button):
    """A button in the row of a student, and the window that tells how it went."""
    row(page, student).locator(f".{button} a").click()
    done = page.locator("#success-modal, #error-modal")
    expect(done).to_contain_text("Success", timeout=60_000)
    done.get_by_role("button", name="OK").click()
    expect(done).to_have_count(0)


def assert_harmless(page):
    """The answer is shown, and nothing in it has acted."""
    answers = page.locator("p", has_text="My answer: ")
    expect(answers).to_have_count(2)
    expect(answers.first.locator("em")).to_have_text("answer")
    assert page.evaluate("window.hacked") is None
    assert page.locator("[onload], [ontoggle], [href^=javascript]").count() == 0


def test_formgrader_in_jupyterlab_lists_the_class(window, graded):
    page = window.visit("lab?reset")
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    formgrader = page.frame_locator("iframe")
    expect(formgrader.locator("pre")).to_contain_text("nbgrader_plugin.Judged")  # the current configuration
    row(formgrader, STAGE.name).locator(".num-submissions a").click()
    for student, data in graded.items():
        expect(row(formgrader, student).locator(".score")).to_have_text(score(data["points"]))
    expect(row(formgrader, "ada").locator(".status")).to_have_text("needs manual grading")


def test_a_submission_shows_why_points_were_lost(window, graded, submission):
    page = window.visit(f"formgrader/submissions/{submission('hilbert').id}/")
    (exercise,) = (e for e in graded["hilbert"]["exercises"] if e["points"] < e["max_points"])
    panel = page.get_by_role("group", name=f"Points of {exercise['exercise']}")
    expect(panel).to_contain_text(f"{exercise['points']:g} of {exercise['max_points']:g} points")
    lost = [case for case in exercise["cases"] if not case["passed"]]
    assert lost
    for case in lost:
        expect(panel).to_contain_text(case["message"])
    assert not illegible(panel)
    box = page.locator(f"#check_{exercise['exercise']}")
    expect(box).to_have_attribute("placeholder", f"{exercise['points']:g}")
    assert_harmless(page)
    text = page.locator("body").inner_text()
    assert "def test_" not in text
    assert "Traceback" not in text


def test_points_and_comments_given_by_hand_stay(window, classroom, graded, submission):
    page = window.visit(f"formgrader/submissions/{submission('ada').id}/")
    page.wait_for_function("window.formgrader?.grades?.loaded && formgrader.comments?.loaded")
    points, comment = page.locator(f"#{QUESTION}"), page.locator(f"#{QUESTION}-comment")
    with page.expect_response("**/api/grade/*"):
        points.fill("2.5")
        points.blur()
    with page.expect_response("**/api/comment/*"):
        comment.fill(COMMENT)
        comment.blur()
    assert classroom.grade(["ada"], force=True)["ada"].fresh
    page.reload()
    expect(points).to_have_value("2.5")
    expect(comment).to_have_value(COMMENT)
    page = window.visit(f"formgrader/gradebook/{STAGE.name}/{STAGE.name}")
    line = row(page, score(graded["ada"]["points"] + 2.5))
    expect(line.locator(".written-score")).to_have_text(f"2.5 / {BY_HAND}")
    expect(line.locator(".needs-manual-grade .glyphicon")).to_have_count(0)


def test_the_autograde_button_gives_the_same_grade(window, classroom, submission):
    classroom.hand_in("cantor")
    page = window.visit(SUBMISSIONS)
    expect(row(page, "cantor")).to_contain_text("needs autograding")
    press(page, "cantor", "autograde")
    by_button = {grade.name: grade.auto_score for grade in submission("cantor").grades}
    data = classroom.grade(["cantor"], force=True)["cantor"].data
    assert 0 < data["points"] < STAGE.points
    expect(row(page, "cantor").locator(".score")).to_have_text(score(data["points"]))
    for exercise in data["exercises"]:
        assert by_button[f"check_{exercise['exercise']}"] == exercise["points"]


def test_the_feedback_button_writes_a_page_for_the_student(window, classroom, gradebook, submission):
    (comment,) = (comment for comment in submission("hilbert").comments if comment.name == QUESTION)
    comment.manual_comment = COMMENT
    gradebook.db.commit()
    press(window.visit(SUBMISSIONS), "hilbert", "generate-feedback")
    feedback = classroom.workspace.feedback / "hilbert" / STAGE.name / f"{STAGE.name}.html"
    window.page.goto(feedback.as_uri())
    panel = window.page.get_by_role("group", name="Points of batchnorm_train")
    expect(panel).to_contain_text("of 8 points")
    assert not illegible(panel)
    expect(window.page.locator("body")).to_contain_text(COMMENT)
    assert_harmless(window.page)


def test_a_graded_notebook_is_legible_in_jupyterlab(window):
    """JupyterLab strips much from the outputs of notebooks that it does not trust."""
    notebook = Notebook(window, f"autograded/hilbert/{STAGE.name}/{STAGE.name}.ipynb")
    outputs = notebook.cell("check_batchnorm_train").locator(".jp-RenderedHTML")
    expect(outputs).to_have_count(2)
    for theme in THEMES:
        notebook.theme(theme)
        for panel in outputs.all():
            assert len(contrasts(panel)) > 10
            assert not illegible(panel)
