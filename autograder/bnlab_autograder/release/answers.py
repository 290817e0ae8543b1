"""Answers, taken apart: what students are shown of a reference function and what they are not.

The summary and the contract in a function's docstring are shown. Its section ``Notes`` holds the calculus; it and the
body are the answer. Of a class, those methods are answers whose docstring has such a section; the others are shown as
they are. Sources are read, never executed.
"""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import re
import symtable
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent, indent

from bnlab_autograder.curriculum import STAGES, Stage, earlier_than
from bnlab_autograder.diagnosis.bank import REFERENCE, reference_sources

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
PREVIOUS = "previous_stages"
FAST, AFTER = "fast", "spatial"  # modules: BN's second form, and the stage after which students get it

_NOTES = re.compile(r"^Notes\n-+\n", re.MULTILINE)
_SECTION = re.compile(r"^## +([\w-]+)[ \t]*\n", re.MULTILINE)


class SourceProblem(ValueError):
    """A source of the course is not as a build needs it; the text names the file or function and what to do."""


@dataclass(frozen=True)
class Function:
    """A reference function."""

    name: str
    source: str
    signature: str  # the lines of ``def``, from the margin on
    contract: str  # of the docstring: what stands before ``Notes``
    notes: str  # of the docstring: ``Notes`` and what follows
    body: str
    reads: frozenset[str]  # names that it takes from outside
    imports: Mapping[str, str]  # what its module imports, a statement for each name

    def solved(self, present: Iterable[str], previous: Iterable[str]) -> str:
        """The source of its solution cell.

        present: names that the notebook has bound above; previous: names that ``previous_stages`` offers. What else
        the body reads is imported inside the solution region.
        """
        missing = sorted(self.reads - {*present, self.name})
        imports = "\n".join(_grouped(import_of(name, self, previous) for name in missing))
        answer = "\n".join(filter(None, [_as_comment(self.notes), self.body]))
        inside = [_docstring(self.contract), BEGIN, "\n\n".join(filter(None, [imports, answer])), END]
        return "\n".join([self.signature, *(indent(part, "    ") for part in inside)])


@dataclass(frozen=True)
class Class:
    """A reference class."""

    name: str
    source: str
    parts: tuple[str | Function, ...]  # what is shown, and the methods that are answers, in order
    reads: frozenset[str]
    shown_reads: frozenset[str]  # names that the shown parts take from outside
    imports: Mapping[str, str]

    @property
    def body(self) -> str:
        """Its answers, one after the other."""
        return "\n\n".join(part.body for part in self.parts if isinstance(part, Function))

    @property
    def shown(self) -> str:
        """What everybody sees of it: all but its answers and their contracts."""
        return "\n".join(part if isinstance(part, str) else part.signature for part in self.parts)

    def solved(self, present: Iterable[str], previous: Iterable[str]) -> str:
        """As of a function. What its shown parts read must be there already."""
        lacking = sorted(self.shown_reads - {*present, self.name})
        if lacking:
            raise SourceProblem(
                f"{REFERENCE}: {self.name} shows {lacking[0]}, which its notebook does not have at that place"
            )
        present = {*present, self.name}
        return "\n".join(
            part if isinstance(part, str) else indent(part.solved(present, previous), "    ")
            for part in self.parts
        )


def import_of(name: str, answer: Function | Class, previous: Iterable[str]) -> str:
    """A statement by which the notebook of ``answer`` gets a name that it uses."""
    if name in previous:
        return f"from {PREVIOUS} import {name}"
    if name in answer.imports:
        return answer.imports[name]
    raise SourceProblem(
        f"{REFERENCE}: {answer.name} uses {name}, which its notebook does not have at that place; "
        "use earlier exercises, numpy and bnlab.validate only"
    )


@cache
def functions_of(stage: Stage) -> dict[str, Function | Class]:
    """Every function and class of a stage's module, in its order. Raises SourceProblem."""
    source = reference_sources()[STAGES.index(stage)]
    tree = ast.parse(source)
    imports = dict(_imports(tree))
    makers = {ast.FunctionDef: _function, ast.ClassDef: _class}
    found = {
        node.name: makers[type(node)](node, source, imports) for node in tree.body if type(node) in makers
    }
    missing = [name for name in (*stage.exercises, *stage.given) if name not in found]
    if missing:
        raise SourceProblem(
            f"{REFERENCE}.{stage.module} does not define {missing[0]}, which {stage.name} asks for"
        )
    return found


def class_in(source: str, name: str) -> Class:
    """The class ``name`` of a module."""
    tree = ast.parse(source)
    node = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return _class(node, source, dict(_imports(tree)))


def previous_names(stage: Stage) -> tuple[str, ...]:
    """What the generated module ``previous_stages`` offers to ``stage``."""
    earlier = [name for one in earlier_than(stage) for name in functions_of(one)]
    return (*earlier, *stage.given, *(fast_form().names if _has_fast_form(stage) else ()))


def previous_stages_source(stage: Stage) -> str:
    """The module of earlier stages' functions (and those given to ``stage``) that goes beside its notebook."""
    sections, used = [], {}
    for one in (*earlier_than(stage), stage):
        functions = functions_of(one)
        chosen = [functions[name] for name in (stage.given if one is stage else functions)]
        if chosen:
            number, title = one.name[:2], one.title
            sections.append("\n\n\n".join([f"# Stage {number}: {title}", *(f.source for f in chosen)]))
        used |= {name: f.imports[name] for f in chosen for name in f.reads if name in f.imports}
    if _has_fast_form(stage):
        sections.append(f"# BN in the layout of bnlab.nn\n\n\n{fast_form().source}")
        used |= fast_form().imports
    head = '"""Functions of earlier stages, ready to use: ``from previous_stages import ...``."""'
    imports = "\n".join(_grouped(used[name] for name in sorted(used)))
    return "\n\n\n".join(filter(None, [f"{head}\n\n{imports}".strip(), *sections])) + "\n"


@dataclass(frozen=True)
class Handed:
    """The definitions of a module that students get as they are."""

    names: tuple[str, ...]
    source: str
    imports: Mapping[str, str]


@cache
def fast_form() -> Handed:
    """BN in the layout of the engine."""
    package = Path(importlib.util.find_spec(REFERENCE).origin).parent
    source = (package / f"{FAST}.py").read_text(encoding="utf-8")
    tree = ast.parse(source)
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    text = "\n\n\n".join(ast.get_source_segment(source, node) for node in defined)
    return Handed(tuple(node.name for node in defined), text, dict(_imports(tree)))


def _has_fast_form(stage: Stage) -> bool:
    return AFTER in {one.module for one in earlier_than(stage)}


def written_answers(folder: Path, stage: str) -> dict[str, str]:
    """Model answers and rubrics of a stage's written questions, by the id of the question."""
    path = folder / f"{stage}.md"
    if not path.exists():
        return {}
    parts = _SECTION.split(path.read_text(encoding="utf-8"))
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def bound_names(source: str) -> set[str]:
    """The names that a cell binds at its top level."""
    table = symtable.symtable(source, "<cell>", "exec")
    return {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }


def _function(node: ast.FunctionDef, source: str, imports: Mapping[str, str]) -> Function:
    lines = source.splitlines()
    docstring = ast.get_docstring(node, clean=False)
    if docstring is None or len(node.body) < 2 or node.decorator_list:
        raise SourceProblem(f"{REFERENCE}: {node.name} needs a docstring, a body, and no decorator")
    contract, *rest = _NOTES.split(inspect.cleandoc(docstring), maxsplit=1)
    own = dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))
    return Function(
        node.name,
        own,
        dedent("\n".join(lines[node.lineno - 1 : node.body[0].lineno - 1])),
        contract.strip(),
        "\n".join(rest).strip(),
        dedent("\n".join(lines[node.body[0].end_lineno : node.end_lineno])).strip("\n"),
        frozenset(
            _outside(symtable.symtable(own, node.name, "exec").get_children()[0])
            - {"__class__"}
            - set(dir(builtins))
        ),
        imports,
    )


def _class(node: ast.ClassDef, source: str, imports: Mapping[str, str]) -> Class:
    lines = source.splitlines()
    parts: list[str | Function] = []
    start = node.lineno - 1
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and _NOTES.search(ast.get_docstring(method) or ""):
            parts += ["\n".join(lines[start : method.lineno - 1]), _function(method, source, imports)]
            start = method.end_lineno
    rest = "\n".join(lines[start : node.end_lineno])
    parts += [rest] if rest else []
    if len(parts) < 2 or ast.get_docstring(node) is None or node.decorator_list:
        raise SourceProblem(
            f"{REFERENCE}: {node.name} needs a docstring, no decorator, and a method whose docstring has Notes"
        )
    own = "\n".join(lines[node.lineno - 1 : node.end_lineno])
    without = "\n".join(
        part if isinstance(part, str) else indent(f"{part.signature}\n    pass", "    ") for part in parts
    )
    return Class(node.name, own, tuple(parts), _reads(own), _reads(without), imports)


def _reads(source: str) -> frozenset[str]:
    """The names that a class takes from outside, those of its bases and methods included."""
    table = symtable.symtable(source, "<class>", "exec")
    bases = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and not symbol.is_assigned()
    }
    inside = set().union(*(_outside(child) for child in table.get_children()))
    return frozenset(
        (bases | inside)
        - {"__class__"}
        - set(dir(builtins))
        - {one.get_name() for one in table.get_children()}
    )


def _outside(table: symtable.SymbolTable) -> set[str]:
    """The global names that a function reads, in nested functions too."""
    names = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return names.union(*(_outside(child) for child in table.get_children()))


def _imports(tree: ast.Module) -> Iterable[tuple[str, str]]:
    """Names that a module imports from elsewhere than the reference, with a statement that does so."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.asname or alias.name, ast.unparse(ast.Import([alias]))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] != REFERENCE:
            for alias in node.names:
                yield alias.asname or alias.name, ast.unparse(ast.ImportFrom(node.module, [alias], 0))


def _grouped(statements: Iterable[str]) -> list[str]:
    """Import statements, those from one module in one line; plain ones first."""
    plain, names = [], {}
    for statement in statements:
        module, separator, name = statement.partition(" import ")
        if separator:
            names.setdefault(module, []).append(name)
        else:
            plain.append(statement)
    return plain + [f"{module} import {', '.join(found)}" for module, found in sorted(names.items())]


def _docstring(text: str) -> str:
    if '"""' in text:
        raise SourceProblem(f"a docstring of {REFERENCE} holds three double quotes: {text.splitlines()[0]}")
    quotes = 'r"""' if "\\" in text else '"""'
    return f'{quotes}{text}\n"""' if "\n" in text else f'{quotes}{text}"""'


def _as_comment(notes: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in notes.replace("``", "`").splitlines())
