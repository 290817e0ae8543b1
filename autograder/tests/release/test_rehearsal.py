"""A release is used as its students would use it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile

import nbformat
import pytest
import typer
from bnlab_autograder import schemas
from bnlab_autograder.cli import verify
from bnlab_autograder.release.build import build_release
from bnlab_autograder.release.manifest import Manifest
from bnlab_autograder.release.publish import INSTRUCTOR, read_files
from bnlab_autograder.release.rehearsal import rehearse
from bnlab_autograder.workspace import Workspace
from jsonschema import validate
from typer.testing import CliRunner

from .conftest import STAGE

pytestmark = pytest.mark.xdist_group("rehearsal")
NAME = f"{STAGE.name}.ipynb"


@pytest.fixture(scope="module")
def release(template) -> tuple[dict[str, bytes], bytes]:
    workspace = Workspace(template)
    version = Manifest.load(workspace.release(STAGE.name)).version
    instructor = (workspace.published(STAGE.name) / version / INSTRUCTOR).read_bytes()
    return read_files(workspace.release(STAGE.name)), instructor


def with_cells(raw: bytes, *cells) -> bytes:
    notebook = nbformat.reads(raw.decode(), as_version=4)
    notebook.cells += cells
    return nbformat.writes(notebook).encode()


def test_a_sound_release_can_be_used(release):
    found = rehearse(STAGE.name, "1.0.0", *release)
    assert found.problems == []
    assert set(found.seconds) == {"the instructor's notebook", "the untouched notebook"}


def test_what_is_wrong_is_found(release):
    files, instructor = release
    code, prose = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    solved = with_cells(
        instructor,
        code("import bnlab_solutions"),
        code("import sys; print('oh', file=sys.stderr)"),
        code("import bnlab; assert 'library' in bnlab.__file__"),
    )
    untouched = with_cells(
        files[NAME],
        prose("# Another title"),
        prose(
            '#### Too deep\n\n![a](figures/none.png) [b](mistakes.md#no-such) [c](mistakes.md) <a href="../up.md">'
        ),
        code("1 / 0"),
    )
    problems = rehearse(STAGE.name, "1.0.0", {**files, NAME: untouched}, solved).problems
    wanted = [
        "links to figures/none.png: there is no such file",
        "links to mistakes.md#no-such: mistakes.md has no place of that name",
        "links to ../up.md: there is no such file",
        "there should be one title, there are 2",
        "the heading 'Too deep' is 3 levels below",
        "raises ModuleNotFoundError: No module named 'bnlab_solutions'",
        "writes to standard error: oh",
        "the untouched notebook: cell",
    ]
    for words in wanted:
        assert [problem for problem in problems if words in problem], (words, problems)
    assert len(problems) == len(wanted), problems


def test_bnlab_verify_released(workspace):
    app = typer.Typer()
    verify.register(app)
    arguments = ["01", "--released", "--course", str(workspace.root), "--json"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    validate(result, schemas.load("verify-released"))
    assert [one["stage"] for one in result["releases"]] == [STAGE.name]
    done = CliRunner().invoke(app, ["02", "--released", "--course", str(workspace.root)])
    assert done.exit_code == 2
    assert "02_train_test has not been released" in done.stderr


# The zip for a learning-management system


def test_the_zip_holds_the_release_and_works_after_unzipping(workspace, tmp_path):
    files = read_files(workspace.release(STAGE.name))
    place = workspace.handout(STAGE.name, "1.0.0")
    with zipfile.ZipFile(place) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            f"{STAGE.name}/{name}": raw for name, raw in files.items()
        }
        archive.extractall(tmp_path)
    folder = tmp_path / STAGE.name
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--no-index"]
    done = subprocess.run(
        [*pip, "-r", "requirements.txt"], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_equal_releases_give_equal_zips_and_a_lost_one_comes_back(workspace):
    place = workspace.handout(STAGE.name, "1.0.0")
    before = place.read_bytes()
    place.unlink()
    assert build_release(workspace, STAGE).status == "unchanged"
    assert place.read_bytes() == before
    archive = zipfile.ZipFile(io.BytesIO(before))
    assert archive.testzip() is None
    assert len({entry.date_time for entry in archive.infolist()}) == 1
    assert archive.infolist()[0].date_time[0] == 1980  # not today, which would be another one tomorrow
