"""In the student's process: serves the trusted side's requests, above all calls of the student's functions."""

from __future__ import annotations

import importlib
import os
import signal
import socket
import threading
import traceback
from operator import is_
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from . import cells, confine, forks
from .processes import HELLO
from .wire import CallbackId, Channel, Decoder, Encoder, Handle, Name, UnsendableError, mutable_parts

MESSAGE_LENGTH = 1000
MAX_REQUEST_BYTES = 1 << 40  # the trusted side is trusted


class CallbackFailed(BaseException):
    """A function of the trusted side raised; no business of student code, hence no Exception."""


class Server:
    """One connection to the trusted side; a clone gets a server of its own."""

    def __init__(self, sock: socket.socket, forks: socket.socket | None, max_segment_bytes: int):
        self.channel = Channel(sock, max_segment_bytes=MAX_REQUEST_BYTES)
        self.forks = forks
        self.max_segment_bytes = max_segment_bytes
        self.objects: dict[int, Any] = {}
        self.sending = threading.Lock()  # threads of the student may print
        self.lent: list[Any] = []  # what the trusted side may hand back from a function that is being called
        self.decoder = Decoder(self._object, self._callback, self._named, self._lent, exact_strides=True)

    def serve(self) -> None:
        """Answer requests until the trusted side hangs up."""
        while True:
            try:
                request = self._receive()
            except EOFError:
                os._exit(0)
            except Exception as problem:  # for instance, there is no memory for it
                self._send({"kind": "failed", **_described(problem)})
            else:
                self.answer(request)

    def answer(self, request: dict[str, Any]) -> None:
        """Do what is asked, and send the answer or what has gone wrong."""
        try:
            self._do(request)
        except CallbackFailed:
            self._send({"kind": "failed", "type": "", "message": "", "where": None})
        except BaseException as problem:
            self._send({"kind": "failed", **_described(problem)})

    def _do(self, request: dict[str, Any]) -> None:
        match request["do"]:
            case "files":
                _write_files(request["files"])
                self._send({"kind": "done"})
            case "cell":
                self._send({"kind": "done", **cells.run(request["source"])})
            case "call":
                self._call(request)
            case "get":
                self._send({"kind": "done", "value": self._resolve(request["object"], request["name"])})
            case "defined":
                names = [name for name in request["names"] if callable(cells.shell().user_ns.get(name))]
                self._send({"kind": "done", "names": names})
            case "fork":
                self._fork()

    # Sending and receiving

    def _send(self, message: dict[str, Any], arguments: dict[int, int] | None = None) -> None:
        encoder = Encoder(self._keep, arguments)
        tree, segments = encoder.encode(message)
        if sum(map(len, segments)) > self.max_segment_bytes:
            raise UnsendableError("the answer is too large")
        with self.sending:
            self.channel.send(tree, segments)

    def _receive(self) -> dict[str, Any]:
        return self.decoder.decode(*self.channel.receive())

    def emit(self, **message: Any) -> None:
        """Send output of a cell; what cannot be sent is dropped with a note."""
        try:
            self._send(message)
        except UnsendableError as problem:
            self._send({"kind": "stream", "name": "stderr", "text": f"[output not shown: {problem}]\n"})

    def _keep(self, value: Any) -> Handle:
        number = len(self.objects) + 1
        self.objects[number] = value
        return Handle(number, type(value).__name__)

    def _object(self, handle: Handle) -> Any:
        return self.objects[handle.id]

    def _callback(self, callback: CallbackId) -> Callback:
        return Callback(self, callback.id)

    def _named(self, name: Name) -> Any:
        return self._resolve(None if name.target is None else self._object(name.target), name.name)

    def _lent(self, index: int) -> Any:
        return self.lent[index]

    # Calls

    def _call(self, request: dict[str, Any]) -> None:
        positional, named = request["arguments"], request["named"]
        function = self._resolve(request["object"], request["name"])
        before = [(part, _copy(part)) for part in mutable_parts([positional, named])]
        arguments = {id(part): index for index, (part, _) in enumerate(before)}
        value = function(*positional, **named)
        changed = [(index, part) for index, (part, copy) in enumerate(before) if not _same(part, copy)]
        changes = [[index, Encoder.content(part)] for index, part in changed]
        self._send({"kind": "done", "value": value, "changes": changes}, arguments)

    def _resolve(self, target: Any, dotted: str) -> Any:
        """The object at a dotted name, from ``target`` on or, if that is None, from the notebook's names on.

        ``module:name`` is a name of an installed module.
        """
        module, colon, dotted = dotted.rpartition(":")
        names = dotted.split(".") if dotted else []
        if colon:
            target = importlib.import_module(module)
        elif target is None:
            head, *names = names
            if head not in cells.shell().user_ns:
                raise NameError(f"name '{head}' is not defined")
            target = cells.shell().user_ns[head]
        for name in names:
            target = getattr(target, name)
        return target

    # Clones

    def _fork(self) -> None:
        _, (file,), _, _ = socket.recv_fds(self.forks, 1, 1)
        if forks.fork():
            os.close(file)
            self._send({"kind": "done"})
            _reap()
            return
        self.channel.close()
        self.forks.close()
        cells.silence()
        sock = socket.socket(fileno=file)
        sock.send(HELLO)
        self.channel, self.forks = Channel(sock, max_segment_bytes=MAX_REQUEST_BYTES), None
        self.sending = threading.Lock()  # the old one may be held by a thread that was not cloned


class Callback:
    """A function of the trusted side, as student code sees it."""

    def __init__(self, server: Server, number: int):
        self._server, self._number = server, number

    def __call__(self, *positional: Any, **named: Any) -> Any:
        server, arguments = self._server, list(positional)
        outer, server.lent = server.lent, list(mutable_parts([arguments, named]))
        try:
            server._send({"kind": "callback", "number": self._number, "arguments": arguments, "named": named})
            while "do" in (
                answer := server._receive()
            ):  # the function of ours calls student code in its turn
                server.answer(answer)
        finally:
            server.lent = outer
        if "value" not in answer:
            raise CallbackFailed
        return answer["value"]


def serve(sandbox: confine.Sandbox) -> None:
    """The student's process from its walls to its end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.update(HOME=sandbox.folders.top, TMPDIR=sandbox.folders.temporary)
    server = Server(
        socket.socket(fileno=confine.CHANNEL),
        socket.socket(fileno=confine.FORKS),
        int(sandbox.limits["answer_mb"] * 2**20),
    )
    cells.connect(server.emit)
    cells.start()
    server.serve()
    os._exit(0)


def _copy(part: Any) -> Any:
    """A copy that shares its items with ``part``; items that can change are parts themselves."""
    return part.copy()


def _same(part: Any, copy: Any) -> bool:
    """Whether ``part`` is as it was. Items are compared by identity."""
    if type(part) is np.ndarray:
        return part.shape == copy.shape and part.dtype == copy.dtype and _bytes_equal(part, copy)
    if len(part) != len(copy):
        return False
    if type(part) is dict:
        return all(map(is_, part, copy)) and all(map(is_, part.values(), copy.values()))
    return all(map(is_, part, copy))


def _bytes_equal(part: np.ndarray, copy: np.ndarray) -> bool:
    """Equality that knows NaN from NaN and 0.0 from -0.0."""
    flat = np.ascontiguousarray(part).reshape(-1).view(np.uint8)
    other = np.ascontiguousarray(copy).reshape(-1).view(np.uint8)
    return bool((flat == other).all())


def _described(problem: BaseException) -> dict[str, Any]:
    try:
        message = str(problem)
    except BaseException:
        message = ""
    return {"type": type(problem).__name__, "message": message[:MESSAGE_LENGTH], "where": _where(problem)}


def _where(problem: BaseException) -> str | None:
    """The innermost function of a cell in the traceback."""
    own = cells.shell().compile._filename_map
    codes = [
        frame.f_code
        for frame, _ in traceback.walk_tb(problem.__traceback__)
        if frame.f_code.co_filename in own
    ]
    names = [code.co_name for code in codes]
    return next((name for name in reversed(names) if not name.startswith("<")), names[-1] if names else None)


def _write_files(files: dict[str, np.ndarray]) -> None:
    for name, content in files.items():
        path = PurePosixPath(name)
        os.makedirs(path.parent, exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)


def _reap() -> None:
    """Collect clones that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
