"""``bnlab forget``: remove what a course folder holds about a student."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

if TYPE_CHECKING:
    from bnlab_autograder.report.forget import Traces

EPILOG = "Examples: bnlab forget ada --dry-run · bnlab forget ada · bnlab forget ada --yes --json"
SCHEMA, VERSION = "bnlab-forget", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(forget)


def forget(
    student: Annotated[
        str, typer.Argument(help="The student's id, as bnlab grade shows it.", show_default=False)
    ],
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what there is, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the list as JSON; needs --yes or --dry-run.")
    ] = False,
) -> None:
    """Remove a student from the gradebook, the log of grades, all folders of submissions, receipts and stored results.

    First lists what there is, and what this command cannot reach. Give it while no grading runs. If it is stopped, give
    it again. Nothing of it can be undone.

    Exit status: 0 if done, 1 if the answer is no or something could not be removed, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in
    from bnlab_autograder.grading.record import GradebookLost
    from bnlab_autograder.report.forget import find_traces, nearest
    from bnlab_autograder.report.forget import forget as remove

    here = course_in(course)
    if not student.strip():
        misuse("whom? Name a student", EPILOG)
    if as_json and not (yes or dry_run):
        misuse("--json asks nothing", "Add --yes, or --dry-run.")
    try:
        traces = find_traces(here, student)
        if not traces.known:
            near = nearest(student, here.workspace.students())
            misuse(
                f"nothing in {here.root} is about a student called {student}",
                f"Is one of these meant? {', '.join(near)}" if near else "",
            )
        if not as_json:
            _show(traces, here.root)
        sure = yes or (not dry_run and typer.confirm(f"Remove all this of {student}? It cannot be undone."))
        data = traces.to_dict(here.root)
        if sure and not dry_run:
            remove(here, traces)
            left = find_traces(here, student)
            if left.known:
                raise OSError("something is still there; does a grading run write to this folder?")
    except (GradebookLost, OSError) as problem:
        log.print(f"[red]✗[/] {escape(str(problem))}; run it again", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
    done = sure and not dry_run
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, "done": done, **data})
    elif done:
        console.print(f"[green]✓[/] {escape(student)} is forgotten", highlight=False)
    raise typer.Exit(DONE if done or dry_run else FAILED)


def _show(traces: Traces, root: Path) -> None:
    data = traces.to_dict(root)
    lines = [f"About {traces.student}, to be removed:"]
    lines += [f"    gradebook: {number} in {table}" for table, number in data["gradebook"].items()]
    lines += [
        f"    {one['path']}: {_of(one['files'], 'file')}, {one['bytes'] / 1e3:.0f} kB"
        for one in data["folders"]
    ]
    lines += [f"    {path}: {_of(number, 'line')}" for path, number in data["lines"].items()]
    lines += [f"    stored results that may be theirs: {data['results']}"]
    if data["remaining"]:
        lines += ["Stays, and names them:"]
        lines += [f"    {one['path']}: {one['why']}" for one in data["remaining"]]
    lines += ["Out of reach of this command:"]
    lines += [f"    {what}" for what in data["not_here"]]
    for line in lines:
        console.print(escape(line), highlight=False, soft_wrap=True)


def _of(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
