"""``bnlab verify --kill-rates``: what catches the known mistakes."""

from __future__ import annotations

import time
from collections.abc import Iterable

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

SCHEMA, VERSION = "bnlab-kill-rates", 1
KINDS = ("customary", "visible", "hidden", "named")


def kill_rates(exercises: Iterable[str], seeds: int, matrix: bool, as_json: bool) -> None:
    """Measure and print the rates, and end: with 0 if they reach their goals, with 1 if not."""
    from bnlab_autograder.assets import assets
    from bnlab_autograder.diagnosis import rates
    from bnlab_autograder.diagnosis.bank import load_bank
    from bnlab_autograder.diagnosis.in_process import HiddenCases

    files, wanted, started = assets(), tuple(exercises), time.monotonic()
    bank = load_bank(files.mutants)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=log, transient=True) as progress:
        task = progress.add_task("Mutants", total=len(rates.graded(bank, wanted)))
        try:
            found = rates.measure(
                bank,
                rates.fresh_names(files.fresh_mutants),
                HiddenCases(files.hidden),
                seeds=seeds,
                exercises=wanted,
                tell=lambda _: progress.advance(task),
            )
        except ValueError as problem:
            misuse(f"{files.fresh_mutants.name}: {problem}")
    groups = {"bank": rates.rates(found), "fresh": rates.rates(one for one in found if one.fresh)}
    holds = all(getattr(groups["bank"], kind).share >= goal for kind, goal in rates.GOALS.items())
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "holds": holds,
                "seeds": seeds,
                "seconds": round(time.monotonic() - started, 2),
                "goals": rates.GOALS,
                "rates": {name: group.to_dict() for name, group in groups.items()},
                "mutants": [one.to_dict() for one in found],
            }
        )
    else:
        _show(groups, found if matrix else [], rates.GOALS)
    raise typer.Exit(DONE if holds else FAILED)


def _show(groups: dict, found: list, goals: dict[str, float]) -> None:
    if found:
        table = Table(
            "mutant", "customary", "visible", "hidden", "named", title="Caught by", title_justify="left"
        )
        for one in found:
            customary = "" if one.customary is None else one.customary or "–"
            name, hidden = one.name + (" *" if one.fresh else ""), ", ".join(one.hidden) or "–"
            table.add_row(name, customary, one.visible or "–", hidden, one.mistake if one.named else "–")
        console.print(table)
        console.print("* written after checks and cases were frozen", style="dim", highlight=False)
    table = Table("", *KINDS, title="Kill rates", title_justify="left")
    for name, group in groups.items():
        table.add_row(name, "", *(_rate(getattr(group, kind)) for kind in KINDS[1:]))
        shared = (_rate(rate) for rate in group.shared.values())
        table.add_row("  with customary checks", _rate(group.customary), *shared)
    table.add_section()
    table.add_row("goal", "", *(f"{goals[kind]:.0%}" for kind in KINDS[1:]))
    console.print(table)


def _rate(rate) -> str:
    return f"{rate.caught} of {rate.of} ({rate.share:.1%})" if rate.of else "–"
