"""The landscape of the loss: along lines, and at equal loss. Bands over training are in ``bands``.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bnlab.plots.curves import flat, look
from bnlab.plots.style import LOOKS, figure, label, legend, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = ["against_loss", "along_lines", "lines"]

MARKERS = {"standard": "s", "BN": "o"}


def lines(ax: Axes, distances: ArrayLike, values: ArrayLike, times: ArrayLike) -> None:
    """A curve for each time: values (T, S) against distances (T, S) or (S,); light is early and dark is late."""
    import matplotlib as mpl

    values = np.asarray(values, float)
    distances = np.broadcast_to(np.asarray(distances, float), values.shape)
    colours = mpl.colormaps["cividis_r"](np.linspace(0.12, 1, len(values)))
    for row, colour in enumerate(colours):
        shown = row in (0, len(values) // 2, len(values) - 1)
        name = f"step {np.asarray(times)[row]:g}" if shown else None
        ax.plot(distances[row], values[row], color=colour, linewidth=1.8 if shown else 1.0, label=name)


def along_lines(
    panels: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]],
    x_label: str,
    y_label: str,
    *,
    title: str | None = None,
    log: str = "y",
    columns: int | None = None,
    groups: Mapping[str, str] | None = None,
    panel: tuple[float, float] = (3.6, 2.7),
) -> Plot:
    """Panels of curves along lines, one for each time.

    panels: a title for each panel, and what ``lines`` takes: (distances, values, times).
    groups: panels of one group, named by title, share the range of their y axis.
    """
    columns = columns or len(panels)
    fig, axes = figure(-(-len(panels) // columns), columns, panel=panel, title=title)
    axes = flat(axes)
    for place, (ax, (heading, curves)) in enumerate(zip(axes, panels.items(), strict=False)):
        lines(ax, *curves)
        distances = np.asarray(curves[0], float)
        wide = distances.max() >= 10 * distances.min()  # otherwise a logarithmic axis has a single number
        log_scale(ax, log if wide else log.replace("x", ""))
        left = place % columns == 0
        label(ax, x_label if place >= len(panels) - columns else "", y_label if left else "", heading)
        legend(ax, loc="best")
    for group in set((groups or {}).values()):
        members = [ax for ax, heading in zip(axes, panels, strict=False) if groups.get(heading) == group]
        ends = [ax.get_ylim() for ax in members]
        for ax in members:
            ax.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
    return fig


def against_loss(
    ax: Axes, losses: ArrayLike, values: ArrayLike, name: str | None = None, place: int = 0
) -> None:
    """A point for each place in training: ``values`` against ``losses``, both of the same shape."""
    marker = MARKERS.get(name or "", LOOKS[place % len(LOOKS)]["marker"])
    ax.plot(
        np.ravel(losses),
        np.ravel(values),
        marker,
        color=look(name or "", place)["color"],
        markersize=3.5,
        alpha=0.55,
        markeredgewidth=0,
        label=name,
    )
