"""The wheel of ``bnlab`` that goes into releases: equal files give equal bytes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bnlab_autograder.assets import Assets
from bnlab_autograder.diagnosis.fingerprints import FILE, fingerprints_file

EPOCH = "1577836800"  # the time of every file in the wheel
FINGERPRINTS = f"bnlab/diagnosis/{FILE}"
SKIPPED = ("__pycache__", "*.pyc", "*.pyo", ".*", "*~")

_VERSION = re.compile(r'^version = "([^"+]+)"$', re.MULTILINE)


def student_wheel(files: Assets, cache: Path) -> Path:
    """The wheel, from ``cache`` if it has been built there from the same files.

    A digest of the files is part of its version: pip leaves an installed version as it is, and a release with a
    corrected check must reach those who have installed an earlier one.
    """
    content = _content(files)
    fingerprints = fingerprints_file(files)
    if fingerprints is not None:
        content[FINGERPRINTS] = fingerprints
    digest = hashlib.sha256(
        repr([(name, hashlib.sha256(raw).digest()) for name, raw in content.items()]).encode()
    )
    folder = cache / digest.hexdigest()[:16]
    if not (built := list(folder.glob("*.whl"))):
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            wheel = _build(content, f"h{digest.hexdigest()[:8]}", Path(scratch))
            folder.mkdir(exist_ok=True)
            built = [Path(shutil.move(wheel, folder / wheel.name))]
    return built[0]


def _content(files: Assets) -> dict[str, bytes]:
    """Everything that the wheel is made of, by path, but for the fingerprints of known mistakes."""
    library = files.library
    skip = shutil.ignore_patterns(*SKIPPED)
    content = {"pyproject.toml": files.student_project.read_bytes()}
    licence = _licence()
    if licence is not None:
        content["LICENSE"] = licence
    for folder, folders, names in os.walk(library):
        skipped = skip(folder, [*folders, *names])
        folders[:] = sorted(set(folders) - skipped)
        for name in sorted(set(names) - skipped):
            path = Path(folder, name)
            content[f"bnlab/{path.relative_to(library).as_posix()}"] = path.read_bytes()
    content.pop(FINGERPRINTS, None)  # from a checkout, of who knows when
    content["builder"] = f"hatchling {importlib.metadata.version('hatchling')}".encode()
    return content


def _licence() -> bytes | None:
    """The licence of the code, as this package was installed with it."""
    try:
        text = importlib.metadata.distribution("bnlab-staff").read_text("licenses/LICENSE")
    except importlib.metadata.PackageNotFoundError:
        return None
    return text.encode() if text else None


def _build(content: dict[str, bytes], mark: str, scratch: Path) -> Path:
    from hatchling.builders.wheel import WheelBuilder

    project = scratch / "project"
    for name, raw in content.items():
        if name == "builder":
            continue
        if name == "pyproject.toml":
            raw = _VERSION.sub(rf'version = "\1+{mark}"', raw.decode(), count=1).encode()
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    with _fixed_time():
        return Path(next(WheelBuilder(str(project)).build(directory=str(scratch), versions=["standard"])))


@contextmanager
def _fixed_time() -> Iterator[None]:
    old = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = EPOCH
    try:
        yield
    finally:
        os.environ.pop("SOURCE_DATE_EPOCH") if old is None else os.environ.update(SOURCE_DATE_EPOCH=old)
