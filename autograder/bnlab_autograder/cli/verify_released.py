"""``bnlab verify --released``: releases as their students meet them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

SCHEMA, VERSION = "bnlab-verify-released", 1


def verify_released(stages: Sequence[Any] | None, folder: Path, full: bool, as_json: bool) -> NoReturn:
    """Rehearse and judge the releases of ``stages`` (None: of all that are released), show it, and end."""
    from bnlab_autograder.cli.walls import tier_for
    from bnlab_autograder.curriculum import STAGES
    from bnlab_autograder.release.manifest import Manifest
    from bnlab_autograder.release.proof import NotProved
    from bnlab_autograder.release.publish import INSTRUCTOR, Built, read_files
    from bnlab_autograder.release.rehearsal import rehearse
    from bnlab_autograder.release.trial import Trial
    from bnlab_autograder.workspace import NoWorkspace, Workspace

    try:
        workspace = Workspace.find(folder)
    except NoWorkspace as problem:
        misuse(str(problem))
    wanted = stages or [stage for stage in STAGES if workspace.release(stage.name).is_dir()]
    manifests = {stage.name: Manifest.load(workspace.release(stage.name)) for stage in wanted}
    missing = [name for name, manifest in manifests.items() if manifest is None]
    if missing or not wanted:
        name = missing[0] if missing else "nothing"
        misuse(f"{name} has not been released in {workspace.root}", "Run: bnlab release STAGE")
    found = []
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=log, transient=True) as progress, Trial(tier_for(None, True)) as trial:
        task = progress.add_task("Starting", total=len(manifests))
        for name, manifest in manifests.items():
            progress.update(task, description=f"Using {name} {manifest.version}")
            files = read_files(workspace.release(name))
            instructor = (workspace.published(name) / manifest.version / INSTRUCTOR).read_bytes()
            rehearsal = rehearse(name, manifest.version, files, instructor, full=full)
            try:
                trial(Built(manifest, instructor, files, {}))
            except NotProved as problem:
                rehearsal.problems.append(str(problem))
            found.append(rehearsal)
            progress.advance(task)
    holds = all(rehearsal.holds for rehearsal in found)
    if as_json:
        releases = [rehearsal.to_dict() for rehearsal in found]
        print_json({"schema": SCHEMA, "version": VERSION, "holds": holds, "releases": releases})
    else:
        _show(found)
    raise typer.Exit(DONE if holds else FAILED)


def _show(found: Sequence[Any]) -> None:
    for one in found:
        mark = "[green]✓[/]" if one.holds else "[red]✗[/]"
        times = ", ".join(f"{who} {seconds:g} s" for who, seconds in one.seconds.items())
        console.print(f"{mark} [bold]{one.stage} {one.version}[/]: {times}", highlight=False, soft_wrap=True)
        for problem in one.problems:
            console.print(f"    {escape(problem)}", highlight=False, soft_wrap=True)
