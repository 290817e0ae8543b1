"""Runs code that nobody trusts: a fork-server, walls, limits, and calls across them. See ``autograder/SANDBOX.md``."""

from .errors import CallTimeout, Died, SandboxError, StudentError
from .limits import Limits, Usage
from .probe import Walls, probe
from .proxy import RemoteName, imported
from .session import CellResult, Session
from .version import __version__
from .zygote import Zygote

Tier = str  # "A", "B" or "C"

__all__ = [
    "CallTimeout",
    "CellResult",
    "Died",
    "Limits",
    "RemoteName",
    "SandboxError",
    "Session",
    "StudentError",
    "Tier",
    "Usage",
    "Walls",
    "Zygote",
    "__version__",
    "imported",
    "probe",
]
