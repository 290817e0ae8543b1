"""The files of a download, which may be a zip or a folder, one by one and without harm.

Nothing is unpacked: a file is copied when it is asked for. What could do harm is left out with a finding: a path that
climbs or is absolute, a link, a device, a name that no system of ours could keep, an entry that grows beyond measure.
"""

from __future__ import annotations

import datetime
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from bnlab_autograder.grading.findings import Finding

MAX_ENTRIES = 100_000
MAX_BYTES = 256 << 20  # of one file, which is what grading reads
MAX_TOTAL = 16 << 30  # of all that is copied out of one download
MAX_RATIO, RATIO_FROM = 200, 8 << 20  # notebooks do not shrink to a two hundredth
MAX_NAME = 255  # bytes of a name in a folder, as file systems have it
CHUNK = 1 << 20
ARCHIVES = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar", ".zst")
LITTER = {"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"}
UTF_8 = 0x800  # the bit of an entry that says how its name is written
ENCRYPTED = 0x1
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\..*)?", re.IGNORECASE)

_OTHERS = {
    b"\x1f\x8b": "a gzip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zX": "an xz archive",
    b"<": "a web page, perhaps that of a login",
}


class DownloadProblem(ValueError):
    """A download cannot be used at all; the text names it and what to do."""


class Refused(ValueError):
    """One file of a download is not taken; the text says why."""


@dataclass(frozen=True)
class Entry:
    """A file of a download. ``opened`` gives its bytes; ``size`` and ``modified`` are what the download says."""

    path: PurePosixPath
    size: int
    modified: datetime.datetime
    opened: Callable[[], IO[bytes]] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.path.name


@dataclass
class Download:
    """The files of a download that can be used, and findings about the others."""

    source: Path
    entries: list[Entry] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    room: int = MAX_TOTAL

    def refuse(self, code: str, name: str, why: str) -> None:
        self.findings.append(Finding(code, f"{shown(name)} {why}"))

    def chunks(self, entry: Entry) -> Iterator[bytes]:
        """The bytes of an entry. Raises Refused, also halfway, where they are damaged or too many."""
        left = min(entry.size, MAX_BYTES)
        try:
            with entry.opened() as file:
                while chunk := file.read(CHUNK):
                    left, self.room = left - len(chunk), self.room - len(chunk)
                    if left < 0 or self.room < 0:
                        raise Refused("is longer than the archive says, or there is too much in all")
                    yield chunk
        except OSError as problem:
            raise Refused(f"cannot be read ({problem.strerror or problem})") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as problem:
            raise Refused(f"is damaged or packed in a way that is not known ({problem})") from None


def shown(name: str) -> str:
    """A name as it may be printed: without what a terminal would obey."""
    text = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


@contextmanager
def opened(source: Path) -> Iterator[Download]:
    """The files of ``source``, a zip or a folder, while the context lasts. Raises DownloadProblem."""
    if source.is_dir():
        yield _folder(source)
        return
    try:
        archive = zipfile.ZipFile(source)
    except FileNotFoundError:
        raise DownloadProblem(f"there is no {source}") from None
    except OSError as problem:
        raise DownloadProblem(f"{source} cannot be read ({problem.strerror or problem})") from None
    except UnicodeDecodeError:
        raise DownloadProblem(
            f"{source} is damaged: a name in it is not in UTF-8 as it says; unpack it and name the folder"
        ) from None
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as problem:
        raise DownloadProblem(f"{source} {_what(source)} ({problem})") from None
    with archive:
        yield _zip(source, archive)


def _what(source: Path) -> str:
    """Why a file is no zip."""
    with source.open("rb") as file:
        begin = file.read(8)
    if not begin:
        return "is empty; download it again"
    if begin.startswith(b"PK"):
        return "is a zip that ends too early or is damaged; download it again"
    kind = next((kind for magic, kind in _OTHERS.items() if begin.startswith(magic)), None)
    if kind is None or kind.startswith("a web"):
        return f"is {kind or 'no zip'}; download the submissions again"
    return f"is {kind}, not a zip; unpack it and name the folder"


def _zip(source: Path, archive: zipfile.ZipFile) -> Download:
    download, infos = Download(source), archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise DownloadProblem(f"{source} has {len(infos):,} entries; more than {MAX_ENTRIES:,} are not read")
    files = [info for info in infos if not info.is_dir()]
    if files and all(info.flag_bits & ENCRYPTED for info in files):
        raise DownloadProblem(f"{source} is encrypted; unpack it with its password and name the folder")
    found: dict[PurePosixPath, list[zipfile.ZipInfo]] = {}
    for info in files:
        try:
            name = _name(info)
            path = safe_path(name)
            if LITTER & set(path.parts):
                continue
            _check(info)
        except Refused as why:
            download.refuse("refused", info.orig_filename, f"was left out: it {why}")
        else:
            found.setdefault(path, []).append(info)
    for path, same in found.items():
        info = same[0]
        if len({(one.CRC, one.file_size) for one in same}) > 1:
            download.refuse(
                "duplicate", str(path), f"is in the archive {len(same)} times; none of them was taken"
            )
            continue
        download.entries.append(
            Entry(path, info.file_size, _moment(info.date_time), lambda info=info: archive.open(info))
        )
    return download


def _name(info: zipfile.ZipInfo) -> str:
    """The name of an entry. Old programs write UTF-8 without saying so; other code pages cannot be told apart."""
    if info.flag_bits & UTF_8:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        raise Refused("has a name that is not in UTF-8; unpack the archive and name the folder") from None


def _check(info: zipfile.ZipInfo) -> None:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        raise Refused("is a link")
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise Refused("is no regular file")
    if info.flag_bits & ENCRYPTED:
        raise Refused("is encrypted")
    if info.file_size > MAX_BYTES:
        raise Refused(f"has {info.file_size >> 20} MB; more than {MAX_BYTES >> 20} MB are not read")
    if info.file_size > RATIO_FROM and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        raise Refused(f"would grow {info.file_size // max(info.compress_size, 1):,}-fold when it is unpacked")


def _folder(source: Path) -> Download:
    download = Download(source)
    problems: list[OSError] = []
    for at, folders, files in os.walk(source, onerror=problems.append):
        folders[:] = sorted(name for name in folders if name not in LITTER)
        here = PurePosixPath(os.path.relpath(at, source).replace(os.sep, "/"))
        links = [name for name in folders if os.path.islink(os.path.join(at, name))]
        for name in sorted([*links, *files]):
            if name in LITTER:
                continue
            file = Path(at, name)
            try:
                path = safe_path((here / name).as_posix())
                status = file.lstat()
                if stat.S_ISLNK(status.st_mode):
                    raise Refused("is a link")
                if not stat.S_ISREG(status.st_mode):
                    raise Refused("is no regular file")
                if status.st_size > MAX_BYTES:
                    raise Refused(
                        f"has {status.st_size >> 20} MB; more than {MAX_BYTES >> 20} MB are not read"
                    )
            except Refused as why:
                download.refuse("refused", (here / name).as_posix(), f"was left out: it {why}")
                continue
            modified = datetime.datetime.fromtimestamp(status.st_mtime).astimezone()
            download.entries.append(Entry(path, status.st_size, modified, lambda file=file: _opened(file)))
            if len(download.entries) > MAX_ENTRIES:
                raise DownloadProblem(
                    f"{source} has more than {MAX_ENTRIES:,} files; is it the right folder?"
                )
    if problems and not download.entries:
        raise DownloadProblem(f"{source} cannot be read ({problems[0].strerror})")
    for problem in problems:
        download.refuse("refused", str(problem.filename), f"was left out: {problem.strerror}")
    return download


def _opened(path: Path) -> IO[bytes]:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    return os.fdopen(descriptor, "rb")


def safe_path(name: str) -> PurePosixPath:
    """A path that stays inside and can be kept on any system. Raises Refused."""
    text = name.replace("\\", "/")
    if "\0" in text:
        raise Refused("has a zero byte in its name")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise Refused("has a name that is not in UTF-8; rename it") from None
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise Refused("has an absolute path")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if not parts:
        raise Refused("has no name")
    for part in parts:
        if part == "..":
            raise Refused("has a path that climbs out of the archive")
        if any(unicodedata.category(letter) == "Cc" for letter in part):
            raise Refused("has control characters in its name")
        if DEVICES.fullmatch(part):
            raise Refused(f"is called {part}, the name of a device")
        if len(part.encode("utf-8")) > MAX_NAME:
            raise Refused("has a name that is too long for a file system")
    return PurePosixPath(*parts)


def _moment(fields: tuple[int, ...]) -> datetime.datetime:
    """The date of an entry, which is that of a clock on a wall somewhere, taken for this machine's."""
    now = datetime.datetime.now().astimezone()
    try:
        return min(datetime.datetime(*fields).astimezone(), now)
    except (ValueError, OverflowError, OSError):
        return now
