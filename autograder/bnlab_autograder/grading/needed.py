"""Which cells must run to grade a submission.

A notebook's experiments cost most of its time and decide nothing about points. A given cell that the student has
not touched runs only if a cell that must run reads a name which it defines, or changes something that one reads.
Where a student's code could read names unseen (``globals()``, ``exec``, magics that run other files), everything runs.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from nbformat import NotebookNode

GIVEN = "given"  # the role of a cell of the release that is as it was released

BINDS = (ast.Assign, ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)  # statements that surely bind
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


@dataclass(frozen=True)
class Names:
    """The names that a cell takes from other cells, and those that it binds or whose objects it may change."""

    reads: frozenset[str]
    writes: frozenset[str]


@lru_cache(maxsize=4096)
def names_in(source: str) -> Names | None:
    """The names in a cell's source, or None if they cannot be told (magics, ``exec``)."""
    try:
        body = ast.parse(python_of(source)).body
        tables = [symtable.symtable(ast.unparse(statement), "cell", "exec") for statement in body]
    except (SyntaxError, ValueError):
        return Names(frozenset(), frozenset())  # such a cell only raises its error
    except (RecursionError, MemoryError):
        return None
    reads, writes, bound = set(), set(), set()
    for statement, table in zip(body, tables, strict=True):
        if any(
            alias.name == "*" for alias in getattr(statement, "names", ()) if isinstance(alias, ast.alias)
        ):
            return None
        read, written = _globals(table)
        if read & UNSEEN:
            return None
        reads |= read - bound
        writes |= written | _changed(statement)
        if isinstance(statement, BINDS):
            bound |= written
    return Names(frozenset(reads), frozenset(writes))


def defines(source: str, name: str) -> bool:
    """Whether a cell binds ``name``."""
    names = names_in(source)
    return name in names.writes if names else f"def {name}(" in source


def _globals(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """The global names that a piece of code reads and binds, those of its functions included."""
    reads, writes = set(), set()
    for symbol in table.get_symbols():
        if table.get_type() == "module" or symbol.is_global():
            if symbol.is_referenced():
                reads.add(symbol.get_name())
            if symbol.is_assigned() or symbol.is_imported():
                writes.add(symbol.get_name())
    for child in table.get_children():
        more_reads, more_writes = _globals(child)
        reads |= more_reads
        writes |= more_writes if child.get_type() != "module" else set()
    return reads, writes


def _changed(statement: ast.stmt) -> set[str]:
    """The names whose objects a statement changes from outside a function: ``table["a"] = 1``, ``net.mode = 2``."""
    changed, waiting = set(), [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            changed |= {leaf.id for leaf in ast.walk(node.value) if isinstance(leaf, ast.Name)}
        waiting += ast.iter_child_nodes(node)
    return changed


def python_of(source: str) -> str:
    """The cell as plain Python: IPython's magics and ``!commands`` become calls of ``get_ipython()``."""
    if not any(mark in source for mark in "%!?"):
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(source)
