"""What a release holds, and that stock nbgrader makes the same of its source."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import BY_NAME, STAGE_OF
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.grading.released import Released, grade_id_of
from bnlab_autograder.release.answers import functions_of
from bnlab_autograder.release.build import build_release
from bnlab_autograder.release.notebook import instructor_notebook
from bnlab_autograder.release.proof import NotProved, answers_in, prove
from bnlab_autograder.release.publish import read_files
from bnlab_autograder.release.wheel import student_wheel
from bnlab_autograder.workspace import Workspace
from jsonschema import validate

from .conftest import STAGE, Sources

STUB = "    # YOUR CODE HERE\n    raise NotImplementedError()"


def nbgrader(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess:
    command = [str(Path(sys.executable).with_name("nbgrader")), *arguments]
    return subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, timeout=120)


def recorded(workspace: Workspace) -> list[tuple]:
    """All that nbgrader's gradebook says about the cells of the stage."""
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        notebook = gradebook.find_notebook(STAGE.name, STAGE.name)
        return sorted(
            tuple((key, value) for key, value in sorted(cell.to_dict().items()) if key != "id")
            for cells in (notebook.grade_cells, notebook.solution_cells, notebook.source_cells)
            for cell in cells
        )


@pytest.fixture(scope="module")
def files(template) -> dict[str, bytes]:
    """The release of stage 01."""
    return read_files(Workspace(template).release(STAGE.name))


@pytest.fixture(scope="module")
def wheel(files) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(next(raw for name, raw in files.items() if name.endswith(".whl"))))


def test_a_release_holds_what_students_need_and_nothing_else(files):
    names = {name for name in files if not name.endswith(".whl")}
    assert names == {
        "01_forward.ipynb",
        "README.txt",
        "manifest.json",
        "mistakes.md",
        "previous_stages.py",
        "requirements.txt",
    }
    (wheel,) = set(files) - names
    assert f"./{wheel}[lab]" in files["requirements.txt"].decode()


def test_students_see_signature_contract_and_stub(files):
    notebook = nbformat.reads(files["01_forward.ipynb"].decode(), as_version=4)
    nbformat.validate(notebook)
    cells = {grade_id_of(cell): cell for cell in notebook.cells if grade_id_of(cell)}
    for name in STAGE.exercises:
        function = functions_of(STAGE)[name]
        start = function.source.partition("\n    Notes\n")[0].rstrip()
        assert cells[name].source == f'{start}\n    """\n{STUB}'
        assert cells[name].metadata.deletable is False
        assert cells[f"check_{name}"].metadata.editable is False
    questions = [cell for cell in cells.values() if cell.cell_type == "markdown"]
    assert [cell.source for cell in questions] == ["YOUR ANSWER HERE"]


def test_a_released_notebook_is_what_grading_reads(template):
    released = Released.load(Workspace(template).release(STAGE.name))
    assert released.exercises == STAGE.exercises
    assert released.version == "1.0.0"
    assert released.notebook.metadata.bnlab == {"stage": STAGE.name, "version": "1.0.0"}
    assert set(released.files) == {"previous_stages.py"}


def test_the_manifest_says_what_is_there(template, files):
    manifest = json.loads(files["manifest.json"])
    validate(manifest, schemas.load("manifest"))
    assert manifest["files"] == {
        name: hashlib.sha256(raw).hexdigest() for name, raw in files.items() if name != "manifest.json"
    }
    assert manifest["points"]["automatic"] == STAGE.points
    seed, name = Workspace(template).seed_for(STAGE.name, "1.0.0")
    assert manifest["seed"] == name
    assert not any(seed in raw or seed.hex().encode() in raw for raw in files.values())


def test_names_of_hidden_cases_stay_in_the_private_record(template, files):
    cases = load_points(assets().hidden, STAGE.name)
    record = json.loads(
        (Workspace(template).published(STAGE.name) / "1.0.0" / "record.json").read_text(encoding="utf-8")
    )
    assert record["cases"] == cases
    text = files["manifest.json"].decode() + files["README.txt"].decode()
    assert not [name for one in cases.values() for name in one if f'"{name}"' in text]


def test_stock_nbgrader_makes_the_same_release_and_the_same_record(workspace):
    release, source, record = (
        read_files(workspace.release(STAGE.name)),
        read_files(workspace.source(STAGE.name)),
        recorded(workspace),
    )
    done = nbgrader(workspace, "generate_assignment", STAGE.name, "--force")
    assert done.returncode == 0, done.stderr
    assert read_files(workspace.release(STAGE.name)) == release
    assert read_files(workspace.source(STAGE.name)) == source
    assert recorded(workspace) == record


def test_the_instructors_version_passes_nbgrader_validate(workspace, monkeypatch):
    build_release(workspace, BY_NAME["00_warmup"])
    monkeypatch.setenv("BNLAB_GRADED", "1")
    done = nbgrader(workspace, "validate", "source/00_warmup/00_warmup.ipynb")
    assert "Success! Your notebook passes all the tests." in done.stdout, done.stdout + done.stderr


def test_two_course_folders_differ_in_the_seed_alone(template, tmp_path):
    other, _ = Workspace.create(tmp_path / "other", "bn")
    shutil.copy(Workspace(template).gradebook, other.gradebook)  # making one takes seconds
    build_release(other, STAGE)
    one, two = read_files(Workspace(template).release(STAGE.name)), read_files(other.release(STAGE.name))
    manifests = [json.loads(release.pop("manifest.json")) for release in (one, two)]
    assert one == two
    seeds = [manifest.pop("seed") for manifest in manifests]
    assert manifests[0] == manifests[1]
    assert seeds[0] != seeds[1]


# The wheel


def test_the_wheel_holds_the_library_and_no_answer(wheel):
    names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert all(name.startswith("bnlab/") for name in names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert [name for name in wheel.namelist() if name.endswith("licenses/LICENSE")]
    text = "\n".join(wheel.read(name).decode("utf-8", "replace") for name in names)
    assert "bnlab_solutions" not in text
    assert "BEGIN SOLUTION" not in text
    for exercise, stage in STAGE_OF.items():
        assert functions_of(stage)[exercise].body not in text
        assert f"\ndef {exercise}(" not in text


def test_a_check_of_the_wheel_knows_mistakes_by_name(files, tmp_path):
    name, raw = next((name, raw) for name, raw in files.items() if name.endswith(".whl"))
    (tmp_path / name).write_bytes(raw)
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from bnlab.checks import run
print(run("batch_statistics", lambda x: (x.mean(axis=0), x.std(axis=0))).mistake.link)
"""
    command = [sys.executable, "-I", "-c", code, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    page, _, anchor = done.stdout.strip().partition("#")
    assert f'id="{anchor}"' in files[page].decode(), done.stderr
    assert anchor == "std-for-variance"


def test_the_wheel_can_be_imported(files, tmp_path):
    name, raw = next((name, raw) for name, raw in files.items() if name.endswith(".whl"))
    (tmp_path / name).write_bytes(raw)
    code = "import sys; sys.path.insert(0, sys.argv[1]); import bnlab; print(bnlab.__file__); bnlab.check"
    command = [sys.executable, "-I", "-c", code, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(str(tmp_path)), done.stderr


class OtherLibrary(Sources):
    @property
    def library(self) -> Path:
        return self.root / "bnlab"


def test_a_wheel_has_a_new_version_exactly_when_its_content_has_changed(sources, tmp_path, monkeypatch):
    files = OtherLibrary(sources.root)
    files.library.mkdir()
    (files.library / "__init__.py").write_text('__version__ = "0.1.0"\n', encoding="utf-8")
    first = student_wheel(files, tmp_path / "a")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (files.library / "__pycache__").mkdir()
    (files.library / "__pycache__" / "x.pyc").touch()
    again = student_wheel(files, tmp_path / "b")
    assert (first.name, first.read_bytes()) == (again.name, again.read_bytes())
    (files.library / "__init__.py").write_text('__version__ = "0.1.1"\n', encoding="utf-8")
    assert student_wheel(files, tmp_path / "a").name != first.name
    assert len(list((tmp_path / "a").glob("*/*.whl"))) == 2


# The proof


@pytest.fixture(scope="module")
def parts(files):
    return instructor_notebook(STAGE), nbformat.reads(files["01_forward.ipynb"].decode(), as_version=4)


def planted(wheel: bytes, name: str, text: str) -> bytes:
    buffer = io.BytesIO(wheel)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def test_a_sound_release_is_proved(parts, files):
    prove(STAGE, *parts, files)


@pytest.mark.parametrize("place", ["cell", "module", "wheel", "output", "written answer"])
def test_a_planted_answer_is_found(parts, files, place):
    instructor, students = parts[0], nbformat.from_dict(parts[1])
    files, answer = dict(files), functions_of(STAGE)["batchnorm_train"].body
    cells = {grade_id_of(cell): k for k, cell in enumerate(students.cells) if grade_id_of(cell)}
    if place == "cell":
        students.cells[-1].source += f"\n{answer}"
    elif place == "module":
        files["previous_stages.py"] += f"\n\ndef f():\n    # hidden\n{answer}".encode()
    elif place == "wheel":
        name = next(name for name in files if name.endswith(".whl"))
        files[name] = planted(files[name], "bnlab/more.py", f"def f():\n{answer}")
    elif place == "output":
        output = nbformat.v4.new_output("stream", text=answer)
        students.cells[cells["batchnorm_train"]].outputs = [output]
    else:
        question = next(
            k for k, cell in enumerate(students.cells) if grade_id_of(cell) and cell.cell_type[0] == "m"
        )
        (students.cells[question].source,) = answers_in(instructor.cells[question].source)
    files["01_forward.ipynb"] = nbformat.writes(students).encode()
    with pytest.raises(NotProved):
        prove(STAGE, instructor, students, files)


def test_a_file_that_is_not_for_students_stops_the_release(workspace, sources):
    (sources.text.parent / "notes.md").write_text("for the TAs", encoding="utf-8")
    with pytest.raises(ValueError, match=r"notes\.md is not of a kind that goes to students"):
        build_release(workspace, STAGE, files=sources)


def test_figures_beside_the_source_are_released(workspace, sources):
    (sources.text.parent / "figures").mkdir()
    (sources.text.parent / "figures" / "cube.svg").write_text("<svg/>", encoding="utf-8")
    (sources.text.parent / ".ipynb_checkpoints").mkdir()
    (sources.text.parent / ".ipynb_checkpoints" / "x.md").touch()
    report = build_release(workspace, STAGE, files=sources)
    assert "figures/cube.svg" in report.files
    assert (workspace.release(STAGE.name) / "figures" / "cube.svg").read_text(encoding="utf-8") == "<svg/>"
