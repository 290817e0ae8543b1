"""Figures of the bug clinic: which tests find which bugs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bnlab.plots.style import BLUE, VERMILLION, figure, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnlab.clinic import Board
    from bnlab.plots.plot import Plot

ROW, COLUMN = 0.27, 0.42  # inches


def kill_board(board: Board, title: str = "Which test finds which bug") -> Plot:
    """A row for each bug and a column for each test: a dot where the test fails, as it should."""
    rows, tests = board.rows, board.tests
    longest = max(len(f"{row.topic}: {row.bug}") for row in rows)
    width, height = 0.075 * longest + COLUMN * max(len(tests), 1) + 0.8, ROW * len(rows) + 1.6
    fig, ax = figure(title=title, panel=(width, height))
    ax.set_position(
        [
            0.072 * longest / width,
            1.25 / height,
            1 - (0.072 * longest + 0.6) / width,
            ROW * len(rows) / height,
        ]
    )
    for y, row in enumerate(rows):
        if not row.killed_by:
            ax.axhspan(y - 0.5, y + 0.5, color=VERMILLION, alpha=0.25, linewidth=0)
            ax.text(len(tests) - 0.4, y, "survives", va="center", color=VERMILLION, fontsize=8)
        places = [tests.index(name) for name in row.killed_by]
        ax.plot(places, np.full(len(places), y), "o", color=BLUE, markersize=7)
    ax.set_yticks(range(len(rows)), [f"{row.topic}: {row.bug.rstrip('.')}" for row in rows])
    ax.set_xticks(range(len(tests)), [name.removeprefix("test_").replace("_", " ") for name in tests])
    ax.tick_params(axis="x", labelrotation=60)
    for text in ax.get_xticklabels():
        text.set_horizontalalignment("right")
    ax.set_xlim(-0.5, max(len(tests), 1) - 0.5)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.grid(True, color="#DDDDDD", linewidth=0.6)
    ax.set_axisbelow(True)
    label(ax, "test", "")
    return fig


def kills_by_topic(boards: Mapping[str, Board]) -> Plot:
    """For each topic the share of the bugs that a class of tests finds, side by side for several classes."""
    topics = list(next(iter(boards.values())).topics)
    fig, ax = figure(title="Bugs found, by topic", panel=(6.4, 2.8))
    wide = 0.8 / len(boards)
    for number, (name, board) in enumerate(boards.items()):
        found = [board.topics[topic] for topic in topics]
        places = np.arange(len(topics)) + (number - (len(boards) - 1) / 2) * wide
        look = {
            "color": (VERMILLION, BLUE)[number % 2],
            "hatch": ("//", "")[number % 2],
            "edgecolor": "white",
        }
        ax.bar(places, [100 * kills / bugs for kills, bugs in found], wide, label=name, **look)
        for place, (kills, bugs) in zip(places, found, strict=True):
            ax.text(place, 100 * kills / bugs + 2, f"{kills}/{bugs}", ha="center", fontsize=7)
    ax.set_xticks(range(len(topics)), [topic.replace(" ", "\n") for topic in topics])
    ax.set_ylim(0, 125)
    ax.set_yticks([0, 50, 100])
    label(ax, "", "found (%)")
    ax.legend(frameon=False, fontsize=8, loc="upper right", ncols=len(boards))
    return fig
