"""The zygote as seen from the trusted side: starts the fork-server, and orders sandboxes from it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from . import bubblewrap, errors, exposure
from .files import remove
from .limits import Limits
from .outputs import Paths
from .probe import CODE, START, probe
from .processes import descendants
from .session import Session
from .version import __version__

PRELOAD = ("numpy", "IPython")
PLOTTING = ("matplotlib.pyplot", "matplotlib_inline.backend_inline")
PYTHON = ("-s", "-S", "-P", "-B")  # without -I, which would also forbid to fix the order of sets
START_SECONDS = 60
END_SECONDS = 10
SANDBOX_UIDS = range(64000, 65000)  # of sandboxes, where this process is root

PROGRAM = (
    START
    + """
import json, os
with open(int(sys.argv[2])) as file:
    settings = json.load(file)
for name, target in settings["links"].items():
    os.symlink(target, os.path.join(settings["site"], name))
sys.path.append(settings["site"])
from sandbox import forks
forks.collect_handlers()
from sandbox import forkserver
forkserver.main(*map(int, sys.argv[3:]), settings)
"""
)

NEEDS_TRUST = (
    "There are no walls on this machine that keep student code from reading answers: {reasons} "
    'Choose tier "C" only if you trust every student.'
)


class Zygote:
    """A warm process from which sandboxes are forked. May be shared between threads.

    Parameters
    ----------
    tier : {"A", "B", "C"}, optional
        The walls: the best that hold on this machine, if not given; "C" has to be asked for.
    preload : sequence of str
        Modules that are imported before the fork.
    plotting : sequence of str
        Modules that are imported before the fork of a sandbox that draws.
    environment : mapping
        Environment variables of student code, beside the usual ones.
    packages : sequence of Path
        Folders of packages that student code may import, beside what is installed.
    hidden : sequence of str
        Packages and distributions that student code must not find, wherever they are installed.
    """

    def __init__(
        self,
        tier: str | None = None,
        preload: Sequence[str] = PRELOAD,
        plotting: Sequence[str] = PLOTTING,
        environment: Mapping[str, str] | None = None,
        *,
        packages: Sequence[str | os.PathLike] = (),
        hidden: Sequence[str] = (),
    ):
        self.tier = _chosen(tier)
        self.exposure = exposure.exposure([Path(package) for package in packages], hidden)
        self._lock = threading.Lock()
        self._closed = False
        self._uids = iter(())
        self._sessions: weakref.WeakSet[Session] = weakref.WeakSet()
        self._folder = None if self.tier == "A" else Path(tempfile.mkdtemp(prefix="sandbox-")).resolve()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._start(preload, plotting, environment or {})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spawn(
        self,
        files: Mapping[str, bytes] | None = None,
        limits: Limits | None = None,
        *,
        plots: bool = True,
    ) -> Session:
        """A new sandbox, whose working folder holds ``files``.

        One that does not draw is had faster without ``plots``; if it draws all the same, it has to import what it
        needs itself.
        """
        with self._lock:
            if self._closed or self._process.poll() is not None:
                raise errors.SandboxError(f"the zygote has ended{self._last_words()}")
        session = Session(self, dict(files or {}), limits or Limits(), plots)
        self._sessions.add(session)
        return session

    def close(self) -> None:
        """End the zygote and all sandboxes that it has forked."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        for session in list(self._sessions):
            session.close()
        if hasattr(self, "_process"):
            self._control.close()
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._kill()
        self._log.close()
        if self._folder is not None:
            remove(self._folder)

    @cached_property
    def version(self) -> str:
        """Describes the code of the sandbox and the libraries in it, for keys of results."""
        versions = " ".join(f"{name}={text}" for name, text in sorted(self.info["versions"].items()))
        return f"sandbox={__version__} tier={self.tier} {versions}"

    # What Session needs

    def order(self, sandbox: dict[str, Any], files: Sequence[int]) -> None:
        """Ask for a sandbox that uses ``files``."""
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(sandbox).encode()], list(files))
            except OSError as problem:
                raise errors.SandboxError(f"the zygote has ended ({problem}){self._last_words()}") from None

    def new_folder(self) -> tuple[str, int | None]:
        """A folder for a sandbox without a file system of its own, and the user that owns it."""
        uid = None
        if os.getuid() == 0 and self.tier != "A":
            with self._lock:
                uid = next(self._uids, None)
                if uid is None:
                    self._uids = iter(random.sample(SANDBOX_UIDS, len(SANDBOX_UIDS)))
                    uid = next(self._uids)
        folder = tempfile.mkdtemp(dir=self._folder)
        if uid is not None:
            os.chown(folder, uid, uid)
        return folder, uid

    @cached_property
    def paths(self) -> Paths:
        """How paths of this machine are shown to students."""
        shown = {} if self._folder is None else {f"{self._folder}/site": bubblewrap.SITE}
        shown |= {str(package.parent): bubblewrap.SITE for package in self.exposure.links.values()}
        shown |= {sys.base_prefix: "/python", sys.prefix: "/python"}
        return Paths(shown)

    # Starting

    def _start(self, preload: Sequence[str], plotting: Sequence[str], environment: Mapping[str, str]) -> None:
        wrapper, code, caches = [], str(CODE), str(self._folder)
        if self._folder is None:
            wrapper, code = bubblewrap.command(bubblewrap.find(), self.exposure, CODE), bubblewrap.CODE
            caches = bubblewrap.TEMPORARY
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        end_of_self = os.pidfd_open(os.getpid())
        with theirs, tempfile.TemporaryFile("w+") as settings:
            json.dump(self._settings(preload, plotting, environment), settings)
            settings.seek(0)
            files = [settings.fileno(), theirs.fileno(), end_of_self]
            self._process = subprocess.Popen(
                [*wrapper, exposure.executable(), *PYTHON, "-c", PROGRAM, code, *map(str, files)],
                pass_fds=files,
                env={**_QUIET, "MPLCONFIGDIR": f"{caches}/matplotlib", "IPYTHONDIR": f"{caches}/ipython"},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
            )
        os.close(end_of_self)
        self.info = {"tier": self.tier, **self._await_warmth()}

    def _settings(
        self, preload: Sequence[str], plotting: Sequence[str], environment: Mapping[str, str]
    ) -> dict[str, Any]:
        folder, root = self._folder, os.getuid() == 0
        site = bubblewrap.SITE
        if folder is not None:
            site = str(folder / "site")
            os.mkdir(site)
            folder.chmod(0o711)
        readable = [*map(str, self.exposure.carved()), str(CODE), site]
        return {
            "tier": self.tier,
            "preload": list(preload),
            "plotting": list(plotting),
            "environment": self._environment(environment, site),
            "prefix": sys.prefix,
            "site": site,
            "links": {name: str(target) for name, target in self.exposure.links.items()},
            "uid": SANDBOX_UIDS[0] if root and folder is None else None,
            "read": [*readable, "/proc", "/sys/devices/system/cpu"],
            "write": [] if folder is None else [str(folder)],
            "parent": None if folder is None else str(folder.parent),
            "sandbox": {
                "tier": self.tier,
                "cover_tmp": bubblewrap.covers_tmp(self.exposure),
                "searches_all": root and not self.exposure.open_to_all(),
                "roots": [] if folder is None else _without_neighbours(folder, readable),
            },
        }

    def _await_warmth(self) -> dict[str, Any]:
        """Wait until the zygote is ready."""
        self._control.settimeout(START_SECONDS)
        try:
            answer = json.loads(self._control.recv(1 << 20) or '{"problem": "it has ended"}')
        except OSError as problem:
            answer = {"problem": str(problem)}
        if "problem" in answer:
            self._kill()
            raise errors.SandboxError(f"the zygote did not start: {answer['problem']}{self._last_words()}")
        self._control.settimeout(None)
        return answer

    def _kill(self) -> None:
        """End the zygote, whatever it is doing, and the bubblewrap around it."""
        for pid in descendants(self._process.pid):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()

    def _environment(self, environment: Mapping[str, str], site: str) -> dict[str, str]:
        python = os.path.dirname(exposure.executable())
        return {
            **_QUIET,
            "PATH": f"{python}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": site,
            "SHELL": "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh",
            "TERM": "xterm-color",
            "CLICOLOR": "1",
            "FORCE_COLOR": "1",
            "CLICOLOR_FORCE": "1",
            "PAGER": "cat",
            "GIT_PAGER": "cat",
            **environment,
        }

    def _last_words(self) -> str:
        if self._log.closed:
            return ""
        self._log.seek(0)
        lines = self._log.read()[-2000:].decode(errors="replace").strip().splitlines()
        return f": {lines[-1]}" if lines else ""


_QUIET = {
    "LANG": "C.UTF-8",
    "HOME": "/nonexistent",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def _chosen(tier: str | None) -> str:
    if tier not in (None, "A", "B", "C"):
        raise ValueError(f"there is no tier {tier!r}, only A, B and C")
    if not sys.platform.startswith("linux"):
        raise errors.SandboxError(
            "Student code is run on Linux only; here, use a Linux container or virtual machine."
        )
    if tier == "C":
        return tier
    walls = probe()
    if tier is None:
        tier = walls.tier
    if walls.tier == "C" or (tier == "A" and walls.tier != "A"):
        reasons = " ".join(walls.reasons)
        text = NEEDS_TRUST if walls.tier == "C" else "Tier A does not hold on this machine: {reasons}"
        raise errors.SandboxError(text.format(reasons=reasons))
    return tier


def _without_neighbours(folder: Path, readable: Sequence[str]) -> list[str]:
    """What a sandbox of tier B may still read: what the zygote may, but not the sandboxes beside it in ``folder``."""
    top = Path(*folder.parts[:2])
    others = [str(root) for root in Path("/").iterdir() if root != top]
    return others + [path for path in readable if Path(path).is_relative_to(top)]
