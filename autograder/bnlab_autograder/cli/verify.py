"""``bnlab verify``: the proof of the course."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json, usage_errors

EPILOG = (
    "Examples: bnlab verify · bnlab verify 02 --matrix · bnlab verify --kill-rates · "
    "bnlab verify 02 --released --course ~/bn-2027"
)
SCHEMA, VERSION = "bnlab-verify", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(verify)


def verify(
    stages: Annotated[list[str] | None, typer.Argument(help="Stages to prove; all if none is given.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the proof as JSON.")] = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Show by which cases each mutant is caught.")
    ] = False,
    kill_rates: Annotated[
        bool,
        typer.Option(
            "--kill-rates", help="Compare customary, visible and hidden checks on the mutants instead."
        ),
    ] = False,
    seeds: Annotated[
        int, typer.Option(min=1, help="For --kill-rates: so many seeds of the hidden cases.")
    ] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Judges side by side; one per processor.")
    ] = None,
    cache: Annotated[bool, typer.Option(help="Use and keep results of unchanged code and cases.")] = True,
    released: Annotated[
        bool,
        typer.Option(
            "--released",
            help="Instead, use the releases in a course folder as their students would, and judge them.",
        ),
    ] = False,
    mutant: Annotated[
        Path | None,
        typer.Option(
            "--mutant",
            exists=True,
            dir_okay=False,
            help="Instead, try this draft, as bnlab mutant check does.",
        ),
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="For --released: the course folder.")] = Path(
        "."
    ),
    full: Annotated[
        bool, typer.Option("--full", help="For --released: run experiments at full length.")
    ] = False,
) -> None:
    """Prove the course: reference and correct variants earn full marks, an untouched stub nothing, mutants less.

    The mistakes of the mutants are named, none wrongly, and nothing that is right is said to be a mistake.

    Exit status: 0 if everything holds, 1 if something does not, 2 for wrong use.
    """
    if mutant is not None:
        from bnlab_autograder.cli.mutant import check

        check(mutant, course=None, tier=None, as_json=as_json)
    from platformdirs import user_cache_path

    from bnlab_autograder.assets import assets
    from bnlab_autograder.cli.walls import tier_for
    from bnlab_autograder.curriculum import STAGES, stage_named
    from bnlab_autograder.grading.judge import JudgeUnavailable
    from bnlab_autograder.grading.pool import LocalPool
    from bnlab_autograder.grading.store import Store
    from bnlab_autograder.release import verify as proof

    files = assets()
    try:
        chosen = [stage_named(name) for name in stages] if stages else list(STAGES)
    except LookupError as problem:
        misuse(str(problem))
    if released:
        from bnlab_autograder.cli.verify_released import verify_released

        verify_released(chosen if stages else None, course, full, as_json)
    if kill_rates:
        from bnlab_autograder.cli.kill_rates import kill_rates as measure

        measure([name for stage in chosen for name in stage.exercises], seeds, matrix, as_json)
    tier = tier_for(None, trust_students=True)  # what is judged here is the course's own
    with usage_errors(ValueError):  # of the bank: a draft in it, or a mutant that cannot be read
        found = list(proof.subjects(files.mutants, files.variants, chosen))
    started = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    store = Store(user_cache_path("bnlab") / "verify") if cache else None
    with Progress(*columns, console=log, transient=True) as progress:
        task = progress.add_task("Judging", total=len(found))
        try:
            with LocalPool(files.hidden, files.mutants, workers=workers, tier=tier) as pool:
                proofs = proof.verify(
                    found,
                    files.hidden,
                    files.mutants,
                    pool,
                    tier,
                    store=store,
                    tell=lambda _: progress.advance(task),
                )
        except JudgeUnavailable as problem:
            misuse(str(problem))
    seconds = time.monotonic() - started
    broken = [one for one in proofs if not one.holds]
    named = proof.share_named(proofs)
    holds = not broken and named >= proof.NAMED
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "holds": holds,
                "seconds": round(seconds, 2),
                "tier": tier,
                "named": round(named, 4),
                "proofs": [one.to_dict() for one in proofs],
                "cases_without_mutant": proof.uncovered(proofs, files.hidden) if not stages else [],
            }
        )
    else:
        _show(proofs, matrix, seconds)
        if named < proof.NAMED:
            console.print(f"[red]✗[/] {named:.0%} of the mistakes are named, {proof.NAMED:.0%} should be")
    raise typer.Exit(DONE if holds else FAILED)


def _show(proofs: list, matrix: bool, seconds: float) -> None:
    if matrix:
        table = Table(
            Column("mutant", overflow="fold"),
            Column("exercise", overflow="fold"),
            "points",
            "visible check",
            Column("hidden cases", overflow="fold"),
            Column("named", overflow="fold"),
            title="Mutants",
            title_justify="left",
        )
        for one in proofs:
            if one.kind == "mutant":
                own = [case.partition(".")[2] for case in one.failed if case.startswith(f"{one.exercise}.")]
                name = (one.mistake if one.named else "–") if one.mistake else ""
                points = f"{one.points:g}/{one.max_points:g}"
                table.add_row(one.name, one.exercise, points, one.visible or "–", ", ".join(own), name)
        console.print(table)
    counts, held = Counter(one.kind for one in proofs), Counter(one.kind for one in proofs if one.holds)
    table = Table(
        "", "judged", "as expected", "expected", "named", title="Proof of the course", title_justify="left"
    )
    words = {
        "reference": "full marks",
        "stub": "no points",
        "variant": "full marks",
        "mutant": "less than full marks",
    }
    mistakes = [one.named for one in proofs if one.mistake]
    seen = sum(bool(one.visible) for one in proofs if one.mistake)
    named = {"mutant": f"{sum(mistakes)} of {len(mistakes)}"}
    for kind, expected in words.items():
        mark = "[green]✓[/]" if counts[kind] == held[kind] else "[red]✗[/]"
        table.add_row(f"{mark} {kind}", str(counts[kind]), str(held[kind]), expected, named.get(kind, ""))
    console.print(table)
    for one in proofs:
        if not one.holds:
            text = f"{one.kind} {one.name} ({one.stage}): {one.problem}"
            console.print(f"[red]✗[/] {escape(text)}", highlight=False, soft_wrap=True)
    if mistakes:
        console.print(f"visible checks alone catch {seen} of {len(mistakes)} mutants", highlight=False)
    console.print(f"{len(proofs)} judged in {seconds:.0f} s", style="dim", highlight=False)
