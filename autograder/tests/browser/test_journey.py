"""The way of a submission as people go it: from the zip of a release to the report on the class."""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import nbformat
import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.demo.classroom import definitions, filled
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.grading.released import grade_id_of, is_answer
from bnlab_autograder.workspace import Workspace
from playwright.sync_api import FrameLocator, Locator, Page, expect

from .classroom import MISTAKES, QUESTION, STAGE
from .environment import student_python
from .lab import Notebook, Window, environment, jupyterlab

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("journey")]

NAME = f"{STAGE.name}.ipynb"
STUDENT, SLIPPED = "emmy", "hilbert"  # one hands in what she has done in the browser, one has a known mistake
THREE_SENTENCES = """\
1. With γ = 1 the last feature has a standard deviation of 0.28 afterwards, so it is not 1.
2. The fourth moment of two bumps stays at 1.15; a bell has 3.
3. Distances between the stars are as equal as before: lines stay lines."""
COMMENT = "Good numbers. For (3): which γ did you try?"
FINDS = """
import importlib.util
for name in ("bnlab", "bnlab_solutions", "bnlab_autograder"):
    found = importlib.util.find_spec(name)
    print(found and found.origin)
"""
Command = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="module")
def workspace(needs_chromium, tmp_path_factory) -> Workspace:
    """A course folder of its own, so that this class is nobody else's."""
    return Workspace(tmp_path_factory.mktemp("journey") / "course")


@pytest.fixture(scope="module")
def staff(workspace) -> Command:
    """`bnlab` in the course folder, as an instructor types it; it must end as it should."""
    run_in(workspace.root.parent, sys.executable, "-m", "bnlab.cli", "init", "course")

    def bnlab(*arguments: str, status: int = 0) -> str:
        done = run_in(workspace.root, sys.executable, "-m", "bnlab.cli", *arguments)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    bnlab("release", STAGE.name, "--version", "1.0.0")
    return bnlab


def run_in(
    folder: Path, *command: str, variables: Mapping[str, str] = os.environ
) -> subprocess.CompletedProcess:
    wide = {**variables, "COLUMNS": "120"}
    return subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def answers(workspace, staff) -> dict[str, str]:
    """A right answer to each exercise, and a wrong one under the name of a student."""
    solved = nbformat.read(workspace.source(STAGE.name) / NAME, as_version=4)
    mutants = load_bank(assets().mutants)
    right = {grade_id_of(cell): cell.source for cell in solved.cells if is_answer(cell)}
    return right | {SLIPPED: definitions(mutants[MISTAKES[SLIPPED]])[STAGE.exercises[1]]}


@pytest.fixture(scope="module")
def unpacked(workspace, staff, tmp_path_factory) -> Path:
    """What a student downloads, unpacked in an empty folder."""
    folder = tmp_path_factory.mktemp("downloads")
    with zipfile.ZipFile(workspace.handout(STAGE.name, "1.0.0")) as archive:
        archive.extractall(folder)
    return folder / STAGE.name


def test_a_student_from_the_zip_to_a_notebook_to_hand_in(browser, answers, unpacked, tmp_path):
    python = student_python(unpacked, unpacked / ".venv")

    def run(*arguments: str) -> subprocess.CompletedProcess:
        return run_in(unpacked, str(python), *arguments, variables=environment(tmp_path, str(python)))

    library, *teachers = run("-c", FINDS).stdout.split()
    assert Path(library).is_relative_to(unpacked)
    assert teachers == ["None", "None"]

    first, second = STAGE.exercises
    with jupyterlab(unpacked, tmp_path, str(python)) as server:
        window = Window(browser, server)
        notebook = Notebook(window, NAME)
        notebook.run("setup")
        (panel,) = notebook.answer(first, answers[first]).all()
        expect(panel).to_contain_text("checks passed")

        panel, line = notebook.answer(second, answers[SLIPPED]).all()
        expect(panel).to_contain_text("Looks like: eps outside the root.")
        expect(panel).to_contain_text("Look at which quantity eps joins")
        expect(line).not_to_contain_text("Traceback")
        notebook.save()
        said = run("-m", "bnlab.cli", "check", NAME)
        assert said.returncode == 1
        assert "Looks like: eps outside the root." in said.stdout

        (panel,) = notebook.answer(second, answers[second]).all()
        expect(panel).to_contain_text("checks passed")
        notebook.write(QUESTION, THREE_SENTENCES)
        notebook.run_all()
        notebook.save()
        said = run("-m", "bnlab.cli", "check", NAME)
        assert said.returncode == 0, said.stdout + said.stderr
        assert not server.errors()
        assert not window.errors
        window.close()


@pytest.fixture
def download(workspace, staff, unpacked, tmp_path) -> Path:
    """What Canvas gives an instructor: a class of three, among them what the first test has saved."""
    released, solved = (
        nbformat.read(folder / NAME, as_version=4)
        for folder in (workspace.release(STAGE.name), workspace.source(STAGE.name))
    )
    mutants = load_bank(assets().mutants)
    saved = nbformat.read(unpacked / NAME, as_version=4)
    if saved.cells == released.cells:  # this test runs alone
        saved = filled(released, solved, STAGE)
        next(cell for cell in saved.cells if grade_id_of(cell) == QUESTION).source = THREE_SENTENCES
    notebooks = {STUDENT: saved} | {
        student: filled(released, solved, STAGE, mutants[mistake]) for student, mistake in MISTAKES.items()
    }
    path = tmp_path / "submissions.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for user, (student, notebook) in enumerate(notebooks.items(), start=4711):
            archive.writestr(f"{student}_{user}_{user + 9000}_{NAME}", nbformat.writes(notebook))
    rows = [f"{student},{user}" for user, student in enumerate(notebooks, start=4711)]
    (workspace.root / "roster.csv").write_text("\n".join(["student_id,canvas_id", *rows]) + "\n")
    return path


def listed(formgrader: FrameLocator, student: str) -> None:
    """Open a submission from the list of those to a notebook, which hides names at first."""
    expect(formgrader.locator("#main-table a.name-hidden")).to_have_count(1 + len(MISTAKES))
    formgrader.locator("#toggle_names").click()
    formgrader.get_by_role("link", name=student).click()


def test_an_instructor_from_the_upload_to_the_report(browser, workspace, staff, download, tmp_path):
    assert "3 new" in staff("collect", STAGE.name, str(download), "--from", "canvas")
    assert STUDENT in staff("grade", STAGE.name)
    with jupyterlab(workspace.root, tmp_path / "home") as server:
        window = Window(browser, server)
        page = window.visit("lab?reset")
        page.get_by_role("menuitem", name="Nbgrader").click()
        page.get_by_role("menuitem", name="Formgrader", exact=True).click()
        formgrader = page.frame_locator("iframe")
        formgrader.get_by_role("link", name="Manual Grading").click()
        formgrader.get_by_role("link", name=STAGE.name).click()
        formgrader.locator("#main-table").get_by_role("link", name=STAGE.name).click()

        listed(formgrader, SLIPPED)
        panel = formgrader.get_by_role("group", name=f"Points of {STAGE.exercises[1]}")
        expect(panel).to_contain_text("large eps (0 of 1.75)")
        expect(panel).to_contain_text("7 passed (6.25 points)")
        expect(panel).to_contain_text("mistakes.md#eps-outside-root")

        formgrader.locator(".breadcrumb").get_by_role("link", name=STAGE.name).last.click()
        listed(formgrader, STUDENT)
        expect(formgrader.locator("body")).to_contain_text("a bell has 3")
        by_hand(page, formgrader.locator(f"#{QUESTION}"), "2.5", "grade")
        by_hand(page, formgrader.locator(f"#{QUESTION}-comment"), COMMENT, "comment")
        assert not server.errors()

        staff("feedback", STAGE.name)
        window.page.goto((workspace.feedback / STUDENT / STAGE.name / f"{STAGE.name}.html").as_uri())
        expect(page.locator("body")).to_contain_text(COMMENT)
        expect(page.locator("body")).to_contain_text("2.5 / 3")

        staff("export", STAGE.name, "--to", "canvas", "--force", status=1)  # others wait for points by hand
        table = (workspace.root / "exports" / f"{STAGE.name}-canvas.csv").read_text(encoding="utf-8")
        assert f"{STUDENT},4711,,,,{STAGE.points + 2.5}" in table.splitlines()

        staff("report", STAGE.name)
        window.page.goto((workspace.root / "reports" / f"{STAGE.name}.html").as_uri())
        mistakes = page.locator("table", has_text="Known mistakes")
        expect(mistakes.get_by_role("row").filter(has_text="eps outside the root")).to_contain_text(SLIPPED)
        table = page.locator("table", has_text="share of points")
        exercises = table.locator("tbody").get_by_role("rowheader")
        expect(exercises).to_have_text(STAGE.exercises)
        head = table.get_by_role("columnheader", name="exercise")
        for order, rows in (("ascending", STAGE.exercises), ("descending", STAGE.exercises[::-1])):
            head.get_by_role("button").click()
            expect(head).to_have_attribute("aria-sort", order)
            expect(exercises).to_have_text(rows)
        assert not window.errors
        window.close()


def by_hand(page: Page, field: Locator, text: str, what: str) -> None:
    """Fill a field of the formgrader, and wait until it is stored."""
    with page.expect_response(f"**/api/{what}/*") as response:
        field.fill(text)
        field.blur()
    assert response.value.ok


def test_a_student_on_a_hub_from_fetching_to_feedback(browser, workspace, staff, answers, tmp_path):
    """nbgrader's exchange and its list of assignments in JupyterLab; here student and staff are one account."""
    exchange, home, student = tmp_path / "exchange", tmp_path / "home", getpass.getuser()
    for folder in (exchange, home / "work", home / "config"):
        folder.mkdir(parents=True)
    exchange.chmod(0o777)
    (home / "config" / "nbgrader_config.py").write_text(
        f'c = get_config()\nc.Exchange.root = "{exchange}"\nc.CourseDirectory.course_id = "course"\n'
    )

    def nbgrader(command: str, *options: str) -> None:
        words = ("-m", "nbgrader", command, STAGE.name, f"--Exchange.root={exchange}", *options)
        done = run_in(workspace.root, sys.executable, *words)
        assert done.returncode == 0, done.stderr

    nbgrader("release_assignment")
    with jupyterlab(home / "work", home) as server:
        window = Window(browser, server)
        page = assignments(window)
        page.get_by_role("button", name="Fetch", exact=True).click()
        expect(page.get_by_role("button", name="Submit", exact=True)).to_be_visible()

        notebook = Notebook(window, f"{STAGE.name}/{NAME}")
        first, _ = STAGE.exercises
        notebook.run("setup")
        (panel,) = notebook.answer(first, answers[first]).all()
        expect(panel).to_contain_text("checks passed")
        notebook.save()

        page = assignments(window)
        page.get_by_role("button", name="Submit", exact=True).click()
        fetch_feedback = page.get_by_role("button", name="Fetch Feedback")
        expect(fetch_feedback).to_be_visible()

        nbgrader("collect")
        assert student in staff("grade", STAGE.name, "--student", student)
        staff("feedback", STAGE.name, "--student", student)
        nbgrader("release_feedback", "--student", student)  # it stops at those who came from elsewhere

        fetch_feedback.click()
        expect(page.locator("#submitted_assignments_list").get_by_text("view feedback")).to_be_visible()
        (feedback,) = (home / "work").glob(f"{STAGE.name}/feedback/*/{STAGE.name}.html")
        page.goto(feedback.as_uri())
        expect(page.get_by_role("group", name=f"Points of {first}")).to_contain_text("4 of 4 points")
        assert not window.errors
        assert not server.errors()
        window.close()


def assignments(window: Window) -> Page:
    """nbgrader's list of assignments."""
    page = window.visit("lab?reset")
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Assignment List", exact=True).click()
    return page
