"""Take the pictures of the README anew: ``python -m autograder.tests.browser.screenshots [FOLDER]``."""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import definitions
from bnlab_autograder.demo.show import show as demo
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.report.feedback import write_feedback
from nbgrader.api import Gradebook
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from .classroom import MISTAKES, QUESTION, STAGE, Classroom
from .lab import NO_CHROMIUM, THEMES, Notebook, Server, Window, chromium, headless, jupyterlab

FOLDER = Path("docs/images")
STUDENT, EXERCISE = "hilbert", "batchnorm_train"
COMMENT = "Good numbers for (1) and (2). For (3): which γ did you try?"
LARGEST = 200_000  # bytes
CLASS_STAGE = stage_named("02_train_test")  # of which a class of 24 is graded
PEOPLE = "ada", "hilbert", "pascal", "ulam"  # of it, in the picture
COLUMNS = 96
QUIET = TerminalTheme(
    (250, 250, 250),
    (45, 45, 45),
    [
        (45, 45, 45),
        (184, 28, 28),
        (22, 118, 55),
        (146, 94, 0),
        (28, 84, 170),
        (128, 50, 140),
        (0, 110, 120),
        (90, 90, 90),
    ],
)


def main(folder: Path) -> None:
    if chromium() is None:
        sys.exit(NO_CHROMIUM)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, headless() as browser:
        scratch = Path(scratch)
        with LocalPool(assets().hidden, assets().mutants, workers=1) as pool:
            classroom = graded_class(scratch / "course", pool)
        with jupyterlab(classroom.for_students(scratch / "student"), scratch / "student-home") as server:
            student(browser, server, classroom, folder)
        with jupyterlab(classroom.workspace.root, scratch / "instructor-home") as server:
            instructor(browser, server, classroom, folder)
        made_up = scratch / "bn-2027"
        demo(made_up, [CLASS_STAGE], workers=1, log=Console(quiet=True))
        report(browser, made_up, folder)
        terminal(
            made_up,
            ["grade", CLASS_STAGE.name[:2], *(word for name in PEOPLE for word in ("-s", name))],
            folder / "grade.svg",
        )
        terminal(made_up, ["release", "01"], folder / "release.svg")


def graded_class(folder: Path, pool: LocalPool) -> Classroom:
    """A graded class, one written answer graded by hand, and that student's feedback."""
    classroom = Classroom(folder, pool)
    students = ("ada", *MISTAKES, "noether")
    for name in students:
        classroom.hand_in(name)
    classroom.grade(students)
    with Gradebook(classroom.workspace.db_url, classroom.workspace.course_id) as gradebook:
        grade = gradebook.find_grade(QUESTION, STAGE.name, STAGE.name, STUDENT)
        grade.manual_score, grade.needs_manual_grade = 2, False
        gradebook.find_comment(QUESTION, STAGE.name, STAGE.name, STUDENT).manual_comment = COMMENT
        gradebook.db.commit()
    (written,) = write_feedback(classroom.course, STAGE.name, [STUDENT])
    assert not written.problem, written.problem
    return classroom


def student(browser: Browser, server: Server, classroom: Classroom, folder: Path) -> None:
    """JupyterLab as a whole, and the check of an exercise that fails and that passes, in both themes."""
    window = Window(browser, server, size=(1200, 900), scale=1.5)
    notebook = Notebook(window, f"{STAGE.name}.ipynb")
    notebook.run("setup")
    first, second = STAGE.exercises
    notebook.answer(first, classroom.answers[first])
    window.page.keyboard.press("Shift+Enter")
    window.page.keyboard.press("Shift+Enter")  # the prose after the check
    window.page.keyboard.press("Shift+Enter")  # the plot
    expect(window.page.locator(".jp-Notebook img")).to_have_count(1)
    show(notebook, f"check_{first}")
    save(window, folder / "jupyterlab.png", window.page.locator("#main"))

    notebook.page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")
    notebook.answer(second, definitions(classroom.mutants[MISTAKES[STUDENT]])[second])
    for theme in THEMES:
        notebook.theme(theme)
        show(notebook, second)
        save(window, folder / f"check-failing-{theme}.png", *map(notebook.cell, (second, f"check_{second}")))
    notebook.answer(second, classroom.answers[second])
    for theme in THEMES:
        notebook.theme(theme)
        show(notebook, f"check_{second}")
        save(window, folder / f"check-passing-{theme}.png", notebook.cell(f"check_{second}"))
    window.close()


def show(notebook: Notebook, name: str) -> None:
    """Scroll a cell to the top, with no cell marked as the active one in sight."""
    notebook.page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 0")
    notebook.cell(name).evaluate("cell => cell.scrollIntoView()")


def instructor(browser: Browser, server: Server, classroom: Classroom, folder: Path) -> None:
    """The class in the formgrader, a submission there, and the page that the student gets."""
    window = Window(browser, server, size=(1200, 1300), scale=1.5)
    page = window.visit(f"formgrader/gradebook/{STAGE.name}/{STAGE.name}")
    expect(page.locator("#main-table a.name-hidden")).to_have_count(2 + len(MISTAKES))
    page.locator("#toggle_names").click()
    page.get_by_role(
        "columnheader", name="Overall Score"
    ).click()  # in order of points, not of random numbers
    save(window, folder / "formgrader-class.png", page.locator("table"), margin=10)
    page.get_by_role("link", name=STUDENT).click()
    page.wait_for_function("window.MathJax?.loaded && !$(':animated').length")  # has loaded and scrolled
    save(window, folder / "formgrader-submission.png", *answer(page), margin=10)
    page.goto((classroom.workspace.feedback / STUDENT / STAGE.name / f"{STAGE.name}.html").as_uri())
    save(window, folder / "feedback.png", *answer(page), margin=10)
    window.close()


def report(browser: Browser, course: Path, folder: Path) -> None:
    """The head of the report on a class."""
    bnlab(course, ["report", CLASS_STAGE.name])
    page = browser.new_page(viewport={"width": 1100, "height": 790}, device_scale_factor=1.5)
    page.goto((course / "reports" / f"{CLASS_STAGE.name}.html").as_uri())
    store(page.screenshot(), folder / "report.png")
    page.close()


def bnlab(course: Path, words: list[str]) -> str:
    """Run a command in a course folder; what it prints, with its colours."""
    colours = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    done = subprocess.run(
        [sys.executable, "-m", "bnlab.cli", *words],
        cwd=course,
        env={**os.environ, **colours},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def terminal(course: Path, words: list[str], path: Path) -> None:
    """A command of ``bnlab`` and what it prints, with its colours."""
    printed = bnlab(course, words).replace(str(course), "~/bn-2027")
    printed = "\n".join(line for line in printed.splitlines() if not re.search(r" in [\d.]+ s", line))
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(f"{printed}\n"), soft_wrap=True)  # the end of the last line is cut off
    svg = console.export_svg(title=f"bnlab {shlex.join(words)}", theme=QUIET, unique_id=path.stem)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)  # would be loaded from the network
    path.write_text(re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE), encoding="utf-8")
    print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


def answer(page: Page) -> tuple[Locator, Locator]:
    """On a page of nbgrader's: where the answer to EXERCISE begins, and where what was graded about it ends."""
    cell = page.locator(".nbgrader_cell").filter(has_text=f"def {EXERCISE}")
    return cell, page.get_by_role("group", name=f"Points of {EXERCISE}")


def save(window: Window, path: Path, *parts: Locator, margin: int = 0) -> None:
    """A picture of the rectangle that holds all ``parts``, with a margin on the left and on the right."""
    parts[0].evaluate("part => { part.scrollIntoView(); window.scrollBy(0, -80); }")
    boxes = [part.bounding_box() for part in parts]
    left, top = min(box["x"] for box in boxes) - margin, min(box["y"] for box in boxes)
    right = max(box["x"] + box["width"] for box in boxes) + margin
    bottom = max(box["y"] + box["height"] for box in boxes) + 1
    clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    store(window.page.screenshot(clip=clip), path)


def store(png: bytes, path: Path) -> None:
    """As a small file."""
    shot = Image.open(io.BytesIO(png)).convert("RGB")
    shot.quantize(256, kmeans=4).save(path, optimize=True)
    size = path.stat().st_size
    assert size < LARGEST, f"{path} has {size} bytes"
    print(f"{path}  {shot.width} × {shot.height}, {size / 1000:.0f} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
