"""Curves over training: medians over seeds as lines, their spread as bands.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.plots.style import (
    AFTER,
    BEFORE,
    BLACK,
    GREEN,
    LOOKS,
    ORANGE,
    PURPLE,
    SKY,
    figure,
    guide,
    label,
    legend,
    log_scale,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = ["look", "over_training", "smoothed", "spread"]

# The same network looks the same in every figure.
NETWORKS = {
    "standard": {"color": BEFORE, "linestyle": "--"},
    "BN": {"color": AFTER, "linestyle": "-"},
    "noisy BN": {"color": GREEN, "linestyle": "-."},
    "standard + noise": {"color": ORANGE, "linestyle": ":"},
    "ℓ1": {"color": PURPLE, "linestyle": "-."},
    "ℓ2": {"color": SKY, "linestyle": (0, (5, 1, 1, 1))},
    "ℓ∞": {"color": BLACK, "linestyle": ":"},
}


def look(name: str, place: int = 0) -> dict:
    """Colour and line style of a network by its name; of another line by its place."""
    known = NETWORKS.get(name)
    if known is None:
        known = {key: LOOKS[place % len(LOOKS)][key] for key in ("color", "linestyle")}
    return dict(known)


def smoothed(values: ArrayLike, window: int) -> NDArray:
    """Means over the last ``window`` values on the last axis; over fewer at its beginning.

    values: (…, T). Returns (…, T).
    """
    values = np.asarray(values, float)
    total = np.cumsum(values, axis=-1)
    window = min(window, values.shape[-1])
    before = np.concatenate([np.zeros((*values.shape[:-1], window)), total[..., :-window]], axis=-1)
    return (total - before) / np.minimum(np.arange(1, values.shape[-1] + 1), window)


def spread(ax: Axes, x: ArrayLike, values: ArrayLike, name: str | None = None, **style: object) -> None:
    """The median of ``values`` (S, T) over its rows as a line, and between smallest and largest a band.

    A single row is a line alone.
    """
    values = np.atleast_2d(np.asarray(values, float))
    (line,) = ax.plot(x, np.median(values, axis=0), label=name, **{"linewidth": 1.6, **style})
    if len(values) > 1:
        ax.fill_between(
            x, values.min(axis=0), values.max(axis=0), color=line.get_color(), alpha=0.18, linewidth=0
        )


def over_training(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    x_label: str,
    y_label: str,
    *,
    x: ArrayLike | Mapping[str, ArrayLike] | None = None,
    title: str | None = None,
    looks: Mapping[str, dict] | None = None,
    log: str = "",
    y_range: tuple[float, float] | None = None,
    level: float | None = None,
    share_y: bool = True,
    y_labels: Mapping[str, str] | None = None,
    columns: int | None = None,
    panel: tuple[float, float] = (3.6, 2.7),
    legend_at: str = "best",
    legend_in: int = 0,
    marks: Sequence[str] = (),
    ticks: Sequence[float] | Mapping[str, Sequence[float]] | None = None,
) -> Plot:
    """Panels of lines over training (or over anything else), each line with the spread over its seeds.

    panels: a title for each panel, and in it a name and values (seeds, T) or (T,) for each line.
    x: (T,) for all panels, or such by title of the panel; 0, 1, … unless given.
    y_labels: what stands at the y axis, by title of the panel, where it is not ``y_label``.
    looks: colour and style by name of the line; networks have theirs.
    log: the axes that are logarithmic.
    level: a grey guide line at this height, such as chance.
    marks: names of lines that get a marker at each point.
    ticks: where to put the ticks of the x axes, or such by title of the panel, if not everywhere.
    """
    columns = columns or len(panels)
    rows = -(-len(panels) // columns)
    fig, axes = figure(rows, columns, panel=panel, title=title, share_y=share_y)
    for place, (ax, (heading, lines)) in enumerate(zip(flat(axes), panels.items(), strict=False)):
        for number, (name, values) in enumerate(lines.items()):
            values = np.atleast_2d(values)
            at = x.get(heading) if isinstance(x, Mapping) else x
            style = (looks or {}).get(name) or look(name, number)
            if name in marks:
                style = {**style, "marker": LOOKS[number % len(LOOKS)]["marker"], "markersize": 4}
            spread(ax, np.arange(values.shape[1]) if at is None else at, values, name, **style)
        guide(ax, y=level)
        if log:
            log_scale(ax, log)
        if y_range is not None:
            ax.set_ylim(*y_range)
        chosen = ticks.get(heading) if isinstance(ticks, Mapping) else ticks
        if chosen is not None:
            ax.set_xticks(chosen, [f"{tick:g}" for tick in chosen])
        first = place % columns == 0 or not share_y
        label(ax, x_label, (y_labels or {}).get(heading, y_label) if first else "", heading)
        if place == legend_in:
            legend(ax, loc=legend_at)
    for ax in flat(axes)[len(panels) :]:
        ax.axis("off")
    return fig


def flat(axes: Axes | list) -> list:
    """The axes of ``style.figure`` as a list, row by row."""
    if not isinstance(axes, list):
        return [axes]
    return [ax for row in axes for ax in (row if isinstance(row, list) else [row])]
