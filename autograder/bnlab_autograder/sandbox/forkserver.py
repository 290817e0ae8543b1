"""The zygote's program: imports what students need, warms it up, and forks a sandbox for each order.

It is executed with a clean environment and holds no secret. It stays single-threaded, since only then a fork is a
faithful copy. It ends when the trusted side hangs up or ends.

Plotting libraries are nearly half of what a sandbox would carry, and every fork pays for what it carries. So there
are two layers: sandboxes that draw are forked by a second process, which the first one forks when it is needed.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from typing import Any

from . import calls, cells, confine, forks, landlock, wire
from .files import remove
from .processes import descendants
from .syscalls import PR_SET_CHILD_SUBREAPER, PR_SET_DUMPABLE, drop_capabilities, prctl

MAX_ORDER = 1 << 16
FILES_PER_ORDER = 5
END_SECONDS = 5


def main(control_number: int, supervisor: int, settings: dict[str, Any]) -> None:
    """Prepare, and serve until the trusted side ends.

    Parameters
    ----------
    control_number : int
        Number of the socket to the trusted side.
    supervisor : int
        Number of a file that becomes readable when the trusted side ends.
    settings : dict
        See ``zygote.Zygote``.
    """
    control = socket.socket(fileno=control_number)
    plotter = Plotter(settings, supervisor)
    try:
        information = _prepare(settings)
    except BaseException as problem:
        control.send(json.dumps({"problem": f"{type(problem).__name__}: {problem}"}).encode())
        raise
    control.send(json.dumps(information).encode())
    sys.argv[:], sys.orig_argv[:] = [""], []
    _serve(control, supervisor, settings["sandbox"], plotter)
    _end(settings["write"])


def _prepare(settings: dict[str, Any]) -> dict[str, Any]:
    """Lock the zygote itself up, then import and warm up everything."""
    started = time.perf_counter()
    if settings["uid"] is not None:
        confine.become(settings["uid"])
    if settings["tier"] == "B":
        landlock.restrict(
            settings["read"], settings["write"], confine.DEVICES, remove_from=settings["parent"]
        )
    elif settings["tier"] == "A":
        drop_capabilities()
        prctl(PR_SET_DUMPABLE, 1)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    _dress(settings)
    for name in settings["preload"]:
        importlib.import_module(name)
    cells.create_shell(terminals=settings["tier"] == "A")
    cells.warm_up()
    forks.stop_collecting()
    _be_still(settings)
    return {
        "warm_up_seconds": round(time.perf_counter() - started, 3),
        "rss_mb": _resident_mb(),
        "threads": len(os.listdir("/proc/self/task")),
        "versions": _versions(),
    }


def _be_still(settings: dict[str, Any]) -> None:
    """What there is now is never looked at again by the collector, whose marks would have to be copied."""
    for name in set(os.environ) - set(settings["environment"]):
        del os.environ[name]  # folders of the zygote's own
    gc.collect()
    gc.freeze()


class Plotter:
    """The second layer: a fork of the zygote that has imported what plots need."""

    def __init__(self, settings: dict[str, Any], supervisor: int):
        self.settings, self.supervisor = settings, supervisor
        self.environment = dict(os.environ)
        self.control: socket.socket | None = None

    def spawn(self, order: dict[str, Any], files: list[int], control: socket.socket) -> None:
        """Hand an order over, to a new process if there is none or it has ended."""
        data = json.dumps(order).encode()
        for _ in range(2):
            if self.control is None:
                self._start(control)
            try:
                socket.send_fds(self.control, [data], files)
                break
            except OSError:
                self.control.close()
                self.control = None
        for file in files:
            os.close(file)

    def _start(self, outer: socket.socket) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if forks.fork():
            theirs.close()
            return
        try:
            outer.close()
            self.control.close()
            prctl(PR_SET_CHILD_SUBREAPER, 1)
            os.environ.update(self.environment)
            for name in self.settings["plotting"]:
                importlib.import_module(name)
            cells.warm_up(cells.WARM_UP_PLOTS)
            _be_still(self.settings)
            _serve(theirs, self.supervisor, self.settings["sandbox"], None)
        except BaseException as problem:  # the trusted side sees that its sandbox does not come
            os.write(2, f"{type(problem).__name__}: {problem}".encode())
        finally:
            _end_sandboxes(bool(self.settings["write"]))
            os._exit(0)


def _dress(settings: dict[str, Any]) -> None:
    """Give students' processes the environment and the names that a notebook finds."""
    os.environ.update(settings["environment"])
    sys.prefix = sys.exec_prefix = settings["prefix"]
    import _sitebuiltins

    builtins.help = _sitebuiltins._Helper()


def _resident_mb() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _versions() -> dict[str, str]:
    names = ("IPython", "ipykernel", "numpy", "matplotlib", "msgpack")
    found = {name: getattr(sys.modules.get(name), "__version__", None) for name in names}
    found["msgpack"] = ".".join(map(str, wire.msgpack.version))
    return {"python": sys.version.split()[0], **{name: text for name, text in found.items() if text}}


def _serve(control: socket.socket, supervisor: int, common: dict[str, Any], plotter: Plotter | None) -> None:
    signal.signal(signal.SIGCHLD, lambda *_: None)
    readable = [control, supervisor]
    while True:
        ready = select.select(readable, [], [], 1.0)[0]
        _reap()
        if supervisor in ready:
            return
        if control in ready:
            try:
                order, files = _receive(control)
            except EOFError:
                return
            if plotter is not None and order.pop("plots") and plotter.settings["plotting"]:
                plotter.spawn(order, files, control)
            else:
                _spawn({**common, **order}, files, control)


def _spawn(order: dict[str, Any], files: list[int], control: socket.socket) -> None:
    child = forks.fork()
    if not child:
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            confine.enter(order, files, calls.serve)
        except BaseException as problem:
            os.write(2, f"{type(problem).__name__}: {problem}".encode())
        finally:
            os._exit(99)
    for file in files:
        os.close(file)


def _end(folders: list[str]) -> None:
    _end_sandboxes(bool(folders))
    for folder in folders:
        remove(folder)
    os._exit(0)


def _end_sandboxes(patiently: bool) -> None:
    """End all sandboxes. In tier A bubblewrap and the kernel do that; otherwise their shims do, and need some time."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    until = time.monotonic() + END_SECONDS
    while patiently and time.monotonic() < until:
        _reap()
        children = descendants(os.getpid())
        if not children:
            break
        for child in children:
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGTERM)
        time.sleep(0.01)


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, files, _, _ = socket.recv_fds(control, MAX_ORDER, FILES_PER_ORDER)
    if not data:
        raise EOFError
    return json.loads(data), list(files)
