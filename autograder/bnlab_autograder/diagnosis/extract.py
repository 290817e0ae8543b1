"""One exercise of a notebook, and what it needs of the notebook's other definitions. Code is read, never executed."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable
from dataclasses import dataclass

from bnlab_autograder.diagnosis.anonymous import MODULES
from bnlab_autograder.grading.needed import python_of

DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)
GIVEN_MODULES = ("previous_stages", "bnlab_solutions")  # their functions are the reference's


@dataclass
class Extract:
    """What a mutant of an exercise is made of.

    Attributes
    ----------
    imports, definitions : list of ast.stmt
        In their order in the notebook.
    left_out : list of str
        Names that are read, but come from something else than a definition.
    """

    imports: list[ast.stmt]
    definitions: list[ast.stmt]
    left_out: list[str]


class NotExtracted(ValueError):
    """The notebook does not define the exercise in a way that can be taken out; the text says why."""


def extract(sources: Iterable[str], exercise: str, reference: Iterable[str], own: Iterable[str]) -> Extract:
    """The definition of ``exercise`` and, one after the other, those that it reads.

    Parameters
    ----------
    sources : iterable of str
        The cells of code before the exercise is judged, in order.
    exercise : str
    reference : iterable of str
        Names for which the reference stands: a mutant makes its own mistake on top of right functions.
    own : iterable of str
        Names among these that are taken from the notebook all the same, such as the forward pass that fills a cache.
    """
    statements = [node for source in sources for node in _statements(source)]
    bound = [_binds(node) for node in statements]
    given = set(reference) - {exercise, *own}
    chosen: set[int] = set()
    left_out: list[str] = []
    waiting, seen = [exercise, *own], set()
    while waiting:
        name = waiting.pop()
        if name in seen or name in given:
            continue
        seen.add(name)
        for k in reversed([k for k, names in enumerate(bound) if name in names]):
            node = statements[k]
            if _is_given(node):
                break
            if not isinstance(node, (*DEFINES, ast.Import, ast.ImportFrom)) or not _is_known(node):
                left_out.append(name)
                break
            chosen.add(k)
            reads = _reads(node)
            waiting += sorted(reads - {name})
            if (
                not isinstance(node, ast.Assign) or name not in reads
            ):  # not a wrapper around what stands before
                break
    found = [statements[k] for k in sorted(chosen)]
    imports = [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]
    definitions = [node for node in found if node not in imports]
    if not any(exercise in _binds(node) for node in definitions):
        raise NotExtracted(f"the notebook does not define {exercise}, at least not by a statement of its own")
    return Extract(imports, definitions, sorted(set(left_out)))


def _statements(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(python_of(source)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # such a cell only raises its error


def _binds(node: ast.stmt) -> set[str]:
    """The names that a statement binds at its top level."""
    table = _table(node)
    return (
        {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
        if table
        else set()
    )


def _reads(node: ast.stmt) -> set[str]:
    """The names that a statement takes from outside, those in its functions included."""
    found, tables = set(), [_table(node)]
    while tables:
        table = tables.pop()
        if table is None:
            continue
        top = table.get_type() == "module"
        found |= {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_referenced() and (top or symbol.is_global())
        }
        tables += table.get_children()
    return found


def _table(node: ast.stmt) -> symtable.SymbolTable | None:
    try:
        return symtable.symtable(ast.unparse(node), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_given(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "") in GIVEN_MODULES


def _is_known(node: ast.stmt) -> bool:
    """Whether an import is of a module that everybody has."""
    match node:
        case ast.Import(names=names):
            return all(one.name.partition(".")[0] in MODULES for one in names)
        case ast.ImportFrom(module=module, level=level):
            return level == 0 and (module or "").partition(".")[0] in MODULES
    return True
