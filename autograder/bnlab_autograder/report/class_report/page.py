"""The report as one page: a single file that needs no network and lets nothing that students wrote act.

All text is escaped by the template, and the page forbids every script but its own, which it names by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import os
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bnlab_autograder.report.class_report import charts
from bnlab_autograder.report.class_report.gather import StageClass
from bnlab_autograder.report.class_report.numbers import FEW, GROUPS
from bnlab_autograder.report.class_report.similar import RUNS, K
from bnlab_autograder.workspace import Workspace

MOST = {  # shown on the page at once; the rest is folded, or in the JSON
    "mistakes": 15,
    "pairs": 15,
    "who": 6,
    "names": 12,
    "patterns": 12,
    "alike": 20,
}
FOLDER = "reports"  # of a course folder
CODE = 6000  # characters of an answer that are shown


class Places:
    """Where the page and what it links to lie.

    Parameters
    ----------
    page :
        The page's own path.
    workspace :
        The course folder; None for a page without links.
    """

    def __init__(self, page: Path, workspace: Workspace | None):
        self.folder, self.workspace = page.resolve().parent, workspace

    def feedback(self, student: str, stage: str) -> str | None:
        return self._link("feedback", student, stage, f"{stage}.html")

    def graded(self, student: str, stage: str) -> str | None:
        return self._link("autograded", student, stage, f"{stage}.ipynb")

    def submitted(self, student: str, stage: str) -> str | None:
        return self._link("submitted", student, stage, f"{stage}.ipynb")

    def _link(self, *parts: str) -> str | None:
        """The address of a file as seen from the page, or None if there is no such file."""
        if self.workspace is None or not all(parts):
            return None
        path = self.workspace.root.joinpath(*parts)
        return quote(Path(os.path.relpath(path, self.folder)).as_posix()) if path.is_file() else None


def render(report: Mapping[str, Any], stages: Iterable[StageClass], places: Places) -> str:
    """The page of a report; ``stages`` hold the answers that are shown."""
    answers = {(one.stage, s.student): s.answers for one in stages for s in one.submissions}
    environment = Environment(
        loader=PackageLoader("bnlab_autograder.report.class_report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "number": number, "signed": signed, "shell": shlex.quote}
    script = environment.loader.get_source(environment, "report.js")[0]
    style = environment.loader.get_source(environment, "report.css")[0]

    def answer(stage: str, student: str, exercise: str) -> str:
        source = answers.get((stage, student), {}).get(exercise, "")
        return source if len(source) <= CODE else source[:CODE] + "\n…"

    return environment.get_template("report.html").render(
        report=report,
        stages=report["stages"],
        comparison=report["comparison"],
        charts=charts,
        places=places,
        answer=answer,
        titled=titled,
        script=Markup(script),
        script_digest=_digest(script),
        style=Markup(style),
        most=MOST,
        few=FEW,
        upper=GROUPS,
        runs={"tokens": K, "least": RUNS},
    )


def page_in(workspace: Workspace, stage: str = "course") -> Path:
    """Where the page of a stage stands in a course folder, or that of the whole course."""
    return workspace.root / FOLDER / f"{stage}.html"


def write(page: Path, text: str) -> None:
    """Put the page in its place, for its owner only: it is about people."""
    page.parent.mkdir(parents=True, exist_ok=True)
    new = page.with_name(f".{page.name}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(new, page)


def titled(pairs: Iterable[Mapping[str, Any]], mistakes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Pairs of mistakes with their titles."""
    titles = {m["mistake"]: m["title"] for m in mistakes}
    return [{**pair, "title_a": titles[pair["a"]], "title_b": titles[pair["b"]]} for pair in pairs]


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


def number(value: float | None, digits: int = 2) -> str:
    """At most so many digits after the point, with a minus that looks like one."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def signed(share: float | None) -> str:
    """A difference of shares in points of a hundred."""
    if share is None:
        return "–"
    text = f"{100 * share:+.0f}"
    return "0" if text in ("+0", "-0") else text.replace("-", "−")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
