"""``bnlab collect``: a download of submissions into the course folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json, usage_errors

if TYPE_CHECKING:
    from bnlab_autograder.lms.collect import Collected, Item

EPILOG = (
    "Examples: bnlab collect 02 submissions.zip --from canvas --dry-run · "
    "bnlab collect 02 course-02-1234.zip --from moodle --worksheet Grades-02.csv · "
    "bnlab collect 02 assignment_9_export.zip --from gradescope · bnlab collect 02 inbox/ --from folder"
)
SCHEMA, VERSION = "bnlab-collect", 1
ALL_ROWS = 30  # of so many students each has a row; of more only those about whom there is something to say
STYLE = {"new": "green", "replaced": "yellow", "same": "dim", "older": "yellow", "left": "red"}
WORDS = {
    "new": "new",
    "replaced": "in place of an earlier one",
    "same": "there already",
    "older": "older than what is there",
    "left": "not taken",
}


class System(StrEnum):
    canvas = "canvas"
    moodle = "moodle"
    gradescope = "gradescope"
    folder = "folder"


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(collect)


def collect(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    source: Annotated[
        Path,
        typer.Argument(
            metavar="ARCHIVE|FOLDER",
            help="The download, a zip or what was unpacked from it.",
            show_default=False,
        ),
    ],
    system: Annotated[
        System, typer.Option("--from", help="Where it comes from, that is how its files are named.")
    ],
    roster: Annotated[
        Path | None,
        typer.Option(help="Who is who: a CSV file. Without it, roster.csv of the course folder is read."),
    ] = None,
    worksheet: Annotated[
        Path | None,
        typer.Option(
            help="Moodle's grading worksheet of this assignment: it knows when they were handed in."
        ),
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Put the submissions of a download into submitted/STUDENT/STAGE/STAGE.ipynb, and give each a receipt.

    The newest submission counts. What it replaces is kept in .bnlab/received, and `bnlab grade` grades the new one.
    Doing it twice does no harm. Who is not certain to be meant is listed, never guessed. A roster may be a gradebook
    of Canvas, a list of participants of Moodle, a roster of Gradescope, or a CSV file with student_id, first_name,
    last_name, email and the ids of these systems.

    Exit status: 0 if all was taken, 1 if something is listed that needs a person, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.grading.extensions import ExtensionsProblem
    from bnlab_autograder.grading.record import GradebookLost
    from bnlab_autograder.lms.archive import DownloadProblem
    from bnlab_autograder.lms.collect import CollectProblem
    from bnlab_autograder.lms.collect import collect as take
    from bnlab_autograder.lms.downloads import read_worksheet
    from bnlab_autograder.lms.roster import RosterProblem, read_roster, roster_of

    name, here = stage_in(stage), course_in(course)
    if worksheet is not None and system is not System.moodle:
        misuse("--worksheet goes with --from moodle")
    with (
        usage_errors(RosterProblem, DownloadProblem, CollectProblem, ExtensionsProblem, GradebookLost),
        _progress() as (begin, step),
    ):
        known = roster_of(here.root, roster)
        if known is None and worksheet is not None:
            known = read_roster(worksheet)
        sheet = read_worksheet(worksheet) if worksheet is not None else None
        if sheet is not None and sheet.unread:
            log.print(
                f"[yellow]{sheet.unread} times in {escape(str(worksheet))} could not be read; set Moodle to English "
                "before you download it, or nobody of these counts as late[/]",
                highlight=False,
                soft_wrap=True,
            )
        try:
            done = take(
                here,
                name,
                source,
                system.value,
                roster=known,
                worksheet=sheet,
                dry_run=dry_run,
                begin=begin,
                tell=step,
            )
        except OSError as problem:
            log.print(
                f"[red]\u2717[/] {escape(str(problem))}. What is taken has its receipt; mend this and collect again",
                highlight=False,
                soft_wrap=True,
            )
            raise typer.Exit(FAILED) from None
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "stage": name,
                "from": system.value,
                "dry_run": dry_run,
                "identified_by": done.identity,
                "items": [item.to_dict() for item in done.items],
                "findings": [{"code": one.code, "text": one.text} for one in done.findings],
            }
        )
    else:
        _print(done, dry_run)
    raise typer.Exit(DONE if done.complete else FAILED)


def _print(done: Collected, dry_run: bool) -> None:
    items = sorted(done.items, key=lambda item: (item.status == "left", item.student, item.name))
    shown = [item for item in items if len(items) <= ALL_ROWS or _notable(item)]
    if shown:
        table = Table("student", "submission", "handed in", "file")
        for item in shown:
            words = f"[{STYLE[item.status]}]{WORDS[item.status]}[/]"
            table.add_row(escape(item.student or "?"), words, _when(item), escape(item.name))
        console.print(table)
    counts = [f"{len(done.of(status))} {words}" for status, words in WORDS.items() if done.of(status)]
    late = sum(bool(item.late) for item in items)
    counts += [f"{late} late"] if late else []
    counts += [f"{len(done.findings)} left out of the download"] if done.findings else []
    would = "Nothing is changed; it would be: " if dry_run else ""
    console.print(f"{would}{', '.join(counts)}", highlight=False, soft_wrap=True)
    console.print(f"Students are identified by {escape(done.identity)}.", highlight=False, soft_wrap=True)
    remarks = [
        f"{item.student}: {one.text}" if item.student else one.text for item in items for one in item.findings
    ]
    for text in (*remarks, *(one.text for one in done.findings)):
        console.print(f"[yellow]![/] {escape(text)}", highlight=False, soft_wrap=True)
    if done.of("new", "replaced") and not dry_run:
        console.print(f"Next: bnlab grade {done.stage}", highlight=False)


def _notable(item: Item) -> bool:
    return item.status not in ("new", "same") or bool(item.late or item.findings)


def _when(item: Item) -> str:
    late = " [red]late[/]" if item.late else ""
    return (f"{item.submitted_at.astimezone():%Y-%m-%d %H:%M}" if item.submitted_at else "\u2013") + late


@contextmanager
def _progress() -> Iterator[tuple[Callable[[int], None], Callable[[Item], None]]]:
    """A bar on the terminal, over the students: what to call with their number, and after each."""
    from rich.progress import Progress

    with Progress(console=log, transient=True) as bar:
        task = bar.add_task("Reading", total=None)
        yield (
            lambda total: bar.update(task, total=total, description="Collecting"),
            lambda item: bar.advance(task),
        )
