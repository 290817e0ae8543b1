"""The limits that the kernel keeps for each process by itself."""

from __future__ import annotations

import os
import resource
from collections.abc import Mapping

PAGE = resource.getpagesize()


def apply(limits: Mapping[str, float], other_processes: int = 0) -> None:
    """Limit this process and its children.

    Parameters
    ----------
    limits : mapping
        The fields of ``Limits``.
    other_processes : int
        Processes and threads that this user has outside of the sandbox, where they count together.
    """
    memory = _address_space() + int(limits["memory_mb"] * 2**20)
    cpu = max(1, int(limits["cpu_seconds"]))
    for name, soft, hard in (
        ("RLIMIT_CORE", 0, 0),
        ("RLIMIT_CPU", cpu, cpu + 2),
        ("RLIMIT_FSIZE", int(limits["file_mb"] * 2**20), None),
        ("RLIMIT_NOFILE", limits["open_files"], None),
        ("RLIMIT_AS", memory, None),
        ("RLIMIT_NPROC", limits["processes"] + other_processes, None),
        ("RLIMIT_MSGQUEUE", 0, 0),
        ("RLIMIT_MEMLOCK", 65536, None),
    ):
        if hasattr(resource, name):
            _set(getattr(resource, name), int(soft), int(soft if hard is None else hard))


def processes_of(uid: int) -> int:
    """How many processes and threads this user has."""
    count = 0
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                if os.stat(f"/proc/{entry}").st_uid == uid:
                    count += len(os.listdir(f"/proc/{entry}/task"))
            except OSError:
                pass
    return count


def _set(which: int, soft: int, hard: int) -> None:
    allowed = resource.getrlimit(which)[1]
    if allowed != resource.RLIM_INFINITY:
        soft, hard = min(soft, allowed), min(hard, allowed)
    resource.setrlimit(which, (soft, hard))


def _address_space() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * PAGE
    except OSError:
        return 1 << 30
