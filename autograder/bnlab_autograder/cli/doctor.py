"""``bnlab doctor``: what this machine offers for grading."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, FAILED, console, log, print_json

if TYPE_CHECKING:
    from bnlab_autograder.doctor import Report

EPILOG = "Examples: bnlab doctor · bnlab doctor course --json"
SIGNS = {"good": "[green]✓[/]", "warning": "[yellow]![/]", "problem": "[red]✗[/]"}
TIERS = {
    "A": "[green]A[/]: namespaces, Landlock, a filter of system calls, limits",
    "B": "[green]B[/]: Landlock, a filter of system calls, limits",
    "C": "[red]C[/]: limits alone",
}


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(doctor)


def doctor(
    folder: Annotated[Path, typer.Argument(help="Where you grade.")] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Find out which walls hold around student code here, what they leave open, and what else is missing.

    Exit status: 0 if grading with walls is possible, 1 if not, 2 for wrong use.
    """
    from bnlab_autograder.doctor import examine

    with log.status("Building walls, and running a cell behind them …"):
        report = examine(folder)
    print_json(report.to_dict()) if as_json else _show(report)
    raise typer.Exit(DONE if report.can_grade else FAILED)


def _show(report: Report) -> None:
    console.print(f"[bold]Tier {TIERS[report.tier]}[/]")
    for text in report.why:
        _item("[yellow]![/]", text)
    _section("What holds", "[green]✓[/]", report.protects)
    _section("What does not", "[yellow]![/]", report.leaves_open)
    _section("For better walls", "→", report.better)
    console.print("\n[bold]This machine[/]")
    for check in report.checks:
        fix = f" → {check.fix}" if check.fix else ""
        _item(SIGNS[check.status], f"{check.name}: {check.text}{fix}")
    console.print("\n[bold]Versions[/]")
    words = [f"{name} {version}" for name, version in report.versions.items()]
    console.print(escape(" · ".join(words)), style="dim", highlight=False, soft_wrap=False)
    verdict = "Grading with walls is possible." if report.can_grade else "Grading with walls is not possible."
    console.print(f"\n[bold]{verdict}[/]")


def _section(title: str, sign: str, texts: tuple[str, ...]) -> None:
    if texts:
        console.print(f"\n[bold]{title}[/]")
    for text in texts:
        _item(sign, text)


def _item(sign: str, text: str) -> None:
    console.print(f"  {sign} {escape(text)}", highlight=False, soft_wrap=True)
