"""A student's Python, made as the README.txt of a release says, without a package index.

Packages that students would download are lent from the Python that runs the tests, each only if what the release
installs asks for it, directly or not. So a requirement that the release forgets is missing here as well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterable
from email import message_from_bytes
from importlib.metadata import Distribution, distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def student_python(release: Path, folder: Path) -> Path:
    """Make a virtual environment in ``folder``, with what an unpacked ``release`` installs; its Python."""
    python = with_lent_packages(release, folder)
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index"]
    command = [*pip, "--disable-pip-version-check", "-r", "requirements.txt"]
    done = subprocess.run(command, cwd=release, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return python


def with_lent_packages(release: Path, folder: Path) -> Path:
    """A virtual environment with all that ``release`` asks for but the library in it; its Python."""
    venv.create(folder, symlinks=True)
    purelib = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (wheel,) = release.glob("*.whl")
    for lent in _closure(_requirements(wheel), {"lab"}):
        _lend(lent, purelib)
    return folder / "bin" / "python"


def _requirements(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])


def _closure(requirements: Iterable[str], extras: set[str]) -> list[Distribution]:
    """Every installed package that is needed for ``requirements``."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(Requirement(text), extras) for text in requirements]
    while todo:
        requirement, chosen = todo.pop()
        if requirement.marker and not any(requirement.marker.evaluate({"extra": e}) for e in ("", *chosen)):
            continue
        name, extras_of_it = canonicalize_name(requirement.name), set(requirement.extras)
        if all((name, extra) in seen for extra in ("", *extras_of_it)):
            continue
        seen |= {(name, extra) for extra in ("", *extras_of_it)}
        package = found.setdefault(name, distribution(name))
        todo += [(Requirement(text), extras_of_it) for text in package.requires or ()]
    return list(found.values())


def _lend(package: Distribution, purelib: Path) -> None:
    """Bring a package into another environment: its modules by links to folders, files that JupyterLab serves whole.

    JupyterLab refuses to serve what links lead to.
    """
    for file in map(PurePosixPath, package.files or ()):
        if file.parts[0] != "..":
            source, target = Path(str(package.locate_file(file.parts[0]))), purelib / file.parts[0]
            if source.exists() and not target.exists():
                target.symlink_to(source.resolve())
        elif {"share", "etc"} & set(file.parts):  # not scripts, which name the Python that they belong to
            target = Path(os.path.normpath(purelib / file))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(package.locate_file(file)), target)
