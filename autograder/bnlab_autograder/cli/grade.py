"""``bnlab grade``: grade a stage's submissions."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = (
    "Examples: bnlab grade 02_train_test · bnlab grade 02 --student ada --force · "
    "bnlab grade 02 --json > grades.jsonl"
)
FEW = 4
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
        float | None, typer.Option(min=1, help="The longest that one cell may run.")
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

    Exit status: 0 if every submission has a grade, 1 if one could not be graded, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.cli.walls import tier_for
    from bnlab_autograder.grading.course import NoSubmissions
    from bnlab_autograder.grading.judge import JudgeUnavailable
    from bnlab_autograder.grading.pool import LazyPool
    from bnlab_autograder.grading.released import NoRelease
    from bnlab_autograder.grading.run import Interrupted

    name, here = stage_in(stage), course_in(course)
    limits = {"cell_seconds": cell_seconds} if cell_seconds else None
    started = time.monotonic()
    try:
        terms = here.terms(name, tier=tier_for(tier, trust_students), limits=limits)
        students = here.students(name, student or ())
    except (NoRelease, NoSubmissions, ValueError) as problem:
        misuse(str(problem))
    security = _security(tls_ca, tls_cert, tls_key)
    few = len(students) <= FEW and scheduler is None

    def make_pool() -> AbstractContextManager:
        return _pool(
            few,
            here.hidden,
            here.mutants,
            workers=workers,
            tier=terms.tier,
            scheduler=scheduler,
            security=security,
        )

    data, fresh, stopped = [], 0, ""
    with _progress(len(students), events) as tell, LazyPool(make_pool) as pool:
        try:
            for outcome in here.grade(
                name, students, pool, terms=terms, force=force, reason=reason, tell=tell
            ):
                fresh += outcome.fresh
                data.append(_brief(outcome.data))
                if as_json:
                    print_json(outcome.data, one_line=True)
        except JudgeUnavailable as problem:
            misuse(str(problem), "bnlab doctor says what this machine offers.")
        except (Interrupted, KeyboardInterrupt) as problem:
            stopped = f"Stopped: {problem}." if str(problem) else "Stopped."
    if stopped:
        log.print(f"[red]{escape(stopped)}[/]", highlight=False, soft_wrap=True)
        log.print(f"{len(data)} of {len(students)} are recorded; the same command goes on from there.")
        raise typer.Exit(FAILED)
    if not as_json:
        _show(name, data, fresh, time.monotonic() - started)
    raise typer.Exit(FAILED if any(one["status"] == "failed" for one in data) else DONE)


def _security(ca: Path | None, cert: Path | None, key: Path | None) -> dict[str, Path] | None:
    given = {"ca": ca, "cert": cert, "key": key}
    if not any(given.values()):
        return None
    missing = [f"--tls-{name}" for name, path in given.items() if path is None or not path.is_file()]
    if missing:
        misuse(f"{', '.join(missing)} must name a file; TLS needs all three")
    return given


def _pool(few: bool, hidden: Path, mutants: Path, **options: Any) -> AbstractContextManager:
    """A Dask cluster; for a few submissions, whose grading takes less than its start, judges of our own."""
    if few:
        from bnlab_autograder.grading.pool import LocalPool

        return LocalPool(hidden, mutants, workers=options["workers"], tier=options["tier"])
    from bnlab_autograder.grading.cluster import DaskPool

    return DaskPool(hidden, mutants, **options)


def _brief(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in ("student", "points", "max_points", "status", "findings")}


@contextmanager
def _progress(total: int, events: Path | None) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Events to a bar on the terminal, and to a file if there is one."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    file = events.open("a", encoding="utf-8") if events else None
    failed, done, started = 0, 0, time.monotonic()
    try:
        with Progress(*columns, console=log, transient=True) as progress:
            task = progress.add_task("Grading", total=total, rate="")

            def tell(event: Mapping[str, Any]) -> None:
                nonlocal failed, done
                if file is not None:
                    file.write(
                        json.dumps({"time": round(time.time(), 3), **event}, ensure_ascii=False) + "\n"
                    )
                    file.flush()
                if event["event"] == "warning":
                    log.print(f"[yellow]{escape(event['text'])}[/]")
                if event["event"] == "graded":
                    done += 1
                    failed += event["status"] == "failed"
                    rate = f"{done / max(time.monotonic() - started, 1e-3):.1f}/s"
                    progress.update(task, advance=1, rate=f"{rate}, {failed} failed" if failed else rate)

            yield tell
    finally:
        if file is not None:
            file.close()


def _show(stage: str, data: list[dict[str, Any]], fresh: int, seconds: float) -> None:
    table = Table("", "student", "points", "notes", title=f"{stage}", title_justify="left")
    for one in sorted(data, key=lambda one: one["student"]):
        points = "–" if one["points"] is None else f"{one['points']:g}/{one['max_points']:g}"
        notes = "; ".join(finding["text"] for finding in one["findings"])
        table.add_row(MARKS[one["status"]], escape(one["student"]), points, escape(notes))
    console.print(table)
    counts = Counter(one["status"] for one in data)
    words = ", ".join(f"{count} {status}" for status, count in counts.most_common())
    console.print(f"{words}; {fresh} new or changed, in {seconds:.1f} s", highlight=False, style="dim")
