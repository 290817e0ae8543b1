"""What must not be in a release: answers, hidden cases, mutants, bytecode, secrets, paths of this machine.

Looked for in everything that goes out, however it is packed: cells, outputs, metadata and attachments of notebooks,
archives and wheels, strings in base64. Code is compared token by token, so that other spaces, quotes or comments
hide nothing; prose word by word.
"""

from __future__ import annotations

import ast
import base64
import binascii
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from bnlab_autograder.curriculum import STAGES, Stage
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.release.answers import (
    BEGIN,
    END,
    Class,
    functions_of,
    previous_stages_source,
    written_answers,
)

# So many tokens, or words, in a row are a leak. Calls look alike in all checks, and so do first lines of formulas.
CODE, MUTANT, CASES, PROSE = 24, 40, 64, 12
LEAST = 12  # tokens of an answer that is shorter
DEPTH = 4  # of archives and base64 within each other
MARKS = (BEGIN.lstrip("# "), END.lstrip("# "), "bnlab_solutions", "bnlab_autograder")
BYTECODE = (".pyc", ".pyo", ".so", ".pyd")
ZIP, GZIP = b"PK\x03\x04", b"\x1f\x8b"

_TOKEN = re.compile(r"#[^\n]*|(?P<token>\"\"\"|'''|[^\W\d]\w*|\d[\w.]*|[^\w\s])")
_WORD = re.compile(r"[^\W_]+")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4}\s?){12,}[A-Za-z0-9+/_-]{0,4}={0,2}")
_PATHS = re.compile(r"(?:/home|/Users|/root|/tmp|/var/folders)/[\w.-]+/[\w.-]+|\b[A-Z]:\\Users\\[\w.-]+")

Run = tuple[str, ...]


@dataclass(frozen=True)
class Leak:
    """Something in a release that students must not have."""

    kind: str  # "answer", "written answer", "case", "mutant", "bytecode", "path", "secret" or "mark"
    place: str  # the file, and what in it
    what: str  # whose it is

    @property
    def text(self) -> str:
        said = {
            "answer": f"code of the answer to {self.what}",
            "written answer": f"words of the model answer to {self.what}",
            "case": f"code of the hidden cases in {self.what}",
            "mutant": f"code of the mutant {self.what}",
            "bytecode": "compiled code",
            "path": f"a path of this machine, {self.what}",
            "secret": "the secret of the course folder",
            "mark": f"the words {self.what}",
        }
        return f"{self.place} holds {said[self.kind]}"


@dataclass(frozen=True)
class Part:
    """A piece of a release."""

    place: str
    raw: bytes
    packed: bool = False  # what is in it comes as parts of their own

    @property
    def text(self) -> str:
        return self.raw.decode("utf-8", "replace")


def leaks(
    stage: Stage,
    released: Mapping[str, bytes],
    *,
    hidden: Path,
    mutants: Path,
    written: Path,
    secrets: Iterable[bytes] = (),
    roots: Iterable[Path] = (),
) -> list[Leak]:
    """Everything in ``released`` that must not be there, each kind and place once.

    Parameters
    ----------
    stage : Stage
        Answers to it and to later stages are looked for; earlier ones may be in ``previous_stages``.
    released : mapping
        Contents by path.
    hidden, mutants, written : Path
        The folders of the hidden cases, of the bank, and of the model answers.
    secrets : iterable of bytes
    roots : iterable of Path
        Folders of this machine whose names must not occur, such as the course folder.
    """
    code = _secret_code(stage, hidden, mutants)
    prose = _secret_prose(stage, written)
    lengths = sorted({len(run) for run in code})
    names = [str(root.resolve()) for root in roots]
    found: dict[tuple[str, str], Leak] = {}
    for part in (part for name, raw in released.items() for part in parts(name, raw)):
        for leak in _in_part(part, code, lengths, prose, tuple(secrets), names):
            found.setdefault((leak.kind, leak.place), leak)
    return list(found.values())


def parts(place: str, raw: bytes, depth: int = 0) -> Iterator[Part]:
    """A file and all that is packed in it."""
    text = raw.decode("utf-8", "replace")
    inside = _json(text) if text.lstrip()[:1] in ("{", "[") and depth < DEPTH else None
    yield Part(place, raw, inside is not None)
    if depth == DEPTH:
        return
    if raw[:4] == ZIP:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                yield from parts(f"{place}/{name}", archive.read(name), depth + 1)
        return
    if raw[:2] == GZIP:
        yield from parts(f"{place} (unpacked)", gzip.decompress(raw), depth + 1)
        return
    if inside is not None:
        for where, string in _strings(inside):
            yield from parts(f"{place}, {where}", string.encode("utf-8", "replace"), depth + 1)
        return
    for number, match in enumerate(_BASE64.finditer(text)):
        packed = "".join(match.group().split()).replace("-", "+").replace("_", "/").rstrip("=")
        try:
            content = base64.b64decode(packed + "=" * (-len(packed) % 4))
        except (binascii.Error, ValueError):
            continue
        yield from parts(f"{place} (base64, number {number})", content, depth + 1)


def _json(text: str) -> object:
    """What ``text`` says if it is JSON, else None."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _strings(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """The strings in JSON; a list of lines, as in notebooks, is one."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        yield where, "".join(value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _strings(item, f"{where} {number}".strip())
    elif isinstance(value, dict):
        for key, item in value.items():
            yield where, key
            yield from _strings(item, f"{where} {key}".strip())


def _in_part(
    part: Part,
    code: Mapping[Run, tuple[str, str]],
    lengths: list[int],
    prose: Mapping[Run, str],
    secrets: tuple[bytes, ...],
    names: list[str],
) -> Iterator[Leak]:
    text = part.text
    if part.place.endswith(BYTECODE) or "__pycache__" in part.place or part.raw[2:4] == b"\r\n":
        yield Leak("bytecode", part.place, "")
    if any(secret in part.raw for secret in secrets):
        yield Leak("secret", part.place, "")
    for mark in MARKS:
        if mark in text:
            yield Leak("mark", part.place, mark)
    path = next((name for name in names if name in text), None) or next(iter(_PATHS.findall(text)), None)
    if path:
        yield Leak("path", part.place, path)
    if part.packed:
        return
    tokens = _tokens(text)
    for run in (run for length in lengths for run in _runs(tokens, length)):
        if run in code:
            yield Leak(code[run][0], part.place, code[run][1])
            break
    for run in _runs(_words(text), PROSE):
        if run in prose:
            yield Leak("written answer", part.place, prose[run])
            break


@lru_cache(maxsize=2)
def _secret_code(stage: Stage, hidden: Path, mutants: Path) -> dict[Run, tuple[str, str]]:
    """Runs of tokens that must not be released, with the kind and the name of what they belong to."""
    given = [previous_stages_source(stage)]  # and what is shown of classes: a mutant repeats it
    given += [one.shown for one in functions_of(stage).values() if isinstance(one, Class)]
    allowed = {run for text in given for length in (CODE, MUTANT) for run in _runs(_tokens(text), length)}
    found: dict[Run, tuple[str, str]] = {}
    for name, source in _mutant_code(mutants).items():
        found |= dict.fromkeys(_runs(_tokens(source), MUTANT), ("mutant", name))
    for path in sorted(hidden.glob("*.py")):
        found |= dict.fromkeys(_runs(_tokens(_without_imports(path)), CASES), ("case", path.name))
    for later in reversed(STAGES[STAGES.index(stage) :]):  # where two are alike, the first gives the name
        for name, function in reversed(functions_of(later).items()):
            if not (later is stage and name in stage.given):
                tokens = _tokens(function.body)
                runs = _runs(tokens, min(CODE, max(len(tokens), LEAST)))
                found |= dict.fromkeys(runs, ("answer", name))
    return {run: whose for run, whose in found.items() if run not in allowed}


@cache
def _mutant_code(folder: Path) -> dict[str, str]:
    """What each mutant defines, without what it tells about itself: that is for students."""
    if not folder.is_dir():
        return {}
    return {
        name: "\n".join(
            ast.unparse(node)
            for node in ast.parse(entry.source).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        )
        for name, entry in load_bank(folder).items()
    }


def _without_imports(path: Path) -> str:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return "\n".join(ast.unparse(node) for node in body if not isinstance(node, ast.Import | ast.ImportFrom))


def _secret_prose(stage: Stage, written: Path) -> dict[Run, str]:
    return {
        run: name
        for later in STAGES[STAGES.index(stage) :]
        for name, text in written_answers(written, later.name).items()
        for run in _runs(_words(text), PROSE)
    }


def _tokens(text: str) -> list[str]:
    """Names, numbers and signs of code; comments left out, all quotes alike."""
    found = (match.group("token") for match in _TOKEN.finditer(text))
    return ['"' if token in ("'", '"""', "'''") else token for token in found if token is not None]


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _runs(items: list[str], length: int) -> Iterator[Run]:
    return (tuple(items[start : start + length]) for start in range(len(items) - length + 1))
