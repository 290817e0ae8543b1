"""``bnlab solutions``: the solved notebook of a stage, for publication."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = "Examples: bnlab solutions 02 · bnlab solutions 02_train_test --execute --out 02-solved.ipynb"
SCHEMA, VERSION = "bnlab-solutions", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(solutions)


def solutions(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The file to write. If not given: solutions/STAGE/STAGE-solved.ipynb."
        ),
    ] = None,
    execute: Annotated[
        bool, typer.Option("--execute", help="Run it at full length, so that it has its outputs and plots.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write it although the stage can still be handed in.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write the notebook of a stage with its solutions and model answers, without rubrics and nbgrader's marks.

    Refused while anybody can still hand in: before the due date, without one, and while an extension lasts.

    Exit status: 0 if it is written, 1 if it does not run, 2 if it is refused.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.grading.extensions import ExtensionsProblem
    from bnlab_autograder.release.publish import Refused
    from bnlab_autograder.release.solved import NotExecuted, write_solved

    name, here = stage_in(stage), course_in(course)
    try:
        done = write_solved(here, name, out, execute=execute, force=force)
    except (Refused, ExtensionsProblem) as problem:
        misuse(str(problem))
    except (NotExecuted, OSError) as problem:
        log.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "stage": done.stage,
                "release": done.version,
                "path": str(done.path),
                "executed": done.executed,
                "forced": list(done.forced),
            }
        )
    else:
        for reason in done.forced:
            log.print(f"[yellow]in spite of this:[/] {escape(reason)}", highlight=False, soft_wrap=True)
        console.print(
            f"[green]✓[/] {done.stage} {done.version}, solved: {escape(str(done.path))}",
            highlight=False,
            soft_wrap=True,
        )
    raise typer.Exit(DONE)
