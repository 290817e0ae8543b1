"""Results by the key of what they depend on: a folder in which nothing is ever half written, lost or stale.

A result is written to a temporary file, flushed to disk, and renamed. Two runs at once write the same bytes under the
same name, so neither can harm the other. A file that does not read back as it was written counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from bnlab_autograder.grading.job import Verdict, packed, unpacked

VERSION = 1


class Store:
    """Verdicts in ``folder``, by the keys of their jobs."""

    def __init__(self, folder: Path):
        self.folder = folder

    def get(self, key: str) -> Verdict | None:
        """The verdict under ``key``, or None. Reading one marks it as used."""
        path = self._path(key)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        digest, body = raw[:32], raw[32:]
        if hashlib.sha256(body).digest() != digest:
            return None
        data = unpacked(zlib.decompress(body))
        if data["version"] != VERSION:
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return Verdict.from_dict(data["verdict"])

    def put(self, key: str, verdict: Verdict) -> None:
        """Keep a verdict. Raises OSError (a full disk) without leaving anything behind."""
        body = zlib.compress(packed({"version": VERSION, "verdict": verdict.to_dict()}), 1)
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(body).digest() + body)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def keys(self) -> Iterator[str]:
        for path in self.folder.glob("??/*"):
            if not path.name.startswith("."):
                yield path.name

    def remove(self, key: str) -> None:
        """Remove a result, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def sizes(self) -> list[int]:
        """The size in bytes of each result."""
        return [self._path(key).stat().st_size for key in self.keys()]

    def prune(self, *, days: float) -> int:
        """Remove what has not been used for ``days`` days, and what a crash has left behind; return how many files."""
        removed, now = 0, time.time()
        for path in self.folder.glob("??/*"):
            age = now - path.stat().st_mtime
            if age > days * 86400 or (path.name.startswith(".new-") and age > 3600):
                path.unlink(missing_ok=True)
                removed += 1
        return removed

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key
