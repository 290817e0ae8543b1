"""How the result of an exercise's hidden cases is shown in a graded notebook: HTML, and plain text beside it."""

from __future__ import annotations

import textwrap
from typing import Any

from jinja2 import Environment, PackageLoader

from bnlab_autograder.grading.score import ExerciseScore

_templates = Environment(
    loader=PackageLoader("bnlab_autograder.grading", "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)


def number(points: float) -> str:
    """Points without needless zeros: 2, 2.5, 0.25."""
    return f"{points:g}"


_templates.filters["number"] = number


def output(score: ExerciseScore) -> dict[str, Any]:
    """A notebook output that shows the score of an exercise."""
    return {
        "output_type": "display_data",
        "data": {"text/html": html(score), "text/plain": text(score)},
        "metadata": {"bnlab": "hidden cases"},
    }


def html(score: ExerciseScore) -> str:
    return _templates.get_template("exercise.html").render(score=score, groups=grouped(score))


def text(score: ExerciseScore) -> str:
    """The same for a terminal."""
    lines = [f"{score.exercise}: {number(score.points)} of {number(score.max_points)} points"]
    for message, cases in grouped(score):
        worth = f"{number(sum(c.points for c in cases))}/{number(sum(c.max_points for c in cases))}"
        names = ", ".join(case.name.replace("_", " ") for case in cases)
        lines.append(f"  {'✗' if message else '✓'} {names} ({worth})")
        lines += textwrap.wrap(message, 92, initial_indent="      ", subsequent_indent="      ")
    for mistake in score.diagnosis:
        more = f" More in {mistake['link']}, which came with the notebook." if mistake.get("link") else ""
        known = f"Known mistake: {mistake['message']}{more}"
        lines += textwrap.wrap(known, 92, initial_indent="  ", subsequent_indent="  ")
    for remark in score.remarks:
        lines += textwrap.wrap(f"Remark: {remark}.", 92, initial_indent="  ", subsequent_indent="  ")
    return "\n".join(lines)


def grouped(score: ExerciseScore) -> list[tuple[str, list[Any]]]:
    """Failed cases by message, in order, then all that passed under an empty message."""
    groups: dict[str, list[Any]] = {}
    for case in score.cases:
        if not case.passed:
            groups.setdefault(case.message, []).append(case)
    passed = [case for case in score.cases if case.passed]
    return [*groups.items(), *([("", passed)] if passed else [])]
