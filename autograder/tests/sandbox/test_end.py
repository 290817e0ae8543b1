"""After the end nothing is left: no process, no file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from bnlab_autograder.sandbox import CallTimeout, Died, Limits, Zygote
from bnlab_autograder.sandbox.processes import descendants

from .conftest import HOLDING

SURVIVORS = """
import os, signal, subprocess, threading, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
subprocess.Popen(["sleep", "1000"], start_new_session=True)
subprocess.Popen("nohup setsid sleep 1000 &", shell=True)
if not os.fork():
    os.setsid()
    if not os.fork():
        while True: time.sleep(1)
    os._exit(0)
threading.Thread(target=time.sleep, args=(1000,)).start()
import atexit
atexit.register(time.sleep, 1000)
"""


def await_none_left(pids: list[int], seconds: float = 5) -> list[int]:
    until = time.monotonic() + seconds
    while (left := [pid for pid in pids if running(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    return left


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def temporary_folders() -> set[str]:
    return {name for name in os.listdir(tempfile.gettempdir()) if name.startswith("sandbox-")}


@pytest.fixture(autouse=True)
def own_temporary_folder(monkeypatch):
    """One that no other test makes folders in at the same time."""
    with tempfile.TemporaryDirectory(prefix="end-") as folder:
        os.chmod(folder, 0o755)
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield


def test_daemons_and_threads_end_with_their_sandbox(zygote):
    with zygote.spawn() as session:
        assert session.run_cell(SURVIVORS).ok
        pids = [session.leader, *descendants(session.leader)]
        assert len(pids) >= 5
    assert await_none_left(pids) == []


def test_daemons_end_with_the_process_that_has_started_them(zygote):
    with zygote.spawn() as session:
        session.run_cell(SURVIVORS)
        pids = [session.leader, *descendants(session.leader)]
        with pytest.raises(Died):
            session.run_cell("os._exit(0)")
        assert await_none_left(pids) == []


def test_what_a_clone_starts_ends_with_its_sandbox(zygote):
    with zygote.spawn(limits=Limits(call_seconds=0.3)) as session:
        session.run_cell(
            "import subprocess\ndef f():\n    subprocess.Popen(['sleep', '1000'])\n    while True: pass"
        )
        with session.fork() as clone, pytest.raises(CallTimeout):
            clone.student.f()
        pids = [session.leader, *descendants(session.leader)]
    assert await_none_left(pids) == []


def test_a_stopped_process_ends(zygote):
    with zygote.spawn(limits=Limits(cell_seconds=0.3)) as session:
        pids = [session.leader, *descendants(session.leader)]
        with pytest.raises(CallTimeout):
            session.run_cell("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)")
    assert await_none_left(pids) == []


def test_no_file_is_left(zygote):
    before = temporary_folders()
    with zygote.spawn({"given": b"x"}) as session:
        folder = session.disk_folder
        session.run_cell(
            "import os\n"
            "for name in ('a', 'a/b'): os.mkdir(name, 0o700)\n"
            "open('a/b/c', 'w').close(); os.mkdir('locked', 0)\n"
            "for _ in range(1200): os.mkdir('d'); os.chdir('d')"
        )
    assert folder is None or not os.path.exists(folder)
    assert temporary_folders() == before


@pytest.mark.parametrize("tier", HOLDING)
def test_a_zygote_leaves_nothing(tier):
    before, children = temporary_folders(), set(descendants(os.getpid()))
    with Zygote(tier, preload=[]) as zygote:
        zygote.spawn().run_cell(SURVIVORS)  # a session that nobody has closed
        pids = set(descendants(os.getpid())) - children
    assert await_none_left(list(pids)) == []
    assert temporary_folders() == before


SUPERVISOR = f"""
import os, sys, threading, time
from bnlab_autograder.sandbox import Zygote

def work():  # in a thread that ends, as those of a task queue do
    global zygote, session
    zygote = Zygote(sys.argv[1], preload=[])
    session = zygote.spawn()
    session.run_cell({SURVIVORS!r})

thread = threading.Thread(target=work)
thread.start()
thread.join()
time.sleep(0.3)
assert session.run_cell("1").ok
heir = os.fork()  # has copies of all our files
if heir:
    print(heir, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("tier", HOLDING)
def test_when_the_trusted_side_is_killed_everything_ends(tier):
    before = temporary_folders()
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, tier], stdout=subprocess.PIPE, text=True)
    heir = int(supervisor.stdout.readline())
    pids = [pid for pid in descendants(supervisor.pid) if pid != heir]
    assert len(pids) > 5
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    supervisor.stdout.close()
    left = await_none_left(pids)
    os.kill(heir, signal.SIGKILL)
    assert left == []
    until = time.monotonic() + 3
    while temporary_folders() != before and time.monotonic() < until:
        time.sleep(0.05)
    assert temporary_folders() == before


def test_files_of_the_trusted_side_do_not_pile_up(best_zygote):
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    def once() -> None:
        with best_zygote.spawn() as session:
            session.run_cell("def f(): return 1")
            with session.fork() as clone:
                clone.student.f()

    once()
    before = open_files()
    for _ in range(3):
        once()
    assert open_files() == before
