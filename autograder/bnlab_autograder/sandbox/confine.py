"""From the zygote's fork to a student's process behind its walls.

In tier A three processes make a sandbox: the *shim*, which waits for the end and reports it; the *init*, process 1 of
the new namespaces, whose end is the end of all the others; and the student's process. In tiers B and C there is no
init, and the shim, as a subreaper, ends whatever is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import forks, landlock, namespaces, rlimits, seccomp
from .namespaces import Folders
from .processes import HELLO, descendants
from .syscalls import (
    CAP_DAC_READ_SEARCH,
    PR_SET_CHILD_SUBREAPER,
    PR_SET_DUMPABLE,
    PR_SET_KEEPCAPS,
    PR_SET_PDEATHSIG,
    drop_capabilities,
    prctl,
)

INPUT, OUTPUT, ERRORS, CHANNEL, FORKS, REPORT = range(6)
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
TERMINALS = ("/dev/pts", "/dev/ptmx", "/dev/tty")
REAP_SECONDS = 5


@dataclass(frozen=True)
class Sandbox:
    """What the trusted side has ordered."""

    tier: str
    limits: dict[str, float]
    top: str  # the folder in which student code may write
    uid: int | None = None  # the user to become, where the zygote is root
    other_processes: int = 0
    cover_tmp: bool = True
    searches_all: bool = False  # whether the interpreter lies where only root may look
    roots: Sequence[str] = ()  # what lies in /

    @property
    def folders(self) -> Folders:
        return Folders(self.top)


def enter(order: dict[str, Any], files: list[int], student: Callable[[Sandbox], None]) -> None:
    """In the zygote's new child: become the shim, and run ``student`` in a confined process. Never returns.

    Parameters
    ----------
    files : list of int
        Output, errors, channel, channel for forks, and the pipe for the report.
    """
    sandbox = Sandbox(**order)
    _take_over(files)
    os.setsid()
    os.umask(0o022)
    _be_first_when_memory_runs_out()
    if sandbox.tier == "A":
        _die_with_parent()
        namespaces.enter()
        child = _fork(lambda: _init(sandbox, student))
    else:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        _end_children_on_sigterm()
        os.write(CHANNEL, HELLO)
        child = _fork(lambda: _student_without_namespaces(sandbox, student))
    _shim(child, reap=sandbox.tier != "A")


def _take_over(files: list[int]) -> None:
    """Arrange the files as numbered above, and close everything else."""
    high = [os.dup2(file, 200 + position) for position, file in enumerate(files)]
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, INPUT)
    for target, file in zip((OUTPUT, ERRORS, CHANNEL, FORKS, REPORT), high, strict=True):
        os.dup2(file, target, inheritable=target <= ERRORS)
    os.closerange(REPORT + 1, 4096)


def _be_first_when_memory_runs_out() -> None:
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def _fork(body: Callable[[], None]) -> int:
    child = forks.fork()
    if child:
        return child
    try:
        body()
    except BaseException as problem:
        os.write(ERRORS, f"{type(problem).__name__}: {problem}".encode())
    finally:
        os._exit(99)


def _die_with_parent() -> None:
    """Be killed when the parent ends. It is single-threaded, so its end is that of its main thread."""
    parent = os.getppid()
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(99)


# The shim


def _shim(child: int, *, reap: bool) -> None:
    for file in (OUTPUT, ERRORS, CHANNEL, FORKS):
        os.close(file)
    status = os.waitpid(child, 0)[1]
    if reap:
        _end_children()
    _report(os.waitstatus_to_exitcode(status))
    os._exit(0)


def _report(code: int) -> None:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = json.dumps({"code": code, "cpu_seconds": used.ru_utime + used.ru_stime})
    with contextlib.suppress(OSError):
        os.write(REPORT, text.encode())


def _end_children_on_sigterm() -> None:
    """The zygote's end, or the trusted side, ends a sandbox without namespaces by SIGTERM to its shim."""

    def end(*_: object) -> None:
        _end_children()
        _report(-signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    _sigterm_with_parent()


def _sigterm_with_parent() -> None:
    parent = os.getppid()
    prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(99)


def _end_children() -> None:
    """Kill all descendants: orphans come to the shim, so it has to go round until there are none."""
    until = time.monotonic() + REAP_SECONDS
    while time.monotonic() < until:
        for child in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


# Process 1 of the namespaces


def _init(sandbox: Sandbox, student: Callable[[Sandbox], None]) -> None:
    _die_with_parent()
    os.write(CHANNEL, HELLO)
    namespaces.mount_own_folders(sandbox.folders, sandbox.limits["disk_mb"], cover_tmp=sandbox.cover_tmp)
    child = _fork(lambda: _student_in_namespaces(sandbox, student))
    for file in (OUTPUT, ERRORS, CHANNEL, FORKS, REPORT):
        os.close(file)
    drop_capabilities()
    prctl(PR_SET_DUMPABLE, 0)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


# The student's process


def _student_in_namespaces(sandbox: Sandbox, student: Callable[[Sandbox], None]) -> None:
    os.close(REPORT)
    folders = sandbox.folders
    os.setsid()
    os.chdir(folders.work)
    rlimits.apply(sandbox.limits)
    drop_capabilities()
    prctl(PR_SET_DUMPABLE, 1)
    landlock.restrict(["/"], [folders.top, "/tmp", "/dev/shm"], (*DEVICES, *TERMINALS))
    seccomp.install(None)
    student(sandbox)


def _student_without_namespaces(sandbox: Sandbox, student: Callable[[Sandbox], None]) -> None:
    os.close(REPORT)
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sandbox.uid is not None:
        prctl(PR_SET_KEEPCAPS, 1)
        become(sandbox.uid)
    folders = sandbox.folders
    folders.create()
    os.chdir(folders.work)
    rlimits.apply(sandbox.limits, sandbox.other_processes)
    drop_capabilities(keep=CAP_DAC_READ_SEARCH if sandbox.searches_all else None)
    prctl(PR_SET_DUMPABLE, 1)
    if sandbox.tier == "B":
        landlock.restrict(_all_but_other_processes(sandbox.roots), [folders.top], DEVICES)
        seccomp.install(os.getpid(), landlock.rules_signals())
    student(sandbox)


def become(uid: int) -> None:
    """Change from root to this user."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _all_but_other_processes(roots: Sequence[str]) -> list[str]:
    """Everything, but of /proc only this process. What remains to be forbidden, the zygote has forbidden itself."""
    own = [f"/proc/{os.getpid()}", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"]
    return [*own, *(root for root in roots if root not in ("/proc", "/sys", "/dev"))]
