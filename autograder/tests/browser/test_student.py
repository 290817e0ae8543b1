"""A student opens the released stage in JupyterLab, gets a wrong answer explained, mends it, and validates."""

import pytest
from playwright.sync_api import expect

from .classroom import STAGE
from .lab import THEMES, Notebook, Window, jupyterlab
from .legible import contrasts, illegible

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("student")]  # one server each

WRONG = """\
def batch_statistics(x):
    mean = x.mean(axis=0)
    return mean, x.var(axis=0, ddof=1)
"""
BROKEN = """\
def batch_statistics(x):
    return x.nothing
"""
STUB = """\
def batch_statistics(x):
    raise NotImplementedError
"""


@pytest.fixture(scope="module")
def server(classroom, tmp_path_factory):
    home = tmp_path_factory.mktemp("student")
    with jupyterlab(classroom.for_students(home / "work"), home) as server:
        yield server


@pytest.fixture(scope="module")
def opened(browser, server):
    """The notebook as it stays open while a student works, the set-up cell run."""
    window = Window(browser, server)
    notebook = Notebook(window, f"{STAGE.name}.ipynb")
    assert notebook.run("setup").locator(".jp-OutputArea-output").count() == 0
    yield window, notebook
    window.close()


@pytest.fixture
def notebook(opened):
    """The open notebook; an error in its console fails the test."""
    window, notebook = opened
    yield notebook
    errors = list(window.errors)
    window.errors.clear()
    assert not errors


def test_a_wrong_answer_is_explained_and_a_right_one_passes(notebook, classroom):
    panel, line = notebook.answer("batch_statistics", WRONG).all()
    expect(panel).to_contain_text("to fix")
    expect(panel).to_contain_text("expected var[2] = 4.093, saw 3.721")
    expect(panel).to_contain_text("The hidden cases look at")
    assert line.inner_text().count("\n") <= 1
    assert "Traceback" not in line.inner_text()

    panel, _ = notebook.answer("batch_statistics", BROKEN).all()
    expect(panel).to_contain_text("(line 2: return x.nothing)")

    (panel,) = notebook.answer("batch_statistics", classroom.answers["batch_statistics"]).all()
    expect(panel).to_contain_text("checks passed")
    expect(panel).not_to_contain_text("to fix")


def test_a_known_mistake_has_its_name_and_a_page_that_explains_it(notebook):
    panel = notebook.answer("batch_statistics", WRONG).first
    expect(panel).to_contain_text("Looks like: ")
    name = panel.locator("strong").last.inner_text().rstrip(".")
    panel.get_by_text("What that is, and where to look").click()
    panel.get_by_role("link").click()
    explained = notebook.page.locator(".jp-MarkdownViewer").get_by_role("heading", name=name)
    expect(explained).to_be_in_viewport()
    notebook.page.evaluate("jupyterapp.shell.currentWidget.close()")


@pytest.mark.parametrize("theme", THEMES)
def test_panels_are_legible(notebook, classroom, theme):
    notebook.theme(theme)
    for answer in (WRONG, classroom.answers["batch_statistics"], STUB):
        panel = notebook.answer("batch_statistics", answer).first
        assert len(contrasts(panel)) > 3
        assert not illegible(panel)


def test_validate(notebook, classroom):
    for name, source in (classroom.answers | {"batch_statistics": WRONG}).items():
        notebook.write(name, source)
    said = notebook.validate()
    assert "The following cell failed" in said
    assert "batch_statistics is not there yet" in said
    assert "Traceback" not in said
    notebook.write("batch_statistics", classroom.answers["batch_statistics"])
    assert "Your notebook passes all the tests" in notebook.validate()
