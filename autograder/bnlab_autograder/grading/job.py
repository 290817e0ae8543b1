"""What phase 2 takes and returns: plain data that can travel to another machine and be stored.

A ``Verdict`` is a pure function of its ``Job``; so the job's key is the key of the result.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import msgpack

DRAWS = re.compile(r"matplotlib|pylab|\bplt\b|\bplots\b")
IMPORTS_PLOTS = re.compile(
    r"^from bnlab\.plots import \w+ as plots$", re.MULTILINE
)  # which alone draws nothing


@dataclass(frozen=True)
class Cell:
    """A code cell to run. After a cell with an ``exercise``, that exercise's hidden cases are judged."""

    id: str
    source: str
    exercise: str | None = None


@dataclass(frozen=True)
class Job:
    """One submission to execute and judge."""

    stage: str
    cells: tuple[Cell, ...]
    files: Mapping[str, bytes]  # support files of the release
    seed: bytes  # of the hidden cases' inputs
    limits: Mapping[str, float]
    environment: str  # what else decides about the result: hidden cases, tier, versions
    graded: bool = True  # experiments at the length for grading

    @property
    def exercises(self) -> tuple[str, ...]:
        return tuple(cell.exercise for cell in self.cells if cell.exercise)

    @property
    def plots(self) -> bool:
        """Whether its cells seem to draw. They may do so anyhow; it then takes them longer."""
        return any(DRAWS.search(IMPORTS_PLOTS.sub("", cell.source)) for cell in self.cells)

    @cached_property
    def key(self) -> str:
        """A digest of everything that the verdict depends on."""
        return hashlib.sha256(msgpack.packb(self.to_dict(), use_bin_type=True)).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "cells": [[cell.id, cell.source, cell.exercise] for cell in self.cells],
            "files": dict(sorted(self.files.items())),
            "seed": self.seed,
            "limits": dict(sorted(self.limits.items())),
            "environment": self.environment,
            "graded": self.graded,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Job:
        return cls(**{**data, "cells": tuple(Cell(*cell) for cell in data["cells"])})


@dataclass
class CaseResult:
    """How one hidden case ended for one submission."""

    exercise: str
    name: str
    passed: bool
    says: str = ""
    topic: str = ""
    detail: str = ""  # what was seen, in words that the student may read
    kind: str = "passed"  # "passed", "wrong", "error", "missing" (not implemented), "time", "died", "fault"
    where: str = ""  # the student's function in which an error was raised
    inherited: list[str] = field(default_factory=list)  # exercises whose fault explains this one
    remarks: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass
class CellRun:
    """What running one cell gave."""

    id: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    execution_count: int | None = None
    ok: bool = True
    seconds: float = 0.0


@dataclass
class Verdict:
    """What executing and judging a submission gave."""

    cells: list[CellRun] = field(default_factory=list)
    cases: list[CaseResult] = field(default_factory=list)
    ended: str = ""  # why execution stopped before the last cell, in a sentence
    ended_in: str = ""  # the id of that cell
    tier: str = ""
    usage: dict[str, float] = field(default_factory=dict)
    diagnosis: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # known mistakes by exercise
    alike: dict[str, list[str]] = field(default_factory=dict)  # mutants that do the very same, by exercise

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Verdict:
        cells = [CellRun(**cell) for cell in data["cells"]]
        cases = [CaseResult(**case) for case in data["cases"]]
        return cls(**{**data, "cells": cells, "cases": cases})


def packed(data: Mapping[str, Any]) -> bytes:
    return msgpack.packb(data, use_bin_type=True)


def unpacked(raw: bytes) -> dict[str, Any]:
    return msgpack.unpackb(raw, strict_map_key=False)
