"""``bnlab report``: what the class got right and wrong, as one page and as numbers."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from bnlab_autograder.cli.output import console, misuse, print_json, usage_errors

EPILOG = (
    "Examples: bnlab report 02 · bnlab report --open · bnlab report --json > spring.json · "
    "bnlab report 02 --compare spring.json --anonymous --out for-the-staff-room.html"
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(report)


def report(
    stage: Annotated[
        str | None,
        typer.Argument(help="The stage, or the start of its name: 02. Without one: the whole course."),
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The page; reports/STAGE.html in the course folder otherwise."),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option(
            "--compare", help="Beside an earlier report (a file made with --json), or another course folder."
        ),
    ] = None,
    anonymous: Annotated[
        bool,
        typer.Option("--anonymous", help="Give students pseudonyms, and leave comments out of their code."),
    ] = False,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every number as JSON; the page is written only with --out.")
    ] = False,
) -> None:
    """Show what a class got right and wrong: points, mistakes and which occur together, failures that nothing
    explains, slow, faulty and near-identical submissions. Nothing is executed, and nothing is changed.

    The page is a single file and needs no network. It names students, unless --anonymous.

    Exit status: 0 if it is made, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.report.class_report.page import Places, page_in, render, write
    from bnlab_autograder.report.class_report.report import NoReport, classes, earlier_report, make

    here, names = course_in(course), [stage_in(stage)] if stage else []
    with usage_errors(NoReport):
        found = classes(here, names, hide_names=anonymous)
        earlier = earlier_report(compare, names) if compare else None
    data = make(here.workspace.course_id, found, hide_names=anonymous, earlier=earlier)
    if as_json:
        print_json(data)
        if out is None:
            return
    page = out or page_in(here.workspace, *names)
    try:
        write(page, render(data, found, Places(page, None if anonymous else here.workspace)))
    except OSError as problem:
        misuse(f"{page} cannot be written ({problem.strerror})", "Name another file with --out.")
    if not as_json:
        console.print(f"{page}", highlight=False, soft_wrap=True)
    if open_it:
        webbrowser.open(page.resolve().as_uri())
