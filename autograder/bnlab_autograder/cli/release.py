"""``bnlab release``: build a version of a stage and put it in place."""

from __future__ import annotations

import datetime
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = (
    "Examples: bnlab release 02_train_test · bnlab release --all --course ~/bn-2027 · "
    "bnlab release 02 --version 1.1.0 --note 'a clearer hint in exercise 2' · "
    "bnlab release 02 --variant autumn-2027 · bnlab release 02 --seed 7"
)
SCHEMA, VERSION = "bnlab-release", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(release)


def release(
    stage: Annotated[
        str | None, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Release all stages.")] = False,
    version: Annotated[
        str | None,
        typer.Option(help="Three numbers, X.Y.Z. The next free one, if not given and something is new."),
    ] = None,
    note: Annotated[str, typer.Option(help="What is new, for the manifest.")] = "",
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    change_points: Annotated[
        bool, typer.Option("--change-points", help="Change the points of submissions that are there already.")
    ] = False,
    due: Annotated[
        str | None,
        typer.Option(
            metavar="DATE[THH:MM]",
            help="Until when students may hand in, in this machine's time zone; a date alone: until its end.",
        ),
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(
            help='A table [variants.NAME] of bnlab.toml: other inputs, the same lesson. "default" is none. '
            "If not given: as bnlab.toml says under variant, or as the present release."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The seed of a variant that has no name.", show_default=False)
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Release although an earlier stage, whose answers go along, is still open."
        ),
    ] = False,
    judge: Annotated[
        bool,
        typer.Option(
            help="Judge the instructor's notebook and the untouched one before anything is published."
        ),
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Build the notebook of a stage from its source, make the students' version, and put both in place.

    Nothing goes out that holds an answer, a hidden case, a mutant or a path of this machine; the instructor's
    notebook must earn full marks and the untouched one nothing. Where nothing has changed, nothing is done. If
    anything fails, the earlier release stays as it was.

    Exit status: 0 if every stage is released, 1 if one is not, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import stage_in
    from bnlab_autograder.cli.walls import tier_for
    from bnlab_autograder.curriculum import BY_NAME
    from bnlab_autograder.release.trial import Trial
    from bnlab_autograder.workspace import NoWorkspace, Workspace

    if every == (stage is not None):
        misuse("name one stage, or say --all", f"The stages are: {', '.join(BY_NAME)}")
    if variant is not None and seed is not None:
        misuse("a variant has its own seed: say --variant or --seed, not both")
    until = _moment(due) if due is not None else None
    names = list(BY_NAME) if every else [stage_in(stage)]
    chosen = variant if seed is None else seed
    try:
        workspace = Workspace.find(course)
        workspace.settings  # noqa: B018 (raises if they are damaged)
    except NoWorkspace as problem:
        misuse(str(problem))
    results = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    trial = Trial(tier_for(None, trust_students=True)) if judge else nullcontext()
    with Progress(*columns, console=log, transient=True) as progress, trial as judged:
        task = progress.add_task("Starting", total=len(names))
        for name in names:
            progress.update(task, description=f"Releasing {name}")
            options = {
                "change_points": change_points,
                "force": force,
                "judged": judged,
                "due": until,
                "variant": chosen,
            }
            results.append(_release(workspace, name, version, note, options))
            progress.advance(task)
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, "releases": results})
    else:
        for result in results:
            _show(result)
    raise typer.Exit(FAILED if any(result["status"] == "failed" for result in results) else DONE)


def _moment(text: str) -> datetime.datetime:
    from bnlab_autograder.grading.extensions import moment

    try:
        return moment(text)
    except (ValueError, OverflowError):
        misuse(f"--due {text!r} is no date; write it as 2027-01-31 or 2027-01-31T18:00")


def _release(
    workspace: Any, name: str, version: str | None, note: str, options: dict[str, Any]
) -> dict[str, Any]:
    from sqlalchemy.exc import SQLAlchemyError

    from bnlab_autograder.curriculum import BY_NAME
    from bnlab_autograder.grading.judge import JudgeUnavailable
    from bnlab_autograder.release.build import PROBLEMS, build_release
    from bnlab_autograder.workspace import NoWorkspace

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    try:
        report = build_release(workspace, BY_NAME[name], version, note, created=now, **options)
    except (*PROBLEMS, NoWorkspace, JudgeUnavailable, OSError) as problem:
        return {"stage": name, "status": "failed", "problem": str(problem)}
    except SQLAlchemyError as problem:
        return {
            "stage": name,
            "status": "failed",
            "problem": f"the gradebook: {str(problem).splitlines()[0]}",
        }
    return report.to_dict()


def _show(result: dict[str, Any]) -> None:
    if result["status"] == "failed":
        log.print(
            f"[red]✗[/] {result['stage']}: {escape(result['problem'])}", highlight=False, soft_wrap=True
        )
        return
    points = result["points"]
    unchanged = " (nothing has changed)" if result["status"] == "unchanged" else ""
    console.print(
        f"[green]✓[/] [bold]{result['stage']} {result['version']}[/]{unchanged}: {len(result['exercises'])} "
        f"exercises, {points['automatic']:g} points, {points['by_hand']:g} by hand "
        f"[dim]{escape(result['folder'])}[/]",
        highlight=False,
        soft_wrap=True,
    )
    if result["variant"]:
        console.print(f"    {escape(_about(result['variant']))}", highlight=False, soft_wrap=True)
    if result["status"] == "released":
        console.print(
            f"    as one file: [dim]{escape(result['handout'])}[/]", highlight=False, soft_wrap=True
        )
        for change in result["changes"]:
            console.print(f"    {escape(change['text'])}", style="dim", highlight=False, soft_wrap=True)
    for copy in result["kept"]:
        console.print(
            f"    [yellow]something had been changed by hand; it is kept in[/] {escape(copy)}",
            highlight=False,
            soft_wrap=True,
        )
    if result["grade_again"]:
        count = result["submissions"]
        console.print(
            f"    [yellow]points of {count} submission{'s' if count > 1 else ''} have changed; run:[/] "
            f"bnlab grade {result['stage']}",
            highlight=False,
            soft_wrap=True,
        )


def _about(variant: dict[str, Any]) -> str:
    """A variant in words."""
    inputs = [f"{name} = {value}" for name, value in variant["parameters"].items()]
    if variant["seed"] is not None:
        inputs.insert(0, f"seed {variant['seed']}")
    if not inputs:
        inputs = ["the inputs of the default; only those of hidden cases are its own"]
    return f"variant {variant['name']}: {', '.join(inputs)}"
