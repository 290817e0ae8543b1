"""The walls as an ordinary user meets them, when root runs the tests (otherwise all other tests do that)."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOBODY = "65534"
CHOSEN = (
    "files_outside or project or changed or modes_and_times or the_parent or signals or rights or each_other "
    "or processes_and_threads or memory_over_many or daemons or no_file_is_left"
)
FILES = ("test_walls.py", "test_limits.py", "test_end.py")


def reachable(prefix: str) -> str:
    """Shell commands after which every user can reach the interpreter, in a mount namespace of their own."""
    closed = [folder for folder in Path(prefix).parents if not folder.stat().st_mode & 0o001]
    if not closed:
        return ":"
    outer, prefix = shlex.quote(str(closed[-1])), shlex.quote(prefix)
    return (
        f"hold=$(mktemp -d) && mount --bind {prefix} $hold && mount -t tmpfs -o mode=755 tmpfs {outer} "
        f"&& mkdir -p {prefix} && mount --bind $hold {prefix} && umount $hold && rmdir $hold"
    )


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(not (shutil.which("unshare") and shutil.which("setpriv")), reason="needs util-linux")
def test_the_walls_hold_for_an_ordinary_user():
    tests = [str(Path(__file__).parent / name) for name in FILES]
    line = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", sys.executable, "-m", "pytest"]
    line += ["-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-k", CHOSEN, *tests]
    script = f"{reachable(os.path.realpath(sys.base_prefix))} && exec {shlex.join(line)}"
    environment = {**os.environ, "HOME": "/nonexistent", "PYTEST_ADDOPTS": "", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
        capture_output=True,
        text=True,
        env=environment,
        cwd="/",
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout
