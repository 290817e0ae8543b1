"""Every way in which something secret could get into a release is tried, and found."""

from __future__ import annotations

import ast
import base64
import gzip
import io
import json
import py_compile
import zipfile

import nbformat
import pytest
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import BY_NAME, STAGES
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.release.answers import functions_of, written_answers
from bnlab_autograder.release.leaks import leaks
from bnlab_autograder.release.publish import read_files
from bnlab_autograder.workspace import Workspace

from .conftest import STAGE

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def files(template) -> dict[str, bytes]:
    """The release of stage 01."""
    return read_files(Workspace(template).release(STAGE.name))


@pytest.fixture
def look(tmp_path):
    def find(files: dict[str, bytes]) -> list[tuple[str, str]]:
        course = assets()
        found = leaks(
            STAGE,
            files,
            hidden=course.hidden,
            mutants=course.mutants,
            written=course.written,
            secrets=[SECRET],
            roots=[tmp_path],
        )
        return sorted({(leak.kind, leak.what) for leak in found})

    return find


def answer(name: str = "batchnorm_train", stage: str = STAGE.name) -> str:
    return functions_of(BY_NAME[stage])[name].body


def otherwise_written(code: str) -> str:
    """The same code with other spaces and comments."""
    return "\n".join(
        f"{line}  # here" for line in ast.unparse(ast.parse(code)).replace(" = ", "=").splitlines()
    )


def in_wheel(files: dict[str, bytes], name: str, raw: bytes) -> None:
    wheel = next(name for name in files if name.endswith(".whl"))
    buffer = io.BytesIO(files[wheel])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, raw)
    files[wheel] = buffer.getvalue()


def in_notebook(files: dict[str, bytes], change) -> None:
    notebook = nbformat.reads(files["01_forward.ipynb"].decode(), as_version=4)
    change(notebook)
    files["01_forward.ipynb"] = nbformat.writes(notebook).encode()


def code_cell(notebook):
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


def test_a_sound_release_has_no_leak(files, look):
    assert look(files) == []


PLACES = {
    "a module": lambda files, text: files.update({"more.py": text.encode()}),
    "a module, written otherwise": lambda files, text: files.update(
        {"more.py": otherwise_written(text).encode()}
    ),
    "the wheel": lambda files, text: in_wheel(files, "bnlab/more.py", text.encode()),
    "base64": lambda files, text: files.update({"more.txt": base64.encodebytes(text.encode())}),
    "base64 in a data URI of a cell": lambda files, text: in_notebook(
        files,
        lambda notebook: notebook.cells.append(
            nbformat.v4.new_markdown_cell(
                f"![](data:text/plain;base64,{base64.b64encode(text.encode()).decode()})"
            )
        ),
    ),
    "a compressed file": lambda files, text: files.update({"more.json.gz": gzip.compress(text.encode())}),
    "compressed, in base64": lambda files, text: files.update(
        {"more.txt": base64.urlsafe_b64encode(gzip.compress(text.encode()))}
    ),
    "a cell": lambda files, text: in_notebook(
        files, lambda notebook: notebook.cells.append(nbformat.v4.new_code_cell(text))
    ),
    "an output": lambda files, text: in_notebook(
        files,
        lambda notebook: code_cell(notebook).update(outputs=[nbformat.v4.new_output("stream", text=text)]),
    ),
    "metadata of a cell": lambda files, text: in_notebook(
        files, lambda notebook: code_cell(notebook).metadata.update(kept=text)
    ),
    "metadata of the notebook": lambda files, text: in_notebook(
        files, lambda notebook: notebook.metadata.update(deep=[{"er": text}])
    ),
    "an attachment": lambda files, text: in_notebook(
        files,
        lambda notebook: notebook.cells[0].update(
            attachments={"a.txt": {"text/plain": base64.b64encode(text.encode()).decode()}}
        ),
    ),
    "a key in JSON": lambda files, text: files.update({"more.json": json.dumps({text: 1}).encode()}),
}


@pytest.mark.parametrize("place", PLACES)
def test_an_answer_is_found(files, look, place):
    files = dict(files)
    PLACES[place](files, answer())
    assert ("answer", "batchnorm_train") in look(files)


@pytest.mark.parametrize(
    ("stage", "name"),
    [(stage.name, name) for stage in STAGES if stage.name >= STAGE.name for name in stage.exercises],
)
def test_answers_to_this_and_to_later_stages_are_found(files, look, stage, name):
    # Bodies that are alike have one name.
    found = look({**files, "more.py": answer(name, stage).encode()})
    assert [kind for kind, _ in found if kind in ("answer", "mutant")], found


def test_part_of_an_answer_is_found(files, look):
    lines = answer("batchnorm_backward", "03_backward").splitlines()
    assert look({**files, "more.py": "\n".join(lines[1:]).encode()})


def test_words_of_a_model_answer_are_found(files, look):
    name, text = next(iter(written_answers(assets().written, STAGE.name).items()))
    assert look({**files, "more.md": " ".join(text.split()[5:40]).encode()}) == [("written answer", name)]


def test_hidden_cases_are_found(files, look):
    source = (assets().hidden / "test_01_forward.py").read_bytes()
    assert ("case", "test_01_forward.py") in look({**files, "cases.py": source})
    function = next(
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef) and "large_eps" in node.name
    )
    assert ("case", "test_01_forward.py") in look({**files, "cases.py": ast.unparse(function).encode()})


def test_mutants_are_found(files, look):
    source = load_bank(assets().mutants)["alt_eps_missing"].source
    assert [kind for kind, _ in look({**files, "wrong.py": source.encode()}) if kind == "mutant"]


def test_bytecode_is_found(files, look, tmp_path):
    (tmp_path / "answer.py").write_text("x = 1\n")
    compiled = py_compile.compile(str(tmp_path / "answer.py"), cfile=str(tmp_path / "a.pyc"))
    with open(compiled, "rb") as file:
        raw = file.read()
    found = look({**files, "innocent.png": raw})
    assert ("bytecode", "") in found
    other = dict(files)
    in_wheel(other, "bnlab/__pycache__/x.cpython-312.pyc", b"")
    assert look(other) == [("bytecode", "")]


@pytest.mark.parametrize("path", ["{root}/x.py", "/home/ada/course/x.py", r"C:\Users\ada\x.py"])
def test_paths_of_machines_are_found(files, look, tmp_path, path):
    text = path.format(root=tmp_path)
    ((kind, what),) = look({**files, "more.txt": f"see {text}".encode()})
    assert kind == "path"
    assert what in text


def test_the_secret_of_the_course_is_found(files, look):
    assert look({**files, "more.bin": b"\x00" + SECRET + b"\x01"}) == [("secret", "")]


@pytest.mark.parametrize("words", ["### BEGIN SOLUTION", "from bnlab_solutions import x", "bnlab_autograder"])
def test_names_that_only_staff_use_are_found(files, look, words):
    assert [kind for kind, _ in look({**files, "more.txt": words.encode()})] == ["mark"]


def test_what_a_notebook_shows_of_a_class_may_be_in_a_mutant(tmp_path):
    stage = BY_NAME["05_networks"]
    shown = functions_of(stage)["BatchNorm"].shown
    given = shown.partition("def initialise")[0].rstrip()
    wrong = "\n".join(f"        self.momentum = {number}" for number in range(20))
    whole = f"{given}\n\n    def initialise(self, rng):\n{wrong}\n"
    about = 'MISTAKE = "some-mistake"\nEXERCISE = "BatchNorm"\nMESSAGE = "What it is."'
    (tmp_path / "repeats.py").write_text(
        f'"""A mutant."""\n\nfrom bnlab_solutions import *\n\n{about}\n\n\n{whole}'
    )

    def found(text: str) -> list[str]:
        course = assets()
        folders = {"hidden": course.hidden, "mutants": tmp_path, "written": course.written}
        return [leak.kind for leak in leaks(stage, {"x.txt": text.encode()}, **folders)]

    assert found(shown) == []
    assert found(whole) == ["mutant"]
