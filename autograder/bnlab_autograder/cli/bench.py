"""``bnlab bench``: measurements."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, print_json

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
            "--submissions",
            "-n",
            min=1,
            help="How many. Smaller classes of a fifth and two fifths are graded, too, unless this is repeated.",
        ),
    ] = None,
    stage: Annotated[str, typer.Option(help="The stage whose notebooks are graded.")] = "02",
    repeat: Annotated[int, typer.Option(min=1, help="Measure so often; the quickest run counts.")] = 1,
    workers: Annotated[bool, typer.Option("--workers", help="Also compare one worker with two.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Work here, and keep what was made.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the measurements as JSON.")] = False,
) -> None:
    """Grade the same submissions with stock nbgrader and with `bnlab grade`, in turns, and compare.

    Stock nbgrader gets the same hidden cases, in the cells that carry the points.

    Exit status: 0 if both gave the same scores, 1 if not, 2 for wrong use.
    """
    from bnlab_autograder.bench.grading import compare
    from bnlab_autograder.bench.measure import CommandFailed
    from bnlab_autograder.cli.course import stage_in
    from bnlab_autograder.curriculum import stage_named

    chosen = stage_named(stage_in(stage))
    with (
        tempfile.TemporaryDirectory(prefix="bnlab-bench-") as scratch,
        log.status("Building the course …") as status,
    ):
        place = folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        try:
            result = compare(
                place.resolve(),
                chosen,
                _sizes(submissions or [100]),
                workers=(1, 2) if workers else (),
                repeat=repeat,
                tell=lambda text: status.update(f"{text} …"),
            )
        except CommandFailed as problem:
            log.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
            raise typer.Exit(FAILED) from None
    data = result.to_dict()
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, **data})
    else:
        _show(data)
    raise typer.Exit(DONE if data["same_scores"] else FAILED)


@bench.command(epilog="Examples: bnlab bench endurance · bnlab bench endurance --submissions 300 --json")
def endurance(
    submissions: Annotated[int, typer.Option("--submissions", "-n", min=1, help="How many.")] = 1000,
    stage: Annotated[str, typer.Option(help="The stage whose notebooks are graded.")] = "02",
    folder: Annotated[Path | None, typer.Option(help="Work here, and keep what was made.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the measurements as JSON.")] = False,
) -> None:
    """Grade many generated submissions in one run, and tell how fast each hundred was.

    Exit status: 0 if the run ended well, 1 if not, 2 for wrong use.
    """
    from bnlab_autograder.bench.endurance import endure
    from bnlab_autograder.bench.measure import CommandFailed
    from bnlab_autograder.cli.course import stage_in
    from bnlab_autograder.curriculum import stage_named

    chosen = stage_named(stage_in(stage))
    with tempfile.TemporaryDirectory(prefix="bnlab-bench-") as scratch, log.status("") as status:
        place = folder or Path(scratch)
        place.mkdir(parents=True, exist_ok=True)
        try:
            result = endure(
                place.resolve(), chosen, submissions, tell=lambda text: status.update(f"{text} …")
            )
        except CommandFailed as problem:
            log.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
            raise typer.Exit(FAILED) from None
    data = result.to_dict()
    if as_json:
        print_json({"schema": "bnlab-bench-endurance", "version": VERSION, **data})
        return
    cost = data["cost"]
    console.print(
        f"{submissions} submissions to {data['stage']} in {cost['wall']:.0f} s, {cost['cpu']:.0f} s of CPU, "
        f"at most {cost['peak_mb']:.0f} MB",
        highlight=False,
        soft_wrap=True,
    )
    rates = " ".join(f"{rate:.1f}" for rate in data["rates"])
    console.print(f"submissions per second, hundred by hundred: {rates}", highlight=False, soft_wrap=True)


def _sizes(wanted: list[int]) -> list[int]:
    """The sizes of classes: those that are wanted, or parts of the only one."""
    (most, *others) = wanted
    return sorted({*wanted} if others else {max(1, most // 5), max(1, 2 * most // 5), most})


def _show(data: dict) -> None:
    columns = ("", "submissions", "wall s", "CPU s", "peak MB")
    table = Table(*columns, title=f"Grading {data['stage']}", title_justify="left")
    for size in data["sizes"]:
        for system in ("stock", "ours"):
            table.add_row(system, str(size), *_cells(data["costs"][system][str(size)]))
    for count, cost in data["workers"].items():
        name = f"ours, {count} worker{'s' if count != '1' else ''}"
        table.add_row(name, str(data["sizes"][-1]), *_cells(cost))
    console.print(table)
    marginal, cpu = data["marginal_seconds"], data["cpu_per_submission"]
    lines = [
        f"one more submission: stock {marginal['stock']:.2f} s, ours {marginal['ours']:.3f} s of wall time"
        + (f": {data['marginal_ratio']:.1f} times less" if data["marginal_ratio"] else ""),
        f"  CPU: stock {data['stock_cpu_per_submission']:.2f} s, ours {cpu:.3f} s, of which the student's cells alone "
        f"take {data['cells_cpu']:.3f} s",
        f"in total at {data['wall_ratio_at']}: {data['wall_ratio']:.1f} times less wall time, all start-up counted",
        f"memory: {data['memory_mb_per_submission']:+.2f} MB per further submission",
        "the same scores" if data["same_scores"] else f"other scores: {'; '.join(data['differences'][:5])}",
    ]
    if not data["all_cpu_counted"]:
        lines.append(
            "without a control group of its own (as root, cgroup v2) CPU time in sandboxes is not all counted"
        )
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _cells(cost: dict[str, float]) -> tuple[str, str, str]:
    return f"{cost['wall']:.1f}", f"{cost['cpu']:.1f}", f"{cost['peak_mb']:.0f}"
