"""Ridge plots: how a distribution changes over time.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bnlab.plots.curves import flat
from bnlab.plots.style import figure, guide, label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = ["ridge", "ridges"]


def ridge(
    ax: Axes, samples: ArrayLike, times: ArrayLike, limits: tuple[float, float], height: float = 2.2
) -> None:
    """A histogram for each time, one in front of the other, the first at the back.

    samples: (T, M) values; times: (T,) of each row; limits: the ends of the x axis.
    height: of the highest ridge, in distances from one row to the next.

    Light is early and dark is late. Every ridge is drawn to the height of its own peak: what is narrow
    stays as high as what is wide. Values beyond the limits are not drawn.
    """
    import matplotlib as mpl

    samples, edges = np.asarray(samples, float), np.linspace(*limits, 61)
    middles = (edges[1:] + edges[:-1]) / 2
    colours = mpl.colormaps["cividis_r"](np.linspace(0.12, 1, len(samples)))
    for row, (values, colour) in enumerate(zip(samples, colours, strict=True)):
        count, _ = np.histogram(values[np.isfinite(values)], bins=edges)
        count = np.convolve(count, (0.25, 0.5, 0.25), mode="same")
        top = -row + height * count / max(count.max(), 1)
        ax.fill_between(middles, -row, top, color=colour, alpha=0.9, linewidth=0, zorder=row)
        ax.plot(middles, top, color="white", linewidth=0.7, zorder=row)
    shown = np.unique(np.linspace(0, len(samples) - 1, min(5, len(samples))).round().astype(int))
    ax.set_yticks(-shown, [f"{np.asarray(times)[row]:g}" for row in shown])
    ax.set_ylim(-len(samples) + 0.6, height + 0.2)
    ax.set_xlim(*limits)
    guide(ax, x=0)


def ridges(
    rows: Mapping[str, Mapping[str, ArrayLike]],
    times: ArrayLike,
    *,
    title: str | None = None,
    x_label: str = "activation",
    limits: Mapping[str, tuple[float, float]] | None = None,
    share: str = "row",
    panel: tuple[float, float] = (2.5, 2.5),
) -> Plot:
    """Ridge plots in a grid.

    rows: a name for each row (it may be empty), and in it a title and samples (T, M) for each panel.
    times: (T,) of each ridge, such as steps of training.
    limits: ends of the x axis by row; unless given, they hold 98% of what is in the panels that share them.
    share: "row" for the same x axis in a row, "none" for one of its own in each panel.
    """
    columns = max(map(len, rows.values()))
    fig, axes = figure(len(rows), columns, panel=panel, title=title)
    axes = flat(axes)
    for r, (name, panels) in enumerate(rows.items()):
        common = (limits or {}).get(name) or inside(np.concatenate([np.ravel(p) for p in panels.values()]))
        for c, (heading, samples) in enumerate(panels.items()):
            ax = axes[r * columns + c]
            ridge(ax, samples, times, common if share == "row" else inside(np.ravel(samples)))
            heading = ", ".join(filter(None, (heading, name)))
            label(ax, x_label if r == len(rows) - 1 else "", "step" if c == 0 else "", heading)
    return fig


def inside(values: ArrayLike, share: float = 0.98) -> tuple[float, float]:
    """Limits that hold ``share`` of the finite values, and a margin."""
    values = np.asarray(values, float)
    low, high = np.quantile(values[np.isfinite(values)], [(1 - share) / 2, (1 + share) / 2])
    margin = 0.15 * (high - low) + 1e-6
    return float(low - margin), float(high + margin)
