"""``bnlab log``: every change of a grade, and why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import console, print_json

EPILOG = "Examples: bnlab log · bnlab log 02 --student ada · bnlab log --json > log.jsonl"
SCHEMA, VERSION = "bnlab-log", 1


def register(app: typer.Typer) -> None:
    app.command(name="log", epilog=EPILOG)(show_log)


def show_log(
    stage: Annotated[str | None, typer.Argument(help="The stage, or the start of its name.")] = None,
    student: Annotated[str | None, typer.Option("--student", "-s", help="This student's only.")] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per change and line.")
    ] = False,
) -> None:
    """Show every change of an automatic grade, oldest first, with its reason."""
    from bnlab_autograder.cli.course import course_in, stage_in

    here = course_in(course)
    with here.ledger() as ledger:
        rows = ledger.log(stage_in(stage) if stage else None, student)
    if as_json:
        for row in rows:
            print_json({"schema": SCHEMA, "version": VERSION, **row}, one_line=True)
        return
    table = Table("time", "student", "stage", "cell", "old", "new", "reason")
    for row in rows:
        old, new = ("–" if row[key] is None else f"{row[key]:g}" for key in ("old", "new"))
        table.add_row(
            row["time"], escape(row["student"]), row["stage"], row["cell"], old, new, escape(row["reason"])
        )
    console.print(table)
