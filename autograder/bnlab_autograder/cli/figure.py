"""``bnlab figure``: the figures of the paper, made from the reference solutions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json, usage_errors

EPILOG = (
    "Examples: bnlab figure --list · bnlab figure 2 · bnlab figure 3-vgg --seeds 5 --out shift.svg · "
    "bnlab figure 1 --json · bnlab figure --gallery figures"
)


class Setting(StrEnum):
    QUICK = "quick"
    FULL = "full"
    TINY = "tiny"  # for tests


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(figure)


def figure(
    name: Annotated[
        str | None,
        typer.Argument(help="The paper's number, or another name; see --list.", show_default=False),
    ] = None,
    setting: Annotated[
        Setting, typer.Option(help="quick: half a minute on a laptop. full: minutes to hours.")
    ] = Setting.QUICK,
    seeds: Annotated[int, typer.Option(min=1, help="Repeat with so many seeds.")] = 1,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Draw into this file: png, svg or pdf. figure-NAME.png unless given; nothing with --json.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the effects as JSON.")] = False,
    listed: Annotated[bool, typer.Option("--list", help="Show what there is.")] = False,
    gallery: Annotated[
        Path | None,
        typer.Option(
            help="Make all figures, or the one named, into a page in this folder.", show_default=False
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes at a time; one for each processor unless given.")
    ] = None,
) -> None:
    """Make a figure of the paper, or a classic demonstration, and say whether its claim holds here.

    Exit status: 0 if it was made (whatever came out), 1 if it could not be, 2 for wrong use.
    """
    from bnlab_autograder.figures import find, registry
    from bnlab_autograder.figures.run import ConditionFailed, Runner

    if listed:
        _list(registry().values())
        raise typer.Exit(DONE)
    if name is None and gallery is None:
        misuse("which figure?", "bnlab figure --list shows what there is.")
    if gallery is not None and (out is not None or as_json):
        misuse("--gallery goes with neither --out nor --json", "The gallery holds pictures and figures.json.")
    with usage_errors(LookupError):
        figures = [find(name)] if name else list(registry().values())
    _check(out)
    outcomes, failed = [], False
    with Runner(workers) as runner:
        for one in figures:
            try:
                outcome = run_with_progress(runner, one, setting, range(first_seed, first_seed + seeds))
            except ConditionFailed as problem:
                failed = True
                log.print(f"[red]✗[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
                continue
            outcomes.append(outcome)
            if gallery is not None:
                _line(outcome)
    if gallery is not None:
        from bnlab_autograder.figures.gallery import write_gallery

        console.print(escape(str(write_gallery(outcomes, gallery))), highlight=False, soft_wrap=True)
    if failed or gallery is not None:
        raise typer.Exit(FAILED if failed else DONE)
    (outcome,) = outcomes
    if out is None and not as_json:
        out = Path(f"figure-{outcome.figure.name}.png")
    if out is not None:
        outcome.draw().savefig(out)
    if as_json:
        print_json(outcome.to_dict())
    else:
        _show(outcome, out)
    raise typer.Exit(DONE)


def _check(out: Path | None) -> None:
    if out is None:
        return
    if out.suffix not in (".png", ".svg", ".pdf"):
        misuse(f"{out} is no file name for a figure", "Use one that ends in .png, .svg or .pdf.")
    if not out.absolute().parent.is_dir():
        misuse(f"there is no folder {out.absolute().parent}")


def run_with_progress(runner, one, setting: str, seeds):
    """The outcome of a figure, with progress as its conditions finish."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=log, transient=True) as progress:
        task = progress.add_task(f"figure {one.name}", total=None)

        def tell(name: str, seconds: float, done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)
            progress.console.print(f"[dim]{escape(name)}: {seconds:.1f} CPU-s[/]", highlight=False)

        return runner.run(one, setting, seeds, tell=tell)


def _list(figures) -> None:
    table = Table("name", "figure", "shows", title="Figures", title_justify="left")
    for one in figures:
        table.add_row(one.name, escape(one.title), escape(one.shows))
    console.print(table)


MARKS = {"holds": "[green]✓ holds[/]", "partly": "[yellow]~ holds partly[/]"}


def _line(outcome) -> None:
    """A figure of the gallery in one line."""
    verdict = MARKS.get(outcome.holds, "[red]✗ does not hold[/]") if outcome.holds else ""
    console.print(
        f"[bold]{outcome.figure.name}[/] {verdict} [dim]{outcome.seconds:.1f} s[/]", highlight=False
    )


def _show(outcome, out: Path) -> None:
    console.print(f"[bold]{escape(outcome.figure.title)}[/]", highlight=False)
    console.print(escape(outcome.figure.shows), highlight=False)
    if outcome.figure.claim:
        console.print(f"Claim: {escape(outcome.figure.claim)}", highlight=False)
    for one in outcome.verdicts:
        mark = "[green]✓[/]" if one.met == one.of else "[yellow]~[/]" if one.met else "[red]✗[/]"
        value, bounds = outcome.effects[one.expectation.effect], one.expectation.bounds
        of = f"in {one.met} of {one.of} seeds" if one.of > 1 else ""
        line = f"  {mark} {one.expectation.says}: {value:.3g} (claimed: {bounds}) {of}"
        console.print(line, highlight=False)
    if outcome.holds:
        console.print(MARKS.get(outcome.holds, "[red]✗ does not hold here[/]"), highlight=False)
    if outcome.remark:
        console.print(escape(outcome.remark), highlight=False)
    table = Table("effect", "median" if len(outcome.seeds) > 1 else "value", box=None)
    if len(outcome.seeds) > 1:
        table.add_column("smallest … largest")
    for name, value in outcome.effects.items():
        low, high = outcome.spread[name]
        spread = (f"{low:.4g} … {high:.4g}",) if len(outcome.seeds) > 1 else ()
        table.add_row(name, f"{value:.4g}", *spread)
    console.print(table)
    for note in outcome.notes:
        console.print(f"[yellow]{escape(note)}[/]", highlight=False, soft_wrap=True)
    console.print(f"{escape(str(out))} ({outcome.seconds:.1f} s)", highlight=False, soft_wrap=True)
