"""The kind of figure that the functions of ``bnlab.plots`` return."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure


class Plot(Figure):
    """A figure that shows itself as a PNG when it is the last value of a notebook cell."""

    description = "figure"

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi)
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"<figure: {self.description}>"
