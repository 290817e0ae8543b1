"""``bnlab demo``: a course folder with a made-up class, released, graded, with feedback and a report."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from textwrap import shorten
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Column, Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = "Examples: bnlab demo demo · bnlab demo my-demo --stage 02"
SCHEMA, VERSION = "bnlab-demo", 1
NOTE = 120  # characters of a note; the whole is in the JSON


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(demo)


def demo(
    folder: Annotated[
        Path, typer.Argument(help="The course folder to make; an earlier demo in it is replaced.")
    ] = Path("demo"),
    stage: Annotated[
        list[str] | None, typer.Option("--stage", help="This stage only; may be repeated.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Judges side by side; one per processor.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Show the main job from end to end: release all stages, grade a class of 24, write feedback and a report.

    Exit status: 0 if everything went as it should, 1 if not, 2 for wrong use.
    """
    from bnlab_autograder.curriculum import STAGES, stage_named
    from bnlab_autograder.demo.show import MARKER, show

    try:
        stages = [stage_named(name) for name in stage] if stage else list(STAGES)
    except LookupError as problem:
        misuse(str(problem.args[0]))
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            misuse(f"{folder} is not empty and not an earlier demo", "Name another folder.")
        shutil.rmtree(folder)
    started = time.monotonic()
    result = show(folder, stages, workers=workers, log=log)
    result["seconds"] = round(time.monotonic() - started, 1)
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, **result})
    else:
        _print(result, folder)
    raise typer.Exit(DONE if result["as_expected"] else FAILED)


def _print(result: dict, folder: Path) -> None:
    stages = result["stages"]
    most = {
        name: max(one["points"].get(name, "").partition("/")[2] for one in result["class"]) for name in stages
    }
    heads = [Column(f"{name[:2]}\n/{most[name]}", justify="right", no_wrap=True) for name in stages]
    who = Column("student", no_wrap=True), Column("handed in", overflow="fold")
    title = {"title": "Points by stage", "title_justify": "left"}
    table = Table(*who, *heads, **title, box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for one in result["class"]:
        cells = [one["points"].get(name, "").partition("/")[0] for name in stages]
        table.add_row(escape(one["student"]), escape(one["what"]), *cells)
    console.print(table)
    for one in result["class"]:
        if one["note"]:
            note = shorten(one["note"], NOTE, placeholder=" …")
            console.print(
                f"[bold]{escape(one['student'])}[/]: {escape(note)}", highlight=False, soft_wrap=True
            )
    mark = "[green]✓[/]" if result["as_expected"] else "[red]✗[/]"
    console.print(f"{mark} {result['submissions']} submissions in {result['seconds']:g} s", highlight=False)
    for problem in result["problems"]:
        console.print(f"[red]✗[/] {escape(problem)}", highlight=False, soft_wrap=True)
    console.print("To open:", style="bold")
    for what, path in result["open"].items():
        console.print(f"  {what}: {escape(path)}", highlight=False, soft_wrap=True)
    console.print(
        f"  formgrader: cd {escape(str(folder))} && jupyter lab, then Nbgrader → Formgrader", highlight=False
    )
