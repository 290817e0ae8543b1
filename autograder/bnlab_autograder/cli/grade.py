"""``bnlab grade``: grade a stage's submissions."""

from __future__ import annotations

import gc
import signal
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json, usage_errors
from bnlab_autograder.cli.progress import Meter, clock, progress

if TYPE_CHECKING:
    from bnlab_autograder.grading.pool import Judges
    from bnlab_autograder.workspace import Workspace

EPILOG = (
    "Examples: bnlab grade 02_train_test · bnlab grade 02 --student ada --force · "
    "bnlab grade 02 --json > grades.jsonl"
)
STOPPED = 130  # exit status after Ctrl-C, as shells have it
FEW = 4  # submissions that are graded without Dask, whose start would take longer
MANY = 40  # submissions; of more only those with notes are listed
MARKS = {
    "graded": "[green]✓[/]",
    "unreadable": "[yellow]![/]",
    "missing": "[yellow]![/]",
    "failed": "[red]✗[/]",
}


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(grade)


def grade(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    student: Annotated[
        list[str] | None, typer.Option("--student", "-s", help="Grade this student only; may be repeated.")
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    force: Annotated[bool, typer.Option("--force", help="Execute again what is already graded.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why, for the log of grades.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Judges side by side; one per processor.")
    ] = None,
    cell_seconds: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="The longest that one cell may run, in this run; for all of them, see [limits] in bnlab.toml.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="The address of a Dask scheduler, instead of this machine alone.")
    ] = None,
    tls_ca: Annotated[
        Path | None, typer.Option(help="For a scheduler with TLS: its certificate authority.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="For a scheduler with TLS: our certificate.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="For a scheduler with TLS: our key.")] = None,
    tier: Annotated[str | None, typer.Option(help="Demand these walls: A or B.")] = None,
    trust_students: Annotated[
        bool, typer.Option("--trust-students", help="Run without walls where the system has none (tier C).")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per submission and line.")
    ] = False,
    events: Annotated[
        Path | None, typer.Option(help="Append progress to this file, a line of JSON each.")
    ] = None,
) -> None:
    """Grade submissions: rebuild each from the release, execute and judge it, record it in the gradebook.

    What has not changed since the last run is not graded again. A run that was stopped goes on where it was.

    Exit status: 0 if every submission has a grade, 1 if one could not be graded or the run could not go on, 2 for
    wrong use, 130 if you stopped it.
    """
    from bnlab_autograder.cli.course import stage_in, workspace_in
    from bnlab_autograder.cli.walls import tier_for

    started = time.monotonic()
    name, workspace = stage_in(stage), workspace_in(course)
    security = _security(scheduler, tls_ca, tls_cert, tls_key)
    chosen = tier_for(tier, trust_students)
    data, fresh, stopped = [], 0, ""
    with ExitStack() as stack:
        judges = None
        if scheduler is None:
            # They warm up while this process imports what it needs itself.
            judges = stack.enter_context(closing(_judges(workspace, name, student, workers, chosen, force)))
        from bnlab_autograder.grading.course import Course, NoSubmissions
        from bnlab_autograder.grading.judge import JudgeUnavailable
        from bnlab_autograder.grading.pool import Interrupted, LazyPool
        from bnlab_autograder.grading.record import NotRegistered
        from bnlab_autograder.grading.released import NoRelease

        here = Course(workspace)
        try:
            limits = {"cell_seconds": cell_seconds} if cell_seconds else None
            terms = here.terms(name, tier=chosen, limits=limits)
            students = here.students(name, student or ())
            _ = here.extensions  # so that a damaged list is noticed at once
        except (NoRelease, NoSubmissions, LookupError, ValueError) as problem:
            misuse(str(problem))
        meter, tell = stack.enter_context(progress(name, len(students), events, log))
        stop = stack.enter_context(_stopping())

        def make_pool() -> AbstractContextManager:
            if judges is not None and len(students) <= FEW:
                from bnlab_autograder.grading.pool import LocalPool

                return LocalPool(here.hidden, here.mutants, judges=judges)
            from bnlab_autograder.grading.cluster import DaskPool

            where = {"judges": judges} if judges else {"scheduler": scheduler, "security": security}
            pool = DaskPool(here.hidden, here.mutants, tier=chosen, **where)
            if not pool.threads:
                log.print(
                    f"{scheduler} has no workers yet; waiting for some", highlight=False, soft_wrap=True
                )
            return pool

        gc.freeze()  # the libraries stay; only what submissions leave behind is looked through
        try:
            pool = stack.enter_context(LazyPool(make_pool))
            for outcome in here.grade(
                name,
                students,
                pool,
                terms=terms,
                force=force,
                reason=reason,
                tell=tell,
                stop=lambda: bool(stop),
            ):
                fresh += outcome.fresh
                data.append(_brief(outcome.data))
                if as_json:
                    print_json(outcome.data, one_line=True)
        except JudgeUnavailable as problem:
            misuse(str(problem), "bnlab doctor says what this machine offers.")
        except NotRegistered as problem:
            misuse(str(problem))
        except Interrupted as problem:
            stopped = str(problem)
        except KeyboardInterrupt:
            stopped = ""
        unfinished = bool(stopped or (stop and len(data) < len(students)))
        if unfinished:
            tell({"event": "stopped", "text": stopped or "on request"})
    if unfinished:
        log.print(
            f"[red]Stopped{escape(f': {stopped}' if stopped else '')}.[/]", highlight=False, soft_wrap=True
        )
        again = f"bnlab grade {name}{'' if course == Path() else f' -C {course}'}"
        text = f"{len(data)} of {len(students)} are recorded; this goes on from there: {again}"
        log.print(escape(text), highlight=False, soft_wrap=True)
        raise typer.Exit(FAILED if stopped else STOPPED)
    if not as_json:
        _show(name, data, fresh, meter, time.monotonic() - started)
    raise typer.Exit(FAILED if any(one["status"] == "failed" for one in data) else DONE)


def _judges(
    workspace: Workspace, stage: str, wanted: list[str] | None, workers: int | None, tier: str, force: bool
) -> Judges:
    """Judges for this machine; they start to warm up if it is likely that something must be executed."""
    from bnlab_autograder.assets import assets
    from bnlab_autograder.diagnosis.own_bank import with_own
    from bnlab_autograder.grading.pool import Judges, default_workers

    with usage_errors(ValueError):
        files = with_own(assets(), workspace.mutants, workspace.private)
    students = wanted or [student for student, _ in workspace.submissions(stage)]
    judges = Judges(
        files.hidden,
        files.mutants,
        tier=tier,
        count=max(1, min(workers or default_workers(), len(students))),
    )
    new = any(not (workspace.autograded / student / stage).exists() for student in students)
    return judges.launch() if students and (new or force) else judges


@contextmanager
def _stopping() -> Iterator[list[str]]:
    """A list that is not empty any more once the user wants the run to end. A second Ctrl-C raises."""
    asked: list[str] = []

    def ask(number: int, _: object) -> None:
        asked.append(signal.Signals(number).name)
        if len(asked) == 1:
            log.print("Finishing what is being judged. Once more stops at once.", highlight=False)
        elif len(asked) == 2:
            raise KeyboardInterrupt

    old = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _security(
    scheduler: str | None, ca: Path | None, cert: Path | None, key: Path | None
) -> dict[str, Path] | None:
    given = {"ca": ca, "cert": cert, "key": key}
    options = ", ".join(f"--tls-{name}" for name in given)
    if not any(given.values()):
        if scheduler is not None and scheduler.startswith("tls://"):
            misuse(f"{scheduler} speaks TLS: {options} must name files")
        return None
    if scheduler is None:
        misuse(f"{options} are for a scheduler elsewhere; name it with --scheduler tls://HOST:PORT")
    missing = [f"--tls-{name}" for name, path in given.items() if path is None or not path.is_file()]
    if missing:
        misuse(f"{', '.join(missing)} must name a file; TLS needs all three")
    return given


def _brief(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in ("student", "points", "max_points", "status", "findings")}


def _show(stage: str, data: list[dict[str, Any]], fresh: int, meter: Meter, seconds: float) -> None:
    """A row for each submission, or for those with notes, and the whole in some lines."""
    listed = [one for one in data if len(data) <= MANY or one["findings"] or one["status"] != "graded"]
    table = Table("", "student", "points", "notes", title=stage, title_justify="left")
    for one in sorted(listed, key=lambda one: one["student"]):
        points = "–" if one["points"] is None else f"{one['points']:g}/{one['max_points']:g}"
        notes = "; ".join(finding["text"] for finding in one["findings"])
        table.add_row(MARKS[one["status"]], escape(one["student"]), points, escape(notes))
    if listed:
        console.print(table)
    for line in _summary(data, len(data) - len(listed), fresh, meter, seconds):
        console.print(line, highlight=False, style="dim", soft_wrap=True)


def _summary(
    data: list[dict[str, Any]], unlisted: int, fresh: int, meter: Meter, seconds: float
) -> Iterator[str]:
    if unlisted:
        yield f"{unlisted} more without notes"
    counts = Counter(one["status"] for one in data)
    words = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    rate = f", {meter.executed / seconds:.1f}/s" if meter.executed else ""
    yield f"{words}; {fresh} new or changed, {meter.executed} executed, in {seconds:.1f} s{rate}"
    points = [one["points"] for one in data if one["points"] is not None]
    if len(points) > 1:
        most = data[0]["max_points"]
        yield (
            f"points: mean {statistics.mean(points):.3g}, median {statistics.median(points):.3g}, "
            f"from {min(points):g} to {max(points):g} of {most:g}"
        )
    slow = [(taken, student) for taken, student in meter.slowest if taken > meter.slow_from]
    if slow:
        yield "slow: " + ", ".join(f"{escape(student)} {clock(taken)}" for taken, student in slow)
