"""Code of a student without anything that says whose it is.

What stays is what the course itself says: a name or a string survives if each of its words occurs in the course's own
code. Every other name gets a number, the same wherever it stands; so do strings, which may be keys. Comments,
docstrings, annotations, prints and messages go. Code is read, never executed.
"""

from __future__ import annotations

import ast
import builtins
import collections
import functools
import inspect
import itertools
import keyword
import math
import operator
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bnlab_autograder.diagnosis.bank import DRAFT, METADATA

WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_a-zA-Z]+|\d+")
EINSUM = re.compile(r"[a-z.]{1,6}(,[a-z.]{1,6})*->[a-z.]{0,6}")
MODULES = frozenset({*sys.stdlib_module_names, "numpy", "scipy", "bnlab", "bnlab_solutions"})
OPTIONS = {
    "c_index", "f_index", "multi_index", "external_loop", "reduce_ok", "delay_bufalloc", "readonly",
    "readwrite", "writeonly", "ignore", "raise", "warn", "call", "print", "log", "ij", "xy", "constant",
    "edge", "reflect", "symmetric", "wrap", "same", "valid", "full", "optimal", "greedy", "stable",
    "left", "right", "linear", "nearest", "nuc", "fro", "utf-8",
}  # fmt: skip  # words that NumPy's functions take
LONGEST = 40  # characters of a string that may stay
SHORT = 2  # letters of a word that says nothing about anybody
DIGITS = 2  # of a number in a name, as in x1 or float32
SIGNIFICANT = 4  # digits of a whole number; with more of them it is a date of birth, or a number of a student
NUMBER = 12345  # stands for those
PART = 4  # letters of somebody's name that are looked for inside other words


@dataclass(frozen=True)
class Vocabulary:
    """What the course itself says.

    Parameters
    ----------
    words : frozenset of str
        That occur in its code.
    names : frozenset of str
        That mean something outside an answer, and so must stay: functions of the course, builtins.
    members : frozenset of str
        Attributes and keywords of Python's and NumPy's own objects, and of the reference's.
    texts : frozenset of str
        Strings of the reference, such as the keys that its contracts name.
    """

    words: frozenset[str]
    names: frozenset[str]
    members: frozenset[str]
    texts: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Iterable[str], names: Iterable[str], reference: Iterable[str] = ()) -> Vocabulary:
        """Of the course's sources, the names that answers share with it, and the sources of the reference."""
        words = {word for source in sources for word in _words_in(source)}
        nodes = [node for source in reference for node in ast.walk(ast.parse(source))]
        members = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        texts = {
            node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        return cls(
            frozenset(words),
            frozenset({*names, *dir(builtins)}),
            _members() | members,
            frozenset(text for text in texts if " " not in text),
        )


def anonymous(body: list[ast.stmt], vocabulary: Vocabulary, identity: Iterable[str] = ()) -> list[ast.stmt]:
    """``body`` without anything that says whose it is; it is changed in place.

    identity: what the course knows about the student, such as names, an id, an address.
    """
    return _Anonymous(vocabulary, _parts(identity)).applied(body)


def reads_like(name: str, identity: Iterable[str]) -> bool:
    """Whether ``name`` has a part of what is known about somebody in it."""
    return _identifies(name, _parts(identity))


def squeezed(text: str) -> str:
    """``text`` in small letters, without accents and whatever else is no letter or digit."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


class _Anonymous(ast.NodeTransformer):
    def __init__(self, vocabulary: Vocabulary, identity: frozenset[str]):
        self.vocabulary, self.identity = vocabulary, identity
        self.new: dict[str, str] = {}  # of names
        self.texts: dict[str, str] = {}
        self.imported: set[str] = set()  # names that an import binds, which keep them
        self.taken: set[str] = set()

    def applied(self, body: list[ast.stmt]) -> list[ast.stmt]:
        for node in (leaf for statement in body for leaf in ast.walk(statement)):
            if isinstance(node, ast.alias) and node.asname is None:
                self.imported.add(node.name.partition(".")[0])
            self.taken |= set(_names_of(node))
        return [ast.fix_missing_locations(done) for node in body if (done := self.visit(node)) is not None]

    def generic_visit(self, node: ast.AST) -> ast.AST:
        node = super().generic_visit(self._renamed(node))
        if getattr(node, "body", None) == []:
            node.body = [ast.Pass()]
        return node

    # What goes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.visit(ast.Assign([node.target], node.value, lineno=node.lineno))

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        match node.value:
            case ast.Constant() | ast.JoinedStr():
                return None
            case ast.Call(func=ast.Name(id="print" | "display")):
                return None
        return self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.msg = None
        return self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        match node.exc:
            case ast.Call(func=kind, args=said, keywords=[]) if all(_is_text(one) for one in said):
                node.exc = kind
        return self.generic_visit(node)

    # What gets another name

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, str):
            return ast.Constant(self._text(node.value))
        if isinstance(node.value, bytes):
            return ast.Constant(b"")
        if _is_personal(node.value):
            return ast.Constant(type(node.value)(NUMBER))
        return node

    def _renamed(self, node: ast.AST) -> ast.AST:
        for field in _NAMES.get(type(node).__name__, ()):
            value = getattr(node, field, None)
            if isinstance(value, str):
                setattr(node, field, self._name(value, _is_member(node)))
            elif isinstance(value, list):
                setattr(node, field, [self._name(one, False) for one in value])
        return node

    def _name(self, name: str, member: bool) -> str:
        kept = name in self.vocabulary.names or name in self.imported or name in ("self", "cls", "_")
        kept &= name not in (*METADATA, *DRAFT)  # by which a mutant speaks of itself
        if kept or (member and name in self.vocabulary.members):
            return name
        dunder = name.startswith("__") and name.endswith("__")
        if (dunder and name in self.vocabulary.members) or self._says_nothing(name):
            return name
        if name not in self.new:
            self.new[name] = self._free("name", self.new)
        return self.new[name]

    def _text(self, text: str) -> str:
        if not text or text in OPTIONS or text in self.vocabulary.texts | self.vocabulary.names:
            return text
        if EINSUM.fullmatch(text) and not any(
            _identifies(word, self.identity) for word in WORDS.findall(text)
        ):
            return text
        if len(text) <= LONGEST and text.isprintable() and " " not in text and self._says_nothing(text):
            return text
        if text.isidentifier() and not keyword.iskeyword(text):
            return self._name(text, False)
        if text not in self.texts:
            self.texts[text] = self._free("text", self.texts)
        return self.texts[text]

    def _says_nothing(self, name: str) -> bool:
        """Whether each of its words is one that the course itself uses, and none is the student's own."""
        if _identifies(name, self.identity) or name in (*METADATA, *DRAFT):
            return False
        return all(
            len(word) <= DIGITS
            if word.isdigit()
            else _is_short(word) or word.lower() in self.vocabulary.words
            for word in WORDS.findall(name)
        ) and (name.isascii() or bool(WORDS.fullmatch(name)))

    def _free(self, kind: str, known: dict[str, str]) -> str:
        number = len(known) + 1
        while f"{kind}_{number}" in self.taken:
            number += 1
        self.taken.add(f"{kind}_{number}")
        return f"{kind}_{number}"


# Where nodes keep names; what an import takes has the name of somebody else's.
_NAMES = {
    "Name": ("id",), "arg": ("arg",), "keyword": ("arg",), "Attribute": ("attr",),
    "FunctionDef": ("name",), "AsyncFunctionDef": ("name",), "ClassDef": ("name",),
    "ExceptHandler": ("name",), "Global": ("names",), "Nonlocal": ("names",), "alias": ("asname",),
    "MatchAs": ("name",), "MatchStar": ("name",), "MatchMapping": ("rest",), "MatchClass": ("kwd_attrs",),
    "TypeVar": ("name",), "ParamSpec": ("name",), "TypeVarTuple": ("name",),
}  # fmt: skip


def _is_member(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.keyword | ast.FunctionDef)


def _names_of(node: ast.AST) -> Iterator[str]:
    for field in _NAMES.get(type(node).__name__, ()):
        value = getattr(node, field, None)
        yield from value if isinstance(value, list) else [value] if value else []


def _is_text(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=str()) | ast.JoinedStr():
            return True
        case ast.BinOp(left=left):  # "…" % value
            return _is_text(left)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return _is_text(value)
    return False


def _is_short(word: str) -> bool:
    return len(word) <= SHORT if word.isascii() else len(word) == 1


def _is_personal(value: object) -> bool:
    """Whether a number is whole and has many digits."""
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or value != value
        or abs(value) == np.inf
    ):
        return False
    whole = str(int(abs(value))).rstrip("0") if value == int(value) else ""
    return len(whole) > SIGNIFICANT


def _identifies(name: str, parts: frozenset[str]) -> bool:
    whole = squeezed(name)
    words = {squeezed(word) for word in WORDS.findall(name)}
    return any(part in words or part == whole or (len(part) >= PART and part in whole) for part in parts)


def _parts(identity: Iterable[str]) -> frozenset[str]:
    """The words of names, ids and addresses, and each of these as a whole."""
    found = set()
    for text in identity:
        pieces = re.split(r"[^\w]+|_", text.partition("@")[0])
        found |= {squeezed(piece) for piece in (*pieces, "".join(pieces))}
    return frozenset(part for part in found if len(part) > 1)


def _words_in(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        texts = [*_names_of(node)]
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            texts.append(node.value)
        for text in texts:
            yield from (word.lower() for word in WORDS.findall(text))


@functools.cache
def _members() -> frozenset[str]:
    """Attributes of common objects, and the names of NumPy's arguments."""
    rng = np.random.default_rng()
    objects = [
        "",
        0.0,
        [],
        (),
        {},
        set(),
        np.zeros(1),
        np.float64(0),
        np.dtype(float),
        rng,
        type,
        len,
        iter(()),
    ]
    modules = [np, np.linalg, np.random, np.testing, math, itertools, functools, operator, collections]
    found = {name for one in (*objects, *modules) for name in dir(one)}
    found |= {"__enter__", "__exit__", "__next__", "__getattr__", "__post_init__", "__slots__"}
    for function in (getattr(module, name) for module in modules for name in dir(module)):
        found |= set(_parameters(function))
    return frozenset(found)


def _parameters(function: Callable | object) -> Iterable[str]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return ()


def python_files(*folders: Path) -> Iterator[str]:
    """The sources in these folders."""
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            yield path.read_text(encoding="utf-8")
