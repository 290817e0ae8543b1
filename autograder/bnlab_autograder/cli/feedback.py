"""``bnlab feedback``: a page for every student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import track

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = "Examples: bnlab feedback 02_train_test · bnlab feedback 02 --student ada --json"
SCHEMA, VERSION = "bnlab-feedback", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(feedback)


def feedback(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    student: Annotated[
        list[str] | None, typer.Option("--student", "-s", help="Write this student's only; may be repeated.")
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write one HTML page per graded notebook, with points, cases in words and the graders' comments.

    Exit status: 0 if all are written, 1 if one could not be, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.report.feedback import graded_students, write_feedback

    name, here = stage_in(stage), course_in(course)
    graded = graded_students(here, name)
    students = student or graded
    unknown = [one for one in students if one not in graded]
    if unknown or not students:
        misuse(f"nothing graded for {', '.join(unknown) or name} yet; run: bnlab grade {name}")
    pages = list(
        track(
            write_feedback(here, name, students),
            total=len(students),
            description="Writing feedback",
            console=log,
            transient=True,
        )
    )
    failed = [page for page in pages if page.problem]
    if as_json:
        written = [
            {
                "student": p.student,
                "stage": p.stage,
                "page": str(p.page) if p.page else None,
                "problem": p.problem,
            }
            for p in pages
        ]
        print_json(
            {"schema": SCHEMA, "version": VERSION, "written": len(pages) - len(failed), "pages": written}
        )
    else:
        console.print(
            f"{len(pages) - len(failed)} pages in {here.workspace.feedback}", highlight=False, soft_wrap=True
        )
        for page in failed:
            console.print(f"[red]✗[/] {escape(page.student)}: {escape(page.problem)}", highlight=False)
    raise typer.Exit(FAILED if failed else DONE)
