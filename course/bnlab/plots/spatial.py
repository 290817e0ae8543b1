"""Figures of stage 04: who shares statistics, feature maps, tables made of images, error against batch size.

Functions here draw what they are given. None of them computes anything that an exercise asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bnlab.plots.style import AFTER, LOOKS, figure, guide, label, legend, log_scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

__all__ = ["channel_tables", "error_by_batch_size", "image_row", "norm_cubes", "reach"]

# Colours of the channels in a table: light enough for black numbers, told apart by their lightness as well.
_CHANNELS = ("#FFFFFF", "#9AD0F5", "#E8A33D", "#B9B9B9", "#F0E442", "#CC9DC0")

# Which cells share their statistics with the cell at the front, right, top: example n, channel c in group g.
_SHARES: dict[str, tuple[str, Callable[[bool, bool, bool], bool]]] = {
    "batch": ("for each channel: C pairs", lambda same_n, same_c, same_g: same_c),
    "layer": ("for each example: N pairs", lambda same_n, same_c, same_g: same_n),
    "instance": (
        "for each example and\nchannel: N · C pairs",
        lambda same_n, same_c, same_g: same_n and same_c,
    ),
    "group": (
        "for each example and\ngroup: N · G pairs",
        lambda same_n, same_c, same_g: same_n and same_g,
    ),
}
_DEPTH = np.array([0.42, 0.34])  # where one step into the depth (to the next channel) leads on paper


def norm_cubes(
    norms: Sequence[str] = tuple(_SHARES), *, n: int = 4, c: int = 6, hw: int = 4, groups: int = 2
) -> Plot:
    """A batch of images as a block, one for each norm; blue are values that share one mean and one variance.

    norms: of "batch", "layer", "instance", "group".
    n, c, hw: examples, channels and pixels of the block (all pixels of an image in one column).
    groups: into how many groups of neighbours the channels are divided.
    """
    title = "Blue: values that share one mean and one variance"
    fig, axes = figure(1, len(norms), panel=(2.35, 2.35), title=title)
    axes = _without_room_for_labels(axes, bottom=0.13)
    for ax, norm in zip(axes, norms, strict=True):
        says, shares = _SHARES[norm]
        _block(ax, n, c, hw, lambda i, j, shares=shares: shares(i == n - 1, j == 0, j // (c // groups) == 0))
        ax.set_title(f"{norm} norm", fontsize=9, fontweight="bold", pad=2)
        ax.text(0.5, -0.1, says, transform=ax.transAxes, ha="center", va="center", fontsize=8)
    return fig


def image_row(images: Mapping[str, NDArray]) -> Plot:
    """Images side by side, each with a name: (H, W) each. Grey is 0, white and black are its largest size."""
    fig, axes = figure(1, len(images), panel=(1.75, 1.75))
    axes = _without_room_for_labels(axes, bottom=0.04)
    for ax, (name, image) in zip(axes, images.items(), strict=True):
        limit = np.abs(image).max()
        ax.imshow(image, cmap="gray", vmin=-limit, vmax=limit)
        ax.set_xticks([])
        ax.set_yticks([])
        for side in ax.spines.values():
            side.set_visible(True)
        ax.set_title(name, fontsize=9)
    return fig


def channel_tables(tables: Mapping[str, NDArray]) -> Plot:
    """Tables whose entries are the numbers of channels: one colour for each channel.

    tables: a name, and (rows, columns) integers below 6 for each.
    """
    from matplotlib.colors import to_rgb

    rows = max(len(table) for table in tables.values())
    fig, axes = figure(
        1, len(tables), panel=(3.0, 0.9 + 0.2 * rows), title="Which channel stands where in the table"
    )
    for ax, (name, table) in zip(_row(axes), tables.items(), strict=True):
        colours = np.array([to_rgb(colour) for colour in _CHANNELS])[table]
        ax.imshow(colours, aspect="auto")
        for (row, column), channel in np.ndenumerate(table):
            ax.text(column, row, str(channel), ha="center", va="center", fontsize=8, color="black")
        ax.set_xticks(range(table.shape[1]))
        ax.set_yticks([])
        label(ax, "column", "rows", name)
    return fig


def reach(counts: Mapping[str, NDArray]) -> Plot:
    """How many pixels of each channel of each example something reaches; blue where it is any.

    counts: a name, and (N, C) integers for each.
    """
    from matplotlib.colors import to_rgb

    rows = max(len(table) for table in counts.values())
    fig, axes = figure(
        1, len(counts), panel=(2.5, 1.0 + 0.24 * rows), title="Pixels that feel one entry of dout"
    )
    for ax, (name, table) in zip(_row(axes), counts.items(), strict=True):
        ax.imshow(np.where(table[..., None] > 0, to_rgb(AFTER), to_rgb("#DCDCDC")), aspect="auto")
        for (row, column), count in np.ndenumerate(table):
            colour = "white" if count else "black"
            ax.text(column, row, str(count), ha="center", va="center", fontsize=8, color=colour)
        ax.set_xticks(range(table.shape[1]))
        ax.set_yticks(range(table.shape[0]))
        label(ax, "channel", "example", name)
    return fig


def error_by_batch_size(
    sizes: ArrayLike, panels: Mapping[str, Mapping[str, NDArray]], chance: float | None = None
) -> Plot:
    """Test error against batch size: lines join the medians, every run is a small mark.

    sizes: (S,) batch sizes.
    panels: for each panel its title, and in it a name and the errors (runs, S) for each method.
    chance: the error of guessing, drawn as a guide.
    """
    fig, axes = figure(1, len(panels), panel=(3.6, 2.9), share_y=True, title="Test error against batch size")
    axes = _row(axes)
    for ax, (title, methods) in zip(axes, panels.items(), strict=True):
        for (name, errors), look in zip(methods.items(), LOOKS, strict=False):
            ax.plot(sizes, np.median(errors, axis=0), label=name, **look)
            for run in errors:
                ax.plot(
                    sizes, run, color=look["color"], marker=look["marker"], linestyle="none", markersize=2
                )
        if chance is not None:
            guide(ax, y=chance)
        log_scale(ax, "x")
        ax.set_xticks(sizes, [f"{size}" for size in sizes])
        ax.set_ylim(bottom=0)
        label(ax, "batch size N", "test error", title)
    legend(axes[0], loc="center right")
    return fig


def _row(axes: Axes | list) -> list:
    """A list of axes, also when there is only one."""
    return axes if isinstance(axes, list) else [axes]


def _without_room_for_labels(axes: Axes | list, bottom: float) -> list:
    """A list of axes, side by side over the whole width of their figure, for panels without scales."""
    axes = _row(axes)
    width, gap = 1 / len(axes), 0.06 / len(axes)
    top = axes[0].get_position().y1
    for number, ax in enumerate(axes):
        ax.set_position((number * width + gap, bottom, width - 2 * gap, top - bottom))
    return axes


def _block(ax: Axes, n: int, c: int, hw: int, shares: Callable[[int, int], bool]) -> None:
    """Draw the visible sides of a block: examples to the right, pixels up, channels into the depth."""
    from matplotlib.patches import Polygon

    right, up = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    sides = [
        *((i * right + k * up, right, up, shares(i, 0), 1.0) for i in range(n) for k in range(hw)),
        *(
            (i * right + hw * up + j * _DEPTH, right, _DEPTH, shares(i, j), 1.25)
            for i in range(n)
            for j in range(c)
        ),
        *(
            (n * right + k * up + j * _DEPTH, up, _DEPTH, shares(n - 1, j), 0.75)
            for k in range(hw)
            for j in range(c)
        ),
    ]
    for corner, first, second, shared, light in sides:
        face = np.array([corner, corner + first, corner + first + second, corner + second])
        look = (
            {"facecolor": _lit(AFTER, light), "hatch": "..."}
            if shared
            else {"facecolor": _lit("#DCDCDC", light)}
        )
        ax.add_patch(Polygon(face, edgecolor="white" if shared else "#8A8A8A", linewidth=0.6, **look))
    far = c * _DEPTH
    slope = np.degrees(np.arctan2(far[1], far[0]))
    ax.text(n / 2, -0.2, "N examples", ha="center", va="top", fontsize=8)
    ax.text(-0.2, hw / 2, "H · W pixels", ha="right", va="center", rotation=90, fontsize=8)
    ax.text(
        n + far[0] / 2 + 0.35,
        far[1] / 2 - 0.35,
        "C channels",
        rotation=slope,
        ha="center",
        va="center",
        fontsize=8,
    )
    ax.set_xlim(-0.8, n + far[0] + 0.2)
    ax.set_ylim(-0.8, hw + far[1] + 0.1)
    ax.set_aspect("equal")
    ax.axis("off")


def _lit(colour: str, light: float) -> tuple[float, ...]:
    """``colour``, darker for ``light`` below 1 and lighter above."""
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(colour))
    return tuple(rgb * light if light <= 1 else 1 - (1 - rgb) / light)
