"""What other versions of a stage gave to their students, so that nobody is blamed for having started from one.

Every published version stays in ``.bnlab/releases/STAGE/VERSION``. A submission may come from any of them: its cells
may be those of that version, and then they are neither the student's own nor changed by the student.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

STUDENTS = "release"  # the folder of a published version that holds what students were given


@dataclass(frozen=True)
class GivenCell:
    """A cell as a version had it."""

    kind: str
    source: str  # without white space around it
    grade_id: str | None
    marks: Mapping[str, Any]  # its nbgrader metadata


@dataclass(frozen=True)
class Versions:
    """The cells of other versions of a stage, by version."""

    cells: Mapping[str, tuple[GivenCell, ...]] = field(default_factory=dict)

    @classmethod
    def published(cls, folder: Path, but: str) -> Versions:
        """Those in ``.bnlab/releases/STAGE``, all but one. A version that cannot be read is left out."""
        found = {}
        for path in sorted(folder.glob(f"[!.]*/{STUDENTS}/{folder.name}.ipynb")):
            version = path.parent.parent.name
            if version != but:
                try:
                    data = json.loads(path.read_text(encoding="utf-8"))
                    found[version] = tuple(_given(cell) for cell in data["cells"])
                except (OSError, ValueError, LookupError, TypeError, AttributeError):
                    continue
        return cls(found)

    def gave(self, source: str) -> bool:
        """Whether some version gave this very text to its students."""
        return source.strip() in self._texts

    def gave_as(self, grade_id: str, source: str) -> bool:
        """Whether some version gave this very text in the cell of this name."""
        return any(cell.source == source.strip() for cell in self.of(grade_id))

    def of(self, grade_id: str) -> tuple[GivenCell, ...]:
        """The cells of this name."""
        return tuple(self._named[grade_id])

    def lacks(self, version: str | None, grade_id: str) -> bool:
        """Whether ``version`` is known and had no cell of this name."""
        return version in self.cells and all(cell.grade_id != grade_id for cell in self.cells[version])

    @cached_property
    def _texts(self) -> frozenset[str]:
        return frozenset(cell.source for cells in self.cells.values() for cell in cells)

    @cached_property
    def _named(self) -> defaultdict[str, list[GivenCell]]:
        named = defaultdict(list)
        for cells in self.cells.values():
            for cell in cells:
                if cell.grade_id:
                    named[cell.grade_id].append(cell)
        return named


def _given(cell: Mapping[str, Any]) -> GivenCell:
    marks = cell["metadata"].get("nbgrader", {})
    return GivenCell(cell["cell_type"], "".join(cell["source"]).strip(), marks.get("grade_id"), marks)
