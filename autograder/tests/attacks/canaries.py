"""What attacks are after, planted outside of the sandbox: secrets, files, listeners, a process."""

from __future__ import annotations

import inspect
import os
import re
import secrets
import selectors
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import bnlab_autograder
import bnlab_solutions.forward
from bnlab_autograder.assets import assets
from bnlab_autograder.sandbox import syscalls
from bnlab_autograder.workspace import Workspace

from .cells.attack import CHANGED, CONTACT, PROCESS, SECRET

STAGE = "01_forward"
PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock", "/dev/mqueue")  # where everybody may write
CHECKOUT = Path(bnlab_autograder.__file__).parents[2]


class Listeners(threading.Thread):
    """Servers on this machine that note whoever calls: TCP, UDP, sockets by path and by name."""

    def __init__(self, folder: Path):
        super().__init__(daemon=True)
        self.contacts: list[str] = []
        self._selector = selectors.DefaultSelector()
        self._wake, end = socket.socketpair()
        self._selector.register(end, selectors.EVENT_READ)
        self.tcp = self._listen("TCP", socket.AF_INET, ("127.0.0.1", 0))[1]
        self.tcp6 = self._listen("TCP over IPv6", socket.AF_INET6, ("::1", 0))[1] if _has_ipv6() else 9
        self.udp = self._listen("UDP", socket.AF_INET, ("127.0.0.1", 0), socket.SOCK_DGRAM)[1]
        self.path = str(folder / "service")
        self.name = f"bnlab-{secrets.token_hex(8)}"
        self._listen("a socket by its path", socket.AF_UNIX, self.path)
        os.chmod(self.path, 0o777)
        self._listen("a socket by its name", socket.AF_UNIX, "\0" + self.name)
        self.start()

    def _listen(self, what: str, family: int, address: object, kind: int = socket.SOCK_STREAM) -> tuple:
        server = socket.socket(family, kind)
        server.bind(address)
        if kind == socket.SOCK_STREAM:
            server.listen()
        server.setblocking(False)
        self._selector.register(server, selectors.EVENT_READ, what)
        return server.getsockname()

    def run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                self.contacts.append(key.data)
                if key.fileobj.type == socket.SOCK_STREAM:
                    key.fileobj.accept()[0].close()
                else:
                    key.fileobj.recv(1 << 16)

    def close(self) -> None:
        self._wake.send(b"x")
        self.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._wake.close()


class Canaries:
    """Everything that is planted around one course folder.

    Parameters
    ----------
    workspace : Workspace
        The course folder; what is planted in it belongs to ``uid``, the user who grades.
    folder : Path
        A folder of this bench, for sockets.
    """

    def __init__(self, workspace: Workspace, folder: Path, uid: int):
        self.workspace, self.uid = workspace, uid
        self.secrets = {
            what: f"SECRET-{secrets.token_hex(12)}"
            for what in ("file", "judge's environment", "canary's memory", "other submission", "gradebook")
        }
        self.secret_file = workspace.root / "instructor" / "secret.txt"
        self.victim = workspace.submitted / "victim" / STAGE / f"{STAGE}.ipynb"
        self.cases = assets().hidden / f"test_{STAGE}.py"
        self.reference = Path(bnlab_solutions.forward.__file__)
        self._lines = set(_telling_lines(self.cases.read_text(encoding="utf-8")))
        self._lines |= set(_telling_lines(inspect.getsource(bnlab_solutions.forward)))
        self.listeners = Listeners(folder)
        self._process: subprocess.Popen | None = None
        self.plant()
        self._plant_in_gradebook()

    @property
    def environment(self) -> dict[str, str]:
        """Variables of the judge."""
        return {"SECRET_OF_THE_JUDGE": self.secrets["judge's environment"]}

    def names(self, judge: int, zygotes: Path, token: str) -> dict[str, object]:
        """What attacks are told: where everything lies, but nothing of what is secret."""
        return {
            "TOKEN": token,
            "SECRET": str(self.secret_file),
            "COURSE": str(self.workspace.root),
            "VICTIM": str(self.victim),
            "GRADEBOOK": str(self.workspace.gradebook),
            "HIDDEN": str(self.cases.parent),
            "CASES": str(self.cases),
            "REFERENCE": str(self.reference),
            "CHECKOUT": str(CHECKOUT),
            "ZYGOTES": str(zygotes),
            "JUDGE": judge,
            "CANARY": self.process,
            "TCP": self.listeners.tcp,
            "TCP6": self.listeners.tcp6,
            "UDP": self.listeners.udp,
            "UNIX": self.listeners.path,
            "ABSTRACT": self.listeners.name,
            "CALLS": sorted((name, nr) for name in syscalls.NUMBERS if (nr := syscalls.number(name)) is not None),
        }  # fmt: skip

    def plant(self) -> None:
        """Put everything into its place, anew where an attack has reached it."""
        for path, text in (
            (self.secret_file, self.secrets["file"]),
            (self.victim, f'{{"cells": [], "metadata": {{"note": "{self.secrets["other submission"]}"}}}}'),
        ):
            if path.is_symlink() or not path.is_file() or path.read_text() != text:
                shutil.rmtree(path, ignore_errors=True)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                path.write_text(text)
            path.chmod(0o644)
            for each in (path, path.parent, path.parent.parent):
                os.chown(each, self.uid, -1)
        if self._process is None or self._process.poll() is not None or self._process_harmed():
            self._start_process()
        self.listeners.contacts.clear()
        self._before = self._files()

    def reached(self, shown: str, own: str) -> dict[str, list[str]]:
        """Which goals have been reached: a sign -> what was seen.

        ``shown`` is all that came out of grading, ``own`` the student's own sources, which a traceback may quote.
        """
        leaks = [f"the secret of the {what}" for what, secret in self.secrets.items() if secret in shown]
        leaks += sorted(line for line in self._lines if line in shown and line not in own)[:3]
        after = self._files()
        changed = [path for path in self._before if self._before[path] != after[path]]
        found = {
            SECRET: leaks,
            CHANGED: changed,
            CONTACT: sorted(set(self.listeners.contacts)),
            PROCESS: self._process_harmed(),
        }
        return {sign: seen for sign, seen in found.items() if seen}

    @property
    def process(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self.listeners.close()
        self._process.kill()
        self._process.wait()

    def _plant_in_gradebook(self) -> None:
        with sqlite3.connect(self.workspace.gradebook) as book:
            book.execute(
                "insert into student (id, last_name) values ('victim', ?)", (self.secrets["gradebook"],)
            )
        book.close()

    def _files(self) -> dict[str, object]:
        """Content, mode, owner, times and attributes of files that nobody may touch."""
        root = self.workspace.root
        watched = [
            self.secret_file,
            self.victim,
            self.cases,
            root / "nbgrader_config.py",
            root / ".bnlab/secret",
        ]
        watched += [
            root / f"release/{STAGE}/{STAGE}.ipynb",
            Path(sys.executable).resolve(),
            Path(os.__file__),
        ]
        return {str(path): _looks(path) for path in [*watched, self.secret_file.parent, root / "release"]}

    def _start_process(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = subprocess.Popen(
            [shutil.which("sleep"), "100000"],
            env={"SECRET_OF_THE_CANARY": self.secrets["canary's memory"]},
            user=self.uid if os.getuid() == 0 and self.uid else None,
            cwd="/",
        )
        while Path(f"/proc/{self.process}/comm").read_text() != "sleep\n":
            time.sleep(0.001)
        self._process_before = self._process_state()

    def _process_state(self) -> tuple[object, ...]:
        pid = self._process.pid
        oom = Path(f"/proc/{pid}/oom_score_adj").read_text()
        limits = Path(f"/proc/{pid}/limits").read_text()
        scheduling = (
            os.getpriority(os.PRIO_PROCESS, pid),
            os.sched_getaffinity(pid),
            os.sched_getscheduler(pid),
        )
        return *scheduling, oom, limits

    def _process_harmed(self) -> list[str]:
        if self._process.poll() is not None:
            return [f"it ended with {self._process.returncode}"]
        state = re.search(r"^State:\s+(\w)", Path(f"/proc/{self._process.pid}/status").read_text(), re.M)[1]
        if state in "Tt":
            os.kill(self._process.pid, signal.SIGCONT)
            return ["it stands still"]
        return [] if self._process_state() == self._process_before else ["it has other limits"]


def _telling_lines(source: str) -> Iterator[str]:
    """Lines of a source by which it would be recognised, and which are no common knowledge."""
    for line in source.splitlines():
        line = line.strip()
        if len(line) > 30 and re.match(r"def |expect_|agree_|given = |x_hat = |x = floats|topic=", line):
            yield line


def _looks(path: Path) -> Mapping[str, object] | None:
    try:
        status = path.lstat()
        is_file = stat.S_ISREG(status.st_mode)
        return {
            "mode": status.st_mode,
            "owner": (status.st_uid, status.st_gid),
            "time": status.st_mtime_ns,
            "attributes": os.listxattr(path, follow_symlinks=False),
            "content": (status.st_size, path.read_bytes() if status.st_size < 1 << 20 else None) if is_file else None,
        }  # fmt: skip
    except OSError:
        return None


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as server:
            server.bind(("::1", 0))
    except OSError:
        return False
    return True
