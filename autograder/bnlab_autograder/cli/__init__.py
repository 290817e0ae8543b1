"""The staff commands of ``bnlab``: one module per command, each with a function ``register(app)``.

The modules stay thin: they read arguments, call the floor below, and print. Heavy imports stand inside the functions,
so that ``bnlab --help`` is quick.
"""

from __future__ import annotations

from importlib import import_module

import typer

COMMANDS = ("init", "release", "grade", "feedback", "log", "judge", "verify", "demo", "bench")


def register(app: typer.Typer) -> None:
    """Add the staff commands to the student command; the entry point of the group ``bnlab.commands``."""
    for name in COMMANDS:
        import_module(f"{__name__}.{name}").register(app)
