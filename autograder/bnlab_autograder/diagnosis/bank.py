"""The bank: wrong solutions (mutants), odd but right ones (variants), and how one becomes a whole course.

A module of the bank redefines only the functions that it changes. ``compose`` puts them behind the reference
functions in one namespace, so that whatever calls a changed function sees the change.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType
from typing import Any

from bnlab_autograder.curriculum import STAGES

REFERENCE = "bnlab_solutions"
METADATA = ("LINE", "MISTAKE", "EXERCISE", "MESSAGE", "POINTS")
DRAFT = ("DRAFT", "TITLE", "ENTRY", "NOTICE")  # what only a draft has, see ``draft``
TODO = "TODO"


@dataclass(frozen=True)
class Entry:
    """One module of the bank. A variant is right: it has no line, mistake, exercise or message."""

    name: str
    path: Path
    line: int | None  # in the list of known mistakes; None where a mistake has no line there
    mistake: str | None  # mutants that behave alike share one
    exercise: str | None  # the function in which the mistake is made
    message: str | None  # for the student
    points: str | None  # "full": tolerated with a remark
    source: str
    docstring: str
    draft: bool = False  # says of itself that nobody has accepted it yet, see ``draft``

    @property
    def changed(self) -> tuple[str, ...]:
        """The names that the module defines, in its order, metadata left out."""
        names = [name for node in ast.parse(self.source).body for name in _defined(node)]
        return tuple(dict.fromkeys(name for name in names if name not in (*METADATA, *DRAFT)))


def load_bank(folder: Path) -> dict[str, Entry]:
    """Every module in ``folder``, by name, in alphabetical order. Nothing is executed.

    Raises ValueError, naming the file, where a module does not parse or metadata is not a plain constant, and where
    it is a draft: what stands in a bank is trusted, and a draft is code of a student.
    """
    bank = {}
    for path in sorted(folder.glob("*.py")):
        if path.stem == "__init__":
            continue
        entry = bank[path.stem] = read_entry(path)
        if entry.draft:
            raise ValueError(
                f"{path} is a draft, with code of a student that nobody has accepted; it does not belong there. Move "
                f"it elsewhere and run: bnlab mutant check {path.name}"
            )
        if unnamed := unnamed_in(entry):
            raise ValueError(f"{path} still says {TODO} in its {unnamed[0]}; name the mistake first")
    return bank


def unnamed_in(entry: Entry) -> list[str]:
    """Which of the words about its mistake are still to be written."""
    words = {"docstring": entry.docstring, "MISTAKE": entry.mistake, "MESSAGE": entry.message}
    return [field for field, text in words.items() if text and TODO.lower() in re.split(r"\W+", text.lower())]


def compose(entry: Entry | None, overrides_source: str = "") -> str:
    """The source of a whole course: reference functions, then those of ``entry``, then ``overrides_source``.

    What comes later wins. Metadata, module docstrings and imports from the reference package are left out, so
    that the source runs where only ``numpy`` and ``bnlab`` are installed.
    """
    sources = [*reference_sources(), entry.source if entry else "", overrides_source]
    imports, bodies = ["import numpy as np"], []
    for number, source in enumerate(sources):
        own_imports, body = _split(source, hoist=number < len(sources) - 1)
        imports += own_imports
        bodies += [body] if body else []
    imports = sorted(dict.fromkeys(imports), key=lambda line: (not line.startswith("from __future__"), line))
    return "\n\n\n".join(["\n".join(imports), *bodies]) + "\n"


def namespace(entry: Entry | None, overrides_source: str = "") -> dict[str, Any]:
    """The names that ``compose`` defines, executed in a fresh namespace. For trusted code only.

    What is compiled is kept, so that many fresh namespaces of one course are cheap.
    """
    name = entry.name if entry else REFERENCE
    names: dict[str, Any] = {"__name__": f"bnlab_bank.{name}"}
    for code in _compiled(name, entry.source if entry else "", overrides_source):
        exec(code, names)
    return names


@cache
def _compiled(name: str, source: str, overrides_source: str) -> tuple[CodeType, ...]:
    """The reference, and what is put over it."""
    if not source and not overrides_source:
        return (compile(compose(None), f"<{REFERENCE}>", "exec"),)
    over = [
        "\n".join([*imports, body])
        for imports, body in (_split(source, hoist=True), _split(overrides_source, hoist=True))
    ]
    return (*_compiled(REFERENCE, "", ""), *(compile(text, f"<{name}>", "exec") for text in over if text))


@cache
def reference_sources() -> tuple[str, ...]:
    """The sources of the reference modules, in the order of the stages; none of them is imported."""
    package = importlib.util.find_spec(REFERENCE)
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f"{REFERENCE} is not installed")
    folder = Path(package.origin).parent
    return tuple((folder / f"{stage.module}.py").read_text(encoding="utf-8") for stage in STAGES)


def read_entry(path: Path) -> Entry:
    """One module. Raises ValueError as ``load_bank`` does."""
    source = path.read_text(encoding="utf-8")
    try:
        tree = ast.parse(source)
        values = {
            name: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            for name in _defined(node)
            if name in METADATA
        }
    except (SyntaxError, ValueError) as problem:
        raise ValueError(f"{path.name}: {problem}") from problem
    fields = {name.lower(): values.get(name) for name in METADATA}
    docstring, draft = (
        ast.get_docstring(tree) or "",
        any(set(_defined(node)) & set(DRAFT) for node in tree.body),
    )
    return Entry(path.stem, path, **fields, source=source, docstring=docstring, draft=draft)


def _defined(node: ast.stmt) -> list[str]:
    """The names that a top-level statement defines, imports left out."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [leaf.id for target in targets for leaf in ast.walk(target) if isinstance(leaf, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _split(source: str, *, hoist: bool) -> tuple[list[str], str]:
    """The imports of ``source`` that belong to the top, and the rest without docstring and metadata.

    With ``hoist`` false everything stays where it is, but for imports from ``__future__`` and the reference.
    """
    lines = source.splitlines()
    imports: list[str] = []
    for position, node in enumerate(ast.parse(source).body):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            own = isinstance(node, ast.ImportFrom) and (node.level > 0 or module.split(".")[0] == REFERENCE)
            if not own and not hoist and module != "__future__":
                continue
            imports += [] if own else _one_by_one(node)
        elif not hoist or not (_is_docstring(node, position) or set(_defined(node)) & {*METADATA, *DRAFT}):
            continue
        lines[node.lineno - 1 : node.end_lineno] = [""] * (node.end_lineno - node.lineno + 1)
    return imports, "\n".join(lines).strip("\n")


def _one_by_one(node: ast.Import | ast.ImportFrom) -> list[str]:
    """An import statement for each name, so that equal ones can be told."""
    if isinstance(node, ast.Import):
        return [ast.unparse(ast.Import([alias])) for alias in node.names]
    return [ast.unparse(ast.ImportFrom(node.module, [alias], node.level)) for alias in node.names]


def _is_docstring(node: ast.stmt, position: int) -> bool:
    return (
        position == 0
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
