"""In the student's process: a notebook's cells, run by the shell that a real kernel uses.

``ZMQInteractiveShell`` is ipykernel's own shell, so that rich output, errors, ``%magics`` and ``!commands`` behave as
in a kernel; only its messages go to our channel instead of to a socket of ZeroMQ.
"""

from __future__ import annotations

import builtins
import contextlib
import getpass
import io
import json
import linecache
import os
import random
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from ipykernel import zmqshell
from IPython.core.compilerop import CachingCompiler
from IPython.core.error import StdinNotImplementedError
from jupyter_client.session import Session
from traitlets.config import Config

FLUSH_CHARACTERS = 8192

WARM_UP_CELLS = (
    "1 / 0",
    "import numpy as np\nfrom IPython.display import *\ndisplay(HTML('a'), Markdown('b'))\nnp.eye(2)",
    "%timeit -n 1 -r 1 1",
    "%%capture captured\nprint(1)",
    "!true",
    "def f(:",
)

WARM_UP_PLOTS = (
    """
%matplotlib inline
import numpy as np, matplotlib.pyplot as plt
plt.plot([0, 1], label="x"); plt.title("a"); plt.legend(); plt.colorbar(plt.imshow(np.eye(3)))
plt.show()
plt.close("all")
""",
)

_send: Callable[..., None] = lambda **_: None  # noqa: E731
_shell: zmqshell.ZMQInteractiveShell | None = None


def shell() -> zmqshell.ZMQInteractiveShell:
    return _shell


def connect(send: Callable[..., None]) -> None:
    """From now on, messages go to ``send(kind, **content)``."""
    global _send
    _send = send


class Stream(io.TextIOBase):
    """Standard output or error of the cells."""

    def __init__(self, name: str, file: int):
        self.name, self._file = name, file
        self._parts: list[str] = []
        self._length = 0

    encoding = "utf-8"
    errors = "replace"

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._parts.append(str(text))
        self._length += len(text)
        if self._length > FLUSH_CHARACTERS:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._parts:
            text, self._length = "".join(self._parts), 0
            self._parts.clear()
            _send(kind="stream", name=self.name, text=text)

    def fileno(self) -> int:
        return self._file

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True


class _MessageSession(Session):
    """Makes messages as a kernel's session does, and hands them to the channel."""

    def msg(self, msg_type: str, content: dict | None = None, *_: Any, **__: Any) -> dict[str, Any]:
        return {
            "msg_type": msg_type,
            "content": content or {},
            "parent_header": {},
            "header": {},
            "metadata": {},
        }

    def send(self, stream: Any, msg_or_type: Any, content: dict | None = None, *_: Any, **__: Any) -> None:
        message = msg_or_type if isinstance(msg_or_type, dict) else self.msg(msg_or_type, content)
        sys.stdout.flush()
        sys.stderr.flush()
        plain = json.loads(json.dumps(message["content"], default=repr))
        _send(kind="message", type=message["msg_type"], content=plain)


class _Kernel:
    """What the shell asks of its kernel."""

    eventloop = None
    shell_streams = ()
    shell_stream = None
    io_loop = None


class _Shell(zmqshell.ZMQInteractiveShell):
    def enable_gui(self, gui: str | None = None) -> None:
        if gui not in (None, "inline"):
            raise NotImplementedError(f"there is no event loop {gui!r} here")


class _Compiler(CachingCompiler):
    def get_code_name(self, raw_code: str, transformed_code: str, number: int) -> str:
        """The name of a cell's file, as warnings show it: as in a kernel, but the same in each sandbox."""
        return f"/tmp/ipykernel_1/{zlib.crc32(raw_code.encode(errors='replace'))}.py"


def create_shell(*, terminals: bool) -> None:
    """Create the shell, once, before any fork.

    Parameters
    ----------
    terminals : bool
        Whether ``!commands`` can have a pseudo-terminal, as in a kernel; if not, they get a pipe.
    """
    global _shell
    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    _shell = _Shell.instance(config=config, kernel=_Kernel(), compiler_class=_Compiler)
    session = _MessageSession()
    _shell.displayhook.session = _shell.display_pub.session = session
    _shell.displayhook.pub_socket = _shell.display_pub.pub_socket = None
    _shell.displayhook.topic = b"execute_result"
    if not terminals:
        _shell.system = _shell.system_piped = _system_by_pipe


def _system_by_pipe(command: str) -> None:
    command = _shell.var_expand(command, depth=1)
    with subprocess.Popen(
        command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout:
            print(line.decode(errors="replace"), end="", flush=True)
    code = process.returncode
    _shell.user_ns["_exit_code"] = code


def warm_up(cells: Sequence[str] = WARM_UP_CELLS) -> None:
    """Run trusted cells once, so that lazy imports, fonts and tracebacks are ready, then forget them."""
    streams = sys.stdout, sys.stderr
    _take_streams()
    try:
        for source in cells:
            _shell.run_cell(source, store_history=True)
    finally:
        sys.stdout, sys.stderr = streams
    _reseed()
    _shell.reset()
    _shell.execution_count = 1
    _shell.displayhook.flush()
    linecache.clearcache()


def start() -> None:
    """After the fork: take over the streams, and make random numbers differ from other sandboxes."""
    _take_streams()
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    builtins.input = getpass.getpass = _no_input
    sys.path.insert(0, "")  # the working folder, as in a kernel
    _reseed()


def silence() -> None:
    """Print into nothing from now on."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    connect(lambda **_: None)


def run(source: str) -> dict[str, Any]:
    """Run a cell. What it displays goes to the channel; returned is how it ended."""
    try:
        result = _shell.run_cell(source, store_history=True)
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
    error = result.error_before_exec or result.error_in_exec
    return {
        "ok": bool(result.success),
        "execution_count": result.execution_count,
        "error": None if error is None else type(error).__name__,
    }


def _reseed() -> None:
    np.random.seed()  # noqa: NPY002
    random.seed()


def _take_streams() -> None:
    sys.stdout, sys.stderr = Stream("stdout", 1), Stream("stderr", 2)


def _no_input(*_: Any, **__: Any) -> None:
    raise StdinNotImplementedError("raw_input was called, but this frontend does not support input requests.")
