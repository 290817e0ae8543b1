"""The staff commands of ``bnlab``: one module per command, each with a function ``register(app)``.

The modules stay thin: they read arguments, call the floor below, and print. Heavy imports stand inside the functions,
so that ``bnlab --help`` is quick.
"""

from __future__ import annotations

import sys
from importlib import import_module

import typer

COMMANDS = (
    "init",
    "release",
    "diff",
    "migrate",
    "collect",
    "receipts",
    "grade",
    "prune",
    "feedback",
    "export",
    "extend",
    "solutions",
    "report",
    "log",
    "forget",
    "judge",
    "verify",
    "mutant",
    "doctor",
    "demo",
    "bench",
    "figure",
    "claims",
)


# jsonschema, which nbformat imports, would build a grammar of international URLs, which takes 0.8 s and serves a
# format that no schema here uses. Marked as missing, it is left out.
sys.modules.setdefault("rfc3987_syntax", None)


def register(app: typer.Typer) -> None:
    """Add the staff commands to the student command; the entry point of the group ``bnlab.commands``."""
    for name in COMMANDS:
        import_module(f"{__name__}.{name}").register(app)
