"""Shaded bands: what lies between a smallest and a largest value, over training.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bnlab.plots.curves import flat, look
from bnlab.plots.style import figure, label, legend, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = ["band", "bands", "log_ticks"]

HATCHES = {"standard": "//", "BN": None}  # two bands stay apart where they overlap, without colour too


def band(
    ax: Axes, x: ArrayLike, low: ArrayLike, high: ArrayLike, name: str | None = None, **style: object
) -> None:
    """The area between ``low`` and ``high``, each (T,) or (seeds, T), of which the median over seeds is drawn.

    x: (T,). ``name`` also gives the look, that of the network with this name, unless ``style`` has colour and
    line style.
    """
    style = {**look(name or ""), "linewidth": 1.0, **style}
    low, high = (np.median(np.atleast_2d(np.asarray(v, float)), axis=0) for v in (low, high))
    colour = style.pop("color")
    hatch = style.pop("hatch", HATCHES.get(name or ""))
    ax.fill_between(
        x, low, high, facecolor=(colour, 0.3), edgecolor=(colour, 0.35), hatch=hatch, linewidth=0, label=name
    )
    for edge in (low, high):
        ax.plot(x, edge, color=colour, **style)


def bands(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    x: ArrayLike,
    x_label: str,
    y_label: str | Mapping[str, str],
    *,
    title: str | None = None,
    log: str = "y",
    columns: int | None = None,
    share_y: bool = False,
    panel: tuple[float, float] = (3.6, 2.7),
) -> Plot:
    """Panels of bands.

    panels: a title for each panel, and in it a name and a pair (low, high), see ``band``.
    y_label: for all panels, or one by title of the panel.
    log: the axes that are logarithmic.
    """
    columns = columns or len(panels)
    fig, axes = figure(-(-len(panels) // columns), columns, panel=panel, title=title, share_y=share_y)
    for place, (ax, (heading, pairs)) in enumerate(zip(flat(axes), panels.items(), strict=False)):
        for name, (low, high) in pairs.items():
            band(ax, x, low, high, name)
        if log:
            log_scale(ax, log)
        label(ax, x_label, y_label if isinstance(y_label, str) else y_label[heading], heading)
        if place == 0:
            legend(ax, loc="best")
    for ax in flat(axes)[len(panels) :]:
        ax.axis("off")
    return fig


def log_ticks(ax: Axes) -> None:
    """Numbers 1, 2, 5, 10, … on a logarithmic y axis that spans a decade or two, where powers of ten are too few."""
    from matplotlib.ticker import FuncFormatter, LogLocator

    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
