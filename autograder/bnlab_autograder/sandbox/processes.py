"""Processes: naming them without doubt, and finding all that one has started."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache

HELLO = b"h"  # a new process's first byte; with it the kernel tells which process it is from
SO_PASSCRED = getattr(socket, "SO_PASSCRED", 16)
SCM_CREDENTIALS = getattr(socket, "SCM_CREDENTIALS", 2)
CREDENTIALS = struct.Struct("iii")
MAX_GENERATIONS = 8  # from a sandbox's first process to a clone


class Process:
    """A process that is meant, even if its number were given to another one."""

    def __init__(self, pid: int):
        self.pid = pid
        self.file = os.pidfd_open(pid)  # becomes readable when it ends

    @property
    def running(self) -> bool:
        return self.file >= 0 and not readable(self.file, 0)

    def send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.file, number)

    def close(self) -> None:
        if self.file >= 0:
            os.close(self.file)
            self.file = -1


def readable(file: int, seconds: float) -> bool:
    """Whether there is something to read from ``file``, or its end. Unlike select, for any number of open files."""
    poll = select.poll()
    poll.register(file, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def greeting(sock: socket.socket, seconds: float) -> int:
    """Wait for a new process's first byte; the kernel tells which process it is from."""
    if not readable(sock.fileno(), seconds):
        raise TimeoutError("a new process does not answer")
    data, extra, _, _ = sock.recvmsg(len(HELLO), socket.CMSG_SPACE(CREDENTIALS.size))
    if data != HELLO:
        raise EOFError
    for level, kind, content in extra:
        if level == socket.SOL_SOCKET and kind == SCM_CREDENTIALS:
            return CREDENTIALS.unpack(content)[0]
    raise EOFError


def descendants(pid: int) -> list[int]:
    """All processes below ``pid``, as the kernel lists them at this moment."""
    children = _children if _kernel_lists_children() else _children_by_search()
    found: list[int] = []
    todo = [pid]
    while todo:
        more = children(todo.pop())
        found += more
        todo += more
    return found


def descends(pid: int, ancestor: int) -> bool:
    """Whether ``pid`` is below ``ancestor`` at this moment."""
    seen = 0
    while pid > 1 and pid != ancestor and seen < MAX_GENERATIONS:
        pid, seen = _parent(pid), seen + 1
    return pid == ancestor and seen > 0


def _parent(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                found += map(int, file.read().split())
    except OSError:
        pass
    return found


@lru_cache
def _kernel_lists_children() -> bool:
    """Some kernels are built without it."""
    return os.path.exists(f"/proc/self/task/{os.getpid()}/children")


def _children_by_search() -> Callable[[int], list[int]]:
    by_parent = defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit():
            by_parent[_parent(int(name))].append(int(name))
    return lambda pid: by_parent.get(pid, [])
