"""``bnlab bench``: measurements."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = "Examples: bnlab bench grading · bnlab bench grading --submissions 20 --json"
SCHEMA, VERSION = "bnlab-bench-grading", 1

bench = typer.Typer(help="Measure how long grading takes.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.add_typer(bench, name="bench")


@bench.callback()
def _group() -> None:
    """Measure how long grading takes."""


@bench.command(epilog=EPILOG)
def grading(
    submissions: Annotated[
        list[int] | None,
        typer.Option(
            "--submissions", "-n", min=1, help="How many; may be repeated. 20, 40 and 100 by default."
        ),
    ] = None,
    stage: Annotated[str, typer.Option(help="The stage whose notebooks are graded.")] = "02",
    folder: Annotated[Path | None, typer.Option(help="Work here, and keep what was made.")] = None,
    workers: Annotated[bool, typer.Option("--workers", help="Also compare one worker with two.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the measurements as JSON.")] = False,
) -> None:
    """Grade the same submissions with stock nbgrader and with `bnlab grade`, in turns, and compare.

    Exit status: 0 if both gave the same scores, 1 if not, 2 for wrong use.
    """
    from bnlab_autograder.bench.grading import compare
    from bnlab_autograder.curriculum import stage_named

    try:
        chosen = stage_named(stage)
    except LookupError as problem:
        misuse(str(problem.args[0]))
    sizes = sorted(set(submissions or (20, 40, 100)))
    with (
        tempfile.TemporaryDirectory(prefix="bnlab-bench-") as scratch,
        log.status("Building the course …") as status,
    ):
        place = folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        result = compare(
            place.resolve(),
            chosen,
            sizes,
            workers=(1, 2) if workers else (),
            tell=lambda text: status.update(f"{text} …"),
        )
    data = result.to_dict()
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, **data})
    else:
        _show(data)
    raise typer.Exit(DONE if result.same_scores else FAILED)


def _show(data: dict) -> None:
    table = Table(
        "",
        "submissions",
        "wall s",
        "CPU s",
        "peak MB",
        title=f"Grading {data['stage']}",
        title_justify="left",
    )
    for size in data["sizes"]:
        for system in ("stock", "ours"):
            cost = data["costs"][system][str(size)]
            table.add_row(
                system, str(size), f"{cost['wall']:.1f}", f"{cost['cpu']:.1f}", f"{cost['peak_mb']:.0f}"
            )
    for count, cost in data["workers"].items():
        name = f"ours, {count} worker{'s' if count != '1' else ''}"
        wall, cpu, peak = f"{cost['wall']:.1f}", f"{cost['cpu']:.1f}", f"{cost['peak_mb']:.0f}"
        table.add_row(name, str(data["sizes"][-1]), wall, cpu, peak)
    console.print(table)
    marginal, cpu = data["marginal_seconds"], data["cpu_per_submission"]
    lines = [
        f"one more submission: stock {marginal['stock']:.2f} s, ours {marginal['ours']:.3f} s wall",
        f"  {data['marginal_ratio']:.1f} times less; CPU {cpu['stock']:.2f} and {cpu['ours']:.3f} s, of which "
        f"{data['students_cpu']:.3f} s in the students' processes",
        f"in total at {data['wall_ratio_at']}: {data['wall_ratio']:.1f} times less wall time, all start-up counted",
        "the same scores"
        if data["same_scores"]
        else f"different scores: {'; '.join(data['differences'][:5])}",
    ]
    for line in lines:
        console.print(line, highlight=False)
