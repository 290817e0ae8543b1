"""How every figure of the course looks: one palette, one font size, one way to be made.

Figures do not go through ``pyplot``: a function of ``bnlab.plots`` returns a `Plot`, and the notebook
shows it because it is the last value of its cell. So nothing is drawn twice, no figure stays open, and no
global setting is changed.

    fig, ax = figure(title="Error against h")
    ax.plot(h, error, color=BLUE)
    log_scale(ax)
    label(ax, "step h", "relative error")
    return fig

Colour never stands alone: pair it with a line style, a marker, a hatch or a label (`LOOKS` does).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bnlab.plots.plot import Plot

# The palette of Okabe and Ito, which readers with any common colour blindness can tell apart.
BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"  # for areas only: too light for a line on white
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
GREY = "#8A8A8A"
PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)

# The same thing has the same colour in every stage.
BEFORE = VERMILLION  # raw values, networks without Batch Normalization
AFTER = BLUE  # normalised values, networks with Batch Normalization
TRUTH = BLACK  # what theory or the whole population says
MARK = GREY  # guide lines

# Keyword arguments for line after line in one panel: colour, style and marker all differ.
LOOKS: tuple[dict[str, object], ...] = (
    {"color": BLUE, "linestyle": "-", "marker": "o", "markersize": 4},
    {"color": VERMILLION, "linestyle": "--", "marker": "s", "markersize": 4},
    {"color": GREEN, "linestyle": "-.", "marker": "^", "markersize": 4},
    {"color": ORANGE, "linestyle": ":", "marker": "D", "markersize": 4},
    {"color": PURPLE, "linestyle": "-", "marker": "v", "markersize": 4},
    {"color": BLACK, "linestyle": "--", "marker": "x", "markersize": 4},
)

DPI = 90
PANEL = (3.4, 2.6)  # inches, width and height of one panel
# Room around the axes of a panel in inches. Fixed, because measuring every label doubles the time of drawing.
LEFT, RIGHT, BOTTOM, TOP = 0.62, 0.12, 0.46, 0.26

_SETTINGS = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "white",
}


def figure(
    rows: int = 1,
    cols: int = 1,
    *,
    title: str | None = None,
    panel: tuple[float, float] = PANEL,
    share_x: bool = False,
    share_y: bool = False,
    widths: Sequence[float] | None = None,
) -> tuple[Plot, Axes | list]:
    """A new figure and its axes: one Axes, a list of them (one row or one column), or a list of rows.

    title: stands above all panels, and describes the figure to readers who cannot see it.
    panel: width and height of one panel in inches.
    widths: relative widths of the columns.
    """
    import matplotlib as mpl  # here, since a notebook that draws nothing should not wait for it

    from bnlab.plots.plot import Plot

    single = rows == cols == 1
    above = 0.25 if title and not single else 0
    width, height = panel[0] * cols, panel[1] * rows + above
    margins = {
        "left": LEFT / width,
        "right": 1 - RIGHT / width,
        "bottom": BOTTOM / height,
        "top": 1 - (TOP + above) / height,
        "wspace": (LEFT + RIGHT) / (panel[0] - LEFT - RIGHT),
        "hspace": (BOTTOM + TOP) / (panel[1] - BOTTOM - TOP),
    }
    with mpl.rc_context({**_SETTINGS, "axes.prop_cycle": mpl.cycler(color=PALETTE)}):
        fig = Plot(figsize=(width, height), dpi=DPI)
        axes = fig.subplots(
            rows,
            cols,
            sharex=share_x,
            sharey=share_y,
            squeeze=False,
            width_ratios=widths,
            gridspec_kw=margins,
        )
        if title and single:
            axes[0, 0].set_title(title, fontsize=10)
        elif title:
            fig.suptitle(title, fontsize=10, y=1 - 0.04 / height, va="top")
    fig.description = title or "figure"
    if single:
        return fig, axes[0, 0]
    return fig, (list(axes.flat) if 1 in (rows, cols) else [list(row) for row in axes])


def log_scale(ax: Axes, axes: str = "xy") -> None:
    """Make the axes named in ``axes`` logarithmic, without minor ticks: those cost most of the drawing."""
    from matplotlib.ticker import NullLocator

    if "x" in axes:
        ax.set_xscale("log")
        ax.xaxis.set_minor_locator(NullLocator())
    if "y" in axes:
        ax.set_yscale("log")
        ax.yaxis.set_minor_locator(NullLocator())


def label(ax: Axes, x: str, y: str, title: str | None = None) -> None:
    """Name the axes of a panel, and say what the panel shows. Every panel is labelled."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    if title:
        ax.set_title(title, fontsize=9)


def legend(ax: Axes, **options: object) -> None:
    """A small legend without a frame, where it hides least (or at ``loc``, which is faster)."""
    ax.legend(**{"frameon": False, "fontsize": 8, "handlelength": 2.2, **options})


def guide(ax: Axes, *, x: float | None = None, y: float | None = None, text: str | None = None) -> None:
    """A thin grey line at ``x`` or ``y``, with a name for the legend if ``text`` is given."""
    look = {"color": MARK, "linewidth": 1.0, "linestyle": (0, (4, 3)), "zorder": 0.5, "label": text}
    if x is not None:
        ax.axvline(x, **look)
    if y is not None:
        ax.axhline(y, **look)
