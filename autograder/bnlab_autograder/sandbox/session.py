"""A sandbox as seen from the trusted side: run cells in it, and call functions in clones of it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from . import bubblewrap
from .connection import CONSOLE_BYTES, MB, Connection, took_too_long
from .errors import WHY, Died, SandboxError, StudentError
from .files import remove
from .limits import Limits, Usage
from .outputs import CellOutputs, printable
from .processes import SO_PASSCRED, Process, descendants, descends, greeting, readable
from .proxy import Student
from .rlimits import processes_of
from .watchdog import WATCHDOG, Gauge

if TYPE_CHECKING:
    from .zygote import Zygote

START_SECONDS = 30.0
END_SECONDS = 10.0
MESSAGE_BYTES = 100  # what a message counts at least, however little it says
DRAIN_TIMES = 16  # as a pipe of a megabyte, the largest, needs; who is still writing then is left to it
CAUSE_SECONDS = 1.0  # from the end of a connection to the news of why


@dataclass
class CellResult:
    """How a cell ended.

    Attributes
    ----------
    outputs : list of dict
        As in a notebook of nbformat 4.
    ok : bool
        Whether it ended without an exception.
    execution_count : int
    error : str or None
        The exception's type.
    seconds : float
    """

    outputs: list[dict[str, Any]] = field(default_factory=list)
    ok: bool = True
    execution_count: int | None = None
    error: str | None = None
    seconds: float = 0.0


class Session:
    """One sandbox. Made by ``Zygote.spawn``; not to be shared between threads.

    Attributes
    ----------
    limits : Limits
    usage : Usage
        After ``close``.
    stopped_for : str or None
        The limit for which it was ended.
    """

    def __init__(self, zygote: Zygote, files: Mapping[str, bytes], limits: Limits, plots: bool = True):
        for name in files:
            _check_name(name)
        self.limits, self.paths = limits, zygote.paths
        self.usage = Usage()
        self.gauge = Gauge()
        self._started = time.monotonic()
        self._lock = threading.Lock()  # the watchdog's thread calls stop()
        self._ended = self._closed = False
        self.stopped_for: str | None = None
        self._report: dict[str, Any] | None = None
        self._cell_seconds = self._output_bytes = 0.0
        self._displays: dict[str, list[dict[str, Any]]] = {}
        self._clones: set[Clone] = set()
        self._kill_signal = signal.SIGKILL if zygote.tier == "A" else signal.SIGTERM
        self._folder: str | None = None
        self._files = contextlib.ExitStack()
        try:
            self._open(zygote, plots)
            contents = {name: np.frombuffer(content, np.uint8) for name, content in files.items()}
            self._connection.request({"do": "files", "files": contents}, START_SECONDS)
        except (SandboxError, EOFError, OSError) as problem:
            words = self._console_text() or str(problem) or type(problem).__name__
            self.close()
            raise SandboxError(f"a sandbox could not be built: {words}") from None
        except BaseException:
            self.close()
            raise

    def _open(self, zygote: Zygote, plots: bool) -> None:
        order: dict[str, Any] = {"limits": self.limits.to_dict(), "top": bubblewrap.TOP, "plots": plots}
        if zygote.tier != "A":
            self._folder, order["uid"] = zygote.new_folder()
            order["top"] = self._folder
            self.paths = self.paths.with_folder(self._folder, bubblewrap.TOP)
            order["other_processes"] = processes_of(os.getuid() if order["uid"] is None else order["uid"])
        channel, their_channel = self._socket_pair()
        self._forks, their_forks = self._socket_pair()
        pipes = [os.pipe() for _ in range(3)]
        for reading, _ in pipes:
            self._files.callback(os.close, reading)
        self.console = [pipes[0][0], pipes[1][0]]
        self._report_file = pipes[2][0]
        theirs = [pipes[0][1], pipes[1][1], their_channel.fileno(), their_forks.fileno(), pipes[2][1]]
        try:
            zygote.order(order, theirs)
        finally:
            their_channel.close()
            their_forks.close()
            for _, writing in pipes:
                os.close(writing)
        self._leader = Process(greeting(channel, START_SECONDS))
        self._files.callback(self._leader.close)
        self._connection = Connection(channel, self, self._leader, self._end, self.cause)
        WATCHDOG.add(self)

    def _socket_pair(self) -> tuple[socket.socket, socket.socket]:
        ours, theirs = socket.socketpair()
        self._files.callback(ours.close)
        ours.setsockopt(socket.SOL_SOCKET, SO_PASSCRED, 1)
        return ours, theirs

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether the student's process can still be asked."""
        return not self._ended and self._leader.running

    # What one does with it

    def run_cell(self, source: str) -> CellResult:
        """Run a cell. Raises CallTimeout or Died, which carry the outputs so far, if that ends the process."""
        self._require_alive()
        limits = self.limits
        seconds = min(limits.cell_seconds, limits.notebook_seconds - self._cell_seconds)
        too_late = took_too_long("The cell", limits.cell_seconds)
        if seconds < limits.cell_seconds:
            too_late = took_too_long("The notebook", limits.notebook_seconds)
        outputs = CellOutputs(self._displays, self.paths)

        def on_output(message: dict[str, Any], size: int) -> None:
            self._count_output(size * outputs.copies(message))
            outputs.add(message)

        def on_console(number: int, data: bytes) -> None:
            self._count_output(len(data))
            outputs.stream(("stdout", "stderr")[number], data.decode(errors="replace"))

        started = time.monotonic()
        try:
            request = {"do": "cell", "source": source}
            answer = self._connection.request(request, max(seconds, 0), on_output, on_console, too_late)
            self._drain(on_console)
            result = _cell_result(answer)
        except StudentError as problem:  # not in the cell, but in what runs it, which student code can break
            outputs.error(problem.type_name, problem.message)
            result = CellResult(ok=False, error=problem.type_name)
        except SandboxError as problem:
            problem.outputs = outputs.finished()
            self._end()
            raise
        finally:
            elapsed = time.monotonic() - started
            self._cell_seconds += elapsed
        result.outputs, result.seconds = outputs.finished(), elapsed
        return result

    def defined(self, names: Sequence[str]) -> list[str]:
        """Those of the names that stand for something callable in the notebook; none if its process cannot tell."""
        try:
            self._require_alive()
            answer = self._connection.request(
                {"do": "defined", "names": list(names)}, self.limits.call_seconds
            )
        except SandboxError:
            return []
        found = answer.get("names")
        return [name for name in names if type(found) is list and name in found]

    def fork(self) -> Clone:
        """A clone of the student's process in its present state. Raises CallTimeout or Died if there can be none."""
        self._require_alive()
        self._drain(None)
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, SO_PASSCRED, 1)
        try:
            with theirs:
                socket.send_fds(self._forks, [b"f"], [theirs.fileno()])
            self._connection.request({"do": "fork"}, self.limits.call_seconds)
            process = Process(greeting(ours, self.limits.call_seconds))
        except (EOFError, OSError):
            ours.close()
            problem = self.cause()
            self._end()
            raise problem from None
        except StudentError as problem:
            ours.close()
            raise Died("exit", f"The code's process could not be cloned ({problem}).") from None
        except BaseException:
            ours.close()
            raise
        if not descends(process.pid, self._leader.pid):
            ours.close()
            process.close()
            self._end()
            raise Died("protocol")
        clone = Clone(self, ours, process)
        self._clones.add(clone)
        return clone

    def close(self) -> None:
        """End all processes of the sandbox, and remove its files."""
        if self._closed:
            return
        for clone in list(self._clones):
            clone.close()
        if hasattr(self, "_leader"):
            self.gauge.read(self._leader.pid, 0)
            WATCHDOG.remove(self)
            self._end()
            self._await_end()
        with self._lock:
            self._closed = True
            self._files.close()
        if self._folder is not None:
            remove(self._folder)
        cpu = (self._report or {}).get("cpu_seconds", self.gauge.cpu_seconds)
        self.usage = Usage(
            cpu_seconds=round(max(cpu, self.gauge.cpu_seconds), 4),
            peak_memory_mb=round(self.gauge.peak_memory_mb, 1),
            seconds=round(time.monotonic() - self._started, 4),
        )

    # Its end

    def _end(self) -> None:
        self._ended = True
        with self._lock:
            if not self._closed:
                self._leader.send(self._kill_signal)

    def stop(self, reason: str) -> None:
        """End the sandbox because of a broken limit."""
        self.stopped_for = self.stopped_for or reason
        self._end()

    def cause(self) -> Died:
        """Why the student's process has ended."""
        if self.stopped_for is None:
            self._await_report(CAUSE_SECONDS)
        if self.stopped_for is not None:
            return Died(self.stopped_for, _stopped(self.stopped_for, self.limits))
        code = (self._report or {}).get("code", 0)
        number = -code if code < 0 else code - 128 if code > 128 else 0
        if number == signal.SIGXCPU:
            return Died("cpu", _stopped("cpu", self.limits))
        if number:
            return Died("killed", f"The code's process was ended by {_signal_name(number)}.")
        return Died("exit", "The code ended its own process.")

    def _require_alive(self) -> None:
        if not self.alive:
            self._ended = True
            raise self.cause()

    def _await_report(self, seconds: float) -> None:
        """Wait until all processes have ended, as the sandbox's shim reports."""
        if self._report is None and not self._closed and readable(self._report_file, seconds):
            self._report = json.loads(os.read(self._report_file, 4096) or "{}")

    def _await_end(self) -> None:
        self._await_report(END_SECONDS)
        if self._report is None:
            for pid in descendants(self._leader.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            self._leader.send(signal.SIGKILL)
            self._await_report(END_SECONDS)

    # Output

    def _count_output(self, size: int) -> None:
        self._output_bytes += size + MESSAGE_BYTES
        if self._output_bytes > self.limits.output_mb * MB:
            self.stop("output")
            raise self.cause()

    def _drain(self, on_console: Callable[[int, bytes], None] | None) -> None:
        """Take what has been written past Python by now."""
        for number, file in enumerate(self.console):
            for _ in range(DRAIN_TIMES):
                data = os.read(file, CONSOLE_BYTES) if readable(file, 0) else b""
                if not data:
                    break
                if on_console is not None:
                    on_console(number, data)

    def _console_text(self) -> str:
        parts: list[bytes] = []
        if hasattr(self, "console"):
            self._drain(lambda _, data: parts.append(data))
        return b"".join(parts).decode(errors="replace").strip()[-500:]

    # What the watchdog asks

    @property
    def leader(self) -> int:
        return self._leader.pid

    @property
    def disk_folder(self) -> str | None:
        return self._folder


class Clone:
    """A copy of the student's process, for calls whose effects nothing else shall see. Made by ``Session.fork``.

    Attributes
    ----------
    student : Student
        Calls the functions that the notebook has defined.
    """

    def __init__(self, session: Session, sock: socket.socket, process: Process):
        self._session, self._process = session, process
        self._connection = Connection(sock, session, process, self._end, self._cause)
        self._ended = self._closed = False
        self.student = Student(self._connection)

    def __enter__(self) -> Clone:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        return not self._ended and self._process.running

    def close(self) -> None:
        """End it, whatever it is doing."""
        if not self._closed:
            self._end()
            self._closed = True
            self._connection.close()
            self._process.close()
            self._session._clones.discard(self)

    def _cause(self) -> Died:
        if self._session.stopped_for is not None:
            return self._session.cause()
        return Died("exit", "The code ended its own process during a call.")

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._process.send(signal.SIGKILL)


def _cell_result(answer: dict[str, Any]) -> CellResult:
    ok, count, error = answer.get("ok"), answer.get("execution_count"), answer.get("error")
    if type(ok) is not bool or type(count) not in (int, type(None)) or type(error) not in (str, type(None)):
        raise Died("protocol")
    return CellResult(ok=ok, execution_count=count, error=None if error is None else printable(error))


def _check_name(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise ValueError(f"{name!r} does not name a file within the working folder")


def _stopped(reason: str, limits: Limits) -> str:
    allowed = {
        "memory": f" (more than {limits.memory_mb:g} MB)",
        "disk": f" (more than {limits.disk_mb:g} MB)",
        "output": f" (more than {limits.output_mb:g} MB)",
        "cpu": f" (more than {limits.cpu_seconds:g} s)",
    }
    return f"The code was stopped: {WHY[reason]}{allowed.get(reason, '')}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
