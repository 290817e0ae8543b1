"""Judging functions found in a file, without any course folder: a module, a notebook, or a folder of such."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bnlab_autograder.curriculum import STAGE_OF, STAGES
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.judge import environment_of, limits_for
from bnlab_autograder.grading.needed import python_of
from bnlab_autograder.grading.score import ExerciseScore, points_of, score
from bnlab_autograder.grading.submitted import read_notebook

PUBLIC_SEED = b"bnlab: the public seed of judging without a course folder"
SCHEMA, SCHEMA_VERSION = "bnlab-judge", 1
SUFFIXES = (".py", ".ipynb")
EXERCISES = tuple(name for stage in STAGES for name in stage.exercises)


class NotJudged(ValueError):
    """This file cannot be judged; the text names it and says why."""


@dataclass(frozen=True)
class Found:
    """A file and the exercises to be judged in it."""

    path: Path
    sources: tuple[str, ...]  # of its cells; a module is one cell
    exercises: tuple[str, ...]


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Modules and notebooks among ``paths`` and in the folders among them. Raises NotJudged for anything else."""
    for path in paths:
        if path.is_dir():
            inside = sorted(file for suffix in SUFFIXES for file in path.rglob(f"*{suffix}"))
            yield from (file for file in inside if not _is_hidden(file.relative_to(path)))
        elif path.suffix in SUFFIXES and path.exists():
            yield path
        elif path.exists():
            raise NotJudged(f"{path} is neither a .py nor an .ipynb file, nor a folder")
        else:
            raise NotJudged(f"there is no {path}")


def find(path: Path, wanted: Iterable[str] = ()) -> Found:
    """The exercises in a file: those that are wanted, or all whose names it defines. Raises NotJudged."""
    sources = _sources(path)
    wanted = tuple(wanted)
    unknown = [name for name in wanted if name not in STAGE_OF]
    if unknown:
        raise NotJudged(f"there is no exercise {unknown[0]!r}; the exercises are: {', '.join(EXERCISES)}")
    defined = {name for source in sources for name in _defined(source)}
    exercises = tuple(name for name in EXERCISES if name in (wanted or defined))
    if not exercises:
        if path.suffix == ".py" and (wrong := _syntax_error(sources[0])):
            raise NotJudged(f"{path} is not valid Python ({wrong.msg}, line {wrong.lineno})")
        raise NotJudged(f"{path} defines none of the exercises; --exercise NAME says which one to look for")
    return Found(path, sources, exercises)


def job_for(
    found: Found, hidden: Path, mutants: Path, previous: dict[str, bytes], tier: str, **limits: float
) -> Job:
    """A job that runs the file as it is and then judges its exercises. ``previous``: support files."""
    cells = [Cell(f"cell-{number}", source) for number, source in enumerate(found.sources, start=1)]
    cells += [Cell(f"judge-{name}", "", name) for name in found.exercises]
    stages = sorted({STAGE_OF[name].name for name in found.exercises})
    environment = ":".join(environment_of(stage, hidden, mutants, tier) for stage in stages)
    return Job(stages[0], tuple(cells), previous, PUBLIC_SEED, limits_for(limits), environment)


def result_of(found: Found, verdict: Verdict, hidden: Path) -> list[dict[str, Any]]:
    """An object per exercise, as ``bnlab judge --json`` prints it."""
    points = points_of((*found.exercises, *(case.exercise for case in verdict.cases)), hidden)
    return [_object(found, one) for one in score(verdict, found.exercises, points)]


def _object(found: Found, one: ExerciseScore) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "version": SCHEMA_VERSION,
        "file": str(found.path),
        "exercise": one.exercise,
        "points": one.points,
        "max_points": one.max_points,
        "status": one.status,
        "cases": [{"name": case.name, "passed": case.passed, "message": case.message} for case in one.cases],
        "diagnosis": one.diagnosis,
        "remarks": one.remarks,
    }


def _sources(path: Path) -> tuple[str, ...]:
    if path.suffix == ".ipynb":
        submitted = read_notebook(path)
        if submitted.cells is None:
            raise NotJudged(submitted.findings[-1].text)
        return tuple(cell.source for cell in submitted.cells if cell.kind == "code")
    try:
        return (path.read_text(encoding="utf-8"),)
    except (OSError, UnicodeDecodeError) as problem:
        raise NotJudged(f"{path} cannot be read ({problem})") from None


def _defined(source: str) -> set[str]:
    """The names that a module or cell binds, wherever in it; what it takes from earlier stages is not its own."""
    try:
        tree = ast.parse(python_of(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {name for name in EXERCISES if re.search(rf"\b(def|class) {name}\b", source)}
    names = set()
    given = {id(alias) for node in ast.walk(tree) if _is_given(node) for alias in node.names}
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.alias(name=name, asname=alias) if id(node) not in given:
                names.add(alias or name)
    return names


def _is_given(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "previous_stages"


def _syntax_error(source: str) -> SyntaxError | None:
    try:
        ast.parse(source)
    except SyntaxError as problem:
        return problem
    except (ValueError, RecursionError, MemoryError):  # as strange, but without a line
        return None
    return None


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)
