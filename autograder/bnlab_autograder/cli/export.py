"""``bnlab export``: grades and feedback for a learning-management system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import track

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

if TYPE_CHECKING:
    from bnlab_autograder.grading.course import Course
    from bnlab_autograder.lms.export import Exported, StageGrades
    from bnlab_autograder.lms.people import People

EPILOG = (
    "Examples: bnlab export 02 --to canvas --template gradebook.csv · "
    "bnlab export 02 --to moodle --template worksheet.csv --feedback · bnlab export --all --to csv · "
    "bnlab export 02 --to gradescope"
)
SCHEMA, VERSION = "bnlab-export", 1
FEW = 10  # names of a long list that are shown


class System(StrEnum):
    """Whom an export is for."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    CSV = "csv"
    GRADESCOPE = "gradescope"


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(export)


def export(
    stage: Annotated[
        str | None, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ] = None,
    to: Annotated[System, typer.Option("--to", help="Whom it is for.", show_default=False)] = ...,
    every: Annotated[bool, typer.Option("--all", help="All stages that are released.")] = False,
    template: Annotated[
        Path | None,
        typer.Option(help="The gradebook or worksheet from Canvas or Moodle; only its grades are filled in."),
    ] = None,
    column: Annotated[
        str | None, typer.Option(help="The column of the grades; for Canvas, its title or number will do.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The folder to write to. If not given: exports/.")
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(help="Who is in the course, as CSV. If not given: roster.csv of the folder."),
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Pack the pages of feedback for upload, too, written anew.")
    ] = False,
    zero: Annotated[
        bool,
        typer.Option(
            "--zero",
            help="Who has handed in nothing, and whose time is over, gets 0 points instead of no entry.",
        ),
    ] = False,
    scale: Annotated[
        bool, typer.Option("--scale", help="Convert points where the other system has another maximum.")
    ] = False,
    visibility: Annotated[
        str | None,
        typer.Option(
            help="In Gradescope, when students may read about hidden cases: visible, after_due_date, "
            "after_published or hidden. If not given: as bnlab.toml says, or after_due_date."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Export although some grades are not final; those listed as open.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write files that Canvas, Moodle, Gradescope or a spreadsheet take: grades, and feedback on request.

    Late penalties and extensions count as they are now. Numbers have two decimals at most, halves rounded upwards.
    Students who are here but not in the other system, and the reverse, are listed; nobody is guessed. While a
    submission is not graded, has to be graded again, or waits for points by hand, nothing is written.

    Exit status: 0 if every grade is in the files, 1 if some are open or belong to nobody there, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.curriculum import BY_NAME
    from bnlab_autograder.grading.extensions import ExtensionsProblem
    from bnlab_autograder.grading.record import GradebookLost
    from bnlab_autograder.grading.released import NoRelease
    from bnlab_autograder.lms.export import NotExported, grades_of
    from bnlab_autograder.lms.people import people_of
    from bnlab_autograder.lms.roster import RosterProblem

    if every == (stage is not None):
        misuse("name one stage, or say --all")
    here = course_in(course)
    _check_use(to, every, template, column, visibility)
    try:
        names = (
            [stage_in(stage)] if stage else [one for one in BY_NAME if here.workspace.release(one).is_dir()]
        )
        if not names:
            misuse(f"no stage has been released in {here.root}; run: bnlab release 01")
        people = people_of(here, roster)
        stages = [grades_of(here, name) for name in names]
        still = [grade for one in stages for grade in one.open]
        if still and not force:
            _end(names, to, stages, None, as_json)
        done = _write(
            here, stages, people, to, out or here.root / "exports", template, column, zero, scale, visibility
        )
        if feedback:
            done += _feedback(here, stages, people, to, out or here.root / "exports")
    except (NoRelease, NotExported, RosterProblem, ExtensionsProblem) as problem:
        misuse(str(problem))
    except GradebookLost as problem:
        log.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED) from None
    except OSError as problem:
        log.print(
            f"[red]✗[/] {problem.filename}: {problem.strerror}; make room", highlight=False, soft_wrap=True
        )
        raise typer.Exit(FAILED) from None
    _end(names, to, stages, done, as_json)


def _check_use(
    to: System, every: bool, template: Path | None, column: str | None, visibility: str | None
) -> None:
    if to is System.MOODLE and every and template is not None:
        misuse("a worksheet of Moodle is about one assignment; name one stage instead of --all")
    if template is not None and to not in (System.CANVAS, System.MOODLE):
        misuse(f"--template is for Canvas and Moodle, not for {to}")
    if column is not None and (to not in (System.CANVAS, System.MOODLE) or every):
        misuse("--column is for one stage and for Canvas or Moodle")
    if visibility is not None and to is not System.GRADESCOPE:
        misuse("--visibility is for Gradescope")


def _write(
    here: Course,
    stages: list[StageGrades],
    people: People,
    to: System,
    out: Path,
    template: Path | None,
    column: str | None,
    zero: bool,
    scale: bool,
    visibility: str | None,
) -> Exported:
    from bnlab_autograder.lms import export_tables as tables
    from bnlab_autograder.lms.export import Exported
    from bnlab_autograder.lms.export_gradescope import Visibility, gradescope
    from bnlab_autograder.lms.ledger import receipts

    options = tables.Options(column, zero, scale)
    name = stages[0].stage if len(stages) == 1 else "all"
    files: dict[str, bytes] = {}
    done = Exported()
    match to:
        case System.CANVAS:
            known = people
            for one in stages:
                known = known.as_collected(receipts(here, one.stage))
            files[f"{name}-canvas.csv"], found = tables.canvas(stages, known, template, options)
            done += found
        case System.CSV:
            files[f"{name}-grades.csv"], found = tables.plain(stages, people, template, options)
            done += found
        case System.MOODLE:
            for one in stages:
                known = people.as_collected(receipts(here, one.stage))
                files[f"{one.stage}-moodle.csv"], found = tables.moodle(one, known, template, options)
                done += found
        case System.GRADESCOPE:
            seen = Visibility.of(here.workspace.settings, visibility)
            for one in stages:
                made, found = gradescope(here, one, people.as_collected(receipts(here, one.stage)), seen)
                files |= {f"{one.stage}-gradescope/{path}": raw for path, raw in made.items()}
                done += found
    done.files += _put(out, files)
    return done


def _feedback(here: Course, stages: list[StageGrades], people: People, to: System, out: Path) -> Exported:
    from bnlab_autograder.lms.export import Exported
    from bnlab_autograder.lms.export_feedback import pack, pages_of
    from bnlab_autograder.lms.ledger import receipts
    from bnlab_autograder.report.feedback import graded_students, write_feedback

    done, files = Exported(), {}
    for stage in stages:
        graded = graded_students(here, stage.stage)
        students = [student for student in stage.final if student in graded]
        pages = track(
            write_feedback(here, stage.stage, students),
            total=len(students),
            description="Writing feedback",
            console=log,
            transient=True,
        )
        failed = {page.student: page.problem for page in pages if page.problem}
        done.remarks += [f"no feedback for {name}: {why}" for name, why in failed.items()]
        found = pages_of(here.workspace.feedback, stage.stage, [one for one in students if one not in failed])
        collected = receipts(here, stage.stage)
        raw, packed = pack(found, to.value, stage.stage, collected, people.as_collected(collected))
        files[f"{stage.stage}-feedback-{to.value}.zip"] = raw
        packed.written.clear()  # those of grades count
        done += packed
    done.files += _put(out, files)
    return done


def _put(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write each file whole or not at all; only the owner may read them."""
    written = []
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(raw)
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)
        written.append(path)
    return written


def _end(
    names: list[str], to: System, stages: list[StageGrades], done: Exported | None, as_json: bool
) -> None:
    """Print what was done, and end. ``done`` is None if nothing was written, because grades are open."""
    still = [grade for stage in stages for grade in stage.open]
    failed = bool(still) or (done is not None and bool(done.absent))
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "to": to.value,
                "stages": names,
                "files": [str(path) for path in done.files] if done else [],
                "written": done.written if done else [],
                "absent": done.absent if done else [],
                "unknown": done.unknown if done else [],
                "remarks": done.remarks if done else [],
                "open": [
                    finding.to_dict() | {"student": g.student, "stage": g.stage}
                    for g in still
                    for finding in g.open
                ],
                "grades": [grade.to_dict() for stage in stages for grade in stage.grades.values()],
            }
        )
    else:
        _show(to, still, done)
    raise typer.Exit(FAILED if failed else DONE)


def _show(to: System, still: list[Any], done: Exported | None) -> None:
    if done is None:
        log.print("[red]Nothing is written: not all grades are final.[/]", highlight=False)
        _open(still)
        log.print("[dim]--force exports what there is.[/]", highlight=False)
        return
    results = [path for path in done.files if path.suffix == ".json"]
    for path in done.files:
        if path not in results:
            console.print(f"[green]✓[/] {escape(str(path))}", highlight=False, soft_wrap=True)
    if results:
        where = escape(str(results[0].parent.parent))
        console.print(f"  and {len(results)} results.json in {where}", highlight=False, soft_wrap=True)
    console.print(f"grades of {len(done.written)} students", highlight=False)
    _open(still)
    _list(f"with a grade here, but unknown to {to.value}:", done.absent)
    _list(f"known to {to.value}, but matched with nobody here:", done.unknown)
    _list("remarks:", done.remarks)


def _open(still: list[Any]) -> None:
    """Why grades are not final, and whose; the sentences of single students are in the JSON."""
    from bnlab_autograder.lms.export import BY_HAND, NOT_GRADED, OUTDATED

    for code, why, then in (
        (NOT_GRADED, "not graded", "bnlab grade {}"),
        (OUTDATED, "to be graded again", "bnlab grade {}"),
        (BY_HAND, "waiting for points by hand", "the formgrader"),
    ):
        stages: dict[str, list[str]] = {}
        for grade in still:
            if any(finding.code == code for finding in grade.open):
                stages.setdefault(grade.stage, []).append(grade.student)
        for stage, students in stages.items():
            shown = ", ".join(students[:FEW]) + (" …" if len(students) > FEW else "")
            text = f"{stage}: {len(students)} {why} ({then.format(stage)}): {shown}"
            log.print(f"  {escape(text)}", highlight=False, soft_wrap=True)


def _list(title: str, texts: list[str]) -> None:
    if texts:
        log.print(f"[yellow]{title}[/]", highlight=False)
    for text in texts[:FEW]:
        log.print(f"  {escape(text)}", highlight=False, soft_wrap=True)
    if len(texts) > FEW:
        log.print(f"  and {len(texts) - FEW} more; --json lists all", highlight=False)
