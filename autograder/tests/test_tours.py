"""The tours and the page for schools: every command shown is run, and prints what is shown."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
import typer
from bnlab.cli import app
from bnlab_autograder.assets import assets
from bnlab_autograder.cli import register
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import filled
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace
from markdown_it import MarkdownIt

from .browser.environment import with_lent_packages
from .test_pages import anchors, links, tokens

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
TOURS, SCHOOL = DOCS / "tours.md", DOCS / "school.md"
STAGE = stage_named("01_forward")
NAME = f"{STAGE.name}.ipynb"
# Who hands in: the Canvas number, the name in a download, and the known mistake that the notebook has.
CLASS = {
    "ada": (4711, "lovelaceada", None),
    "hilbert": (4712, "hilbertdavid", "train_eps_outside_root"),
    "cantor": (4713, "cantorgeorg", "batch_statistics_ddof_one"),
}
register(app)
pytestmark = pytest.mark.xdist_group("tours")


@dataclass(frozen=True)
class Shown:
    """A command on a page, and the lines that stand below it."""

    command: str
    lines: tuple[str, ...]


def sections(page: Path) -> Iterator[tuple[str, str, str]]:
    """Heading, kind and content of each block of code on a page."""
    heading, tokens = "", MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline" and before.type == "heading_open":
            heading = token.content
        if token.type == "fence":
            yield heading, token.info, token.content


def shown(page: Path, heading: str) -> list[Shown]:
    """What the blocks marked ``console`` below a heading show."""
    found = []
    for below, kind, content in sections(page):
        if (below, kind) == (heading, "console"):
            first, *parts = re.split(r"^\$ ", content, flags=re.MULTILINE)
            assert not first.strip(), f"{page.name}: {heading}: {first!r} comes before a command"
            for part in parts:
                command, *lines = part.rstrip().splitlines()
                found.append(Shown(command, tuple(line for line in lines if line.strip())))
    assert found, f"{page.name} shows no command below {heading!r}"
    return found


class Terminal:
    """A shell that remembers its folder."""

    def __init__(self, folder: Path, **variables: str):
        self.folder = folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.variables = {**os.environ, "PATH": path, "COLUMNS": "100", **variables}

    def type(self, command: str) -> str:
        script = f"{command}\nstatus=$?; pwd >&3; exit $status"
        place, ends = os.pipe()
        done = subprocess.run(
            ["bash", "-c", f"exec 3>&{ends}; {script}"],
            cwd=self.folder,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[ends],
            text=True,
            timeout=120,
        )
        os.close(ends)
        with os.fdopen(place) as pipe:
            self.folder = Path(pipe.read().strip())
        assert done.returncode in (0, 1), f"{command}\n{done.stdout}"
        return done.stdout


def assert_shows(terminal: Terminal, page: Path, heading: str) -> None:
    """Run what is shown. Each line that a page shows is printed, in that order; ``…`` stands for anything."""
    for step in shown(page, heading):
        printed = [line.rstrip() for line in terminal.type(step.command).splitlines()]
        rest = iter(printed)
        for line in step.lines:
            if line.strip() == "…":
                continue
            pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
            assert any(pattern.fullmatch(one) for one in rest), (
                f"{page.name}: {heading}: $ {step.command}\nprints no such line any more:\n{line}\n"
                "but\n" + "\n".join(printed)
            )


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    """What the class hands in, by student; and a release."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("release") / "bn-2027")
    build_release(workspace, STAGE, "1.0.0")
    released, solved = (
        nbformat.read(folder / NAME, as_version=4)
        for folder in (workspace.release(STAGE.name), workspace.source(STAGE.name))
    )
    mutants = load_bank(assets().mutants)
    return workspace, {
        student: filled(released, solved, STAGE, mutants[mistake] if mistake else None)
        for student, (_, _, mistake) in CLASS.items()
    }


def download(folder: Path, notebooks: dict) -> None:
    """What an instructor finds in ~/Downloads on Friday."""
    with zipfile.ZipFile(folder / "submissions.zip", "w") as archive:
        for number, (student, (canvas, name, _)) in enumerate(CLASS.items(), start=90210):
            archive.writestr(f"{name}_{canvas}_{number}_{NAME}", nbformat.writes(notebooks[student]))
    rows = [f"{student},{canvas}" for student, (canvas, _, _) in CLASS.items()]
    (folder / "roster.csv").write_text("student_id,canvas_id\n" + "\n".join(rows) + "\n")


def test_the_tour_of_a_student(notebooks, tmp_path):
    workspace, _ = notebooks
    handout = workspace.handout(STAGE.name, "1.0.0")
    shutil.copy(handout, tmp_path)
    with zipfile.ZipFile(handout) as archive:
        archive.extractall(tmp_path)
    with_lent_packages(tmp_path / STAGE.name, tmp_path / STAGE.name / ".venv")  # in place of a download
    assert_shows(Terminal(tmp_path, PIP_NO_INDEX="1"), TOURS, "For a student")


def test_the_tours_of_an_instructor_and_of_a_ta(notebooks, tmp_path):
    _, handed_in = notebooks
    download(tmp_path, handed_in)
    terminal = Terminal(tmp_path)
    assert_shows(terminal, TOURS, "For an instructor")
    assert_shows(terminal, TOURS, "For a TA")
    assert_shows(terminal, SCHOOL, "Deleting one student")


def commands() -> list[tuple[str, str]]:
    """Every command ``bnlab …`` in a block of code, with its page."""
    folders = (DOCS, ROOT / "autograder", ROOT / "course" / "pages")
    pages = [ROOT / "README.md", *(page for folder in folders for page in folder.glob("*.md"))]
    return [
        (page.name, line)
        for page in sorted(pages)
        for _, _, content in sections(page)
        for line in re.findall(
            r"^(?:\$ |! )?(?:.*&& )?((?:\.venv/bin/)?bnlab [^\n#|&]*)", content, re.MULTILINE
        )
    ]


@pytest.mark.parametrize(("page", "line"), commands())
def test_commands_and_options_on_the_pages_exist(page, line):
    words, command = line.split()[1:], typer.main.get_command(app)
    while words and getattr(command, "commands", None) and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    assert not getattr(command, "commands", None) or words[0].startswith("--"), (
        f"there is no such command: {line}"
    )
    known = {
        option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
    }
    options = {word.partition("=")[0] for word in words if re.match("--?[a-zA-Z]", word)}
    assert options - known - {"--help"} == set()


@pytest.mark.parametrize("page", [TOURS, SCHOOL], ids=lambda page: page.name)
def test_links_on_these_pages_lead_somewhere(page):
    for link in links(page):
        if not re.match("https?:", link):
            target, _, anchor = link.partition("#")
            path = (page.parent / target).resolve()
            assert path.is_relative_to(ROOT), link
            assert path.exists(), link
            assert not anchor or anchor in anchors(path), link


@pytest.mark.parametrize("page", [TOURS, SCHOOL, ROOT / "README.md"], ids=lambda page: page.name)
def test_pictures_are_there_small_and_described(page):
    pictures = [token for token in tokens(page) if token.type == "image"]
    assert pictures or page == SCHOOL
    for picture in pictures:
        path = page.parent / picture.attrGet("src")
        assert path.stat().st_size < 200_000
        assert len(picture.content) > 20, f"{path.name} has no description"
