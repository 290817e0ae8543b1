"""``bnlab receipts``: what a student can be told about a submission that has arrived."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = "Examples: bnlab receipts 02 · bnlab receipts 02 --student ada · bnlab receipts 02 --out receipts/"
SCHEMA, VERSION = "bnlab-receipts", 1
SHOWN = 16  # digits of a digest in the table; --student and --json show all


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(receipts)


def receipts(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    student: Annotated[
        list[str] | None, typer.Option("--student", "-s", help="This student's only; may be repeated.")
    ] = None,
    every: Annotated[bool, typer.Option("--every", help="Earlier submissions as well.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write a text for each student, STUDENT.txt, into this folder.")
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show which notebook of each student has arrived, and when: its SHA-256, by which anybody can check it.

    A student compares it with that of the file at home: sha256sum NOTEBOOK on Linux, shasum -a 256 NOTEBOOK on macOS,
    Get-FileHash NOTEBOOK in PowerShell. Receipts come from `bnlab collect`.

    Exit status: 0 if there are receipts, 1 if a text could not be written, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import stage_in, workspace_in
    from bnlab_autograder.lms import ledger
    from bnlab_autograder.lms.receipt_text import text_of
    from bnlab_autograder.lms.roster import unfit

    name, here = stage_in(stage), workspace_in(course)
    present = ledger.receipts(here, name)
    unknown = [one for one in student or () if one not in present]
    if unknown or not present:
        misuse(
            f"there is no receipt of {', '.join(unknown) or 'anybody'} for {name}",
            f"Receipts are given by: bnlab collect {name} ARCHIVE --from SYSTEM",
        )
    chosen = {one: present[one] for one in (student or sorted(present))}
    listed = list(chosen.values())
    if every:
        listed = [one for one in ledger.all_receipts(here, name) if one.student_id in chosen]
    written = []
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
            for one in chosen.values():
                if unfit(one.student_id):
                    continue
                path = out / f"{one.student_id}.txt"
                path.write_text(text_of(one, here.course_id), encoding="utf-8")
                written.append(path)
        except OSError as problem:
            log.print(f"[red]\u2717[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
            raise typer.Exit(FAILED) from None
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "stage": name,
                "receipts": [one.to_dict() for one in listed],
                "written": [str(path) for path in written],
            }
        )
    elif out is not None:
        console.print(f"{len(written)} receipts in {escape(str(out))}", highlight=False, soft_wrap=True)
    elif student and not every:
        for one in listed:
            typer.echo(text_of(one, here.course_id))
    else:
        table = Table("student", "handed in", "attempt")
        table.add_column("SHA-256 begins", no_wrap=True)
        table.add_column("file", overflow="fold")
        for one in listed:
            table.add_row(
                escape(one.student_id),
                _when(one.submitted_at) + (" [red]late[/]" if one.late else ""),
                f"{one.attempt}" + ("" if one.counts else " [dim]kept aside[/]"),
                one.sha256[:SHOWN],
                escape(one.original_name),
            )
        console.print(table)
    raise typer.Exit(DONE)


def _when(moment) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "\u2013"
