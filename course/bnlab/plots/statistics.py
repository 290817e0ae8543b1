"""Figures of stages 00 to 02: axes, statistics of a batch, running statistics.

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
    GREY,
    LOOKS,
    TRUTH,
    figure,
    guide,
    label,
    legend,
    log_scale,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = [
    "activation_histograms",
    "active_shares",
    "axes_picture",
    "before_after",
    "curves",
    "feature_strips",
    "heatmaps",
    "histories",
    "saturation",
    "scatter_before_after",
    "scatter_pairs",
]

_MAP = "PuOr"  # orange for negative, purple for positive: distinct under every common colour blindness


def _cells(ax: Axes, values: NDArray, limit: float, digits: int) -> None:
    """Draw a matrix as coloured cells with its numbers written into them."""
    ax.imshow(values, cmap=_MAP, vmin=-limit, vmax=limit, aspect="auto")
    for (row, col), value in np.ndenumerate(values):
        dark = abs(value) > 0.6 * limit
        ax.text(
            col,
            row,
            f"{value:.{digits}f}",
            ha="center",
            va="center",
            fontsize=7,
            color="white" if dark else "black",
        )
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)


def heatmaps(
    panels: Mapping[str, ArrayLike], x: str = "features (axis 1)", y: str = "examples (axis 0)"
) -> Plot:
    """Matrices side by side on one colour scale, with their numbers.

    panels: a title and a matrix (N, D) for each panel.
    """
    arrays = {name: np.asarray(values) for name, values in panels.items()}
    limit = max(float(np.abs(values).max()) for values in arrays.values()) or 1.0
    rows = max(len(values) for values in arrays.values())
    fig, axes = figure(
        1, len(arrays), panel=(2.9, 1.0 + 0.24 * rows), title="Orange is negative, purple positive"
    )
    for ax, (name, values) in zip(_row(axes), arrays.items(), strict=True):
        _cells(ax, values, limit, 1)
        label(ax, x, y, name)
        ax.yaxis.labelpad = 2
    return fig


def axes_picture(x: NDArray) -> Plot:
    """A batch (N, D), and what is left of it after a mean over each axis."""
    limit = float(np.abs(x).max())
    down, across = x.mean(axis=0), x.mean(axis=1)
    fig, axes = figure(1, 3, panel=(2.7, 2.6), widths=[4, 4, 1.3], title="Which axis disappears?")
    n, d = x.shape
    _cells(axes[0], x, limit, 1)
    label(axes[0], f"D = {d} features (axis 1)", f"N = {n} examples (axis 0)", f"x: shape ({n}, {d})")
    _cells(axes[1], down[None, :], limit, 1)
    axes[1].set_ylim(n / 2, -n / 2)
    label(axes[1], f"one number for each feature\nshape ({d},)", "", "x.mean(axis=0)")
    _cells(axes[2], across[:, None], limit, 1)
    label(axes[2], f"one for each\nexample: ({n},)", "", "x.mean(axis=1)")
    return fig


def curves(
    x: ArrayLike,
    lines: Mapping[str, ArrayLike],
    x_label: str,
    y_label: str,
    *,
    title: str | None = None,
    log: str = "",
    theory: Mapping[str, ArrayLike] | None = None,
    at: float | None = None,
    level: float | None = None,
    y_range: tuple[float, float] | None = None,
    ticks: Sequence[float] | None = None,
) -> Plot:
    """Lines over a common ``x``, each with a colour, a style and a marker of its own.

    lines: a name and the values for each measured line.
    theory: further lines, drawn thin and black without markers.
    log: the axes that are logarithmic, for instance ``"xy"``.
    at, level: a grey guide line at this x, at this y.
    y_range: the ends of the y axis.
    ticks: where to put the ticks of the x axis, if not everywhere.
    """
    fig, ax = figure(panel=(4.8, 3.0), title=title)
    for i, ((name, values), look) in enumerate(zip(lines.items(), LOOKS, strict=False)):
        # Markers shrink from line to line, so that lines on top of each other can be told apart.
        ax.plot(x, values, label=name, **{**look, "markersize": max(6.5 - 1.5 * i, 2.5)})
    for (name, values), style in zip((theory or {}).items(), ("-", "--", ":"), strict=False):
        ax.plot(x, values, color=TRUTH, linewidth=0.9, linestyle=style, label=name)
    guide(ax, x=at, y=level)
    if log:
        log_scale(ax, log)
    if y_range is not None:
        ax.set_ylim(*y_range)
    if ticks is not None:
        ax.set_xticks(ticks, [f"{t:g}" for t in ticks])
    label(ax, x_label, y_label)
    if len(lines) + len(theory or {}) > 1:
        legend(ax)
    return fig


def activation_histograms(
    nets: Mapping[str, Sequence[NDArray]], layers: Sequence[int], limit: float = 1.0
) -> Plot:
    """Histograms of the activations of chosen layers, one panel for each network.

    nets: a name, and the activations of layer 1, 2, … for each network.
    layers: which layers to draw, counted from 1.
    limit: values are drawn between -limit and limit.
    """
    fig, axes = figure(1, len(nets), panel=(2.7, 2.5), title="Activations, layer by layer")
    edges = np.linspace(-limit, limit, 42)
    for ax, (name, activations) in zip(_row(axes), nets.items(), strict=True):
        for layer, look in zip(layers, LOOKS, strict=False):
            share, _ = np.histogram(activations[layer - 1], bins=edges)
            ax.stairs(
                share / activations[layer - 1].size,
                edges,
                color=look["color"],
                linestyle=look["linestyle"],
                linewidth=1.4,
                label=f"layer {layer}",
            )
        label(ax, "activation", "share of values", name)
    legend(_row(axes)[0], loc="upper left")
    return fig


def feature_strips(x: NDArray, mean: NDArray, var: NDArray, names: Sequence[str] | None = None) -> Plot:
    """Every value of every feature as a dot, with mean and mean ± √var drawn beside it.

    x: (N, D); mean, var: (D,).
    """
    n, d = x.shape
    fig, ax = figure(panel=(1.2 + 1.1 * d, 3.0), title=f"Statistics per feature, over N = {n} examples")
    jitter = np.random.default_rng(0).uniform(-0.12, 0.12, size=(n, d))
    ax.plot(
        (np.arange(d) + jitter).ravel(), x.ravel(), ".", color=GREY, markersize=3, zorder=1, label="one value"
    )
    ax.errorbar(
        np.arange(d) + 0.28,
        np.ravel(mean),
        yerr=np.sqrt(np.ravel(var)),
        fmt="D",
        color=AFTER,
        capsize=4,
        markersize=5,
        label="mean ± √var",
    )
    ax.set_xticks(range(d), names or [f"feature {j}" for j in range(d)])
    ax.set_xlim(-0.5, d - 0.2)
    label(ax, "", "value")
    legend(ax)
    return fig


def before_after(x: NDArray, out: NDArray, names: Sequence[str], title: str | None = None) -> Plot:
    """A histogram of each feature before (above) and after (below).

    x, out: (N, D); names: D titles.
    """
    d = x.shape[1]
    fig, axes = figure(2, d, panel=(2.1, 1.75), title=title)
    rows = axes if d > 1 else [[ax] for ax in axes]
    for j in range(d):
        for ax, values, colour, word in (
            (rows[0][j], x, BEFORE, "before"),
            (rows[1][j], out, AFTER, "after"),
        ):
            count, edges = np.histogram(values[:, j], bins=min(36, max(8, len(values) // 5)))
            ax.stairs(count, edges, color=colour, fill=True, alpha=0.85)
            label(ax, word, "examples" if j == 0 else "")
            ax.locator_params(nbins=4)
        rows[0][j].set_title(names[j], fontsize=9)
        if out[:, j].min() < 0 < out[:, j].max():
            guide(rows[1][j], x=0.0)
    return fig


def scatter_before_after(x: NDArray, out: NDArray, groups: NDArray, links: Sequence[int] = ()) -> Plot:
    """Two features before and after, one marker for each group; both axes of a panel have the same unit.

    x, out: (N, 2); groups: (N,) integers; links: examples to join by a line, in this order.
    """
    fig, axes = figure(1, 2, panel=(3.3, 3.0), title="Two features of the same examples")
    for ax, values, word in zip(axes, (x, out), ("before", "after"), strict=True):
        for group, look in zip(np.unique(groups), LOOKS, strict=False):
            chosen = values[groups == group]
            ax.plot(
                chosen[:, 0],
                chosen[:, 1],
                look["marker"],
                color=look["color"],
                markersize=3,
                label=f"group {group}",
            )
        if len(links):
            ax.plot(
                values[list(links), 0], values[list(links), 1], "-", color=TRUTH, linewidth=1.2, marker="*"
            )
        ax.set_aspect("equal", adjustable="datalim")
        label(ax, "feature 0", "feature 1", word)
    legend(axes[0], loc="upper left")
    return fig


def active_shares(shares: Mapping[str, NDArray]) -> Plot:
    """How the shares of active examples spread over the units of a ReLU layer, one panel for each network.

    shares: a name, and for each unit the share of the batch on which its output is positive.
    """
    fig, axes = figure(
        1, len(shares), panel=(2.9, 2.4), share_y=True, title="For which share of the batch is a unit on?"
    )
    edges = np.linspace(0, 1, 21)
    for ax, (name, values) in zip(_row(axes), shares.items(), strict=True):
        count, _ = np.histogram(values, bins=edges)
        ax.stairs(count, edges, color=AFTER, fill=True, alpha=0.85)
        label(ax, "share of the batch", "units", name)
    return fig


def saturation(z: Mapping[str, NDArray], gammas: ArrayLike, measured: ArrayLike, theory: ArrayLike) -> Plot:
    """Left: tanh over the histogram of what enters it. Right: how much of it lies beyond ±2, against γ.

    z: a name, and the inputs of tanh for each histogram (at most three).
    measured, theory: the share beyond ±2 for each of ``gammas``.
    """
    fig, (left, right) = figure(1, 2, panel=(3.6, 2.8), title="How much of a feature saturates tanh")
    edges = np.linspace(-6, 6, 61)
    for (name, values), look in zip(z.items(), LOOKS, strict=False):
        density, _ = np.histogram(values, bins=edges, density=True)
        left.stairs(
            density, edges, color=look["color"], linestyle=look["linestyle"], linewidth=1.4, label=name
        )
    t = np.linspace(-6, 6, 121)
    left.plot(t, 0.4 * (1 + np.tanh(t)), color=TRUTH, linewidth=1.0, label="tanh (scaled)")
    guide(left, x=-2)
    guide(left, x=2)
    label(left, "input of tanh", "density")
    legend(left, loc="upper left", fontsize=7)
    right.plot(gammas, measured, label="measured", **{**LOOKS[0], "linestyle": "none"})
    right.plot(gammas, theory, color=TRUTH, linewidth=1.0, label="normal distribution")
    guide(right, x=1)
    label(right, "γ", "share beyond ±2")
    legend(right, loc="upper left")
    return fig


def scatter_pairs(x: NDArray, results: Mapping[str, NDArray], x_label: str, y_label: str) -> Plot:
    """One panel for each result: its entries against those of ``x``, and the diagonal where both agree.

    x and each result: (N, D). At most six features are told apart by colour and marker.
    """
    fig, axes = figure(1, len(results), panel=(3.0, 2.7))
    ends = np.array([x.min(), x.max()])
    for ax, (name, values) in zip(_row(axes), results.items(), strict=True):
        ax.plot(ends, ends, color=TRUTH, linewidth=0.9, label="equal")
        for j, look in zip(range(x.shape[1]), LOOKS, strict=False):
            ax.plot(
                x[:, j], values[:, j], **{**look, "linestyle": "none", "markersize": 3}, label=f"feature {j}"
            )
        label(ax, x_label, y_label, name)
    legend(_row(axes)[0], loc="upper left")
    return fig


def histories(
    panels: Mapping[str, Mapping[str, ArrayLike]],
    x_label: str,
    *,
    truth: Mapping[str, ArrayLike] | None = None,
    raw: Mapping[str, ArrayLike] | None = None,
    legend_at: str = "lower right",
) -> Plot:
    """Quantities over time, one panel each, with the truth as a black line.

    panels: for each panel its title, and in it a name and the values over time for each line.
    truth: for each panel the true value: one number, or one for each step.
    raw: for each panel single measurements, drawn as grey dots.
    legend_at: the corner of the first panel that is free.
    """
    fig, axes = figure(1, len(panels), panel=(3.6, 2.8))
    for ax, (title, lines) in zip(_row(axes), panels.items(), strict=True):
        if raw is not None:
            values = np.ravel(raw[title])
            ax.plot(range(1, len(values) + 1), values, ".", color=GREY, markersize=3, label="single batch")
        for (name, values), look in zip(lines.items(), LOOKS, strict=False):
            steps = range(1, len(np.ravel(values)) + 1)
            ax.plot(steps, np.ravel(values), color=look["color"], linestyle=look["linestyle"], label=name)
        if truth is not None:
            true = np.broadcast_to(truth[title], (len(steps),))
            ax.plot(steps, true, color=TRUTH, linewidth=0.9, label="truth")
        label(ax, x_label, "value", title)
    legend(_row(axes)[0], loc=legend_at)
    return fig


def _row(axes: Axes | list) -> list:
    """A list of axes, also when there is only one."""
    return axes if isinstance(axes, list) else [axes]
