"""A page with all figures: what each shows, what is claimed, and what came out."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from bnlab_autograder.figures.figure import FAILS, HOLDS, PARTLY, Outcome

__all__ = ["write_gallery"]

SIGNS = {HOLDS: "✓", PARTLY: "~", FAILS: "✗", None: "–"}
DPI = 110


def write_gallery(outcomes: Sequence[Outcome], folder: Path) -> Path:
    """Write ``index.html``, a single file, and ``figures.json`` into ``folder``; return the page.

    ``figures.json`` is a list of what ``bnlab figure NAME --json`` prints.
    """
    folder.mkdir(parents=True, exist_ok=True)
    environment = Environment(
        loader=PackageLoader("bnlab_autograder.figures"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"picture": picture, "value": value}
    page = folder / "index.html"
    page.write_text(
        environment.get_template("gallery.html").render(
            outcomes=outcomes,
            signs=SIGNS,
            tally=Counter(outcome.holds for outcome in outcomes),
            seeds=max((len(outcome.seeds) for outcome in outcomes), default=0),
        ),
        encoding="utf-8",
    )
    found = [outcome.to_dict() for outcome in outcomes]
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "figures.json").write_text(text + "\n", encoding="utf-8")
    return page


def picture(outcome: Outcome) -> str:
    """The figure as the address of an image that lies in the page itself."""
    buffer = BytesIO()
    outcome.draw().savefig(buffer, format="png", dpi=DPI)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def value(number: float) -> str:
    """Three digits, with a minus that looks like one."""
    return f"{number:.3g}".replace("-", "−")
