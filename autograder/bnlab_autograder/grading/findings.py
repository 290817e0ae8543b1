"""What grading has noticed about one submission, in words that an instructor understands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One remark. ``code`` is a stable word for scripts, ``text`` a sentence for people."""

    code: str
    text: str
    cell: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def findings_from(items: Iterable[dict[str, Any]]) -> tuple[Finding, ...]:
    """The inverse of ``to_dict`` for a list of findings."""
    return tuple(Finding(**item) for item in items)
