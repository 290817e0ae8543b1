"""What is true of every release, found out without executing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from bnlab_autograder.curriculum import Stage
from bnlab_autograder.grading.released import grade_id_of, is_answer
from bnlab_autograder.release.answers import BEGIN, END, functions_of, previous_names, previous_stages_source
from bnlab_autograder.release.leaks import parts

WINDOW = 3  # so many lines of an answer in a row are a leak


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
    for part in (part for name, raw in released.items() for part in parts(name, raw)):
        lines = set(_windows(part.text))
        for function, windows in secret.items():
            if windows & lines:
                raise NotProved(f"{stage.name}: {part.place} holds lines of the answer to {function}")


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
