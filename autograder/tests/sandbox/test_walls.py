"""What student code cannot do, however it tries."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import bnlab_autograder
import pytest
from bnlab_autograder.sandbox import syscalls

DENIED = ["PermissionError", "OSError", "FileNotFoundError", "ModuleNotFoundError"]


@pytest.fixture
def denied(session):
    """Runs a cell that must fail with an error of the system."""

    def run(source: str) -> None:
        result = session.run_cell(source)
        assert result.error in DENIED, (result.error, result.outputs)

    return run


# Files


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/passwd", "/etc/hostname", __file__])
def test_files_outside_cannot_be_read(denied, path):
    denied(f"open({path!r})")


@pytest.mark.parametrize("path", ["/home", "/var/log", "/boot", "/run", str(Path(__file__).parent)])
def test_folders_outside_cannot_be_listed(denied, path):
    denied(f"import os\nos.listdir({path!r})")


def test_the_project_cannot_be_read(denied):
    folder = Path(bnlab_autograder.__file__).parents[1]
    denied(f"open({str(folder / 'bnlab_autograder/curriculum.py')!r})")
    denied(f"import os; os.listdir({str(folder / 'hidden')!r})")
    denied("import bnlab_solutions")
    denied("import bnlab_autograder.curriculum")


@pytest.mark.parametrize(
    "action",
    [
        "open('/usr/x', 'w')",
        "open('/x', 'w')",
        "open('/dev/x', 'w')",
        "open(os.__file__, 'a')",
        "open(numpy.__file__, 'r+')",
        "os.rename(os.__file__, os.__file__ + 'x')",
        "os.symlink('a', os.path.dirname(os.__file__) + '/x')",
        "os.mkdir('/usr/x')",
        "os.remove(numpy.__file__)",
        "os.truncate(numpy.__file__, 0)",
        "os.open(numpy.__file__, os.O_RDONLY | os.O_TRUNC)",
        "os.open(numpy.__file__, 3 | os.O_TRUNC)",
        "os.link(os.__file__, 'x')",
        "os.mkfifo('/usr/x')",
        "os.mknod('disk', 0o60600, os.makedev(254, 0))",
        "os.setxattr(numpy.__file__, 'user.x', b'')",
        "open('/proc/self/oom_score_adj', 'w').write('1000')",
    ],
)
def test_nothing_outside_the_working_folder_can_be_changed(denied, action):
    denied(f"import os, numpy\n{action}")


def test_modes_and_times_of_other_files_stay(session, tmp_path):
    import numpy as np

    before = os.stat(np.__file__)
    session.run_cell("import os, numpy\nos.chmod(numpy.__file__, 0)")
    session.run_cell("os.utime(numpy.__file__, (1, 1))")
    session.run_cell("os.chown(numpy.__file__, os.getuid(), -1)")
    after = os.stat(np.__file__)
    assert (before.st_mode, before.st_mtime, before.st_uid) == (after.st_mode, after.st_mtime, after.st_uid)


def test_links_lead_nowhere(denied):
    denied(f"import os\nos.symlink({__file__!r}, 'link')\nopen('link').read()")


def test_its_own_files_are_its_own(printed):
    assert printed(
        "import os, shutil, tempfile\n"
        "open('a', 'w').write('1'); os.chmod('a', 0o600); shutil.copy('a', 'b'); os.remove('a')\n"
        "with tempfile.TemporaryFile() as f: f.write(b'x')\n"
        "os.makedirs('c/d'); os.rename('b', 'c/d/b')\n"
        "print(open('c/d/b').read())"
    ) == "1"  # fmt: skip


# Network


def test_no_family_of_sockets_leads_out(zygote, printed):
    families = printed(
        "import socket\n"
        "for family in range(46):\n"
        "    for kind in (1, 2, 3, 5):\n"
        "        try: socket.socket(family, kind).close(); print(family)\n"
        "        except OSError: pass"
    )
    assert set(families.split()) == ({str(int(socket.AF_UNIX))} if zygote.tier == "A" else set())


def test_unix_sockets_outside_cannot_be_reached(zygote, tmp_path):
    path = str(tmp_path / "socket")
    with (
        socket.socket(socket.AF_UNIX) as server,
        socket.socket(socket.AF_UNIX) as abstract,
        zygote.spawn() as session,
    ):
        server.bind(path)
        server.listen()
        os.chmod(path, 0o777)
        abstract.bind("\0bnlab-test")
        abstract.listen()
        for address in (path, "\0bnlab-test"):
            result = session.run_cell(f"import socket\nsocket.socket(socket.AF_UNIX).connect({address!r})")
            assert result.error in (*DENIED, "ConnectionRefusedError")


def test_socket_pairs_work(printed):
    assert printed("import socket\na, b = socket.socketpair()\na.send(b'x'); print(b.recv(1))") == "b'x'"
    assert printed("import asyncio\nasync def f(): return 3\nprint(await f())") == "3"


# Processes


def test_processes_outside_are_out_of_reach(session):
    own = os.getpid()
    for name in ("environ", "mem", "cmdline", "maps", "stat"):
        result = session.run_cell(f"open('/proc/{own}/{name}', 'rb').read(1)")
        assert result.error in DENIED
    assert session.run_cell(f"import os; os.kill({own}, 0)").error in (
        "PermissionError",
        "ProcessLookupError",
    )


def test_the_parent_is_out_of_reach(session):
    session.run_cell("import os, signal")
    for source in (
        "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)",
        "open(f'/proc/{os.getppid()}/environ').read()",
        "os.listdir(f'/proc/{os.getppid()}/fd')",
    ):
        result = session.run_cell(source)
        assert result.error in DENIED, result.outputs
    session.run_cell("os.kill(os.getppid(), signal.SIGKILL)")
    assert session.run_cell("1").ok


def test_signals_to_everybody_hit_only_the_sandbox(zygote):
    with zygote.spawn() as other, zygote.spawn() as session:
        session.run_cell("import os, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)")
        session.run_cell("os.kill(-1, signal.SIGTERM)")
        session.run_cell("os.killpg(0, signal.SIGTERM)")
        assert other.run_cell("1").ok
        assert session.run_cell("1").ok
    with zygote.spawn() as again:
        assert again.run_cell("1").ok


def test_it_can_end_its_own_children(printed):
    assert (
        printed("import subprocess\np = subprocess.Popen(['sleep', '60'])\np.kill()\nprint(p.wait())") == "-9"
    )


CALLS = [
    ("ptrace", 16, os.getpid(), 0, 0),
    ("process_vm_readv", 1, 0, 0, 0, 0, 0),
    ("mount", 0, 0, 0, 0, 0),
    ("umount2", 0, 0),
    ("unshare", 0x10000000),
    ("unshare", 0x00020000),
    ("setns", 0, 0),
    ("pivot_root", 0, 0),
    ("chroot", 0),
    ("bpf", 0, 0, 0),
    ("keyctl", 0, 0),
    ("add_key", 0, 0, 0, 0, 0),
    ("perf_event_open", 0, 0, 0, 0, 0),
    ("io_uring_setup", 1, 0),
    ("userfaultfd", 0),
    ("memfd_create", 0, 0),
    ("pidfd_open", os.getpid(), 0),
    ("open_by_handle_at", 0, 0, 0),
    ("shmget", 0, 4096, 0o1600),
    ("clone", 0x10000000 | 17, 0, 0, 0, 0),
    ("fsopen", 0, 0),
    ("move_mount", 0, 0, 0, 0, 0),
    ("syslog", 3, 0, 0),
    ("personality", 0x0008),
]


def test_dangerous_system_calls_are_refused(session):
    numbers = [(name, syscalls.number(name), *arguments) for name, *arguments in CALLS]
    result = session.run_cell(
        "import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"for name, *call in {numbers!r}:\n"
        "    code = libc.syscall(*call)\n"
        "    assert code == -1 and ctypes.get_errno() == errno.EPERM, (name, code, ctypes.get_errno())"
    )
    assert result.ok, result.outputs
    clone3 = syscalls.number("clone3")
    assert session.run_cell(
        f"assert libc.syscall({clone3}, 0, 0) == -1 and ctypes.get_errno() == errno.ENOSYS"
    ).ok


def test_it_has_no_rights_of_root(printed):
    status = printed("print(open('/proc/self/status').read())")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(fields["CapEff"], 16) & ~(1 << syscalls.CAP_DAC_READ_SEARCH) == 0
    assert fields["NoNewPrivs"].strip() == "1"
    assert fields["Seccomp"].strip() == "2"
    assert "0" not in fields["Uid"].split()


def test_only_its_own_files_are_open(printed):
    names = printed(
        "import os\n"
        "for f in sorted(os.listdir('/proc/self/fd'), key=int):\n"
        "    try: print(f, os.readlink(f'/proc/self/fd/{f}'))\n"
        "    except OSError: pass"
    )
    kinds = [line.split(" ", 1)[1].split(":")[0] for line in names.splitlines()]
    assert len(kinds) <= 6, names
    assert all(kind.startswith(("/dev/null", "pipe", "socket", "/proc")) for kind in kinds), names


def test_only_its_own_processes_are_seen(zygote, printed):
    if zygote.tier == "A":
        assert (
            printed("import os\nprint(sorted(p for p in os.listdir('/proc') if p.isdigit()))") == "['1', '2']"
        )


def test_sandboxes_do_not_see_each_other(zygote):
    with zygote.spawn({"mine": b"x"}) as first, zygote.spawn() as second:
        result = first.run_cell("import os\nprint(os.getpid(), os.path.realpath('mine'))")
        pid, path = result.outputs[0]["text"].split()
        first.run_cell("open('/dev/shm/x', 'w').close()")
        path = path.replace("/student", first.disk_folder or "/student")
        if zygote.tier == "A":
            path = "/dev/shm/x"
        assert second.run_cell(f"import os\nopen({path!r})").error in DENIED
        if zygote.tier == "B":
            assert second.run_cell(f"open('/proc/{pid}/mem')").error in DENIED
            assert second.run_cell(f"os.kill({pid}, 9)").error in DENIED
        assert first.run_cell("1").ok


def test_python_outside_the_sandbox_would_have_succeeded(tmp_path):
    """The attacks above are real: without walls they work."""
    code = f"open({__file__!r}); import socket; socket.socket(); import os; os.kill({os.getpid()}, 0)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


GAPS = """
import os, sys
from bnlab_autograder.sandbox import landlock, seccomp, syscalls

victim, work = sys.argv[1:]
syscalls.drop_capabilities()
landlock.abi = lambda: 1
landlock.restrict(["/"], [work])
seccomp.install(os.getpid(), landlock.rules_signals())
for attack in (
    lambda: os.truncate(victim, 0),
    lambda: os.open(victim, os.O_RDONLY | os.O_TRUNC),
    lambda: os.open(victim, 3 | os.O_TRUNC),
    lambda: os.open(victim, os.O_WRONLY),
    lambda: os.setxattr(victim, "user.x", b""),
    lambda: os.rename(victim, work + "/mine"),
    lambda: os.link(victim, work + "/mine"),
    lambda: os.kill(os.getppid(), 0),
):
    try:
        attack()
        print("done")
    except OSError as problem:
        print(problem.errno)
os.chmod(victim, 0)
os.utime(victim, (1, 1))
"""


def test_the_filter_fills_the_gaps_of_the_first_landlock(tmp_path):
    victim, work = tmp_path / "victim", tmp_path / "work"
    victim.write_text("content")
    work.mkdir()
    before = victim.stat()
    done = subprocess.run(
        [sys.executable, "-c", GAPS, victim, work], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "done" not in done.stdout
    after = victim.stat()
    assert victim.read_text() == "content"
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
