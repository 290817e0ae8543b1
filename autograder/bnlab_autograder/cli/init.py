"""``bnlab init``: make a course folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from bnlab_autograder.cli.output import DONE, FAILED, console, log, misuse, print_json

EPILOG = (
    "Examples: bnlab init course · bnlab init course --course-id bn-2027 · "
    "bnlab init course --db postgresql://bn:password@localhost/bn"
)
SCHEMA, VERSION = "bnlab-init", 1


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(init)


def init(
    folder: Annotated[Path, typer.Argument(help="The folder; it is made if missing.", show_default=False)],
    course_id: Annotated[
        str | None, typer.Option(help="nbgrader's name of the course; that of the folder if not given.")
    ] = None,
    db: Annotated[
        str | None, typer.Option(help="URL of the gradebook's database; gradebook.db if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make FOLDER a course folder: an nbgrader course whose grading goes through BNLab.

    What is in the folder already stays as it is; run it again to complete a damaged folder.

    Exit status: 0 if done, 1 if the gradebook could not be made, 2 for wrong use.
    """
    from sqlalchemy.exc import ArgumentError, SQLAlchemyError

    from bnlab_autograder.grading.record import GradebookLost
    from bnlab_autograder.workspace import NotCreated, NoWorkspace, Workspace

    try:
        shown = _check(db)
        workspace, written = Workspace.create(folder, course_id, db)
    except ArgumentError:
        misuse(f"{db!r} is not the URL of a database", "An example: postgresql://user:password@host/database")
    except SQLAlchemyError as problem:
        misuse(f"the database does not answer: {str(problem).splitlines()[0]}")
    except (NotCreated, NoWorkspace, OSError) as problem:
        misuse(str(problem))
    try:
        with log.status("Making the gradebook …"):
            _make_gradebook(workspace)
    except (SQLAlchemyError, GradebookLost) as problem:
        log.print(f"[red]✗[/] the gradebook could not be made: {escape(str(problem).splitlines()[0])}")
        raise typer.Exit(FAILED) from None
    if as_json:
        print_json(
            {
                "schema": SCHEMA,
                "version": VERSION,
                "status": "created" if written else "unchanged",
                "folder": str(workspace.root),
                "course_id": workspace.course_id,
                "database": shown,
                "written": written,
            }
        )
    else:
        _show(workspace.root, folder, workspace.course_id, written)
    raise typer.Exit(DONE)


def _check(db: str | None) -> str:
    """See that a named database answers before anything is written. Returns its URL without the password."""
    import sqlalchemy

    from bnlab_autograder.workspace import driver_url

    if db is None:
        return "gradebook.db"
    url = sqlalchemy.make_url(driver_url(db))
    if url.get_backend_name() != "sqlite":
        engine = sqlalchemy.create_engine(url)
        try:
            engine.connect().close()
        finally:
            engine.dispose()
    return url.render_as_string(hide_password=True)


def _make_gradebook(workspace: object) -> None:
    from bnlab_autograder.grading.record import Ledger

    with Ledger(workspace.db_url, workspace.course_id):
        pass


def _show(root: Path, named: Path, course_id: str, written: list[str]) -> None:
    what = "is now" if written else "was already"
    console.print(f"[green]✓[/] {escape(str(root))} {what} the course folder of {course_id}", soft_wrap=True)
    for name in written:
        console.print(f"    {name}", style="dim", highlight=False)
    console.print(f"Next: bnlab release --all --course {escape(str(named))}", highlight=False, soft_wrap=True)
