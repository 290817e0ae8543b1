"""Removing what student code has written."""

from __future__ import annotations

import os
import shutil
import subprocess


def remove(folder: str | os.PathLike) -> None:
    """Remove a folder, even if it is nested deeper than a path may be long, or has folders that cannot be read."""
    try:
        shutil.rmtree(folder)
        return
    except FileNotFoundError:
        return
    except (OSError, RecursionError):
        pass
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        subprocess.run(
            [*command, "--", folder], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
