"""Namespaces of one's own: processes, mounts, network, IPC, host name, users.

The zygote already lies within bubblewrap's walls; here a single sandbox is walled off from its neighbours. The new
user namespace maps only the present user, who holds capabilities until ``drop_capabilities``, and only over what is
new. What bubblewrap has mounted cannot be taken away from here, only covered and made stricter.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from dataclasses import dataclass

from .syscalls import call

NEW_MOUNTS, NEW_CGROUP, NEW_HOST, NEW_IPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
NEW_USER, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000

NO_SUID, NO_DEVICES, NO_EXEC, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
AT_FDCWD, AT_RECURSIVE, ATTRIBUTE_READ_ONLY = -100, 0x8000, 1

INODES = 20_000  # of the files of a sandbox


class _MountAttributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "user_namespace")]


@dataclass(frozen=True)
class Folders:
    """Where a sandbox may write: ``top`` holds all of it, and all of it shares one size."""

    top: str

    @property
    def work(self) -> str:
        return f"{self.top}/work"

    @property
    def temporary(self) -> str:
        return f"{self.top}/tmp"

    @property
    def shared_memory(self) -> str:
        return f"{self.top}/shm"

    def create(self) -> None:
        for folder in (self.work, self.temporary, self.shared_memory):
            os.mkdir(folder)


def enter() -> None:
    """Leave the present namespaces. The next child is process 1 of the new ones."""
    uid, gid = os.getuid(), os.getgid()
    call("unshare", NEW_USER | NEW_MOUNTS | NEW_PROCESSES | NEW_NETWORK | NEW_IPC | NEW_HOST)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    with contextlib.suppress(OSError):
        call("unshare", NEW_CGROUP)
    call("sethostname", b"sandbox", 7)


def mount_own_folders(folders: Folders, disk_mb: float, *, cover_tmp: bool) -> None:
    """As process 1: everything read-only, but for a new file system of ``disk_mb`` at ``folders.top``.

    /dev/shm, and with ``cover_tmp`` also /tmp, become parts of it. /proc shows only this sandbox, /dev/pts is its own.
    """
    _mount(None, "/", None, PRIVATE | RECURSIVE)
    attributes = _MountAttributes(set=ATTRIBUTE_READ_ONLY)
    call("mount_setattr", AT_FDCWD, b"/", AT_RECURSIVE, attributes, ctypes.sizeof(attributes))
    options = f"size={int(disk_mb * 2**20)},nr_inodes={INODES},mode=0755"
    _mount("tmpfs", folders.top, "tmpfs", NO_SUID | NO_DEVICES, options)
    folders.create()
    _mount(folders.shared_memory, "/dev/shm", None, BIND)
    if cover_tmp:
        _mount(folders.temporary, "/tmp", None, BIND)
    _mount("devpts", "/dev/pts", "devpts", NO_SUID | NO_EXEC, "newinstance,ptmxmode=0666,mode=620")
    _mount("proc", "/proc", "proc", NO_SUID | NO_DEVICES | NO_EXEC)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [None if text is None else text.encode() for text in (source, target, kind)]
    call("mount", *encoded, flags, None if options is None else options.encode())
