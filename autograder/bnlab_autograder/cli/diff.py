"""``bnlab diff``: how two versions of a stage differ."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, console, log, misuse, print_json

if TYPE_CHECKING:
    from bnlab_autograder.release.diff import Change, Difference, Version

EPILOG = (
    "Examples: bnlab diff 02 · bnlab diff 02@1.0.0 1.1.0 · bnlab diff 02@1.0.0 · "
    "bnlab diff old.zip release/02_train_test --json"
)
SCHEMA, VERSION = "bnlab-diff", 1
NUMBER = re.compile(r"\d+\.\d+\.\d+")
SIGNS = {"added": "[green]+[/]", "removed": "[red]−[/]"}  # others: ~
PARTS = {
    "cell": "Cells",
    "check": "Visible checks",
    "case": "Hidden cases",
    "library": "The student library",
    "file": "Files",
}


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(diff)


def diff(
    a: Annotated[
        str,
        typer.Argument(
            metavar="A",
            help="A stage (02), one of its versions (02@1.0.0), or the folder or zip of a release.",
            show_default=False,
        ),
    ],
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="B",
            help="Likewise, or the number of another version of A's stage. If not given: the release in place; "
            "or, where A is that, what would be released now.",
            show_default=False,
        ),
    ] = None,
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    lines: Annotated[bool, typer.Option(help="Show which lines have changed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Tell how two versions of a stage differ: cells, points, prose, checks, hidden cases, files.

    Exit status: 0 whether they differ or not, 2 for wrong use.
    """
    from bnlab.upgrade import NotUpgraded

    from bnlab_autograder.release.build import PROBLEMS
    from bnlab_autograder.release.diff import difference
    from bnlab_autograder.workspace import NoWorkspace

    try:
        with log.status("Reading") if log.is_terminal else nullcontext():
            old = _version(a, course)
            if b is None:
                bare = not Path(a).exists() and "@" not in a
                new = _sources(old.stage, course) if bare else _version(old.stage, course)
            else:
                new = _version(f"{old.stage}@{b}" if NUMBER.fullmatch(b) else b, course)
    except (NotUpgraded, NoWorkspace, OSError, *PROBLEMS) as problem:
        misuse(str(problem))
    if old.stage != new.stage:
        misuse(f"{a} is a release of {old.stage}, {b} one of {new.stage}", "Name two versions of one stage.")
    found = difference(old, new)
    if as_json:
        print_json({"schema": SCHEMA, "version": VERSION, **found.to_dict()})
    else:
        _show(found, lines)
    raise typer.Exit(DONE)


def _version(name: str, course: Path) -> Version:
    """The version that an argument names."""
    from bnlab_autograder.cli.course import stage_in, workspace_in
    from bnlab_autograder.release.diff import Version
    from bnlab_autograder.release.manifest import Manifest
    from bnlab_autograder.release.publish import Built, published_versions

    if Path(name).exists():
        return Version.in_place(Path(name))
    short, _, number = name.partition("@")
    stage, workspace = stage_in(short), workspace_in(course)
    published = published_versions(workspace, stage)
    if not number:
        present = Manifest.load(workspace.release(stage))
        if present is None:
            misuse(f"{stage} has not been released in {workspace.root}", f"Run: bnlab release {stage}")
        number = present.version
    if number not in published:
        known = ", ".join(published) or "none"
        misuse(f"there is no version {number} of {stage}; there are: {known}")
    return Version.of(Built.load(workspace, stage, number))


def _sources(stage: str, course: Path) -> Version:
    """What ``bnlab release`` would release now."""
    from bnlab_autograder.cli.course import workspace_in
    from bnlab_autograder.curriculum import BY_NAME
    from bnlab_autograder.release.build import prepare
    from bnlab_autograder.release.diff import Version

    return Version.of(prepare(workspace_in(course), BY_NAME[stage]))


def _show(found: Difference, lines: bool) -> None:
    old, new = found.old, found.new
    _print(f"[bold]{old.stage}[/]  {old.version} → [bold]{new.version}[/]  {escape(new.note)}")
    for key, words in (("automatic", "automatic points"), ("by_hand", "points by hand")):
        if old.points[key] != new.points[key]:
            _print(f"  {words}: {old.points[key]:g} → {new.points[key]:g}")
    if not found.changes:
        _print("  nothing that students or graders see differs")
    for part, title in PARTS.items():
        changes = [change for change in found.changes if change.part == part]
        if changes:
            _print(f"[bold]{title}[/]")
        for change in changes:
            _show_change(change, lines)


def _show_change(change: Change, lines: bool) -> None:
    _print(f"  {SIGNS.get(change.kind, '[yellow]~[/]')} {escape(change.text)}")
    if lines and change.kind == "changed":
        for line in change.lines:
            style = {"+": "green", "-": "red"}.get(line[:1], "dim")
            console.print(f"      {line}", style=style, markup=False, highlight=False, soft_wrap=True)


def _print(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)
