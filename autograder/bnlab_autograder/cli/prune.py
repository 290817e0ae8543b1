"""``bnlab prune``: remove stored results that nobody has used for long."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bnlab_autograder.cli.output import DONE, console, print_json

EPILOG = "Examples: bnlab prune · bnlab prune --days 0 · bnlab prune --json"
SCHEMA, VERSION = "bnlab-prune", 1
DAYS = 180.0  # a term


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(prune)


def prune(
    days: Annotated[float, typer.Option(min=0, help="Keep what was used in the last so many days.")] = DAYS,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Remove old results of grading from the store, and what crashed runs have left behind.

    Grades stay. A removed result is worked out again if its submission is ever graded again.

    Exit status: 0 if done, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in

    pruned = course_in(course).prune(days=days)
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, **pruned})
    else:
        console.print(
            f"{pruned['removed']} results removed, {pruned['kept']} kept ({pruned['kept_bytes'] / 1e6:.1f} MB); "
            f"{pruned['left_behind']} folders of crashed runs removed",
            highlight=False,
        )
    raise typer.Exit(DONE)
