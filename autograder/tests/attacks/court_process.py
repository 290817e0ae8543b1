"""A judge on behalf of another process: as another user, or in the place of a container.

``python court_process.py FD SETTINGS`` takes jobs and gives verdicts over the socket FD. As root it first sees to it
that the other user can reach the interpreter and the project, becomes that user by an exec, and puts the container's
profile in force.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import stat
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from bnlab_autograder.sandbox import probe, syscalls
from bnlab_autograder.sandbox.namespaces import BIND, NEW_MOUNTS, PRIVATE, RECURSIVE


def main() -> None:
    settings = json.loads(sys.argv[2])
    uid = settings["uid"]
    if os.getuid() == 0 and uid:
        make_reachable([Path(path) for path in settings["needed"]])
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        os.execv(
            sys.executable, [sys.executable, *sys.argv]
        )  # an ordinary process of that user, seen from outside
    syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)  # whatever runs away is found below this process
    if settings["container"]:
        import container

        container.enter(platform.machine())
    serve(Connection(int(sys.argv[1])), settings)


def serve(connection: Connection, settings: dict) -> None:
    from bnlab_autograder.grading.job import Job, packed, unpacked
    from bnlab_autograder.grading.judge import Judge, JudgeFailed

    walls = probe()
    with Judge(Path(settings["hidden"]), Path(settings["mutants"]), tier=settings["tier"]) as judge:
        judge.start()
        about = {
            "judge": judge._process.pid,
            "tier": walls.tier,
            "reasons": list(walls.reasons),
            "uid": os.getuid(),
        }
        connection.send_bytes(packed(about))
        while True:
            try:
                job = Job.from_dict(unpacked(connection.recv_bytes()))
            except EOFError:
                return
            try:
                answer = {"verdict": judge.judge(job).to_dict(), "judge": judge._process.pid}
            except JudgeFailed as problem:
                answer = {"problem": str(problem)}
            connection.send_bytes(packed(answer))


def make_reachable(paths: list[Path]) -> None:
    """In a mount namespace of this process: every user may pass the folders on the way to ``paths``."""
    syscalls.call("unshare", NEW_MOUNTS)
    _mount(None, "/", None, PRIVATE | RECURSIVE)
    for path in paths:
        for folder in (*reversed(path.parents), path):
            if folder.is_dir() and not folder.stat().st_mode & stat.S_IXOTH:
                _open_up(folder)


def _open_up(folder: Path) -> None:
    """Cover a folder by one of the same entries into which everybody may look."""
    entries = [(entry, os.open(entry, os.O_PATH | os.O_NOFOLLOW)) for entry in folder.iterdir()]
    _mount("tmpfs", str(folder), "tmpfs", 0, "mode=0755")
    for entry, handle in entries:
        mode = os.fstat(handle).st_mode
        if stat.S_ISLNK(mode):
            entry.symlink_to(os.readlink("", dir_fd=handle))
        elif stat.S_ISDIR(mode) or stat.S_ISREG(mode):
            entry.mkdir() if stat.S_ISDIR(mode) else entry.touch()
            _mount(f"/proc/self/fd/{handle}", str(entry), None, BIND | RECURSIVE)
        os.close(handle)


def _mount(source: str | None, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    encoded = [
        None if text is None else ctypes.c_char_p(text.encode()).value for text in (source, target, kind)
    ]
    syscalls.call("mount", *encoded, flags, None if options is None else options.encode())


if __name__ == "__main__":
    main()
