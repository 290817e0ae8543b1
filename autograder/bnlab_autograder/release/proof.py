"""What is true of every release, found out without executing it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from bnlab_autograder.curriculum import Stage
from bnlab_autograder.grading.released import grade_id_of, is_answer
from bnlab_autograder.release.answers import BEGIN, END, functions_of, previous_names, previous_stages_source

WINDOW = 3  # so many lines of an answer in a row are a leak
MARKS = ("BEGIN SOLUTION", "END SOLUTION", "bnlab_solutions")


class NotProved(RuntimeError):
    """A finished release is not what it should be; it was not published. The text says what is wrong."""


def prove(
    stage: Stage, instructor: NotebookNode, students: NotebookNode, released: Mapping[str, bytes]
) -> None:
    """Raise NotProved unless ``released`` is the instructor's notebook without answers and outputs, and no file beside
    it holds an answer of this stage."""
    try:
        nbformat.validate(students)
    except nbformat.ValidationError as problem:
        raise NotProved(f"{stage.name}: the students' notebook is not valid: {problem}") from None
    ids = [cell.id for cell in students.cells]
    if ids != [cell.id for cell in instructor.cells] or len(set(ids)) != len(ids):
        raise NotProved(f"{stage.name}: the students' notebook has other cells than the instructor's")
    for solved, stub in zip(instructor.cells, students.cells, strict=True):
        if stub.get("outputs") or stub.get("execution_count"):
            raise NotProved(f"{stage.name}: the students' notebook holds outputs")
        if is_answer(stub) and any(answer in stub.source for answer in answers_in(solved.source)):
            raise NotProved(f"{stage.name}: the answer {grade_id_of(stub)} was not taken out")
    secret = _secret_lines(stage)
    for name, text in _texts(released):
        for mark in MARKS:
            if mark in text:
                raise NotProved(f"{stage.name}: {name} holds the words {mark}")
        lines = set(_windows(text))
        for function, windows in secret.items():
            if windows & lines:
                raise NotProved(f"{stage.name}: {name} holds lines of the answer to {function}")


def answers_in(source: str) -> list[str]:
    """What stands between the marks of solutions."""
    return [region.partition(END)[0].strip() for region in source.split(BEGIN)[1:]] or [""]


def _secret_lines(stage: Stage) -> dict[str, set[str]]:
    """For each exercise the lines, in rows of three, that only its answer has."""
    known = set(_windows(previous_stages_source(stage))) if previous_names(stage) else set()
    functions = functions_of(stage)
    return {name: set(_windows(functions[name].body)) - known for name in stage.exercises}


def _windows(text: str) -> Iterator[str]:
    lines = [line for raw in text.splitlines() if (line := "".join(raw.split())) and line[0] != "#"]
    for start in range(max(len(lines) - WINDOW + 1, 1)):
        yield "\n".join(lines[start : start + WINDOW])


def _texts(released: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Every text in a release, the modules inside the wheel included."""
    for name, raw in released.items():
        if name.endswith(".whl"):
            with zipfile.ZipFile(io.BytesIO(raw)) as wheel:
                for inside in wheel.namelist():
                    yield f"{name}/{inside}", wheel.read(inside).decode("utf-8", "replace")
        elif name.endswith(".ipynb"):
            for cell in nbformat.reads(raw.decode(), as_version=4).cells:
                yield f"cell {cell.id}", cell.source
        elif name.endswith((".py", ".txt", ".md", ".json", ".csv", ".svg")):
            yield name, raw.decode("utf-8", "replace")
