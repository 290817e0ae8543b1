"""Figures of stage 06: units over training, and how much noise a network bears.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from bnlab.plots.curves import flat
from bnlab.plots.style import LOOKS, figure, guide, label, legend

if TYPE_CHECKING:
    from bnlab.plots.plot import Plot

__all__ = ["accuracy_by_noise", "units_over_training"]


def units_over_training(
    rows: Mapping[str, Mapping[str, tuple[ArrayLike, ArrayLike]]],
    steps: ArrayLike,
    units: Sequence[int] = (0, 1, 2),
) -> Plot:
    """Some units as tubes over training: the mean as a line, and a standard deviation to both sides.

    rows: a name for each row, such as a layer, and in it a title and (means, variances), both (T, units), for each
        panel; the panels of a row share their y axis.
    steps: (T,) of training.
    """
    columns = max(map(len, rows.values()))
    title = "Means and standard deviations of three units"
    fig, axes = figure(len(rows), columns, panel=(2.7, 2.1), title=title)
    axes = flat(axes)
    for r, (name, panels) in enumerate(rows.items()):
        tubes = {heading: _tubes(*moments, units) for heading, moments in panels.items()}
        ends = np.concatenate([np.ravel(tube) for several in tubes.values() for tube in several])
        low, high = np.quantile(ends[np.isfinite(ends)], [0.01, 0.99])
        for c, (heading, several) in enumerate(tubes.items()):
            ax = axes[r * columns + c]
            for (below, middle, above), look in zip(several, LOOKS, strict=False):
                ax.fill_between(steps, below, above, color=look["color"], alpha=0.2, linewidth=0)
                ax.plot(steps, middle, color=look["color"], linestyle=look["linestyle"], linewidth=1.5)
            ax.set_ylim(low - 0.1 * (high - low), high + 0.1 * (high - low))
            label(ax, "step" if r == len(rows) - 1 else "", name if c == 0 else "", heading)
    return fig


def _tubes(means: ArrayLike, variances: ArrayLike, units: Sequence[int]) -> list[np.ndarray]:
    """For each of the units: (3, T), the mean less a standard deviation, the mean, and with one more."""
    means, stds = np.asarray(means, float), np.sqrt(np.asarray(variances, float))
    return [np.stack([means[:, u] - stds[:, u], means[:, u], means[:, u] + stds[:, u]]) for u in units]


def accuracy_by_noise(factors: Sequence[float], lines: Mapping[str, ArrayLike], chance: float) -> Plot:
    """Accuracy against the size of the noise, a line for each setting.

    factors: multiples of the constants of the paper, 0 for no noise.
    lines: a name, and (len(factors),) accuracies for each.
    """
    fig, ax = figure(title="Test accuracy against the size of the noise", panel=(4.6, 2.9))
    places = np.arange(len(factors))
    for (name, values), look in zip(lines.items(), LOOKS, strict=False):
        ax.plot(places, values, label=name, linewidth=1.5, **look)
    ax.set_xticks(places, [f"{factor:g}" for factor in factors])
    guide(ax, y=chance)
    ax.set_ylim(0, 1.02)
    label(ax, "noise, in multiples of the paper's", "test accuracy")
    legend(ax, loc="center left")  # above the line of chance, below what learns
    return fig
