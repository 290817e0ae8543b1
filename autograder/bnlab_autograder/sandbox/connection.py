"""Requests of the trusted side to a process of student code."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from .errors import CallTimeout, Died, SandboxError, StudentError
from .limits import Limits
from .outputs import Paths, printable
from .processes import Process
from .proxy import RemoteName, RemoteObject, handle_of, name_of, write_back
from .wire import CallbackId, Channel, Decoder, Encoder, Handle, Name, ProtocolError, mutable_parts

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

OnOutput = Callable[[dict[str, Any], int], None]  # takes a message of output, and its size
OnConsole = Callable[
    [int, bytes], None
]  # takes what was written past Python to standard output (0) or error (1)


class Owner(Protocol):
    """The sandbox that a connection belongs to."""

    limits: Limits
    paths: Paths
    console: Sequence[int]


class Connection:
    """A connection to one process of a sandbox. Not to be shared between threads.

    Parameters
    ----------
    sock : socket
    owner : Owner
    process : Process
        The one that answers; others may hold the connection open.
    end : callable
        Ends the process.
    cause : callable
        Tells why it has ended.
    """

    def __init__(
        self,
        sock: socket.socket,
        owner: Owner,
        process: Process,
        end: Callable[[], None],
        cause: Callable[[], Died],
    ):
        sock.setblocking(False)
        self._process = process
        self._owner, self._end, self._cause = owner, end, cause
        self._closed = False
        self._channel = Channel(sock, max_segment_bytes=int(owner.limits.answer_mb * MB) + SPARE_BYTES)
        self._decoder = Decoder(self._remote_object, argument=self._argument)
        self._callbacks: list[Callable] = []
        self._parts: list[Any] = []  # arrays, lists and dictionaries among the arguments of the present call
        self._poll = select.poll()
        for file in (sock.fileno(), process.file, *owner.console):
            self._poll.register(file, select.POLLIN)

    def close(self) -> None:
        self._closed = True
        self._channel.close()

    def call(self, target: Handle | None, name: str, arguments: Sequence, named: Mapping[str, Any]) -> Any:
        """Call ``name``, of the notebook or of the object ``target``. Changed arguments change here, too."""
        positional, named = list(arguments), dict(named)
        request = {"do": "call", "object": target, "name": name, "arguments": positional, "named": named}
        outer, self._parts = self._parts, list(mutable_parts([positional, named]))
        try:
            answer = self.request(request, self._owner.limits.call_seconds)
            try:
                write_back(self._parts, answer["changes"])
                return answer["value"]
            except MALFORMED:
                self._end()
                raise Died("protocol") from None
        finally:
            self._parts = outer

    def get(self, target: Handle | None, name: str) -> Any:
        """The object of that name."""
        request = {"do": "get", "object": target, "name": name}
        return self.request(request, self._owner.limits.call_seconds).get("value")

    def request(
        self,
        message: dict[str, Any],
        seconds: float,
        on_output: OnOutput | None = None,
        on_console: OnConsole | None = None,
        too_late: str = "",
    ) -> dict[str, Any]:
        """Send ``message``, and wait for the answer. The process is ended if it does not give one.

        An exception of a function of ours that student code has called meanwhile is raised as it is.

        Parameters
        ----------
        too_late : str
            The sentence for when there is no answer after so many seconds.
        """
        if self._closed:
            raise SandboxError("this process of student code has been ended")
        frame = Encoder(self._stand_in, exact_strides=True).encode(message)
        deadline = time.monotonic() + seconds
        failures: list[BaseException] = []
        try:
            answer = self._exchange(frame, deadline, failures, on_output, on_console)
            problem = self._student_error(answer) if answer["kind"] == "failed" else None
        except TimeoutError:
            problem = CallTimeout(too_late or took_too_long("The code", seconds))
            self._end()
        except MALFORMED:
            problem = Died("protocol")
            self._end()
        except (EOFError, OSError):
            problem = self._cause()
            self._end()
        if failures:
            raise failures[0]
        if problem is not None:
            raise problem
        return answer

    def _exchange(
        self,
        frame: tuple[bytes, list[memoryview]],
        deadline: float,
        failures: list[BaseException],
        on_output: OnOutput | None,
        on_console: OnConsole | None,
    ) -> dict[str, Any]:
        self._channel.send(*frame, deadline)
        while True:
            answer, size = self._receive(deadline, on_console)
            match answer["kind"]:
                case "done" | "failed":
                    return answer
                case "callback":
                    self._run_callback(answer, deadline, failures)
                case "stream" | "message":
                    if on_output is not None:
                        on_output(answer, size)
                case _:
                    raise ProtocolError("kind")

    def _receive(self, deadline: float, on_console: OnConsole | None) -> tuple[dict[str, Any], int]:
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
            ready = [file for file, _ in self._poll.poll(left * 1000)]
            for file in ready:
                if file in self._owner.console:
                    self._read_console(file, on_console)
            if self._process.file in ready and self._channel.sock.fileno() not in ready:
                raise EOFError

    def _read_console(self, file: int, on_console: OnConsole | None) -> None:
        data = os.read(file, CONSOLE_BYTES)
        if not data:
            self._poll.unregister(file)
        elif on_console is not None:
            on_console(self._owner.console.index(file), data)

    def _run_callback(self, message: dict[str, Any], deadline: float, failures: list[BaseException]) -> None:
        """Call the function of ours that student code has asked for, and keep the exception that it raises."""
        function = self._callbacks[message["number"]]
        arguments, named = list(message["arguments"]), dict(message["named"])
        lent = {id(part): index for index, part in enumerate(mutable_parts([arguments, named]))}
        try:
            value = function(*arguments, **named)
            frame = Encoder(self._stand_in, lent, exact_strides=True).encode({"value": value})
        except BaseException as problem:
            failures.append(problem)
            frame = Encoder(self._stand_in).encode({"failed": True})
        self._channel.send(*frame, deadline)

    def _student_error(self, answer: dict[str, Any]) -> StudentError:
        type_name, message, where = answer["type"], answer["message"], answer["where"]
        if type(type_name) is not str or type(message) is not str or type(where) not in (str, type(None)):
            raise ProtocolError("error")
        where = None if where is None else printable(where)
        return StudentError(printable(type_name), self._owner.paths.clean(message), where)

    # Values

    def _remote_object(self, handle: Handle) -> RemoteObject:
        return RemoteObject(self, handle)

    def _argument(self, index: int) -> Any:
        return self._parts[index]

    def _stand_in(self, value: Any) -> Handle | Name | CallbackId:
        if type(value) is RemoteObject:
            return handle_of(value)
        if type(value) is RemoteName:
            return name_of(value)
        if callable(value):
            self._callbacks.append(value)
            return CallbackId(len(self._callbacks) - 1)
        raise TypeError(f"an object of type {type(value).__name__} cannot be sent to student code")


def took_too_long(what: str, seconds: float) -> str:
    return f"{what} took longer than {seconds:g} s and was stopped."
