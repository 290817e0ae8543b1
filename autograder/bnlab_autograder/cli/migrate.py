"""``bnlab migrate``: another version of a stage, although submissions exist."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

if TYPE_CHECKING:
    from bnlab_autograder.release.migrate import Migration
    from bnlab_autograder.release.publish import Built
    from bnlab_autograder.workspace import Workspace

EPILOG = (
    "Examples: bnlab migrate 02 --dry-run · bnlab migrate 02 --to 1.1.0 --note 'why' --regrade · "
    "bnlab migrate 02 --to 1.0.0"
)
SCHEMA, VERSION = "bnlab-migrate", 1
LISTED = 10  # of many students or cells


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(migrate)


def migrate(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    to: Annotated[
        str | None,
        typer.Option(
            help="A version that was released before, or the number of the new one. The next free one, if not given."
        ),
    ] = None,
    note: Annotated[str, typer.Option(help="What is new, for the manifest.")] = "",
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")
    ] = False,
    regrade: Annotated[bool, typer.Option("--regrade", help="Grade again what has to be.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="For --regrade: judges side by side; one per processor.")
    ] = None,
    trust_students: Annotated[
        bool,
        typer.Option("--trust-students", help="Regrade without walls where the system has none (tier C)."),
    ] = False,
    judge: Annotated[
        bool,
        typer.Option(help="Judge the instructor's notebook and the untouched one of a new release first."),
    ] = True,
    restore: Annotated[
        Path | None,
        typer.Option(
            help="Make the whole gradebook what it was in this backup, and do nothing else.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Release a stage anew although submissions exist: they get the new cells and points.

    First the gradebook is copied to .bnlab/backups. Then release, source and gradebook change together or not at
    all; what submissions held of cells that are gone is set aside, and comes back with the cell. At the end stands
    whose submissions have to be graded again. Run it again if it was interrupted.

    Exit status: 0 if done, 1 if it failed or a submission could not be graded, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import stage_in, workspace_in
    from bnlab_autograder.cli.walls import tier_for

    name, workspace = stage_in(stage), workspace_in(course)
    if restore is not None:
        _restore(workspace, restore, as_json)
    tier = tier_for(None, trust_students) if regrade else tier_for(None, trust_students=True)
    done = _tried(lambda: _migrated(workspace, name, to, note, dry_run, judge, tier), as_json)
    regraded = None
    if regrade and not dry_run:
        regraded = _tried(lambda: _regraded(workspace, done, workers, tier), as_json)
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, **done.to_dict(), "regraded": regraded})
    else:
        _show(done, regraded, course)
    failed = regraded is not None and any(one["status"] == "failed" for one in regraded)
    raise typer.Exit(FAILED if failed else DONE)


def _migrated(
    workspace: Workspace, name: str, to: str | None, note: str, dry_run: bool, judge: bool, tier: str
) -> Migration:
    from bnlab_autograder.grading.released import publication_mark
    from bnlab_autograder.release.migrate import migrate as carry_out
    from bnlab_autograder.release.publish import finish_interrupted
    from bnlab_autograder.release.trial import Trial

    if dry_run and publication_mark(workspace.private, name).exists():
        misuse(
            f"a release of {name} was interrupted; complete it first: bnlab release {name}, without --dry-run"
        )
    finished = finish_interrupted(workspace, name)
    if finished is not None:
        log.print(f"{name} {finished} was interrupted, and is now complete", highlight=False)
    with log.status(f"Building {name}") if log.is_terminal else nullcontext():
        built, published = _release(workspace, name, to, note)
        trial: AbstractContextManager = nullcontext()
        if judge and not published and not dry_run:
            trial = Trial(tier)
        with trial as judged:
            return carry_out(workspace, built, judged=judged, dry_run=dry_run, tier=tier)


def _release(workspace: Workspace, name: str, to: str | None, note: str) -> tuple[Built, bool]:
    """The release to migrate to, and whether it was published before."""
    from bnlab_autograder.curriculum import BY_NAME
    from bnlab_autograder.release.build import prepare
    from bnlab_autograder.release.publish import Built, published_versions

    if to is not None and to in published_versions(workspace, name):
        return Built.load(workspace, name, to), True
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return prepare(workspace, BY_NAME[name], to, note, created=now), False


def _regraded(workspace: Workspace, done: Migration, workers: int | None, tier: str) -> list[dict[str, Any]]:
    """Grade again what has to be: points before and now of each."""
    from bnlab_autograder.cli.progress import progress
    from bnlab_autograder.grading.course import Course
    from bnlab_autograder.grading.pool import LazyPool, LocalPool

    here, students = Course(workspace), [one.student for one in done.regrade]
    with here.ledger() as ledger:
        before = {student: row["data"]["points"] for student, row in ledger.results(done.stage).items()}
    if not students:
        return []
    terms = here.terms(done.stage, tier=tier)
    pool = LazyPool(lambda: LocalPool(here.hidden, here.mutants, workers=workers, tier=tier))
    with progress(done.stage, len(students), None, log) as (_, tell), pool:
        outcomes = list(
            here.grade(done.stage, students, pool, terms=terms, reason=f"release {done.new}", tell=tell)
        )
    return [
        {
            "student": one.student,
            "old": before.get(one.student),
            "new": one.data["points"],
            "max_points": one.data["max_points"],
            "status": one.data["status"],
        }
        for one in sorted(outcomes, key=lambda one: one.student)
    ]


def _tried(work: Callable[[], Any], as_json: bool) -> Any:
    """What ``work`` returns. Ends the command with a sentence where it fails."""
    from sqlalchemy.exc import SQLAlchemyError

    from bnlab_autograder.grading.judge import JudgeUnavailable
    from bnlab_autograder.grading.pool import Interrupted
    from bnlab_autograder.grading.record import GradebookLost, NotRegistered
    from bnlab_autograder.grading.released import NoRelease
    from bnlab_autograder.release.backup import NoBackup
    from bnlab_autograder.release.build import PROBLEMS
    from bnlab_autograder.workspace import NoWorkspace

    known = (NoWorkspace, NoRelease, NoBackup, GradebookLost, NotRegistered, Interrupted, JudgeUnavailable)
    try:
        return work()
    except (*PROBLEMS, *known, OSError, ValueError) as problem:
        _fail(str(problem), as_json)
    except SQLAlchemyError as problem:
        _fail(f"the gradebook: {str(problem).splitlines()[0]}", as_json)


def _fail(problem: str, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, "status": "failed", "problem": problem})
    else:
        log.print(f"[red]✗[/] {escape(problem)}", highlight=False, soft_wrap=True)
    raise typer.Exit(FAILED)


def _restore(workspace: Workspace, backup: Path, as_json: bool) -> NoReturn:
    from bnlab_autograder.release.backup import BACKUPS, back_up
    from bnlab_autograder.release.backup import restore as put_back

    now = datetime.datetime.now(datetime.UTC)

    def work() -> str:
        made = back_up(
            workspace.db_url, workspace.private / BACKUPS, f"{now:%Y%m%dT%H%M%S%fZ}-before-restoring"
        )
        put_back(workspace.db_url, backup)
        return made.relative_to(workspace.root).as_posix()

    made = _tried(work, as_json)
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, "status": "restored", "backup": made})
    else:
        console.print(
            f"[green]✓[/] the gradebook is as in {escape(str(backup))}", highlight=False, soft_wrap=True
        )
        _line(f"as it was before: {made}")
        _line(
            "release folders are as they were: bnlab migrate STAGE --to VERSION puts the fitting one in place"
        )
    raise typer.Exit(DONE)


def _show(done: Migration, regraded: list[dict[str, Any]] | None, course: Path) -> None:
    stage, where = done.stage, "" if course == Path() else f" -C {course}"
    what = {"migrated": "is", "planned": "would be", "unchanged": "is already"}[done.status]
    source = f" (was {done.old})" if done.old not in (None, done.new) else ""
    count = f"{done.submissions} submission{'' if done.submissions == 1 else 's'}"
    console.print(
        f"[green]✓[/] [bold]{stage}[/] {what} [bold]{done.new}[/]{source}; the gradebook holds {count}",
        highlight=False,
        soft_wrap=True,
    )
    for change in done.changes:
        _line(change["text"])
    for path in done.kept:
        _line(f"something had been changed by hand; it is kept in {path}")
    if done.handout:
        _line(f"as one file: {done.handout}")
    if done.backup:
        _line(f"backup of the gradebook: {done.backup}")
    looks = done.restructured.by_hand
    for look in looks[:LISTED]:
        console.print(
            f"    [yellow]look at[/] {escape(f'{look.student}, {look.cell}: {look.why}')}",
            highlight=False,
            soft_wrap=True,
        )
    if len(looks) > LISTED:
        _line(f"and {len(looks) - LISTED} more; --json lists all")
    if done.warning:
        console.print(f"    [yellow]{escape(done.warning)}[/]", highlight=False, soft_wrap=True)
    if regraded is not None:
        _show_regraded(regraded)
    elif done.regrade:
        whys: dict[str, list[str]] = {}
        for one in done.regrade:
            whys.setdefault(one.why, []).append(one.student)
        for why, students in whys.items():
            more = f" and {len(students) - LISTED} more" if len(students) > LISTED else ""
            _line(f"to be graded ({why}): {', '.join(students[:LISTED])}{more}")
        if done.status != "planned":
            console.print(
                f"    [yellow]run:[/] bnlab grade {stage}{escape(where)}", highlight=False, soft_wrap=True
            )


def _show_regraded(regraded: list[dict[str, Any]]) -> None:
    changed = [one for one in regraded if one["old"] != one["new"]]
    _line(f"graded again: {len(regraded)}; points have changed of {len(changed)}")
    if not changed:
        return
    table = Table("student", "points before", "now")
    for one in changed:
        old, new = ("–" if one[key] is None else f"{one[key]:g}" for key in ("old", "new"))
        table.add_row(escape(one["student"]), old, f"{new}/{one['max_points']:g}")
    console.print(table)


def _line(text: str) -> None:
    console.print(f"    {escape(text)}", style="dim", highlight=False, soft_wrap=True)
