"""Landlock: a process forbids itself, and all that it starts, what no rule allows.

Rules can only be narrowed: each call of ``restrict`` adds a layer, and an access must pass all of them. Landlock does
not rule chmod, chown, times, extended attributes, or connecting to a path socket; ``seccomp`` covers those.
"""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from .syscalls import PR_SET_NO_NEW_PRIVS, call, prctl

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR = 1 << 4
MAKE_CHAR, MAKE_BLOCK = 1 << 6, 1 << 11
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
FIRST_ABI = (1 << 13) - 1
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = WRITE_FILE | READ_FILE | IOCTL_DEV
NETWORK = 0b11  # bind and connect of TCP
SCOPES = 0b11  # abstract sockets, and signals, of others

GAINS = {
    2: "links and renames between folders",
    3: "truncation",
    4: "TCP",
    5: "commands to devices",
    6: "signals to others, and abstract sockets",
}


class _RulesetAttributes(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def abi() -> int:
    """The version of Landlock that this kernel speaks, 0 if none."""
    try:
        return call("landlock_create_ruleset", None, 0, 1)
    except OSError:
        return 0


def rules_signals() -> bool:
    """Whether ``restrict`` keeps signals from other processes."""
    return abi() >= 6


def file_rights(version: int) -> int:
    """All rights to files that this version can rule."""
    rights = FIRST_ABI
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        if version >= since:
            rights |= right
    return rights


def restrict(
    read: Iterable[str],
    write: Iterable[str] = (),
    devices: Iterable[str] = (),
    *,
    remove_from: str | None = None,
) -> None:
    """From now on allow only reading beneath ``read``, everything beneath ``write``, and use of ``devices``.

    Empty folders may be removed beneath ``remove_from``.
    Paths that do not exist are passed over. TCP is refused, and so are signals to processes outside.
    """
    version = abi()
    rights = file_rights(version)
    attributes = _RulesetAttributes(rights, NETWORK if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = call("landlock_create_ruleset", attributes, size, 0)
    try:
        everything = rights & ~(MAKE_CHAR | MAKE_BLOCK)
        removing = [remove_from] if remove_from is not None else []
        for paths, access in ((read, READ), (write, everything), (devices, DEVICE), (removing, REMOVE_DIR)):
            for path in paths:
                _allow(ruleset, path, access & rights)
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        call("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(folder).st_mode):
            access &= FILE_ONLY
        if access:
            call("landlock_add_rule", ruleset, 1, _PathBeneath(access, folder), 0)
    finally:
        os.close(folder)
