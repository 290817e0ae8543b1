"""``bnlab judge``: hidden cases on functions in a file, without a course folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = (
    "Examples: bnlab judge solution.py · bnlab judge 02_train_test.ipynb --exercise batchnorm_forward · "
    "bnlab judge submissions/ --json > results.jsonl"
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(judge)


def judge(
    files: Annotated[
        list[Path], typer.Argument(help="Modules, notebooks, or folders of such.", show_default=False)
    ],
    exercise: Annotated[
        list[str] | None, typer.Option("--exercise", "-e", help="Judge this exercise only; may be repeated.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per exercise and line.")
    ] = False,
    tier: Annotated[str | None, typer.Option(help="Demand these walls: A or B.")] = None,
    trust_students: Annotated[
        bool, typer.Option("--trust-students", help="Run without walls where the system has none (tier C).")
    ] = False,
) -> None:
    """Run the hidden cases of the exercises that a file defines, with public seeds.

    Exit status: 0 if every file was judged (whatever the points), 1 if one could not be, 2 for wrong use.
    """
    from bnlab_autograder.assets import assets
    from bnlab_autograder.cli.walls import tier_for
    from bnlab_autograder.curriculum import STAGE_OF
    from bnlab_autograder.grading.files import NotJudged, files_in, find, job_for, result_of
    from bnlab_autograder.grading.judge import Judge, JudgeFailed, JudgeUnavailable
    from bnlab_autograder.release.answers import previous_stages_source

    hidden, mutants, chosen = assets().hidden, assets().mutants, tier_for(tier, trust_students)
    try:
        paths = list(files_in(files))
    except NotJudged as problem:
        misuse(str(problem))
    failed = False
    with Judge(hidden, mutants, tier=chosen) as court, log.status("Starting the judge …") as status:
        for path in paths:
            status.update(f"Judging {path.name} …")
            try:
                found = find(path, exercise or ())
                earliest = min((STAGE_OF[name] for name in found.exercises), key=lambda stage: stage.name)
                previous = {"previous_stages.py": previous_stages_source(earliest).encode()}
                verdict = court.judge(job_for(found, hidden, mutants, previous, chosen))
            except JudgeUnavailable as problem:
                misuse(str(problem), "bnlab doctor says what this machine offers.")
            except (NotJudged, JudgeFailed) as problem:
                if exercise and any(name not in STAGE_OF for name in exercise):
                    misuse(str(problem))
                failed = True
                log.print(f"[red]✗[/] {escape(str(problem))}", soft_wrap=True)
                continue
            for result in result_of(found, verdict, hidden):
                print_json(result, one_line=True) if as_json else _show(result)
    raise typer.Exit(FAILED if failed else DONE)


def _show(result: dict) -> None:
    whole = result["points"] == result["max_points"]
    missing = result["status"] == "not implemented"
    console.print(
        f"{'[green]✓[/]' if whole else '[red]✗[/]'} [bold]{result['exercise']}[/] "
        f"{result['points']:g}/{result['max_points']:g}{' (not implemented)' if missing else ''} "
        f"[dim]{escape(result['file'])}[/]",
        highlight=False,
        soft_wrap=True,
    )
    for case in result["cases"]:
        if not case["passed"] and not missing:
            console.print(f"    [red]✗[/] {case['name']}: {escape(case['message'])}", highlight=False)
    for mistake in result["diagnosis"]:
        console.print(f"    [yellow]Known mistake:[/] {escape(mistake['message'])}", highlight=False)
    for remark in result["remarks"]:
        console.print(f"    [dim]Remark: {escape(remark)}[/]", highlight=False)
