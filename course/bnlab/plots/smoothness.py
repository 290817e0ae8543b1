"""Figures of stage 07: curves along a line, measures of smoothness against the loss, constants of a theorem.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bnlab.plots.curves import look
from bnlab.plots.style import LOOKS, TRUTH, figure, guide, label, legend, log_scale

if TYPE_CHECKING:
    from bnlab.plots.plot import Plot

__all__ = ["at_equal_loss", "constants", "on_a_line", "removed_shares"]

_SHAPES = ("s", "o", "^", "D", "v", "x")


def on_a_line(
    panels: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    y_labels: Mapping[str, str],
    log: str = "",
) -> Plot:
    """What is found along a line: a panel for each quantity, a curve for each network.

    panels: a title, and in it a name and (steps, values), (S,) each.
    y_labels: by title of the panel.
    """
    fig, axes = figure(1, len(panels), panel=(3.6, 2.6), title="Along the gradient")
    axes = axes if isinstance(axes, list) else [axes]
    for ax, (title, lines) in zip(axes, panels.items(), strict=True):
        for place, (name, (steps, values)) in enumerate(lines.items()):
            ax.plot(steps, values, label=name, marker=_SHAPES[place], markersize=3, **look(name, place))
        if log:
            log_scale(ax, log)
        label(ax, "step length λ", y_labels[title], title)
    legend(axes[0], loc="best")
    return fig


def at_equal_loss(networks: Mapping[str, tuple[ArrayLike, ArrayLike]], y_label: str, title: str) -> Plot:
    """A measure against the loss at which it was taken: a mark for each walk. What is right of what can be read off.

    networks: a name, and (losses, values), (T,) each.
    """
    fig, ax = figure(panel=(5.4, 3.2), title=title)
    for place, (name, (losses, values)) in enumerate(networks.items()):
        style = {"color": look(name, place)["color"], "marker": _SHAPES[place % len(_SHAPES)]}
        ax.plot(losses, values, linestyle="none", markersize=4, alpha=0.7, label=name, **style)
    log_scale(ax, "xy")
    label(ax, "loss where the walk begins", y_label)
    legend(ax, loc="best")
    return fig


def constants(m: ArrayLike, sides: Mapping[str, ArrayLike]) -> Plot:
    """The right side of theorem 4.1 divided by the left one, for several constants: below 1 the claim is violated.

    m: (S,) sizes of the batch.
    sides: a name, and the ratios (S, units) for each constant.
    """
    fig, ax = figure(panel=(5.0, 3.0), title="Theorem 4.1: right side / left side")
    for place, (name, ratios) in enumerate(sides.items()):
        style = LOOKS[place]
        ax.plot(m, np.median(ratios, axis=1), label=name, **style)
        for ratio in np.transpose(ratios):
            ax.plot(m, ratio, style["marker"], color=style["color"], markersize=2, alpha=0.5)
    guide(ax, y=1, text="equal")
    log_scale(ax, "x")
    ax.set_xticks(m, [str(size) for size in m])
    label(ax, "batch size m", "right / left")
    legend(ax, loc="best")
    return fig


def removed_shares(layers: Mapping[str, tuple[int, ArrayLike]]) -> Plot:
    """The share of the squared gradient that BN takes out: a mark for each unit, a bar for two random directions.

    layers: a name, and (m, shares): how many values share statistics, and a share for each unit.
    """
    fig, ax = figure(panel=(5.4, 3.0), title="How much of the squared gradient does BN remove?")
    for place, (m, shares) in enumerate(layers.values()):
        spread = np.linspace(-0.25, 0.25, len(shares))
        ax.plot(
            place + spread, np.maximum(shares, 1e-7), "o", color=LOOKS[0]["color"], markersize=3, alpha=0.7
        )
        ax.plot([place - 0.35, place + 0.35], [2 / m] * 2, color=TRUTH, label="2/m" if place == 0 else None)
    log_scale(ax, "y")
    guide(ax, y=1, text="all of it")
    ax.set_xticks(range(len(layers)), list(layers))
    label(ax, "BN behind", "share removed")
    legend(ax, loc="best")
    return fig
