"""A seccomp filter: which system calls student code may not make.

The filter is a deny list: a list of what NumPy, Matplotlib, IPython and any shell command may need would break with
every new version of theirs, while what is dangerous here is known. It is assembled for classic BPF by hand because
libseccomp's Python bindings need a system library and are not on PyPI.
"""

from __future__ import annotations

import ctypes
import errno
import socket
import struct
from collections.abc import Iterable

from .syscalls import AUDIT_ARCH, PR_SET_NO_NEW_PRIVS, call, machine_index, number, prctl

# Refused with EPERM everywhere: other processes' memory, mounts, namespaces, kernel state, what escapes limits.
FORBIDDEN = [
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "pidfd_open", "pidfd_send_signal",
    "process_madvise", "process_mrelease", "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsconfig",
    "fsmount", "move_mount", "open_tree", "open_tree_attr", "fspick", "mount_setattr", "statmount", "listmount",
    "unshare", "setns", "bpf", "perf_event_open", "add_key", "request_key", "keyctl", "userfaultfd",
    "io_uring_setup", "io_uring_enter", "io_uring_register", "kexec_load", "kexec_file_load", "init_module",
    "finit_module", "delete_module", "reboot", "swapon", "swapoff", "acct", "settimeofday", "clock_settime",
    "adjtimex", "clock_adjtime", "sethostname", "setdomainname", "iopl", "ioperm", "quotactl", "quotactl_fd",
    "name_to_handle_at", "open_by_handle_at", "syslog", "personality", "modify_ldt", "vhangup", "uselib", "ustat",
    "sysfs", "lookup_dcookie", "fanotify_init", "fanotify_mark", "memfd_create", "memfd_secret", "migrate_pages",
    "move_pages", "mbind", "set_mempolicy", "set_mempolicy_home_node", "nfsservctl", "rt_sigqueueinfo",
    "rt_tgsigqueueinfo", "msgget", "semget", "shmget", "mq_open", "vmsplice", "mknod", "mknodat",
    "landlock_restrict_self", "lsm_set_self_attr",
]  # fmt: skip

# Without a mount namespace, files of the same user could be changed through what Landlock does not rule.
# chmod and its kin pretend to succeed, because shutil.copy and others call them in passing.
PRETENDED = [
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes",
    "futimesat", "utimensat",
]  # fmt: skip
UNSUPPORTED = [
    "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
    "removexattrat",
]  # fmt: skip
FORBIDDEN_OUTSIDE_NAMESPACES = [
    "truncate", "inotify_add_watch", "file_getattr", "file_setattr", "setpriority", "ioprio_set",
]  # fmt: skip
OWN_PROCESS_ONLY = ["prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"]
SIGNALS = ["kill", "tgkill"]

# Opening with O_TRUNC but without write access (mode 0, and the odd mode 3) cuts a file, and Landlock before ABI 3
# takes it for reading.
OPENING = {"open": 24, "openat": 32}  # name: offset of the flags in struct seccomp_data
TRUNCATING, CUTS = 0o1003, (0o1000, 0o1003)

CLONE_NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag of clone
IOCTLS = {0x5412: "TIOCSTI", 0x541C: "TIOCLINUX", 0x8901: "FIOSETOWN", 0x8902: "SIOCSPGRP"}
FCNTLS = {8: "F_SETOWN", 15: "F_SETOWN_EX"}

LOAD, AND, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
ALL_BITS = 0xFFFFFFFF
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT, SECOND_ARGUMENT = 0, 4, 16, 24  # offsets in struct seccomp_data
X32_CALLS = 0x40000000


def _refuse(code: int) -> int:
    return 0x00050000 | code


class _Program:
    """A BPF program under construction. The accumulator holds the call's number between two rules."""

    def __init__(self, machine: str | None):
        self.machine = machine
        self.code: list[bytes] = []
        self._add(LOAD, ARCHITECTURE)
        self._add(JUMP_EQUAL, AUDIT_ARCH[machine_index(machine)], 1, 0)
        self._add(RETURN, KILL_PROCESS)
        self._add(LOAD, NUMBER)
        if machine_index(machine) == 0:
            self._add(JUMP_AT_LEAST, X32_CALLS, 0, 1)
            self._add(RETURN, _refuse(errno.ENOSYS))

    def refuse(self, names: Iterable[str], code: int) -> None:
        for name in names:
            nr = number(name, self.machine)
            if nr is not None:
                self._add(JUMP_EQUAL, nr, 0, 1)
                self._add(RETURN, _refuse(code))

    def allow_if(self, name: str, argument: int, values: Iterable[int], code: int) -> None:
        """Allow ``name`` if the argument's lower half is one of ``values``."""
        self._on_argument(name, argument, values, ALLOW, _refuse(code))

    def refuse_if(
        self, name: str, argument: int, values: Iterable[int], code: int, mask: int = ALL_BITS
    ) -> None:
        """Refuse ``name`` if the argument's lower half, masked, is one of ``values``."""
        self._on_argument(name, argument, values, _refuse(code), ALLOW, mask)

    def refuse_bits(self, name: str, argument: int, bits: int, code: int) -> None:
        self._add(JUMP_EQUAL, number(name, self.machine), 0, 4)
        self._add(LOAD, argument)
        self._add(JUMP_ANY_BIT, bits, 0, 1)
        self._add(RETURN, _refuse(code))
        self._add(RETURN, ALLOW)

    def finished(self) -> bytes:
        self._add(RETURN, ALLOW)
        return b"".join(self.code)

    def _on_argument(
        self, name: str, argument: int, values: Iterable[int], hit: int, miss: int, mask: int = ALL_BITS
    ) -> None:
        values, nr = list(values), number(name, self.machine)
        if nr is None:
            return
        self._add(JUMP_EQUAL, nr, 0, len(values) + 4)
        self._add(LOAD, argument)
        self._add(AND, mask)
        for position, value in enumerate(values):
            self._add(JUMP_EQUAL, value, len(values) - position, 0)
        self._add(RETURN, miss)
        self._add(RETURN, hit)

    def _add(self, operation: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        self.code.append(struct.pack("HBBI", operation, if_true, if_false, value & 0xFFFFFFFF))


def program(own_pid: int | None, scoped_signals: bool = False, machine: str | None = None) -> bytes:
    """The filter's code.

    Parameters
    ----------
    own_pid : int or None
        None inside namespaces. Otherwise the process that the filter is for: then priorities and limits are for it
        alone, and files keep their modes and owners.
    scoped_signals : bool
        Whether Landlock already refuses signals to others; if not, here all are refused but those to ``own_pid``.
    """
    code = _Program(machine)
    code.refuse(FORBIDDEN, errno.EPERM)
    code.refuse(
        ["clone3"], errno.ENOSYS
    )  # its flags lie in memory, out of a filter's sight; libc falls back to clone
    code.refuse_bits("clone", FIRST_ARGUMENT, CLONE_NEW_NAMESPACES, errno.EPERM)
    code.refuse_if("ioctl", SECOND_ARGUMENT, IOCTLS, errno.EPERM)
    code.refuse_if("fcntl", SECOND_ARGUMENT, FCNTLS, errno.EPERM)
    code.allow_if("socketpair", FIRST_ARGUMENT, [socket.AF_UNIX], errno.EACCES)
    if own_pid is None:
        code.allow_if("socket", FIRST_ARGUMENT, [socket.AF_UNIX], errno.EACCES)
        return code.finished()
    code.refuse(["socket"], errno.EACCES)
    code.refuse(["openat2"], errno.ENOSYS)  # like clone3
    for name, flags in OPENING.items():
        code.refuse_if(name, flags, CUTS, errno.EPERM, TRUNCATING)
    code.refuse(PRETENDED, 0)
    code.refuse(UNSUPPORTED, errno.ENOTSUP)
    code.refuse(FORBIDDEN_OUTSIDE_NAMESPACES, errno.EPERM)
    for name in OWN_PROCESS_ONLY:
        code.allow_if(name, FIRST_ARGUMENT, [own_pid, 0], errno.EPERM)
    if not scoped_signals:
        code.refuse(["tkill"], errno.EPERM)
        for name in SIGNALS:
            code.allow_if(name, FIRST_ARGUMENT, [own_pid, 0], errno.EPERM)
    return code.finished()


def install(own_pid: int | None, scoped_signals: bool = False) -> None:
    """Filter this process and all that it starts, for ever."""
    code = program(own_pid, scoped_signals)
    buffer = ctypes.create_string_buffer(code, len(code))
    pointer = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(buffer))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    call("seccomp", 1, 0, pointer)  # SECCOMP_SET_MODE_FILTER
