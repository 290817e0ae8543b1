"""What a command costs: wall time, CPU time and peak memory of itself and of everything that it starts."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

INTERVAL = 0.2  # seconds between two looks at the memory
LEFT_SECONDS = 5.0  # the longest to wait for processes that have outlived the command
INTO_GROUP = 'echo 0 > "$0"/cgroup.procs && exec "$@"'


@dataclass(frozen=True)
class Cost:
    """Of one run of a command."""

    wall: float  # seconds
    cpu: float  # seconds, user and system, of all its processes
    peak_mb: float  # the largest sum of proportional set sizes that was seen

    def to_dict(self) -> dict[str, float]:
        return {name: round(value, 3) for name, value in asdict(self).items()}


class CommandFailed(RuntimeError):
    """The command ended with an error; the text shows the end of what it printed."""


def run(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, ok: Sequence[int] = (0,)
) -> Cost:
    """Run a command to its end. Raises CommandFailed for other exit statuses than ``ok``."""
    with _control_group() as group:
        before, started = os.times(), time.monotonic()
        process = subprocess.Popen(
            command if group is None else ["sh", "-c", INTO_GROUP, str(group), *command],
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
        cpu = _waited_for(before) if group is None else _used_in(group)
    if process.returncode not in ok:
        raise CommandFailed(f"{' '.join(command)} ended with status {process.returncode}:\n{output[-3000:]}")
    return Cost(wall, cpu, peak[0])


def counts_all() -> bool:
    """Whether CPU time is that of really all processes. Without a control group some are missed: those that no
    parent has waited for, as in a sandbox."""
    with _control_group() as group:
        return group is not None


def _watch(pid: int, peak: list[float], done: threading.Event) -> None:
    while not done.wait(INTERVAL):
        total = 0
        try:
            parent = psutil.Process(pid)
            for process in [parent, *parent.children(recursive=True)]:
                with suppress(psutil.Error):  # it has just ended
                    total += process.memory_full_info().pss
        except psutil.Error:
            return
        peak[0] = max(peak[0], total / 2**20)


@contextmanager
def _control_group() -> Iterator[Path | None]:
    """A new control group (version 2) below our own; None where we may not make one."""
    try:
        mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
        top = next(Path(fields[1]) for fields in mounts if fields[2] == "cgroup2")
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next(line[3:] for line in lines if line.startswith("0::"))
        group = Path(tempfile.mkdtemp(dir=top / own.lstrip("/"), prefix="bnlab-bench-"))
    except (OSError, StopIteration):
        yield None
        return
    try:
        (group / "cgroup.procs").read_text()
        yield group if os.access(group / "cgroup.procs", os.W_OK) else None
    finally:
        with suppress(OSError):
            (group / "cgroup.kill").write_text("1")
            time.sleep(0.1)
        with suppress(OSError):
            group.rmdir()


def _used_in(group: Path) -> float:
    """Seconds of CPU, once the last process in the group has ended."""
    give_up = time.monotonic() + LEFT_SECONDS
    while time.monotonic() < give_up and (group / "cgroup.procs").read_text().strip():
        time.sleep(0.02)
    fields = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(fields["usage_usec"]) / 1e6


def _waited_for(before: os.times_result) -> float:
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system
