"""Watches the sums that the kernel does not limit: memory, CPU time and disk over all processes of a sandbox.

One thread watches all sandboxes of this process.
"""

from __future__ import annotations

import math
import os
import resource
import threading
import time
from typing import Protocol

from .limits import Limits
from .processes import descendants

SECONDS = 0.05
PAGE = resource.getpagesize()
TICKS = os.sysconf("SC_CLK_TCK")
MB = 2**20
MAX_PATH = 3000


class Watched(Protocol):
    """What the watchdog must know of a sandbox."""

    leader: int  # the process whose descendants are the sandbox
    limits: Limits
    disk_folder: str | None  # None if a file system of its own keeps the limit
    gauge: Gauge

    def stop(self, reason: str) -> None: ...


class Gauge:
    """What the processes of a sandbox use, read from /proc."""

    def __init__(self) -> None:
        self.peak_memory_mb = 0.0
        self.cpu_seconds = 0.0
        self._resident_at_sample = 0.0

    def read(self, leader: int, memory_limit_mb: float) -> float:
        """Read anew; returns the memory in MB.

        Sharing is only accounted for (which takes the kernel long) if the plain sum has grown or nears the limit.
        """
        processes = [leader, *descendants(leader)]
        self.cpu_seconds = max(self.cpu_seconds, sum(map(_cpu_seconds, processes)))
        resident = sum(map(_resident_mb, processes))
        if resident > memory_limit_mb or resident > self._resident_at_sample + 16:
            self._resident_at_sample = resident
            memory = sum(map(proportional_mb, processes))
            self.peak_memory_mb = max(self.peak_memory_mb, memory)
            return memory
        return 0.0


class Watchdog:
    """The thread. Starts with the first sandbox and ends with the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sandboxes: set[Watched] = set()
        self._thread: threading.Thread | None = None

    def add(self, sandbox: Watched) -> None:
        with self._lock:
            self._sandboxes.add(sandbox)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sandbox-watchdog", daemon=True)
                self._thread.start()

    def remove(self, sandbox: Watched) -> None:
        with self._lock:
            self._sandboxes.discard(sandbox)

    def _run(self) -> None:
        while True:
            time.sleep(SECONDS)
            with self._lock:
                sandboxes = list(self._sandboxes)
                if not sandboxes:
                    self._thread = None
                    return
            for sandbox in sandboxes:
                try:
                    check(sandbox)
                except Exception:  # what cannot be watched must not run on
                    sandbox.stop("killed")


def check(sandbox: Watched) -> None:
    """Stop the sandbox if it is over a limit."""
    limits = sandbox.limits
    if sandbox.gauge.read(sandbox.leader, limits.memory_mb) > limits.memory_mb:
        sandbox.stop("memory")
    elif sandbox.gauge.cpu_seconds > limits.cpu_seconds:
        sandbox.stop("cpu")
    elif sandbox.disk_folder is not None and _disk_mb(sandbox.disk_folder) > limits.disk_mb:
        sandbox.stop("disk")


WATCHDOG = Watchdog()


def _resident_mb(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * PAGE / MB
    except (OSError, IndexError):
        return 0.0


def proportional_mb(pid: int) -> float:
    """Memory of a process, shared pages divided among those who share them."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) / 1024
    except (OSError, IndexError):
        pass
    return 0.0


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process and of its children that have ended."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    except (OSError, IndexError):
        return 0.0


def _disk_mb(folder: str) -> float:
    """Size of all files beneath ``folder``; each counts at least a block, so that empty ones end, too."""
    total = 0.0
    todo = [folder]
    while todo:
        path = todo.pop()
        if len(path) > MAX_PATH:
            return math.inf  # deeper than can be counted
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    total += 4096
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            pass
    return total / MB
