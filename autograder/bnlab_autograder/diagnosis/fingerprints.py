"""Makes the file of fingerprints by which students learn which mistake they make.

    python -m bnlab_autograder.diagnosis.fingerprints [FILE]

writes it, without FILE into the ``bnlab`` of this Python. (A release makes its own; the file is not kept in the
repository.) The same bank, reference and probes give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import bnlab.diagnosis
import numpy as np
from bnlab.checks import HELPERS
from bnlab.checks.exercise import fresh
from bnlab.diagnosis.names import FILE, Fingerprint, Known, signature_of
from bnlab.diagnosis.signature import Signature, digest
from bnlab.diagnosis.witness import equal
from platformdirs import user_cache_path

from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.diagnosis.bank import Entry, compose, load_bank, namespace

PAGE = "mistakes.md"
HEADING = re.compile(r'^#+ <a id="([^"]+)"></a>(.+)$', re.MULTILINE)
SALT = 8  # digits
NUDGE = 1e-15  # relative
ARRAYS = np.ndarray | list | dict


class Spelling(NamedTuple):
    """How a signature is written."""

    whole: bytes
    ordinary: bytes  # that of ordinary probes alone; empty if it is right, or noise, or there are no others


def fingerprints_file(files: Assets, folder: Path | None = None) -> bytes | None:
    """The contents of the file; None if there is no bank.

    ``folder``: where results are kept, those of all course folders; the user's cache if not given.
    """
    if not files.mutants.is_dir():
        return None
    inputs = _inputs(files)
    kept = (folder or user_cache_path("bnlab") / "fingerprints") / f"{inputs}.json"
    if kept.is_file():
        return kept.read_bytes()
    raw = _made(files.mutants, files.pages, inputs)
    if _inputs(files) != inputs:
        return raw  # somebody is editing: nobody knows what this was made from
    with suppress(OSError):  # a home that cannot be written to
        kept.parent.mkdir(parents=True, exist_ok=True)
        scratch = kept.with_name(f".{kept.name}.{os.getpid()}")
        scratch.write_bytes(raw)
        os.replace(scratch, kept)
    return raw


def known_mistakes(mutants: Mapping[str, Entry], titles: Mapping[str, str]) -> Known:
    """The fingerprints of all mutants that can be told apart by what they do.

    One that does what the reference does, or what a mutant of another mistake does, has none; nor has one whose
    answers are noise, or that never answers.
    """
    found: dict[str, list[tuple[Entry, Spelling]]] = {}
    for _, entry in sorted(mutants.items()):
        if entry.points != "full" and (spelling := _spelling(entry)):
            found.setdefault(entry.exercise, []).append((entry, spelling))
    tables = {exercise: tuple(_table(exercise, found[exercise])) for exercise in HELPERS if exercise in found}
    tables = {exercise: table for exercise, table in tables.items() if table}
    named = sorted({one.mistake for table in tables.values() for one in table})
    return Known(tables, {name: titles.get(name, name.replace("-", " ")) for name in named}, PAGE)


def titles_in(page: Path) -> dict[str, str]:
    """The headings of a page by their anchors."""
    return dict(HEADING.findall(page.read_text(encoding="utf-8"))) if page.is_file() else {}


def signature(
    entry: Entry | None, exercise: str, wrapped: Callable[[Callable], Callable] = lambda function: function
) -> Signature | None:
    """What a course of the bank does in the probes of ``exercise``."""
    course = namespace(entry)
    helpers = {name: course[name] for name in HELPERS[exercise]}
    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return signature_of(exercise, course[exercise], helpers, wrapped=wrapped)


def nudged(function: Callable) -> Callable:
    """``function`` as it answers where its arguments are off by a few units in the last place."""

    def call(*arguments: Any) -> Any:
        moved = [_nudged(fresh(argument)) for argument in arguments]
        before = [fresh(argument) for argument in moved]
        try:
            return function(*moved)
        finally:
            for argument, was, now in zip(arguments, before, moved, strict=True):
                _write_back(argument, was, now)

    return call


def _write_back(argument: Any, was: Any, now: Any) -> None:
    """Let an argument have what a call has made of its nudged copy, where it has changed that at all."""
    if isinstance(argument, np.ndarray):
        if not equal(was, now):
            argument[...] = now
    elif isinstance(argument, list):
        for item, before, after in zip(argument, was, now, strict=False):
            _write_back(item, before, after)
    elif isinstance(argument, dict):
        for key, value in now.items():
            if key not in was or not isinstance(value, ARRAYS) or not equal(was[key], value):
                argument[key] = value


def _spelling(entry: Entry) -> Spelling | None:
    """How the signature of a mutant is written; None if that says nothing about it."""
    seen, again = (signature(entry, entry.exercise, wrapped) for wrapped in (lambda f: f, nudged))
    whole, ordinary = _settled(seen, again), _settled(*(one and one.without_edges() for one in (seen, again)))
    right = _right(entry.exercise)
    if not whole or whole in right:
        return None
    return Spelling(whole, ordinary if ordinary not in right else b"")


def _settled(seen: Signature | None, again: Signature | None) -> bytes:
    """The spelling of a signature that a nudge leaves as it is; empty if there is none."""
    spelling = next(seen.spellings(), b"") if seen else b""
    return spelling if again and spelling in set(again.spellings()) else b""


@cache
def _right(exercise: str) -> frozenset[bytes]:
    """The spellings of the reference, whole and without edges."""
    seen = signature(None, exercise)
    parts = (seen, seen.without_edges()) if seen else ()
    return frozenset(spelling for part in parts if part for spelling in part.spellings())


def _table(exercise: str, found: list[tuple[Entry, Spelling]]) -> Iterator[Fingerprint]:
    """A row for each spelling that belongs to one mistake, in an order that says nothing about the bank's modules."""
    mistakes: dict[bytes, set[str]] = {}
    for entry, spelling in found:
        for part in spelling:
            mistakes.setdefault(part, set()).add(entry.mistake)
    rows = {}
    for entry, spelling in found:
        if len(mistakes[spelling.whole]) > 1:
            continue
        salt = hashlib.sha256(f"{exercise} {entry.mistake} ".encode() + spelling.whole).hexdigest()[:SALT]
        alone = spelling.ordinary and len(mistakes[spelling.ordinary]) == 1
        ordinary = digest(spelling.ordinary, salt) if alone else ""
        row = Fingerprint(salt, digest(spelling.whole, salt), ordinary, entry.mistake, entry.message)
        rows.setdefault(salt, row)
    yield from (rows[salt] for salt in sorted(rows))


@cache
def _made(mutants: Path, pages: Path, inputs: str) -> bytes:
    known = known_mistakes(load_bank(mutants), titles_in(pages / PAGE))
    return (json.dumps(known.to_dict(), ensure_ascii=False, indent=1) + "\n").encode()


def _inputs(files: Assets) -> str:
    """A digest of everything that the file is made from."""
    library = Path(bnlab.diagnosis.__file__).parents[1]
    modules = [*library.rglob("*.py"), Path(__file__), Path(__file__).with_name("bank.py")]
    sources = [*sorted(files.mutants.glob("*.py")), files.pages / PAGE, *sorted(modules)]
    sha = hashlib.sha256(compose(None).encode() + np.__version__.encode())
    for path in sources:
        sha.update(hashlib.sha256(path.read_bytes() if path.is_file() else b"").digest())
    return sha.hexdigest()[:16]


def _nudged(value: Any) -> Any:
    """Each number its own way; equal ones stay equal, and 0 stays."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value * (1 + NUDGE * np.cos(1e3 * value))
    if isinstance(value, list):
        return [_nudged(item) for item in value]
    if type(value) is dict:
        return {key: _nudged(item) for key, item in value.items()}
    return value


def main() -> None:
    raw = fingerprints_file(assets())
    if raw is None:
        sys.exit("there is no bank of mutants here")
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else assets().library / "diagnosis" / FILE
    path.write_bytes(raw)
    print(path)


if __name__ == "__main__":
    main()
