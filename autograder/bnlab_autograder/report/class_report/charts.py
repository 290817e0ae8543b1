"""The pictures of the report: Matplotlib's figures as SVG that lies in the page itself.

Lines and letters take the colour of the text around them, so that a picture fits a light page, a dark one and paper.
The other colours are Okabe and Ito's, which people who see few colours can tell apart; what they mean is said in words
as well.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

INK = "#010203"  # becomes the colour of the text around it
BLUE, ORANGE, RED, GREY = "#0072b2", "#e69f00", "#d55e00", "#8d939b"
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "bnlab",
    "text.parse_math": False,
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "hatch.linewidth": 0.6,
    "hatch.color": INK,
    "axes.axisbelow": True,
}
MOST_MISTAKES = 12  # in the map of what occurs together


def scores(name: str, numbers: Mapping[str, Any], title: str) -> Markup:
    """The distribution of points of one stage."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(4.3, 2.1), layout="constrained")
        axes = figure.subplots()
        _distribution(axes, numbers)
        axes.set_ylabel("students")
        return _svg(figure, name, f"Distribution of points in {title}: {_in_words(numbers)}")


def exercises(name: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """The distribution of points of each exercise, in small."""
    with matplotlib.rc_context(STYLE):
        columns = min(3, len(rows))
        lines = -(-len(rows) // columns)
        figure = Figure(figsize=(1.95 * columns, 1.3 * lines), layout="constrained")
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
        for axes, row in zip(grid, rows, strict=False):
            _distribution(axes, row)
            axes.set_title(row["exercise"])
        for axes in grid[len(rows) :]:
            axes.set_visible(False)
        said = "; ".join(f"{row['exercise']}: {_in_words(row)}" for row in rows)
        return _svg(figure, name, f"Distribution of points in each exercise. {said}")


def _distribution(axes: Axes, numbers: Mapping[str, Any]) -> None:
    counts = numbers["counts"]
    if counts:
        axes.bar(range(len(counts) - 1), counts[:-1], width=0.9, align="edge", color=BLUE)
        axes.bar([len(counts) - 0.6], counts[-1:], width=0.9, align="edge", color=ORANGE)
    axes.set_xticks([0, 5, 10.85], ["0", "50 %", "full"])
    axes.yaxis.get_major_locator().set_params(integer=True, nbins=4)
    axes.tick_params(length=2)


def _in_words(numbers: Mapping[str, Any]) -> str:
    if not numbers["n"]:
        return "nobody"
    return (
        f"{numbers['n']} students, mean {numbers['mean']:.1f} of {numbers['max']:g}, "
        f"{numbers['full']} with full marks, {numbers['zero']} with none"
    )


def cases(name: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """How each hidden case ended: passed, or failed with a named mistake, through another exercise, or unexplained."""
    with matplotlib.rc_context(STYLE):
        places, labels, at = [], [], 0.0
        heads: dict[str, float] = {}
        for row in rows:
            if row["exercise"] not in heads:
                at += 1.5 if heads else 0.9
                heads[row["exercise"]] = at - 0.85
            places.append(at)
            labels.append(row["case"].replace("_", " "))
            at += 1
        figure = Figure(figsize=(6.4, 0.19 * at + 0.75), layout="constrained")
        axes = figure.subplots()
        left = [0.0] * len(rows)
        parts = (
            ("passed", BLUE, 0.35, None, [row["passed"] for row in rows]),
            ("a known mistake", ORANGE, 1, None, [_named(row) for row in rows]),
            ("through another exercise", GREY, 1, None, [row["elsewhere"] for row in rows]),
            ("no name", RED, 1, "////", [row["unexplained"] for row in rows]),
        )
        for label, colour, alpha, hatch, values in parts:
            share = [100 * value / row["n"] for value, row in zip(values, rows, strict=True)]
            axes.barh(
                places, share, 0.75, left, color=colour, alpha=alpha, hatch=hatch, label=label, linewidth=0
            )
            left = [a + b for a, b in zip(left, share, strict=True)]
        axes.set_yticks(places, labels)
        for exercise, where in heads.items():
            axes.text(0, where, exercise, weight="bold", fontsize=8, va="center")
        axes.set_ylim(at - 0.4, -0.6)
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
        axes.tick_params(length=0)
        axes.spines[["left", "bottom"]].set_visible(False)
        figure.legend(loc="outside upper left", ncols=4, handlelength=1.2, columnspacing=1.2)
        hardest = sorted(rows, key=lambda row: row["share"])[:3]
        said = "; ".join(
            f"{r['exercise']}, {r['case'].replace('_', ' ')}: {r['failed']} of {r['n']}" for r in hardest
        )
        return _svg(
            figure, name, f"How each hidden case ended. Most failed: {said}. The table has all numbers."
        )


def _named(row: Mapping[str, Any]) -> int:
    return row["failed"] - row["elsewhere"] - row["unexplained"]


def together(name: str, mistakes: Sequence[Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]) -> Markup:
    """Of those who made the mistake of a row, the share who made that of a column; meant pairs have a frame."""
    meant = {frozenset((pair["a"], pair["b"])) for pair in pairs}
    names = list(dict.fromkeys(name for pair in pairs for name in (pair["a"], pair["b"])))[:MOST_MISTAKES]
    shown = [m for m in mistakes if m["mistake"] in names]
    common = [[len(set(a["students"]) & set(b["students"])) for b in shown] for a in shown]
    strongest = max(
        n / a["count"]
        for a, row in zip(shown, common, strict=True)
        for b, n in zip(shown, row, strict=True)
        if a is not b
    )
    with matplotlib.rc_context(STYLE):
        size = len(shown)
        figure = Figure(figsize=(3.1 + 0.34 * size, 0.45 + 0.28 * size), layout="constrained")
        axes = figure.subplots()
        for i, row in enumerate(shown):
            for j, column in enumerate(shown):
                both = common[i][j]
                if i != j and both:
                    strength = both / row["count"] / strongest
                    axes.add_patch(
                        Rectangle((j - 0.5, i - 0.5), 1, 1, color=BLUE, alpha=0.6 * strength, lw=0)
                    )
                if both or i == j:
                    weight = "bold" if i == j else "normal"
                    axes.text(j, i, str(both), ha="center", va="center", fontsize=8, weight=weight)
                if frozenset((row["mistake"], column["mistake"])) in meant and i != j:
                    axes.add_patch(Rectangle((j - 0.45, i - 0.44), 0.9, 0.88, fill=False, ec=INK, lw=0.9))
        axes.set_xlim(-0.5, size - 0.5)
        axes.set_ylim(size - 0.5, -0.5)
        axes.xaxis.tick_top()
        axes.set_xticks(range(size), [str(k + 1) for k in range(size)])
        axes.set_yticks(
            range(size),
            [f"{textwrap.shorten(m['title'], 44, placeholder=' …')}  {k + 1}" for k, m in enumerate(shown)],
        )
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        said = "; ".join(f"{p['title_a']} and {p['title_b']}: {p['both']}" for p in pairs[:5])
        return _svg(
            figure, name, f"How many students made both of two mistakes. {said}. The table has the pairs."
        )


def stages(name: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """The middle half, median and mean of each stage's points, in shares of the most."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 0.3 * len(rows) + 0.55), layout="constrained")
        axes = figure.subplots()
        said = []
        for k, row in enumerate(rows):
            numbers = row["scores"]
            if not numbers["n"]:
                continue
            low, middle, high = (100 * q / numbers["max"] for q in numbers["quartiles"])
            mean = 100 * numbers["mean"] / numbers["max"]
            axes.barh(
                k, high - low, 0.5, low, color=BLUE, alpha=0.45, label="middle half" if k == 0 else None
            )
            axes.plot([middle] * 2, [k - 0.3, k + 0.3], color=INK, lw=1.6, label="median" if k == 0 else None)
            axes.plot(
                mean,
                k,
                "o",
                color=ORANGE,
                mec=INK,
                mew=0.5,
                ms=5,
                clip_on=False,
                label="mean" if k == 0 else None,
            )
            said.append(f"{row['stage']}: median {middle:.0f} %, mean {mean:.0f} %")
        _rows_of_shares(axes, [row["stage"] for row in rows])
        figure.legend(loc="outside upper left", ncols=3, handlelength=1.2)
        return _svg(figure, name, f"Points by stage, in shares of the most. {'; '.join(said)}")


def _rows_of_shares(axes: Axes, names: Sequence[str]) -> None:
    """A row for each name, from the top, on a scale from 0 to 100 %."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 101)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
    axes.grid(axis="x", color=GREY, alpha=0.3, lw=0.5)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def comparison(name: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """The mean share of points of each exercise, then and now."""
    rows = [row for row in rows if row["now"]["share"] is not None and row["then"]["share"] is not None]
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6.4, 0.27 * len(rows) + 0.6), layout="constrained")
        axes = figure.subplots()
        for k, row in enumerate(rows):
            a, b = 100 * row["then"]["share"], 100 * row["now"]["share"]
            axes.plot(
                [a, b],
                [k, k],
                color=INK if row["beyond_chance"] else GREY,
                lw=1.6 if row["beyond_chance"] else 0.9,
            )
            for share, look, label in ((a, {"mfc": "none", "mec": INK}, "then"), (b, {"color": BLUE}, "now")):
                axes.plot(share, k, "o", ms=6, clip_on=False, label=label if k == 0 else None, **look)
        _rows_of_shares(axes, [row["exercise"] for row in rows])
        figure.legend(loc="outside upper left", ncols=2, handlelength=1.2)
        said = "; ".join(
            f"{r['exercise']}: {100 * r['then']['share']:.0f} % then, {100 * r['now']['share']:.0f} % now"
            for r in rows
        )
        return _svg(figure, name, f"Mean share of points of each exercise, then and now. {said}")


def _svg(figure: Figure, name: str, alt: str) -> Markup:
    """The figure as an element of a page, with ``alt`` for those who do not see it; ``name`` keeps its ids its own."""
    buffer = StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    text = text.replace(INK, "currentColor")
    text = re.sub(r"font: ((?:bold )?[\d.]+px)[^;\"]*", r"font: \1 system-ui, sans-serif", text)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    text = re.sub(r"\n\s*", "\n", text)
    width = re.search(r'width="([\d.]+)pt"', text)[1]
    start = f'<svg role="img" aria-label="{html.escape(alt)}" style="width:{float(width) * 4 / 3:.0f}px" '
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    return Markup(text.replace("<svg ", start, 1))
