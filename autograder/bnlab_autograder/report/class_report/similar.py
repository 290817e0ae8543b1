"""Answers that are more alike than chance makes them: a list to look at, never a verdict.

An answer becomes a sequence of tokens in which all names that the student chose are one, without comments, texts and
layout. What counts is runs of K tokens that few have: runs of the released code are left out, and a run weighs as many
bits as it is rare, log2(n / students who have it). So a short right answer in which half the class coincides weighs
nothing, and an unusual line that two share weighs much. An index from rare runs to their students finds the pairs; no
two answers are compared without such a run.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

K = 9  # tokens in a run
FEWEST = 5  # submissions; in fewer nothing can be called usual
RARE_AT_LEAST, RARE_SHARE = 5, 0.03  # a run is rare if so many students have it, or that share of the class
RUNS = 12  # rare runs that a pair must share: about two lines that few have
SIMILAR = 0.7  # of 1: the least similarity that is listed
MOST_PAIRS = 2_000_000  # pairs of students looked at; beyond that only rarer runs count

LEXER = re.compile(
    r"""
    (?P<skip>\#[^\n]*|\s+|\\\n)
  | (?P<text>[rbfuRBFU]{0,2}(?:\"{3}(?:[^\\]|\\.)*?(?:\"{3}|\Z)|'{3}(?:[^\\]|\\.)*?(?:'{3}|\Z)))
  | (?P<string>[rbfuRBFU]{0,2}(?:"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?))
  | (?P<number>(?:\d[\d_]*\.?[\d_]*|\.\d+)(?:[eE][+-]?\d+)?j?)
  | (?P<name>[^\W\d]\w*)
  | (?P<sign>\*\*=?|//=?|<<=?|>>=?|[-+*/%@&|^=!<>:]=|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
KEPT = (
    frozenset(keyword.kwlist)
    | frozenset(dir(builtins))
    | {"np", "self", "axis", "keepdims", "ddof", "out", "dtype"}
)
FACTOR = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to an exercise are alike."""

    exercise: str
    a: str
    b: str
    similarity: float  # of 1: the weight of the runs that both have, in that of the runs that one of them has
    runs: int  # rare runs that both have
    bits: float  # their weight

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def tokens(source: str, known: frozenset[str] = frozenset()) -> list[str]:
    """The tokens of a piece of code, names that are neither Python's nor ``known`` all alike."""
    found, before = [], ""
    for match in LEXER.finditer(source):
        kind, text = match.lastgroup, match.group()
        if kind in ("skip", "text"):
            continue
        if kind == "string":
            text = "''"
        elif kind == "name" and not (text in KEPT or text in known or before == "."):
            text = "name"
        found.append(text)
        before = text
    return found


def without_prose(source: str) -> str:
    """Code without comments, and with texts left empty: what may be shown of somebody who is not to be known."""

    def emptied(match: re.Match) -> str:
        text = match.group()
        if match.lastgroup == "skip" and text.startswith("#"):
            return "#"
        if match.lastgroup in ("string", "text"):
            return "'…'"
        return text

    return LEXER.sub(emptied, source)


def near_identical(
    answers: Mapping[str, str], released: Iterable[str] = (), exercise: str = ""
) -> list[Pair]:
    """The pairs of students whose answers to one exercise share enough of what is rare, the most striking first.

    Parameters
    ----------
    answers :
        The source by student.
    released :
        Sources that everybody was given.
    """
    n = len(answers)
    if n < FEWEST:
        return []
    released = list(released)
    known = frozenset(m.group() for text in released for m in LEXER.finditer(text) if m.lastgroup == "name")
    vocabulary: dict[str, int] = {}
    given = _union([_runs(text, known, vocabulary) for text in released])
    runs: dict[str, np.ndarray] = {}  # by source: many hand in the very same
    documents: dict[bytes, tuple[np.ndarray, list[str]]] = {}
    for student, source in answers.items():
        if source not in runs:
            runs[source] = np.setdiff1d(_runs(source, known, vocabulary), given, assume_unique=True)
        own = runs[source]
        if own.size:
            documents.setdefault(own.tobytes(), (own, []))[1].append(student)
    return sorted(
        (Pair(exercise, *found) for found in _alike(list(documents.values()), n)),
        key=lambda pair: (-pair.bits * pair.similarity, pair.a, pair.b),
    )


def _runs(source: str, known: frozenset[str], vocabulary: dict[str, int]) -> np.ndarray:
    """Digests of all runs of K tokens, sorted, each once."""
    ids = [vocabulary.setdefault(token, len(vocabulary) + 1) for token in tokens(source, known)]
    if len(ids) < K:
        return np.empty(0, np.uint64)
    numbers = np.array(ids, np.uint64)
    with np.errstate(over="ignore"):
        found = np.zeros(len(ids) - K + 1, np.uint64)
        for k in range(K):
            found = (found ^ numbers[k : len(ids) - K + 1 + k]) * FACTOR
            found ^= found >> np.uint64(29)
    return np.unique(found)


def _union(arrays: list[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate([np.empty(0, np.uint64), *arrays]))


def _alike(
    documents: list[tuple[np.ndarray, list[str]]], n: int
) -> Iterable[tuple[str, str, float, int, float]]:
    """Pairs with their similarity, rare runs in common, and the bits of these."""
    if not documents:
        return
    sizes = [runs.size for runs, _ in documents]
    where = np.repeat(np.arange(len(documents)), sizes)
    runs, index = np.unique(np.concatenate([runs for runs, _ in documents]), return_inverse=True)
    many = np.array([len(students) for _, students in documents])
    students_with = np.bincount(index, weights=many[where], minlength=runs.size)
    bits = np.log2(n / students_with)
    own = np.split(index, np.cumsum(sizes)[:-1])
    rare = students_with <= max(RARE_AT_LEAST, RARE_SHARE * n)

    for number, (_, students) in enumerate(documents):
        mine = own[number][rare[own[number]]]
        if len(students) > 1 and mine.size >= RUNS:
            for a, b in combinations(students, 2):
                yield a, b, 1.0, int(mine.size), float(bits[mine].sum())

    shared = _shared(where, index, rare & (students_with > 1))
    for (i, j), count in shared.items():
        if count < RUNS:
            continue
        common = np.intersect1d(own[i], own[j], assume_unique=True)
        weight = bits[common].sum()
        whole = bits[own[i]].sum() + bits[own[j]].sum() - weight
        if whole > 0 and weight >= SIMILAR * whole:
            striking = float(bits[common[rare[common]]].sum())
            for a in documents[i][1]:
                for b in documents[j][1]:
                    yield (*sorted((a, b)), float(weight / whole), int(count), striking)


def _shared(where: np.ndarray, index: np.ndarray, rare: np.ndarray) -> Counter[tuple[int, int]]:
    """How many rare runs two documents share. Runs with the same documents are looked at together."""
    kept = np.flatnonzero(rare[index])
    kept = kept[np.lexsort((where[kept], index[kept]))]
    edges = np.flatnonzero(np.diff(index[kept], prepend=-1))
    lists: Counter[tuple[int, ...]] = Counter(
        tuple(group.tolist()) for group in np.split(where[kept], edges[1:]) if group.size > 1
    )
    shared: Counter[tuple[int, int]] = Counter()
    room = MOST_PAIRS
    for group, count in sorted(lists.items(), key=lambda item: len(item[0])):
        room -= math.comb(len(group), 2)
        if room < 0:
            break
        for pair in combinations(group, 2):
            shared[pair] += count
    return shared


def groups(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """Pairs that hang together, the most striking group first."""
    pairs = list(pairs)
    leader: dict[str, str] = {}

    def find(student: str) -> str:
        while leader.setdefault(student, student) != student:
            leader[student] = leader[leader[student]]
            student = leader[student]
        return student

    for pair in pairs:
        leader[find(pair.a)] = find(pair.b)
    found: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        found[find(pair.a)].append(pair)
    return sorted(found.values(), key=lambda group: -max(pair.bits for pair in group))
