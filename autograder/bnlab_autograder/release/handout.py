"""A release as one zip, for a learning-management system. The same release gives the same bytes."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)  # that a zip can hold
READABLE = 0o100644 << 16


def zipped(folder: str, files: Mapping[str, bytes]) -> bytes:
    """``files`` in an archive, all in one ``folder``."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, raw in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", EARLIEST)
            entry.external_attr, entry.create_system = READABLE, 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, raw, compresslevel=9)
    return buffer.getvalue()


def write_handout(place: Path, folder: str, files: Mapping[str, bytes]) -> bool:
    """Write the zip to ``place`` unless it is there already; whether it was written."""
    raw = zipped(folder, files)
    if place.is_file() and place.read_bytes() == raw:
        return False
    place.parent.mkdir(exist_ok=True)
    scratch = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        scratch.write_bytes(raw)
        os.replace(scratch, place)
    finally:
        scratch.unlink(missing_ok=True)
    return True
