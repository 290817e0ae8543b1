"""Variants of a stage: the same lesson on other inputs.

``bnlab.toml`` names them::

    [variants.autumn-2027]
    seed = 7

    [variants.autumn-2027.02_train_test]
    batch = 48

The seed goes into every random generator that the given code of a stage makes, and wherever that code says
``given.seed``, for data that a function makes from a seed; the parameters are those that the
source of the stage declares with their defaults. The name goes into the seed of the hidden cases.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bnlab_autograder.curriculum import BY_NAME, Stage
from bnlab_autograder.release.answers import SourceProblem
from bnlab_autograder.workspace import SETTINGS, Workspace

DEFAULT = "default"  # the name of no variant
ANONYMOUS = re.compile(r"seed-(\d+)")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
GIVEN = "given"  # the name by which given code and prose speak of parameters
SEED = "seed"  # of these, what is always there: the seed of the variant, by default 0

_MENTION = re.compile(r"\{\{\s*given\.(\w+)\s*\}\}")


@dataclass(frozen=True)
class Variant:
    """What is special about the inputs of one stage."""

    name: str
    seed: int | None = None  # None: the generators of the default
    parameters: Mapping[str, Any] = field(default_factory=dict)  # those that are not as the source has them


def variant_of(
    workspace: Workspace,
    stage: Stage,
    wanted: str | int | None = None,
    present: Mapping[str, Any] | None = None,
) -> Variant | None:
    """The variant in which ``stage`` is to be released; None is the default.

    Parameters
    ----------
    workspace : Workspace
    stage : Stage
    wanted : str or int, optional
        A name in ``bnlab.toml``, "default", or the seed of a variant without a name. If not given: what
        ``bnlab.toml`` says under ``variant``, or else the variant of the present release.
    present : mapping, optional
        What the manifest of the present release says about its variant.

    Raises SourceProblem.
    """
    named = _named(workspace)
    if wanted is None:
        wanted = workspace.settings.get("variant", present["name"] if present else DEFAULT)
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        _check_seed(wanted, "no variant")
        return Variant(f"seed-{wanted}", wanted)
    if wanted == DEFAULT:
        return None
    if wanted in named:
        table = named[wanted]
        parameters = dict(table.get(stage.name, {}))
        seed = parameters.pop("seed", table.get("seed"))
        return Variant(wanted, seed, parameters)
    if isinstance(wanted, str) and (match := ANONYMOUS.fullmatch(wanted)):
        return Variant(wanted, int(match[1]))
    known = f"it has {', '.join(sorted(named))}" if named else "it has none"
    raise SourceProblem(
        f"{workspace.root / SETTINGS} has no variant {wanted!r} ({known}); add a table [variants.{wanted}]"
    )


def _named(workspace: Workspace) -> Mapping[str, Mapping[str, Any]]:
    """All variants of a course folder, by name."""
    path, named = workspace.root / SETTINGS, workspace.settings.get("variants", {})
    if not isinstance(named, dict) or not all(isinstance(table, dict) for table in named.values()):
        raise SourceProblem(f"{path}: variants must be tables, such as [variants.autumn-2027]")
    for name, table in named.items():
        where = f"{path}: [variants.{name}]"
        if not NAME.fullmatch(name) or name == DEFAULT or ANONYMOUS.fullmatch(name):
            raise SourceProblem(
                f"{where}: choose another name, of letters, digits, dots, dashes and underscores; "
                f"{DEFAULT} and seed-N have a meaning of their own"
            )
        for key, value in table.items():
            if key == "seed":
                _check_seed(value, where)
            elif key not in BY_NAME:
                raise SourceProblem(
                    f"{where}: {key} is no stage; the stages are {', '.join(BY_NAME)}, and the only other entry is seed"
                )
            elif not isinstance(value, dict):
                raise SourceProblem(f"{where}: {key} must be a table of parameters")
            elif "seed" in value:
                _check_seed(value["seed"], f"{where}: {key}")
    return named


def _check_seed(value: Any, where: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise SourceProblem(f"{where}: the seed must be a whole number from 0 to {2**32 - 1}, not {value!r}")


@dataclass(frozen=True)
class Inputs:
    """What the source of a stage leaves open, and how a variant fills it in.

    Parameters
    ----------
    declared : mapping or None
        Names and defaults in the front matter (``bnlab: parameters:``). None: the source takes no variants,
        since its prose quotes numbers that are not marked.
    variant : Variant, optional
    """

    declared: Mapping[str, Any] | None = None
    variant: Variant | None = None

    def __post_init__(self) -> None:
        if self.variant is None:
            return
        for name, value in self.variant.parameters.items():
            where = f"{SETTINGS}, [variants.{self.variant.name}]: {name}"
            if name not in (self.declared or {}):
                raise SourceProblem(f"{where} is no parameter; {self._known()}")
            if not _alike(value, self.declared[name]):
                raise SourceProblem(
                    f"{where} = {value!r} is not of the type of its default, {self.declared[name]!r}"
                )

    def _known(self) -> str:
        if self.declared is None:
            return "the stage has none, for its prose quotes numbers that are not marked"
        known = ", ".join(f"{name} ({default!r})" for name, default in self.declared.items())
        return f"the stage has {known or 'none'}"

    @property
    def seed(self) -> int | None:
        return self.variant.seed if self.variant and self.declared is not None else None

    @property
    def parameters(self) -> dict[str, Any]:
        """Every parameter with the value it has here."""
        own = self.variant.parameters if self.variant else {}
        return {name: _as(own.get(name, default), default) for name, default in (self.declared or {}).items()}

    @property
    def differ(self) -> bool:
        """Whether anything is other than by default."""
        return self.seed is not None or self.parameters != dict(self.declared or {})

    @property
    def record(self) -> dict[str, Any] | None:
        """What the manifest says about them."""
        if self.variant is None:
            return None
        return {"name": self.variant.name, "seed": self.seed, "parameters": self.parameters}

    def code(self, source: str) -> str:
        """Given code with the parameters and the seed put in."""
        if f"{GIVEN}." not in source and (self.seed is None or "default_rng" not in source):
            return source
        try:
            tree = ast.parse(source)
        except SyntaxError as problem:
            raise SourceProblem(f"given code cannot be read: {problem}") from None
        return _replaced(source, self._replacements(tree))

    def prose(self, source: str) -> str:
        """Prose with the parameters put in: ``{{given.batch}}``."""
        return _MENTION.sub(lambda match: _said(self.value(match[1])), source)

    def _replacements(self, tree: ast.Module) -> Iterable[tuple[ast.expr, str]]:
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == GIVEN
            ):
                yield node, repr(self.value(node.attr))
            elif self.seed is not None and (seed := _literal_seed(node)) is not None:
                yield seed, f"[{self.seed}, {seed.value}]"

    def value(self, name: str) -> Any:
        """A parameter, or the seed. Raises SourceProblem if there is none of that name."""
        if name == SEED and self.declared is not None:
            return self.seed or 0
        if name not in self.parameters:
            raise SourceProblem(f"{GIVEN}.{name} is not among the parameters in the front matter")
        return self.parameters[name]


def declared_in(metadata: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The parameters that the front matter of a source declares; None if it takes no variants."""
    parameters = metadata.get("bnlab", {}).get("parameters")
    if parameters is None:
        return None
    for name, default in parameters.items():
        if not str(name).isidentifier() or name == SEED or not _alike(default, default):
            raise SourceProblem(
                f"the parameter {name}: {default!r} must be a name (other than {SEED}) with a number, a truth value, "
                "a text, or a list of these"
            )
    return parameters


def _literal_seed(node: ast.AST) -> ast.Constant | None:
    """The seed in ``default_rng(0)``."""
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return None
    name = getattr(node.func, "attr", getattr(node.func, "id", None))
    (seed,) = node.args
    return seed if name == "default_rng" and isinstance(seed, ast.Constant) else None


def _replaced(source: str, replacements: Iterable[tuple[ast.expr, str]]) -> str:
    lines = [line.encode() for line in source.splitlines(keepends=True)]  # the parser counts bytes
    for node, text in sorted(
        replacements, key=lambda found: (found[0].lineno, found[0].col_offset), reverse=True
    ):
        line = lines[node.lineno - 1]
        lines[node.lineno - 1] = line[: node.col_offset] + text.encode() + line[node.end_col_offset :]
    return b"".join(lines).decode()


def _said(value: Any) -> str:
    return ", ".join(map(_said, value)) if isinstance(value, list) else str(value)


def _alike(value: Any, default: Any) -> bool:
    """Whether ``value`` can stand where ``default`` stands: of its type, or a whole number for another number."""
    if isinstance(default, list):
        return (
            isinstance(value, list)
            and bool(value and default)
            and all(_alike(one, default[0]) for one in value)
        )
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(default, int | str) and isinstance(value, type(default))


def _as(value: Any, default: Any) -> Any:
    if isinstance(default, list):
        return [_as(one, default[0]) for one in value]
    return float(value) if isinstance(default, float) else value
