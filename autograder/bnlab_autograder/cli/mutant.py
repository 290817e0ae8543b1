"""``bnlab mutant``: from a mistake that nobody knew to one that has a name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

if TYPE_CHECKING:
    from bnlab_autograder.assets import Assets
    from bnlab_autograder.release.mutant import Checked

EPILOG = (
    "Examples: bnlab mutant draft 02 --student s17 --exercise batchnorm_forward · "
    "bnlab mutant check draft_batchnorm_forward_1a2b3c.py · "
    "bnlab mutant accept draft_batchnorm_forward_1a2b3c.py --name forward_median"
)
SCHEMA, VERSION = "bnlab-mutant", 1
SECTION = "Found in this course"
WORDS = {
    "right": "[red]✗[/] It falls short in no hidden case of {exercise}: here it is a right answer. The mistake may "
    "lie in what it calls, for which a mutant takes the reference.",
    "silent": "[red]✗[/] It only raises errors and never returns anything: that is alike for too many reasons "
    "to bear a name.",
    "known": "[red]✗[/] This is the known mistake {known}: it does the very same in every hidden case.",
    "distinguishable": "[green]✓[/] It is distinguishable: no mutant does the same in every hidden case.",
}

mutants = typer.Typer(
    help="Make a known mistake of one that nobody knew: take it from a submission, try it, accept it.",
    no_args_is_help=True,
    epilog=EPILOG,
)


def register(app: typer.Typer) -> None:
    app.add_typer(mutants, name="mutant")


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Course = Annotated[
    Path | None,
    typer.Option("--course", "-C", help="The course folder; one that is not given is looked for here."),
]
Tier = Annotated[str | None, typer.Option(help="Demand these walls: A or B.")]


@mutants.command()
def draft(
    stage: Annotated[
        str, typer.Argument(help="The stage, or the start of its name: 02.", show_default=False)
    ],
    student: Annotated[str, typer.Option("--student", "-s", help="Whose graded submission.")],
    exercise: Annotated[str, typer.Option("--exercise", "-e", help="The exercise that nobody can explain.")],
    course: Annotated[Path, typer.Option("--course", "-C", help="The course folder.")] = Path("."),
    name: Annotated[
        str | None, typer.Option(help="Of the mutant and its file; a neutral one if not given.")
    ] = None,
    line: Annotated[
        int | None, typer.Option(min=1, help="Its line in the list of known mistakes, if it has one.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write it to.")] = Path("."),
    as_json: Json = False,
) -> None:
    """Write the draft of a mutant: the failing function and the helpers it needs, without anything that says whose.

    Nothing of the submission is run. Read the draft, write the words that say TODO, then: bnlab mutant check FILE.

    Exit status: 0 if it is written, 2 for wrong use.
    """
    from bnlab_autograder.cli.course import course_in, stage_in
    from bnlab_autograder.diagnosis.draft import NAME
    from bnlab_autograder.release.mutant import NoDraft, draft_of

    if name is not None and not NAME.fullmatch(name):
        misuse(f"{name!r} cannot be the name of a mutant: small letters, digits and underscores only")
    stage, here = stage_in(stage), course_in(course)
    try:
        made = draft_of(here, stage, student, exercise, line)
    except NoDraft as problem:
        misuse(str(problem))
    path = out / f"{name or made.name}.py"
    if path.exists():
        misuse(f"{path} exists; it is not overwritten", "Remove it, or give this one another --name.")
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(made.source, encoding="utf-8")
    os.utime(path, (0, 0))  # when a draft was made may say who was looked at
    if as_json:
        print_json(
            {
                "schema": f"{SCHEMA}-draft",
                "version": VERSION,
                "file": str(path),
                "name": path.stem,
                "exercise": exercise,
                "remarks": list(made.remarks),
            }
        )
    else:
        console.print(f"[green]✓[/] {escape(str(path))}", highlight=False, soft_wrap=True)
        for remark in made.remarks:
            console.print(f"    {escape(remark)}", style="dim", highlight=False, soft_wrap=True)
        console.print(
            f"Read it and write the words that say TODO; then: bnlab mutant check {escape(str(path))}",
            highlight=False,
            soft_wrap=True,
        )
    raise typer.Exit(DONE)


@mutants.command()
def check(
    file: Annotated[
        Path, typer.Argument(help="A draft, or a mutant.", exists=True, dir_okay=False, show_default=False)
    ],
    course: Course = None,
    tier: Tier = None,
    as_json: Json = False,
) -> None:
    """Tell what a draft does: whether a hidden case fails, which visible check catches it, and whether it is new.

    Its code runs behind the walls, as submissions do.

    Exit status: 0 if it is distinguishable and named, 1 if not, 2 for wrong use.
    """
    found = checked(file, bank_for(course), tier)
    if as_json:
        print_json({"schema": f"{SCHEMA}-check", "version": VERSION, **found.to_dict()})
    else:
        show(found)
    raise typer.Exit(DONE if found.holds else FAILED)


@mutants.command()
def accept(
    file: Annotated[Path, typer.Argument(help="A draft.", exists=True, dir_okay=False, show_default=False)],
    name: Annotated[str | None, typer.Option(help="Of the mutant; that of the file if not given.")] = None,
    course: Course = None,
    section: Annotated[
        str, typer.Option(help="The heading on the page of mistakes under which its entry goes.")
    ] = SECTION,
    tier: Tier = None,
    as_json: Json = False,
) -> None:
    """Make a mutant of a draft that you have read: from then on its code is trusted, and runs without walls.

    In a course folder it goes to the course's own mutants, with its entry; else into this checkout of BNLab.

    Exit status: 0 if it is accepted, 1 if it is not distinguishable or not named, 2 for wrong use.
    """
    from bnlab_autograder.assets import assets
    from bnlab_autograder.diagnosis.draft import NotADraft, read_draft
    from bnlab_autograder.release import mutant

    where = folder_of(course)
    found = checked(file, bank_for(course), tier)
    if not found.holds or not found.draft:
        show(found)
        if not found.draft:
            log.print("It is no draft; nothing was changed.")
        raise typer.Exit(FAILED)
    if where is not None:
        bank, page = where.mutants, where.mutants / "mistakes.md"
    else:
        bank, page = assets().mutants, assets().pages / "mistakes.md"
        if bank.parent.name == "_course":
            misuse("this BNLab is installed, not a checkout; name a course folder with --course")
    try:
        files = mutant.accept(read_draft(file), bank, page, section, name)
    except NotADraft as problem:
        misuse(str(problem))
    stage = mutant.STAGE_OF[found.exercise].name
    if as_json:
        written = [str(path) for path in files]
        print_json({"schema": f"{SCHEMA}-accept", "version": VERSION, "files": written, "stage": stage})
    else:
        for path in files:
            console.print(f"[green]✓[/] {escape(str(path))}", highlight=False, soft_wrap=True)
        console.print(
            f"Next: bnlab release {stage}, so that checks in the notebook know it; bnlab grade {stage}, so that it is "
            "named in what was handed in already.",
            highlight=False,
            soft_wrap=True,
        )
    raise typer.Exit(DONE)


def folder_of(course: Path | None):
    """The course folder that is meant; None if there is none here and none was named."""
    from bnlab_autograder.cli.course import workspace_in
    from bnlab_autograder.workspace import NoWorkspace, Workspace

    if course is not None:
        return workspace_in(course)
    try:
        return Workspace.find(Path("."))
    except NoWorkspace:
        return None


def bank_for(course: Path | None) -> Assets:
    """The course's files, with the mutants of a course folder if one is meant."""
    from bnlab_autograder.assets import assets
    from bnlab_autograder.diagnosis.own_bank import with_own

    where = folder_of(course)
    try:
        return with_own(assets(), where.mutants, where.private) if where else assets()
    except (ValueError, OSError) as problem:
        misuse(str(problem))


def checked(file: Path, files: Assets, tier: str | None) -> Checked:
    """What a draft does, or a clear end."""
    from bnlab_autograder.cli.walls import tier_for
    from bnlab_autograder.diagnosis.draft import NotADraft, read_draft
    from bnlab_autograder.grading.judge import JudgeFailed
    from bnlab_autograder.release.mutant import Checker

    try:
        draft = read_draft(file)
        with log.status("Judging …"), Checker(files, tier_for(tier, trust_students=False)) as checker:
            return checker(draft)
    except (NotADraft, JudgeFailed) as problem:
        misuse(str(problem))
    except ValueError as problem:  # of the bank
        misuse(str(problem))


def show(found: Checked) -> None:
    """What was found, in words."""
    console.print(
        f"[bold]{found.name}[/] ({found.exercise}): {found.points:g} of {found.max_points:g} points",
        highlight=False,
    )
    for case in found.failed:
        console.print(
            f"  [dim]falls short in[/] {case['case']} [dim]{escape(case['message'])}[/]", highlight=False
        )
    seen = f"caught by “{found.visible}”" if found.visible else "not caught: students do not notice it"
    console.print(f"  visible checks: {escape(seen)}", highlight=False)
    if found.problem:
        console.print(
            f"  [yellow]its code did not run to the end:[/] {escape(found.problem)}", highlight=False
        )
    words = WORDS[found.answer].format(exercise=found.exercise, known=" and ".join(found.known))
    console.print(words, highlight=False, soft_wrap=True)
    if found.answer == "distinguishable":
        for place, mistakes in (("grading", found.called), ("the notebook", [found.in_notebook])):
            named = ", ".join(filter(None, mistakes))
            if named:
                console.print(
                    f"  today {place} calls it {named}, which explains most of it; accepted, it bears its own name",
                    highlight=False,
                    soft_wrap=True,
                )
        if found.others:
            console.print(
                f"  {', '.join(found.others)} bears the same name, {found.mistake}: another form of one mistake",
                highlight=False,
                soft_wrap=True,
            )
    if found.unnamed:
        console.print(
            f"[red]✗[/] It is not named yet. To be written: {', '.join(found.unnamed)}", highlight=False
        )
    elif found.holds and found.draft:
        console.print(
            f"When you have read its code: bnlab mutant accept {escape(found.file)}",
            highlight=False,
            soft_wrap=True,
        )
