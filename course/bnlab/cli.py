"""The command ``bnlab`` of students; installed packages may add commands of their own to it.

Such a package declares an entry point in the group ``bnlab.commands``: a function ``register(app)`` that adds
commands to the Typer application. One that fails is reported and does not keep the others from working.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bnlab import __version__
from bnlab.checks.notebook import NotANotebook, Outcome, run_notebook
from bnlab.checks.panel import SYMBOLS, headline, text
from bnlab.checks.report import FAILED, PASSED, SKIPPED
from bnlab.data.cifar10 import FOLDER_VARIABLE, fetch
from bnlab.data.dataset import DataUnavailable
from bnlab.upgrade import NotUpgraded, Upgrade
from bnlab.upgrade import upgrade as bring_to

GROUP = "bnlab.commands"

app = typer.Typer(
    name="bnlab",
    help="BNLab, a course on Batch Normalization in NumPy.",
    epilog="Example: bnlab check 01_forward.ipynb",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Data sets for the experiments.", no_args_is_help=True)
app.add_typer(data_app, name="data")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bnlab {__version__}")
        raise typer.Exit


@app.callback()
def bnlab(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """BNLab, a course on Batch Normalization in NumPy."""


@app.command(epilog="Examples: bnlab check 01_forward.ipynb · bnlab check --json 01_forward.ipynb")
def check(
    notebook: Annotated[Path, typer.Argument(help="The notebook, as saved by Jupyter.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for the whole notebook.")] = 300.0,
    full: Annotated[bool, typer.Option("--full", help="Run experiments at full length.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also show what the cells print, on standard error.")
    ] = False,
) -> None:
    """Run a notebook from top to bottom in a fresh process and show what its visible checks say.

    Your file is left as it is. The exit code is 0 if all checks passed and no cell raised an error, 1 if
    something failed, 2 if the command could not be used this way.
    """
    log = Console(stderr=True)
    status = log.status(f"Running {escape(notebook.name)} …") if log.is_terminal and not verbose else None
    try:
        with status or nullcontext():
            outcome = run_notebook(
                notebook,
                timeout=timeout,
                full=full,
                output=sys.stderr if verbose else None,
                progress=lambda cell, of: (
                    status.update(f"Running {escape(notebook.name)}: cell {cell} of {of}") if status else None
                ),
            )
    except NotANotebook as problem:
        raise typer.BadParameter(str(problem), param_hint="NOTEBOOK") from None
    if as_json:
        typer.echo(json.dumps(outcome.to_dict(), indent=2, ensure_ascii=False))
    else:
        _show(outcome)
    raise typer.Exit(0 if outcome.passed else 1)


def _show(outcome: Outcome) -> None:
    """Every panel, then a table."""
    for report in outcome.reports.values():
        typer.echo(text(report) + "\n")
    for error in outcome.errors:
        typer.echo(f"{SYMBOLS[FAILED]} code cell {error['cell']}: {error['type']}: {error['message']}")
    table = Table(
        "", "exercise", "result", title=f"Checks of {escape(outcome.notebook.name)}", title_justify="left"
    )
    for report in outcome.reports.values():
        state = SKIPPED if report.unimplemented else PASSED if report.passed else FAILED
        table.add_row(SYMBOLS[state], escape(report.exercise), escape(headline(report)))
    if outcome.errors:
        cells = len({error["cell"] for error in outcome.errors})
        table.add_row(
            SYMBOLS[FAILED], "other cells", f"{cells} raised an error" if cells > 1 else "one raised an error"
        )
    Console().print(table)


@app.command(epilog="Example: bnlab upgrade 01_forward.ipynb --to ~/Downloads/01_forward-1.1.0.zip")
def upgrade(
    notebook: Annotated[
        Path, typer.Argument(help="The notebook you have worked in, saved and closed.", show_default=False)
    ],
    to: Annotated[Path, typer.Option(help="The new release: its zip or its folder.", show_default=False)],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen, and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Carry your work into a newer release of a notebook.

    Answers and your own cells come along; what the new release has no place for is kept at the end. The notebook as
    it was stays beside it, and running this again changes nothing. The exit code is 0 if the notebook is under the
    new release, 2 if it could not be brought there; then nothing was changed.
    """
    try:
        done = bring_to(notebook, to, dry_run=dry_run)
    except NotUpgraded as problem:
        typer.echo(f"bnlab: {problem}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json.dumps(done.to_dict(), indent=2, ensure_ascii=False))
    else:
        for line in _story(done):
            Console().print(escape(line), highlight=False, soft_wrap=True)


def _story(done: Upgrade) -> Iterator[str]:
    """What an upgrade did, in lines."""
    name = Path(done.notebook).name
    if done.status == "unchanged":
        yield f"{SYMBOLS[PASSED]} {name} is under release {done.new} already; nothing was changed"
        return
    what = "would come" if done.status == "planned" else "has come"
    yield f"{SYMBOLS[PASSED]} {name} {what} from release {done.old or '?'} to {done.new}"
    yield f"  answers carried over: {', '.join(done.carried) or 'none'}"
    if done.reread:
        yield f"  read these tasks again, they have changed: {', '.join(done.reread)}"
    if done.open:
        yield f"  still to answer: {', '.join(done.open)}"
    if done.own:
        yield f"  your own cells: {done.own}"
    for one in done.kept:
        yield f"  kept at the end: your text in {one['cell']} ({one['why']})"
    if done.backup:
        yield f"  the notebook as it was: {done.backup}"
    if done.kept_files:
        yield f"  files you had changed, as they were: {', '.join(done.kept_files)}"
    if any(file.endswith(".whl") for file in done.files):
        yield "  Now install what is new: python -m pip install -r requirements.txt"
    if done.status == "upgraded":
        yield "  Reload the notebook in Jupyter (File > Reload Notebook from Disk), restart the kernel, and run all."


@data_app.command("list")
def list_data() -> None:
    """Show the data sets that ``bnlab.data`` loads."""
    table = Table("loader", "is", "to download", title="bnlab.data", title_justify="left")
    table.add_row("procedural_images()", "small coloured shapes and textures, 10 classes", "nothing")
    table.add_row("digits()", "1,797 handwritten digits, 8×8 pixels", "nothing")
    table.add_row("linear_regression()", "Gaussian vectors and a linear map of them", "nothing")
    table.add_row(
        "cifar10()", "60,000 photographs, 32×32 pixels, 10 classes", "170 MB: bnlab data get cifar10"
    )
    Console().print(table)


class Downloadable(StrEnum):
    CIFAR10 = "cifar10"


@data_app.command("get", epilog="Example: bnlab data get cifar10")
def get_data(
    name: Annotated[Downloadable, typer.Argument(help="The data set.", show_default=False)],
    folder: Annotated[
        Path | None, typer.Option(help="Where to keep it.", envvar=FOLDER_VARIABLE, show_default="your cache")
    ] = None,
) -> None:
    """Download a data set, so that experiments need no network later, and print where it lies."""
    try:
        typer.echo(fetch(folder))
    except (DataUnavailable, ImportError) as problem:
        typer.echo(f"bnlab: {problem}", err=True)
        raise typer.Exit(1) from None


def load_commands(app: typer.Typer, points: list[EntryPoint] | None = None) -> None:
    """Let installed packages add commands. What a broken one has added is taken away again."""
    for point in list(entry_points(group=GROUP)) if points is None else points:
        before = list(app.registered_commands), list(app.registered_groups)
        try:
            point.load()(app)
        except (Exception, SystemExit) as problem:
            app.registered_commands[:], app.registered_groups[:] = before
            reason = f"{type(problem).__name__}: {problem}"
            typer.echo(f"bnlab: the commands of {point.value!r} could not be loaded ({reason})", err=True)


def main() -> None:
    """The script ``bnlab``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    load_commands(app)
    app()


if __name__ == "__main__":
    main()
