"""A sandbox as seen from the trusted side: run cells in it, and call functions in clones of it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from . import bubblewrap
from .confine import HELLO, descendants
from .errors import WHY, CallTimeout, Died, SandboxError, StudentError
from .files import remove
from .limits import Limits, Usage
from .outputs import MAX_NAME, CellOutputs
from .proxy import RemoteObject, Student, handle_of, write_back
from .rlimits import processes_of
from .watchdog import WATCHDOG, Gauge
from .wire import CallbackId, Channel, Decoder, Encoder, Handle, ProtocolError, mutable_parts

if TYPE_CHECKING:
    from .zygote import Zygote

START_SECONDS = 30.0
FORK_SECONDS = 10.0
END_SECONDS = 10.0
CAUSE_SECONDS = 1.0  # from the end of a connection to the news of why
MB = 2**20
SPARE_BYTES = 4096
CONSOLE_BYTES = 65536
MALFORMED = (
    ProtocolError,
    KeyError,
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    RecursionError,
    OverflowError,
)
SO_PASSCRED = getattr(socket, "SO_PASSCRED", 16)
SCM_CREDENTIALS = getattr(socket, "SCM_CREDENTIALS", 2)
CREDENTIALS = struct.Struct("iii")


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


class _Connection:
    """Requests to one process of the sandbox, and their answers. Not to be shared between threads.

    Parameters
    ----------
    sock : socket
    session : Session
        Knows limits, console and paths.
    end : callable
        Ends the process.
    cause : callable
        Tells why it has ended.
    """

    def __init__(
        self, sock: socket.socket, session: Session, end: Callable[[], None], cause: Callable[[], Died]
    ):
        self._session, self._end, self._cause = session, end, cause
        self._closed = False
        sock.setblocking(False)
        self._channel = Channel(sock, max_segment_bytes=int(session.limits.answer_mb * MB) + SPARE_BYTES)
        self._decoder = Decoder(self._remote_object, argument=self._argument)
        self._callbacks: list[Callable] = []
        self._failure: BaseException | None = None  # of a function of ours that student code has called
        self._parts: list[Any] = []  # arrays, lists and dictionaries among the arguments of the present call
        self._busy = False
        self._poll = select.poll()
        for file in (sock.fileno(), *session.console):
            self._poll.register(file, select.POLLIN)

    def request(
        self,
        message: dict[str, Any],
        seconds: float,
        on_output: Callable[[dict[str, Any], int], None] | None = None,
        on_console: Callable[[int, bytes], None] | None = None,
        too_late: str = "",
    ) -> dict[str, Any]:
        """Send ``message``, and wait for the answer. The process is ended if it does not give one.

        Parameters
        ----------
        on_output : callable
            Takes each message of output, and its size.
        on_console : callable
            Takes what was written past Python to standard output (0) or error (1).
        too_late : str
            The sentence for when there is no answer after so many seconds.
        """
        if self._closed:
            raise SandboxError("this process of student code has been ended")
        if self._busy:
            raise SandboxError("student code cannot be called from a function that student code is calling")
        frame = Encoder(self._stand_in, exact_strides=True).encode(message)
        deadline = time.monotonic() + seconds
        self._failure, self._busy = None, True
        try:
            answer = self._exchange(frame, deadline, on_output, on_console)
        except TimeoutError:
            self._end()
            raise self._failure or CallTimeout(too_late or _too_late("The code", seconds)) from None
        except MALFORMED:
            self._end()
            raise self._failure or Died("protocol") from None
        except (EOFError, OSError):
            problem = self._cause()
            self._end()
            raise self._failure or problem from None
        finally:
            self._busy = False
        if self._failure is not None:
            raise self._failure
        if answer["kind"] == "failed":
            raise self._student_error(answer)
        return answer

    def _exchange(
        self,
        frame: tuple[bytes, list[memoryview]],
        deadline: float,
        on_output: Callable[[dict[str, Any], int], None] | None,
        on_console: Callable[[int, bytes], None] | None,
    ) -> dict[str, Any]:
        self._send(frame, deadline)
        while True:
            answer, size = self._receive(deadline, on_console)
            match answer["kind"]:
                case "done" | "failed":
                    return answer
                case "callback":
                    self._run_callback(answer, deadline)
                case "stream" | "message":
                    if on_output is not None:
                        on_output(answer, size)
                case _:
                    raise ProtocolError("kind")

    def _send(self, frame: tuple[bytes, list[memoryview]], deadline: float) -> None:
        self._channel.send(*frame, deadline)

    def _receive(
        self, deadline: float, on_console: Callable[[int, bytes], None] | None
    ) -> tuple[dict[str, Any], int]:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            frame = self._channel.receive()
            if frame is not None:
                answer = self._decoder.decode(*frame)
                if type(answer) is not dict:
                    raise ProtocolError("answer")
                return answer, len(frame[0])
            for file, _ in self._poll.poll(left * 1000):
                if file in self._session.console:
                    self._read_console(file, on_console)

    def _read_console(self, file: int, on_console: Callable[[int, bytes], None] | None) -> None:
        data = os.read(file, CONSOLE_BYTES)
        if not data:
            self._poll.unregister(file)
        elif on_console is not None:
            on_console(self._session.console.index(file), data)

    def _student_error(self, answer: dict[str, Any]) -> StudentError:
        type_name, message, where = answer.get("type"), answer.get("message"), answer.get("where")
        if type(type_name) is not str or type(message) is not str or type(where) not in (str, type(None)):
            self._end()
            return Died("protocol")
        where = None if where is None else where[:MAX_NAME]
        return StudentError(type_name[:MAX_NAME], self._session.paths.clean(message), where)

    # Values

    def _remote_object(self, handle: Handle) -> RemoteObject:
        return RemoteObject(self, handle)

    def _argument(self, index: int) -> Any:
        return self._parts[index]

    def _stand_in(self, value: Any) -> Handle | CallbackId:
        handle = handle_of(value)
        if handle is not None:
            return handle
        if callable(value):
            self._callbacks.append(value)
            return CallbackId(len(self._callbacks) - 1)
        raise TypeError(f"an object of type {type(value).__name__} cannot be sent to student code")

    def _run_callback(self, message: dict[str, Any], deadline: float) -> None:
        """Call the function of ours that student code has asked for, and keep the exception that it raises."""
        function = self._callbacks[message["number"]]
        arguments, named = list(message["arguments"]), dict(message["named"])
        try:
            frame = Encoder(self._stand_in, exact_strides=True).encode(
                {"value": function(*arguments, **named)}
            )
        except BaseException as problem:
            self._failure = self._failure or problem
            frame = Encoder(self._stand_in).encode({"failed": True})
        self._send(frame, deadline)

    # Calls

    def call(self, target: Handle | None, name: str, arguments: Sequence, named: Mapping[str, Any]) -> Any:
        """Call ``name``, of the notebook or of the object ``target``. Changed arguments change here, too."""
        positional, named = list(arguments), dict(named)
        request = {"do": "call", "object": target, "name": name, "arguments": positional, "named": named}
        self._parts = list(mutable_parts([positional, named]))
        try:
            answer = self.request(request, self._session.limits.call_seconds)
            try:
                write_back(self._parts, answer["changes"])
                return answer["value"]
            except MALFORMED:
                self._end()
                raise Died("protocol") from None
        finally:
            self._parts = []

    def get(self, target: Handle | None, name: str) -> Any:
        """The object of that name."""
        request = {"do": "get", "object": target, "name": name}
        return self.request(request, self._session.limits.call_seconds).get("value")

    def close(self) -> None:
        self._closed = True
        self._channel.close()


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

    def __init__(self, zygote: Zygote, files: Mapping[str, bytes], limits: Limits):
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
            self._open(zygote)
            contents = {name: np.frombuffer(content, np.uint8) for name, content in files.items()}
            self._connection.request({"do": "files", "files": contents}, START_SECONDS)
        except (SandboxError, EOFError, OSError) as problem:
            words = self._console_text() or str(problem) or type(problem).__name__
            self.close()
            raise SandboxError(f"a sandbox could not be built: {words}") from None
        except BaseException:
            self.close()
            raise

    def _open(self, zygote: Zygote) -> None:
        order: dict[str, Any] = {"tier": zygote.tier, "limits": self.limits.to_dict(), "top": bubblewrap.TOP}
        order["cover_tmp"] = zygote.covers_tmp
        if zygote.tier != "A":
            self._folder, order["uid"] = zygote.new_folder()
            order["top"] = self._folder
            self.paths = self.paths.with_folder(self._folder, bubblewrap.TOP)
            order["searches_all"] = zygote.searches_all
            order["roots"] = zygote.roots
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
        self._leader = _Process(_greeting(channel, START_SECONDS))
        self._files.callback(self._leader.close)
        self._connection = _Connection(channel, self, self._end, self.cause)
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
        too_late = _too_late("The cell", limits.cell_seconds)
        if seconds < limits.cell_seconds:
            too_late = _too_late("The notebook", limits.notebook_seconds)
        outputs = CellOutputs(self._displays, self.paths)

        def on_output(message: dict[str, Any], size: int) -> None:
            self._count_output(size)
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
        except SandboxError as problem:
            problem.outputs = outputs.outputs
            self._end()
            raise
        finally:
            elapsed = time.monotonic() - started
            self._cell_seconds += elapsed
        result.outputs, result.seconds = outputs.outputs, elapsed
        return result

    def defined(self, names: Sequence[str]) -> list[str]:
        """Those of the names that stand for something callable in the notebook."""
        self._require_alive()
        answer = self._connection.request({"do": "defined", "names": list(names)}, self.limits.call_seconds)
        found = answer.get("names")
        return [name for name in names if type(found) is list and name in found]

    def fork(self) -> Clone:
        """A clone of the student's process in its present state."""
        self._require_alive()
        self._drain(None)
        ours, theirs = socket.socketpair()
        ours.setsockopt(socket.SOL_SOCKET, SO_PASSCRED, 1)
        try:
            with theirs:
                socket.send_fds(self._forks, [b"f"], [theirs.fileno()])
            self._connection.request({"do": "fork"}, FORK_SECONDS)
            process = _Process(_greeting(ours, FORK_SECONDS))
        except (EOFError, OSError):
            ours.close()
            problem = self.cause()
            self._end()
            raise problem from None
        except BaseException:
            ours.close()
            raise
        if process.pid not in descendants(self._leader.pid):
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
        if self._report is None and not self._closed and _readable(self._report_file, seconds):
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
        self._output_bytes += size
        if self._output_bytes > self.limits.output_mb * MB:
            self.stop("output")
            raise self.cause()

    def _drain(self, on_console: Callable[[int, bytes], None] | None) -> None:
        """Take what has been written past Python by now."""
        for number, file in enumerate(self.console):
            while _readable(file, 0):
                data = os.read(file, CONSOLE_BYTES)
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

    def __init__(self, session: Session, sock: socket.socket, process: _Process):
        self._session, self._process = session, process
        self._connection = _Connection(sock, session, self._end, self._cause)
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


class _Process:
    """A process that is meant, even if its number were given to another one."""

    def __init__(self, pid: int):
        self.pid = pid
        self._file = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    @property
    def running(self) -> bool:
        if self._file is None:
            return _exists(self.pid)
        return not _readable(self._file, 0)

    def send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._file is None:
                os.kill(self.pid, number)
            else:
                signal.pidfd_send_signal(self._file, number)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _readable(file: int, seconds: float) -> bool:
    """Whether there is something to read from ``file``, or its end. Unlike select, for any number of open files."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _greeting(sock: socket.socket, seconds: float) -> int:
    """Wait for a new process's first byte; the kernel tells which process it is from."""
    if not _readable(sock.fileno(), seconds):
        raise TimeoutError("a new process does not answer")
    data, extra, _, _ = sock.recvmsg(len(HELLO), socket.CMSG_SPACE(CREDENTIALS.size))
    if data != HELLO:
        raise EOFError
    for level, kind, content in extra:
        if level == socket.SOL_SOCKET and kind == SCM_CREDENTIALS:
            return CREDENTIALS.unpack(content)[0]
    raise EOFError


def _cell_result(answer: dict[str, Any]) -> CellResult:
    ok, count, error = answer.get("ok"), answer.get("execution_count"), answer.get("error")
    if type(ok) is not bool or type(count) not in (int, type(None)) or type(error) not in (str, type(None)):
        raise Died("protocol")
    return CellResult(ok=ok, execution_count=count, error=None if error is None else error[:MAX_NAME])


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


def _too_late(what: str, seconds: float) -> str:
    return f"{what} took longer than {seconds:g} s and was stopped."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
