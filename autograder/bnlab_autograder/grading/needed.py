"""Which cells must run to grade a submission.

A notebook's experiments cost most of its time and decide nothing about points. A given cell that the student has
not touched runs only if a cell that must run reads a name which it defines, or changes something that one reads.
Where a student's code could read names unseen (``globals()``, ``exec``, magics that run other files), everything runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from nbformat import NotebookNode

from bnlab_autograder.grading.sanitise import GIVEN

UNSEEN = {
    "globals",
    "locals",
    "vars",
    "exec",
    "eval",
    "dir",
    "get_ipython",
    "__import__",
    "compile",
    "__main__",
}


def needed_cells(cells: Iterable[NotebookNode]) -> list[NotebookNode]:
    """The code cells that must run, in order."""
    code = [cell for cell in cells if cell.cell_type == "code" and cell.source.strip()]
    uses = [names_in(cell.source) for cell in code]
    must = {k for k, cell in enumerate(code) if cell.metadata.bnlab.role != GIVEN}
    if any(uses[k] is None for k in must):
        return code
    waiting = list(must)
    while waiting:
        reader = waiting.pop()
        read = uses[reader]
        for k, names in enumerate(uses):
            if k not in must and (names is None or (read is not None and names.writes & read.reads)):
                must.add(k)
                waiting.append(k)
    return [cell for k, cell in enumerate(code) if k in must]


class Names:
    """The names that a cell reads and those that it binds or may change."""

    def __init__(self, reads: frozenset[str], writes: frozenset[str]):
        self.reads, self.writes = reads, writes


@lru_cache(maxsize=4096)
def names_in(source: str) -> Names | None:
    """The names in a cell's source, or None if they cannot be told (magics, ``exec``)."""
    try:
        tree = ast.parse(python_of(source))
    except (SyntaxError, ValueError):
        return Names(frozenset(), frozenset())  # such a cell only raises its error
    except (RecursionError, MemoryError):
        return None
    reads, writes = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                reads.add(name)
            case ast.Name(id=name):
                writes.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                writes.add(name)
            case ast.alias(name="*"):
                return None
            case ast.alias(name=name, asname=alias):
                writes.add(alias or name.split(".")[0])
                reads.add(name.split(".")[0])
            case ast.Subscript(value=target, ctx=ast.Store()) | ast.Attribute(value=target, ctx=ast.Store()):
                writes |= {leaf.id for leaf in ast.walk(target) if isinstance(leaf, ast.Name)}
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                writes.add(name)
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                writes |= set(names)
    if reads & UNSEEN:
        return None
    return Names(frozenset(reads), frozenset(writes))


def python_of(source: str) -> str:
    """The cell as plain Python: IPython's magics and ``!commands`` become calls of ``get_ipython()``."""
    if not any(mark in source for mark in "%!?"):
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)
