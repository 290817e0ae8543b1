"""Figures of stage 03: the graph of BN, errors node by node, spectra of the Jacobian, gradients and arrows left out.

Functions here draw what they are given. None of them computes anything that an exercise asks for. The general
figures of the earlier stages (`curves`, `heatmaps`, `histories`) can be had from here as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.plots.statistics import curves, heatmaps, histories
from bnlab.plots.style import (
    AFTER,
    BEFORE,
    BLACK,
    LOOKS,
    MARK,
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

__all__ = ["curves", "graph", "heatmaps", "histories", "node_errors", "rescaling", "spectra"]

# Where each node of the graph stands, in columns and rows. Whole batches above, numbers per feature below.
_PLACES = {
    "x": (0, 2),
    "mu": (1.2, 1),
    "xmu": (2.4, 2),
    "sq": (2.4, 1),
    "var": (2.4, 0),
    "std": (3.6, 0),
    "inv_std": (4.8, 0),
    "xhat": (4.8, 2),
    "gamma": (6, 1),
    "scaled": (6, 2),
    "beta": (7.2, 1),
    "out": (7.2, 2),
}
_ARROWS = {
    ("x", "mu"): "mean",
    ("x", "xmu"): "x − mu",
    ("mu", "xmu"): "",
    ("xmu", "sq"): "square",
    ("sq", "var"): "mean",
    ("var", "std"): "√(· + eps)",
    ("std", "inv_std"): "1 / ·",
    ("xmu", "xhat"): "xmu · inv_std",
    ("inv_std", "xhat"): "",
    ("xhat", "scaled"): "γ · xhat",
    ("gamma", "scaled"): "",
    ("scaled", "out"): "+ β",
    ("beta", "out"): "",
}
_WHOLE = {"x", "xmu", "sq", "xhat", "scaled", "out"}  # nodes of shape (N, D)
_GIVEN = {"x", "gamma", "beta"}
_SIGNS = {"gamma": "γ", "beta": "β"}


def graph() -> Plot:
    """The forward pass of BN in train mode as a graph, one box for each named node."""
    fig, ax = figure(panel=(8.0, 2.7), title="Batch Normalization, node by node")
    ax.set_position([0.01, 0.01, 0.98, 0.89])
    for (start, end), operation in _ARROWS.items():
        _arrow(ax, np.array(_PLACES[start]), np.array(_PLACES[end]), operation)
    for node, place in _PLACES.items():
        whole = node in _WHOLE
        ax.annotate(
            f"{_SIGNS.get(node, node)}\n{'(N, D)' if whole else '(D,)'}",
            place,
            ha="center",
            va="center",
            fontsize=8.5,
            fontweight="bold" if node in _GIVEN else "normal",
            bbox={
                "boxstyle": "square,pad=0.35" if whole else "round,pad=0.35",
                "facecolor": "#D6E6F2" if whole else "#FBE9C6",
                "edgecolor": BLACK,
                "linewidth": 1.6 if node in _GIVEN else 0.8,
            },
        )
    ax.text(
        -0.42,
        0.0,
        "square box: the whole batch\nround box: one number per feature\nbold: what goes in",
        fontsize=8,
        va="center",
    )
    ax.set_xlim(-0.5, 7.7)
    ax.set_ylim(-0.35, 2.35)
    ax.axis("off")
    return fig


def _arrow(ax: Axes, start: NDArray, end: NDArray, operation: str) -> None:
    """An arrow from node to node with the name of the operation beside its middle."""
    ax.annotate(
        "",
        end,
        start,
        arrowprops={"arrowstyle": "-|>", "shrinkA": 20, "shrinkB": 20, "color": "#555555", "linewidth": 1.1},
    )
    if not operation:
        return
    x, y = (start + end) / 2
    if start[0] == end[0]:
        ax.text(x + 0.08, y, operation, fontsize=7.5, ha="left", va="center")
    elif start[1] == end[1]:
        ax.text(x, y + 0.07, operation, fontsize=7.5, ha="center", va="bottom")
    else:
        ax.text(x - 0.1, y, operation, fontsize=7.5, ha="right", va="top")


def node_errors(
    errors: Mapping[str, float], shapes: Mapping[str, tuple[int, ...]], limit: float = 1e-7
) -> Plot:
    """A table of nodes: the shape of each gradient, and its error as a dot on a logarithmic axis.

    errors: the relative error of each node's gradient, in the order in which to list them.
    shapes: the shape of each node's gradient.
    limit: errors below it are blue dots, the others red crosses.
    """
    fig, ax = figure(panel=(6.0, 0.9 + 0.22 * len(errors)), title="Your gradients against measured ones")
    _, bottom, right, top = ax.get_position().extents
    ax.set_position([0.22, bottom, right - 0.22, top - bottom])
    for row, error in enumerate(errors.values()):
        good = error < limit
        ax.plot(
            max(error, 1e-17),
            row,
            "o" if good else "x",
            color=AFTER if good else BEFORE,
            markersize=6,
            markeredgewidth=2,
        )
    log_scale(ax, "x")
    ax.set_xlim(1e-17, 30)
    ax.set_ylim(len(errors) - 0.5, -0.5)
    ax.set_yticks(range(len(errors)), [f"d{node}  {shapes[node]}" for node in errors])
    ax.grid(axis="y", color=MARK, linewidth=0.4, alpha=0.5)
    guide(ax, x=limit)
    ax.text(limit * 2, -0.45, "a mistake →", fontsize=8, va="top")
    label(ax, "relative error", "")
    return fig


def spectra(eigenvalues: Mapping[str, ArrayLike], floor: float = 1e-17) -> Plot:
    """Absolute eigenvalues by rank, on a logarithmic axis, one kind of marker for each spectrum.

    eigenvalues: a name and the eigenvalues for each spectrum, the largest first.
    floor: what is smaller is drawn here.
    """
    fig, ax = figure(panel=(5.4, 3.2), title="What the backward pass does to each direction")
    for i, ((name, values), look) in enumerate(zip(eigenvalues.items(), LOOKS, strict=False)):
        sizes = np.maximum(np.abs(values), floor)
        # A little beside each other, so that equal ones can be told apart.
        ranks = np.arange(1, len(sizes) + 1) + 0.15 * (i - (len(eigenvalues) - 1) / 2)
        ax.plot(ranks, sizes, **{**look, "linestyle": "none", "markersize": 5}, label=name)
    log_scale(ax, "y")
    ax.set_ylim(floor / 5, 30)
    ax.set_xticks(range(1, len(sizes) + 1))
    label(ax, "eigenvalue, in order of size", "size")
    legend(ax, loc="lower left")
    return fig


def rescaling(
    spreads: ArrayLike, ratios: ArrayLike, theory: ArrayLike, dout: ArrayLike, dx: ArrayLike, slope: float
) -> Plot:
    """Left: length of dx over length of dout against the spread of the feature. Right: one feature, entry by entry.

    ratios, theory: measured and expected, for each of ``spreads``.
    dout, dx: (N,), one feature.
    slope: of the black line through the origin.
    """
    fig, (left, right) = figure(1, 2, panel=(3.7, 2.9), title="A gradient on its way through BN")
    left.plot(spreads, ratios, label="measured", **{**LOOKS[0], "linestyle": "none", "markersize": 6})
    left.plot(spreads, theory, color=TRUTH, linewidth=0.9, label="γ/√(σ² + eps)")
    log_scale(left)
    guide(left, y=1.0, text="neither shrunk nor enlarged")
    label(left, "σ of the feature", "length of dx / length of dout")
    legend(left, loc="upper right", fontsize=7)
    ends = np.array([np.min(dout), np.max(dout)])
    right.plot(ends, slope * ends, color=TRUTH, linewidth=0.9, label="γ/√(σ² + eps) · dout")
    right.plot(dout, dx, "o", color=AFTER, markersize=3.5, label="one example")
    same = np.abs(dout).mean() * slope
    right.plot(
        ends, [same, same], color=BEFORE, linestyle="--", linewidth=1.2, label="if sizes were averaged"
    )
    right.plot(ends, [-same, -same], color=BEFORE, linestyle="--", linewidth=1.2)
    guide(right, x=0)
    label(right, "dout of an example", "dx of the same example")
    legend(right, loc="lower right", fontsize=7)
    return fig
