"""The filter decides alike on both architectures; run here by an interpreter of BPF, since we have only one of them."""

from __future__ import annotations

import errno
import os
import socket
import struct

import pytest
from bnlab_autograder.sandbox import probe, seccomp, syscalls

MACHINES = ("x86_64", "aarch64")
ALLOWED = seccomp.ALLOW


def decide(code: bytes, architecture: int, number: int, *arguments: int) -> int:
    """What the kernel would decide about this call."""
    data = struct.pack("<IIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    accumulator = position = 0
    while True:
        operation, if_true, if_false, value = struct.unpack_from("<HBBI", code, 8 * position)
        position += 1
        match operation:
            case seccomp.LOAD:
                (accumulator,) = struct.unpack_from("<I", data, value)
            case seccomp.AND:
                accumulator &= value
            case seccomp.JUMP_EQUAL:
                position += if_true if accumulator == value else if_false
            case seccomp.JUMP_AT_LEAST:
                position += if_true if accumulator >= value else if_false
            case seccomp.JUMP_ANY_BIT:
                position += if_true if accumulator & value else if_false
            case seccomp.RETURN:
                return value
            case _:
                raise AssertionError(operation)


def refused(code: int) -> int:
    return 0x50000 | code


@pytest.fixture(params=MACHINES)
def call(request):
    """``call(name, *arguments, own_pid=…)`` decides about a call by name."""
    machine = request.param
    architecture = syscalls.AUDIT_ARCH[syscalls.machine_index(machine)]

    def decided(name, *arguments, own_pid=None, scoped=False):
        code = seccomp.program(own_pid, scoped, machine)
        number = syscalls.number(name, machine)
        return None if number is None else decide(code, architecture, number, *arguments)

    decided.machine = machine
    return decided


def test_forbidden_calls(call):
    for name in seccomp.FORBIDDEN:
        assert call(name) in (refused(errno.EPERM), None), name
        assert call(name, own_pid=7) in (refused(errno.EPERM), None), name


def test_namespaces_are_not_for_students(call):
    assert call("clone", 17) == ALLOWED
    assert call("clone", 0x3D0F00) == ALLOWED  # a thread
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert call("clone", 17 | flag) == refused(errno.EPERM)
    assert call("clone3") == refused(errno.ENOSYS)


def test_sockets(call):
    assert call("socketpair", socket.AF_UNIX) == ALLOWED
    assert call("socket", socket.AF_UNIX) == ALLOWED
    assert call("socket", socket.AF_UNIX, own_pid=7) == refused(errno.EACCES)
    for family in (socket.AF_INET, socket.AF_INET6, 16, 17, 38, 40):
        for own_pid in (None, 7):
            assert call("socket", family, own_pid=own_pid) == refused(errno.EACCES)
            assert call("socketpair", family, own_pid=own_pid) == refused(errno.EACCES)


def test_terminals_cannot_be_typed_into(call):
    assert call("ioctl", 0, 0x5401) == ALLOWED
    for request in seccomp.IOCTLS:
        assert call("ioctl", 0, request) == refused(errno.EPERM)
        assert call("ioctl", 0, request | 1 << 32) == refused(errno.EPERM)


def test_without_namespaces_files_and_processes_are_guarded(call):
    assert call("kill", 7, own_pid=7) == call("kill", 0, own_pid=7) == ALLOWED
    assert call("kill", 8, own_pid=7) == call("kill", 2**32 - 1, own_pid=7) == refused(errno.EPERM)
    assert call("kill", 8, own_pid=7, scoped=True) == ALLOWED
    assert call("prlimit64", 8, own_pid=7, scoped=True) == refused(errno.EPERM)
    assert call("fchmodat", own_pid=7) == refused(0)
    assert call("truncate", own_pid=7) == refused(errno.EPERM)
    assert call("fchmodat") == call("truncate") == call("kill", 8) == ALLOWED


def test_without_namespaces_files_cannot_be_cut_by_opening_them(call):
    reading, writing, both, odd = os.O_RDONLY, os.O_WRONLY, os.O_RDWR, 3
    for name, before in (("openat", (0, 0)), ("open", (0,))):
        for mode in (reading, odd):
            assert call(name, *before, mode | os.O_TRUNC | os.O_CLOEXEC, own_pid=7) in (
                refused(errno.EPERM),
                None,
            )
            assert call(name, *before, mode | os.O_TRUNC) in (ALLOWED, None)
        for flags in (reading, reading | os.O_CREAT, writing | os.O_TRUNC, both | os.O_TRUNC | os.O_CREAT):
            assert call(name, *before, flags, own_pid=7) in (ALLOWED, None)
    assert call("openat2", own_pid=7) == refused(errno.ENOSYS)


def test_calls_of_another_architecture_are_the_end(call):
    code = seccomp.program(None, machine=call.machine)
    for architecture in (0x40000003, 0x40000028, 0):
        assert decide(code, architecture, 1) == seccomp.KILL_PROCESS
    if call.machine == "x86_64":
        assert decide(code, syscalls.AUDIT_ARCH[0], 0x40000000 | 41) == refused(errno.ENOSYS)


def test_an_unknown_architecture_is_refused(monkeypatch):
    with pytest.raises(syscalls.UnsupportedMachineError, match="riscv64"):
        seccomp.program(None, machine="riscv64")
    monkeypatch.setattr(syscalls.platform, "machine", lambda: "riscv64")
    probe.cache_clear()
    try:
        walls = probe()
    finally:
        probe.cache_clear()
    assert walls.tier == "C"
    assert "riscv64" in walls.reasons[0]
