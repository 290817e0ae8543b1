"""What of this machine student code may read.

Allowed are the system, the interpreter, installed packages, and the packages that the caller names; never the caller's
own folders, and never a *hidden* package or distribution, wherever it is installed. Packages are found through a folder
of links, the only entry for packages on students' ``sys.path``, since an editable install would otherwise add folders
of the project, and since Landlock cannot allow to list a folder without allowing to list the hidden ones in it.

In tier A bubblewrap mounts ``trees`` and covers ``hidden``; in tier B Landlock allows ``carved()``.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import stat
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = (
    "/etc/alternatives",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/terminfo",
)  # fmt: skip
SITE_NAMES = ("site-packages", "dist-packages")
LIBRARIES = ("lib", "lib64", "local/lib", "local/lib64")
PYTHONS = ("python3*", "pypy3*")
NEVER_LINKED = re.compile(r"__pycache__|.*\.pth|__editable__.*|.*\.egg-link")


@dataclass(frozen=True)
class Exposure:
    """What is visible.

    Attributes
    ----------
    trees : tuple of Path
        Readable files and folders, with everything beneath except ``hidden``.
    hidden : tuple of Path
        Unreadable, although beneath one of the trees.
    links : dict
        Name of a module, package or other entry of a folder of packages -> where it lies.
    """

    trees: tuple[Path, ...]
    hidden: tuple[Path, ...]
    links: dict[str, Path]

    def carved(self) -> list[Path]:
        """The largest files and folders that together hold all of ``trees`` and nothing of ``hidden``."""
        return [piece for tree in self.trees for piece in _carve(tree, self.hidden)]

    def open_to_all(self) -> bool:
        """Whether every user may look into all of the folders on the way to ``trees``."""
        folders = {parent for tree in self.trees for parent in tree.parents}
        return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)

    def shows(self, path: Path) -> bool:
        """Whether ``path`` can be read."""
        path = path.resolve()
        return _beneath_any(path, self.trees) and not _beneath_any(path, self.hidden)


def exposure(packages: Sequence[Path] = (), hidden: Sequence[str] = ()) -> Exposure:
    """Decide what is visible.

    Parameters
    ----------
    packages : sequence of Path
        Folders of packages that student code may import, beside what is installed.
    hidden : sequence of str
        Names of packages or distributions that student code must not find, even where they are installed.
    """
    packages = [Path(package).resolve() for package in packages]
    hidden_names = {_normal(name) for name in hidden}
    hidden_names |= {module for name in hidden for module in _modules_of(name)}
    sites = _site_folders()
    hidden_names |= {_normal(name) for site in sites for name in _metadata_that_tells_of(hidden, site)}
    links: dict[str, Path] = {}
    for site in sites:
        for entry in _entries(site):
            if not NEVER_LINKED.fullmatch(entry.name) and not _is_hidden(entry.name, hidden_names):
                links.setdefault(entry.name, entry)
    links |= {package.name: package for package in packages}
    targets = {path for entry in links.values() if (path := entry.resolve()) != entry}
    trees = [Path(path) for path in (*SYSTEM, *SYSTEM_FILES) if os.path.lexists(path)]
    trees += [*_interpreter(), *sites, *packages, *targets]
    trees = list(_outermost(trees))
    concealed = {
        entry: None
        for site in (*sites, *_sites_beneath(trees))
        for entry in (*_entries(site), *_entries(site / "__pycache__"))
        if _is_hidden(entry.name, hidden_names)
    }
    return Exposure(tuple(trees), tuple(concealed), links)


def _site_folders() -> list[Path]:
    """Folders with installed packages, in the order in which they are searched."""
    paths = [*sys.path, sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    found = [Path(path).resolve() for path in paths if Path(path).name in SITE_NAMES]
    return [path for path in dict.fromkeys(found) if path.is_dir()]


def _sites_beneath(trees: Iterable[Path]) -> list[Path]:
    """Folders with packages of other interpreters, which are visible, though not on anybody's sys.path."""
    patterns = [f"{lib}/{python}/{site}" for lib in LIBRARIES for python in PYTHONS for site in SITE_NAMES]
    return [found.resolve() for tree in trees for pattern in patterns for found in tree.glob(pattern)]


def _metadata_that_tells_of(names: Sequence[str], site: Path) -> Iterator[str]:
    """Folders with metadata of the distributions that have installed one of these packages."""
    if not names:
        return
    recorded = re.compile(rb"^(%s)[/.]" % b"|".join(re.escape(name.encode()) for name in names), re.MULTILINE)
    for record in site.glob("*.dist-info/RECORD"):
        if recorded.search(record.read_bytes()):
            yield record.parent.name


def _interpreter() -> list[Path]:
    """What the interpreter itself needs: standard library, shared libraries, executable."""
    return [
        Path(sys.base_prefix).resolve(),
        Path(sysconfig.get_path("stdlib")).resolve(),
        Path(executable()).parent,
    ]


def executable() -> str:
    """The interpreter itself, not the link to it in a virtual environment."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def _modules_of(name: str) -> set[str]:
    """Top-level names that the distribution ``name`` has installed, and those of its metadata."""
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return set()
    files = [file for file in distribution.files or () if file.parts and file.parts[0] != ".."]
    return {_normal(file.parts[0]) for file in files if file.parts[0] not in ("__pycache__", "bin")}


def _is_hidden(entry: str, hidden: set[str]) -> bool:
    """Whether an entry of a folder of packages belongs to one of the hidden names."""
    name = _normal(entry)
    return name in hidden or _normal(re.split(r"[.]|-\d", entry)[0]) in hidden


def _normal(name: str) -> str:
    return re.sub(r"[-_]+", "_", name).lower()


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _outermost(paths: Iterable[Path]) -> Iterator[Path]:
    """Each path that does not lie beneath another; links of the system's root stay links."""
    kept = list(dict.fromkeys(paths))
    for path in kept:
        if not any(path != other and path.is_relative_to(other) for other in kept):
            yield path


def _beneath_any(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _carve(tree: Path, hidden: Sequence[Path]) -> Iterator[Path]:
    tree = tree.resolve()
    if _beneath_any(tree, hidden):
        return
    if not any(path.is_relative_to(tree) for path in hidden):
        yield tree
        return
    for entry in _entries(tree):
        if not entry.is_symlink():
            yield from _carve(entry, hidden)
