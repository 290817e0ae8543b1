"""Figures of stage 05: networks with and without BN over settings and over training, and what scale and shift learn.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.plots.style import AFTER, BEFORE, LOOKS, MARK, figure, guide, label, legend, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = ["accuracy_grids", "accuracy_over_steps", "gradients_by_layer", "learned_scale_and_shift"]

WITHOUT, WITH = "without BN", "with BN"
_LOOKS = {
    WITHOUT: {"color": BEFORE, "linestyle": "--", "marker": "s", "markersize": 4},
    WITH: {"color": AFTER, "linestyle": "-", "marker": "o", "markersize": 4},
}


def gradients_by_layer(panels: Mapping[str, Mapping[str, ArrayLike]]) -> Plot:
    """The size of the gradient of each layer's weights, a panel for each network, on one logarithmic scale.

    panels: for each panel its title, and in it a name and one size for each layer.
    """
    title = "Size of the gradient of each layer's weights, before the first step"
    fig, axes = figure(1, len(panels), panel=(3.4, 2.6), share_y=True, title=title)
    for ax, (name, lines) in zip(_row(axes), panels.items(), strict=True):
        for (each, sizes), look in zip(lines.items(), LOOKS, strict=False):
            ax.plot(range(1, len(sizes) + 1), sizes, label=each, **look)
        log_scale(ax, "y")
        label(ax, "layer", "length of dW", name)
    legend(_row(axes)[-1], loc="lower left")
    return fig


def accuracy_grids(
    grids: Mapping[str, NDArray], rows: Sequence[str], columns: Sequence[str], y: str, x: str
) -> Plot:
    """Accuracies over two settings as coloured cells with their numbers, side by side.

    grids: a title, and (rows, columns) of accuracies from 0 to 1 for each panel; dark is good.
    rows, columns: the values of the settings as text; y, x: what the settings are.
    """
    size = 1.2 + 0.45 * len(columns), 0.9 + 0.3 * len(rows)
    fig, axes = figure(1, len(grids), panel=size, share_y=True, title="Test accuracy")
    for ax, (name, grid) in zip(_row(axes), grids.items(), strict=True):
        ax.imshow(grid, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
        for (row, column), value in np.ndenumerate(grid):
            colour = "white" if value > 0.7 else "black"
            ax.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7.5, color=colour)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows)
        label(ax, x, y, name)
    return fig


def accuracy_over_steps(
    steps: ArrayLike, panels: Mapping[str, Mapping[str, ArrayLike]], chance: float | None = None
) -> Plot:
    """Accuracy in the course of training, with and without BN.

    steps: (S,) the steps at which it was measured.
    panels: for each panel its title, and in it the accuracies (S,) by "without BN" and "with BN".
    chance: the accuracy of guessing, drawn as a guide.
    """
    fig, axes = figure(1, len(panels), panel=(3.4, 2.6), share_y=True, title="Test accuracy during training")
    for ax, (title, lines) in zip(_row(axes), panels.items(), strict=True):
        for name, values in lines.items():
            ax.plot(steps, values, label=name, **_LOOKS[name])
        if chance is not None:
            guide(ax, y=chance)
        ax.set_ylim(0, 1)
        label(ax, "training step", "test accuracy", title)
    legend(_row(axes)[0], loc="upper left")
    return fig


def learned_scale_and_shift(layers: Mapping[str, tuple[NDArray, NDArray, NDArray, NDArray]]) -> Plot:
    """What gamma and beta have become, against the values with which BN would change nothing (the grey line).

    layers: for each layer its name, then gamma, the gamma that undoes, beta, the beta that undoes: (C,) each.
    """
    fig, axes = figure(
        1, 2, panel=(3.6, 3.0), title="Learned, against what would undo BN: a mark per channel"
    )
    for ax, (first, x, y) in zip(
        axes,
        ((0, "gamma that undoes, √(σ² + ε)", "gamma learned"), (2, "beta that undoes, μ", "beta learned")),
        strict=True,
    ):
        for (name, values), look in zip(layers.items(), LOOKS, strict=False):
            learned, undoing = values[first], values[first + 1]
            ax.plot(undoing, learned, look["marker"], color=look["color"], markersize=4, label=name)
        ends = np.array([min(ax.get_xlim()[0], 0), ax.get_xlim()[1]])
        ax.plot(ends, ends, color=MARK, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0.5)
        label(ax, x, y)
    legend(axes[0], loc="upper left", title="BN layer", title_fontsize=8)
    return fig


def _row(axes: Axes | list) -> list:
    """A list of axes, also when there is only one."""
    return axes if isinstance(axes, list) else [axes]
