"""What a command costs: wall time, CPU time and peak memory of itself and of everything that it starts."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

INTERVAL = 0.2  # seconds between two looks at the memory


@dataclass(frozen=True)
class Cost:
    """Of one run of a command."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all processes that were waited for
    peak_mb: float  # the largest sum of proportional set sizes that was seen

    def to_dict(self) -> dict[str, float]:
        return asdict(self)


class CommandFailed(RuntimeError):
    """The command ended with an error; the text shows the end of what it printed."""


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, ok: Sequence[int] = (0,)
) -> Cost:
    """Run a command to its end. Raises CommandFailed for other exit statuses than ``ok``."""
    before, started = os.times(), time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak, done = [0.0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peak, done), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    wall = time.monotonic() - started
    done.set()
    watcher.join()
    after = os.times()
    if process.returncode not in ok:
        raise CommandFailed(f"{' '.join(command)} ended with status {process.returncode}:\n{output[-3000:]}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall, cpu, peak[0])


def _watch(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(INTERVAL):
        total = 0
        try:
            parent = psutil.Process(pid)
            for process in [parent, *parent.children(recursive=True)]:
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:  # it has just ended
                    continue
        except psutil.Error:
            return
        peak[0] = max(peak[0], total / 2**20)
