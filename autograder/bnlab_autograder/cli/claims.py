"""``bnlab claims``: what is claimed about BN, where the course shows it, and what came out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from bnlab_autograder.cli.figure import run_with_progress
from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = "Examples: bnlab claims · bnlab claims --out claims.md · bnlab claims --json --seeds 5"
SCHEMA, VERSION = "bnlab-claims", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(claims)


def claims(
    seeds: Annotated[int, typer.Option(min=1, help="Repeat the figures with so many seeds.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Write the table into this Markdown file.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    setting: Annotated[str, typer.Option(hidden=True)] = "quick",
) -> None:
    """Measure the claims of the course, those of the paper and common errors, and show what came out.

    This makes the figures on which they rest; with one seed that takes a few minutes.

    Exit status: 0 if all were measured, 1 if not, 2 for wrong use.
    """
    from bnlab_autograder.figures import find
    from bnlab_autograder.figures.claims import as_markdown, figures_needed, measured
    from bnlab_autograder.figures.run import ConditionFailed, Runner

    if out is not None and not out.absolute().parent.is_dir():
        misuse(f"there is no folder {out.absolute().parent}")
    outcomes = {}
    try:
        with Runner() as runner:
            for name in figures_needed():
                outcomes[name] = run_with_progress(runner, find(name), setting, range(seeds))
        found = measured(outcomes)
    except ConditionFailed as problem:
        log.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
    if out is not None:
        out.write_text(as_markdown(found), encoding="utf-8")
    if as_json:
        table = [one.to_dict() for one in found]
        print_json({"schema": SCHEMA, "version": VERSION, "seeds": seeds, "claims": table})
    else:
        _show(found)
    raise typer.Exit(DONE)


def _show(found) -> None:
    fold = {"overflow": "fold"}
    table = Table("", Column("claim", **fold), Column("shown in", **fold), Column("what came out", **fold))
    for one in found:
        mark = "[red]✗[/] " if one.claim.error else ""
        table.add_row(
            str(one.claim.number), mark + escape(one.claim.text), escape(one.claim.heading), escape(one.text)
        )
    console.print(table)
    console.print("[red]✗[/] marks common errors; what came out refutes them.", highlight=False)
