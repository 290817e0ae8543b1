"""Which tests find which bugs, as a table that a notebook shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from bnlab.clinic.implementation import served
from bnlab.clinic.samples import SAMPLES, Sample
from bnlab.clinic.suite import UNWRITTEN, run_tests


@dataclass(frozen=True)
class Row:
    """A bug, and the tests that fail on it and pass on correct code."""

    topic: str
    bug: str
    killed_by: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """What a class of tests makes of a number of bugs.

    Attributes
    ----------
    rows : tuple of Row
    tests : tuple of str
        The tests that count: they pass on correct code.
    wrong : dict of str to str
        Tests that fail on correct code, and how.
    """

    rows: tuple[Row, ...]
    tests: tuple[str, ...]
    wrong: dict[str, str]

    @property
    def killed(self) -> int:
        return sum(bool(row.killed_by) for row in self.rows)

    @property
    def topics(self) -> dict[str, tuple[int, int]]:
        """Kills and bugs by topic."""
        topics: dict[str, tuple[int, int]] = {}
        for row in self.rows:
            kills, bugs = topics.get(row.topic, (0, 0))
            topics[row.topic] = kills + bool(row.killed_by), bugs + 1
        return topics

    def __str__(self) -> str:
        lines = [f"{self.killed} of {len(self.rows)} bugs found by {len(self.tests)} tests"]
        for row in self.rows:
            found = ", ".join(row.killed_by) or "survives"
            lines.append(f"  {'✓' if row.killed_by else '✗'} {row.topic}: {row.bug} – {found}")
        lines += [f"  ! {name} fails on correct code: {how}" for name, how in self.wrong.items()]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(row.topic)}</td><td style='text-align:left'>{escape(row.bug)}</td>"
            f"<td>{'✓' if row.killed_by else '✗'}</td>"
            f"<td style='text-align:left'>{escape(', '.join(row.killed_by)) or '<b>survives</b>'}</td></tr>"
            for row in self.rows
        )
        wrong = "".join(
            f"<p><b>{escape(name)} fails on correct code</b> and does not count: {escape(how)}</p>"
            for name, how in self.wrong.items()
        )
        return (
            f"<p><b>{self.killed} of {len(self.rows)}</b> bugs found by {len(self.tests)} tests</p>{wrong}"
            "<table><thead><tr><th>topic</th><th style='text-align:left'>bug</th><th></th>"
            f"<th style='text-align:left'>found by</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def practise(tests: type, *, bugs: Mapping[str, Sample] = SAMPLES, **functions: Callable) -> Board:
    """Try the tests of a class on sample bugs.

    Parameters
    ----------
    tests : class
        With methods ``test_…(self, bn)``.
    bugs : mapping of str to Sample
    functions : callable
        A correct implementation: ``batchnorm_forward``, ``batchnorm_backward``, ``spatial_batchnorm_forward`` and
        ``spatial_batchnorm_backward``.
    """
    right = run_tests(tests, served(functions))["tests"]
    wrong = {name: how for name, how in right.items() if how not in ("", UNWRITTEN)}
    counted = tuple(name for name, how in right.items() if not how)
    rows = []
    for bug in bugs.values():
        found = run_tests(tests, served(bug.planted(functions)), counted)["tests"]
        rows.append(Row(bug.topic, bug.says, tuple(name for name in counted if found[name])))
    return Board(tuple(rows), counted, wrong)
