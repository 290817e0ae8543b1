"""What all commands share: JSON on standard output, words and progress on standard error, exit statuses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.markup import escape

DONE, FAILED, MISUSED = 0, 1, 2  # exit statuses: done, something failed, wrong use

console = Console()
log = Console(stderr=True)  # progress and remarks: never mixed with results


def print_json(data: Mapping[str, Any], *, one_line: bool = False) -> None:
    """Print ``data`` as JSON; ``one_line`` where a command prints an object per line."""
    typer.echo(json.dumps(data, indent=None if one_line else 2, ensure_ascii=False, allow_nan=False))


def misuse(problem: str, hint: str = "") -> NoReturn:
    """End with status 2 and a sentence that names the file or argument, and one that says what to do."""
    log.print(f"[bold red]bnlab:[/] {escape(problem)}", highlight=False, soft_wrap=True)
    if hint:
        log.print(escape(hint), highlight=False, soft_wrap=True)
    raise typer.Exit(MISUSED)


@contextmanager
def usage_errors(*kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds into ``misuse``: their text is written for the user."""
    try:
        yield
    except kinds as problem:
        misuse(str(problem))
