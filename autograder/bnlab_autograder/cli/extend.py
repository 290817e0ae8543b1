"""``bnlab extend``: more time for one student."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, console, log, misuse, print_json, usage_errors

if TYPE_CHECKING:
    from bnlab_autograder.grading.course import Course

EPILOG = (
    "Examples: bnlab extend ada 02 --days 7 --reason illness · "
    "bnlab extend ada 02 --until 2027-01-15T18:00 · bnlab extend ada 02 --withdraw · bnlab extend"
)
SCHEMA, VERSION = "bnlab-extend", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(extend)


def extend(
    student: Annotated[
        str | None, typer.Argument(help="The student. Without one, all extensions are listed.")
    ] = None,
    stage: Annotated[str | None, typer.Argument(help="The stage, or the start of its name: 02.")] = None,
    until: Annotated[
        str | None,
        typer.Option(
            help="Until when, 2027-01-15 (until that day ends) or 2027-01-15T18:00, in this machine's time zone."
        ),
    ] = None,
    days: Annotated[float | None, typer.Option(help="For how many days after the due date.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the extension back.")] = False,
    reason: Annotated[str, typer.Option(help="Why; it stays in the list of extensions.")] = "",
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Let a student hand in a stage later, without the penalty for being late.

    Extensions stand in extensions.csv of the course folder, and in nbgrader's gradebook once the student has handed in.
    They do not add up: a second one takes the place of the first. Late penalties that are recorded follow at once.

    Exit status: 0 if it is done, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.grading.extensions import FILE, ExtensionsProblem, remove_extension, write_extension

    here = course_in(course)
    with usage_errors(ExtensionsProblem):
        listed = list(here.extensions.values())
        if student is None:
            _print(listed, {}, as_json)
            raise typer.Exit(DONE)
        if stage is None:
            misuse("name the stage as well, such as: bnlab extend ada 02 --days 7")
        name = stage_in(stage)
        if sum((until is not None, days is not None, withdraw)) != 1:
            misuse("say one of --until, --days and --withdraw")
        _known(here, student)
        if withdraw:
            if not remove_extension(here.root / FILE, student, name) and not _in_gradebook(
                here, student, name
            ):
                misuse(f"{student} has no extension of {name}")
            shown = []
        else:
            extension = _extension(here, student, name, until, days, reason)
            write_extension(here.root / FILE, extension)
            shown = [extension]
    here.__dict__.pop("extensions", None)  # they are others now
    with here.ledger() as ledger:
        changes = ledger.settle(name, withdrawn=[student] if withdraw else [])
    _print(shown, changes, as_json)


def _extension(
    here: Course, student: str, stage: str, until: str | None, days: float | None, reason: str
) -> Any:
    from bnlab_autograder.grading.extensions import MOST_DAYS, Extension, moment
    from bnlab_autograder.release.generate import due_dates

    with here.ledger() as ledger, ledger.transaction() as gradebook:
        due = due_dates(gradebook, [stage]).get(stage)
    if due is None:
        log.print(
            f"[yellow]{stage} has no due date (bnlab release {stage} --due DATE), so nobody is late.[/]",
            highlight=False,
            soft_wrap=True,
        )
    if days is not None:
        if not 0 < days <= MOST_DAYS:
            misuse(f"--days {days:g} is no extension; name a number of days above 0")
        return Extension(student, stage, days=days, reason=reason)
    try:
        when = moment(until)
    except (ValueError, OverflowError):
        misuse(f"--until {until!r} is no date; write it as 2027-01-15 or 2027-01-15T18:00")
    if due is not None and when <= due.replace(tzinfo=datetime.UTC):
        misuse(f"{when:%Y-%m-%d %H:%M} is not after the due date, {_local(due)}")
    return Extension(student, stage, until=when, reason=reason)


def _known(here: Course, student: str) -> None:
    """Refuse a name that is nobody's; where nothing tells, say so."""
    from bnlab_autograder.lms.people import people_of
    from bnlab_autograder.lms.roster import RosterProblem

    with usage_errors(RosterProblem):
        people = people_of(here)
    if student in people.students:
        return
    if people.complete:
        misuse(f"there is no {student!r} in {people.source}; check the name")
    log.print(
        f"[yellow]{escape(student)} has handed in nothing so far, and there is no roster to check the name with.[/]",
        highlight=False,
        soft_wrap=True,
    )


def _in_gradebook(here: Course, student: str, stage: str) -> bool:
    from nbgrader.api import MissingEntry

    with here.ledger() as ledger, ledger.transaction() as gradebook:
        try:
            return gradebook.find_submission(stage, student).extension is not None
        except MissingEntry:
            return False


def _print(shown: list[Any], changes: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "extensions": [one.to_dict() for one in shown],
                "penalties": [
                    {"student": student, "old": change.old, "new": change.new}
                    for student, change in changes.items()
                ],
            }
        )
        return
    if shown:
        table = Table("student", "stage", "until", "reason")
        for one in shown:
            end = f"{one.days:g} days after the due date" if one.days is not None else _local(one.until)
            table.add_row(escape(one.student), one.stage, end, escape(one.reason))
        console.print(table)
    else:
        console.print("no extensions")
    mine = [one.student for one in shown] or list(changes)
    for student, change in changes.items():
        if student in mine:
            text = f"late penalty of {escape(student)}: {change.new:g} points (was {change.old:g})"
            console.print(text, highlight=False)
    if others := len(changes.keys() - set(mine)):
        console.print(f"late penalties of {others} others were out of date and have changed", highlight=False)


def _local(when: datetime.datetime) -> str:
    aware = when if when.tzinfo else when.replace(tzinfo=datetime.UTC)
    return f"{aware.astimezone():%Y-%m-%d %H:%M}"
