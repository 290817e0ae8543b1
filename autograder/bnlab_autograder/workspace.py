"""A course folder: a plain nbgrader course, with BNLab's own records in ``.bnlab/``.

::

    bnlab.toml            settings, read by nbgrader_config.py too
    nbgrader_config.py    plugs BNLab into nbgrader
    gradebook.db          nbgrader's gradebook, unless bnlab.toml names a database
    source/STAGE/         the instructor's notebook       release/STAGE/      what students are given
    handouts/STAGE-VERSION.zip                            the same as one file, for a learning-management system
    submitted/STUDENT/STAGE/   autograded/…   feedback/…
    roster.csv            optional: who is in the course     extensions.csv   optional: who may hand in later
    exports/              grades for other systems           solutions/STAGE/     solved notebooks, to be published
    reports/              what the class got right and wrong, with names (bnlab report)
    mutants/              optional: known mistakes of this course's own (bnlab mutant accept)
    .bnlab/               private: the secret of the seeds, results, releases as they were published
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

SETTINGS = "bnlab.toml"
FORMAT = 1  # of the folder
COURSE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

SETTINGS_TEXT = """\
# Settings of this course folder. nbgrader_config.py reads them as well.
format = {format}
course_id = {course_id}
# The gradebook is gradebook.db in this folder, unless a database is named here, for instance
# db_url = "postgresql://user:password@host/database"
# At the end of this file there may be limits of student code in grading, such as
# [limits]
# cell_seconds = 60
"""

NBGRADER_CONFIG = """\
# nbgrader's configuration of this course. Course id and database stand in bnlab.toml.
from pathlib import Path

from bnlab_autograder.grading.nbgrader_plugin import configure
from bnlab_autograder.workspace import Workspace

c = get_config()
workspace = Workspace(Path(__file__).parent)
c.CourseDirectory.root = str(workspace.root)
c.CourseDirectory.course_id = workspace.course_id
c.CourseDirectory.db_url = workspace.db_url
configure(c)  # grade through BNLab's judge
"""


class NoWorkspace(LookupError):
    """There is no course folder, or it is damaged; the text names the folder and the next step."""


class NotCreated(ValueError):
    """A course folder cannot be made like this; the text says why."""


class Workspace:
    """A course folder.

    Parameters
    ----------
    folder : Path
        The folder itself; ``Workspace.find`` looks for it above a path.
    """

    def __init__(self, folder: Path):
        self.root = Path(folder).resolve()

    @classmethod
    def find(cls, path: Path) -> Workspace:
        """The course folder that ``path`` is or lies in. Raises NoWorkspace."""
        start = Path(path).resolve()
        for folder in (start, *start.parents):
            if (folder / SETTINGS).is_file():
                return cls(folder)
        if not start.is_dir():
            raise NoWorkspace(f"there is no folder {path}; make a course folder with: bnlab init {path}")
        raise NoWorkspace(
            f"{start} is no course folder, nor is one above it (no {SETTINGS}); run: bnlab init FOLDER"
        )

    @classmethod
    def create(
        cls, folder: Path, course_id: str | None = None, db_url: str | None = None
    ) -> tuple[Workspace, list[str]]:
        """Make ``folder`` a course folder, and say which files were written.

        What is there already stays as it is; so a folder can be completed, and its secret is never replaced.
        Without a ``course_id`` the course is called as the folder is. Raises NotCreated.
        """
        workspace = cls(folder)
        if course_id is None:
            known = (workspace.root / SETTINGS).exists()
            course_id = workspace.course_id if known else workspace.root.name
        workspace._check(course_id, db_url)
        workspace.root.mkdir(parents=True, exist_ok=True)
        written = [
            path.relative_to(workspace.root).as_posix()
            for path, write in (
                (workspace.private / "secret", workspace._write_secret),
                (workspace.private / ".gitignore", lambda path: path.write_text("*\n", encoding="utf-8")),
                (workspace.root / SETTINGS, lambda path: _write_settings(path, course_id, db_url)),
                (workspace.nbgrader_config, lambda path: path.write_text(NBGRADER_CONFIG, encoding="utf-8")),
            )
            if not path.exists() and (write(path) or True)
        ]
        for made in (workspace.root / "source", workspace.root / "release", workspace.submitted):
            made.mkdir(exist_ok=True)
        return workspace, written

    # Settings

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What ``bnlab.toml`` says. Raises NoWorkspace if it is missing or damaged."""
        path = self.root / SETTINGS
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NoWorkspace(f"{path} is missing; run: bnlab init {self.root}") from None
        except (OSError, ValueError) as problem:
            raise NoWorkspace(f"{path} cannot be read ({problem}); correct it") from None
        if settings.get("format") != FORMAT:
            raise NoWorkspace(f"{path} has format {settings.get('format')}, this BNLab knows {FORMAT}")
        if not isinstance(settings.get("course_id"), str):
            raise NoWorkspace(f'{path} names no course; add a line such as: course_id = "bn"')
        return settings

    @property
    def course_id(self) -> str:
        return self.settings["course_id"]

    @property
    def db_url(self) -> str:
        """The URL of the gradebook; the path of an SQLite file is relative to the course folder."""
        url = driver_url(self.settings.get("db_url", "sqlite:///gradebook.db"))
        kind, separator, path = url.partition(":///")
        if kind == "sqlite" and path and path != ":memory:":
            return f"{kind}{separator}{self.root / path}"
        return url

    # Places

    @property
    def nbgrader_config(self) -> Path:
        return self.root / "nbgrader_config.py"

    @property
    def gradebook(self) -> Path:
        """Where the gradebook lies if it is nbgrader's default."""
        return self.root / "gradebook.db"

    def source(self, stage: str) -> Path:
        return self.root / "source" / stage

    def release(self, stage: str) -> Path:
        return self.root / "release" / stage

    def handout(self, stage: str, version: str) -> Path:
        """A release as one zip, for a learning-management system."""
        return self.root / "handouts" / f"{stage}-{version}.zip"

    @property
    def submitted(self) -> Path:
        return self.root / "submitted"

    @property
    def autograded(self) -> Path:
        return self.root / "autograded"

    @property
    def feedback(self) -> Path:
        return self.root / "feedback"

    @property
    def private(self) -> Path:
        return self.root / ".bnlab"

    @property
    def results(self) -> Path:
        """The store of verdicts."""
        return self.private / "results"

    @property
    def mutants(self) -> Path:
        """Mutants that this course has beside BNLab's, with their entries for the page of mistakes."""
        return self.root / "mutants"

    def published(self, stage: str) -> Path:
        """A folder for each version of ``stage`` that was ever published."""
        return self.private / "releases" / stage

    @property
    def replaced(self) -> Path:
        """What had been changed by hand in ``source`` or ``release`` when a release replaced it."""
        return self.private / "replaced"

    # Seeds

    def seed_for(self, stage: str, version: str, variant: str | None = None) -> tuple[bytes, str]:
        """The seed of the hidden cases' inputs for a version of a stage, in a variant if one is named; and its id.

        Only the id may leave this folder; the seed cannot be computed from it. Raises NoWorkspace.
        """
        what = [stage, version, variant] if variant else [stage, version]
        seed = hmac.digest(self.secret, "\0".join(what).encode(), "sha256")
        return seed, hashlib.sha256(b"bnlab seed id\0" + seed).hexdigest()[:16]

    @property
    def secret(self) -> bytes:
        """What all seeds are made from. Raises NoWorkspace."""
        path = self.private / "secret"
        try:
            secret = path.read_bytes()
        except OSError as problem:
            raise NoWorkspace(
                f"{path} cannot be read ({problem.strerror}); restore it from a backup, or run "
                f"bnlab init {self.root} for a new one: then hidden cases get other inputs"
            ) from None
        if len(secret) < 32:
            raise NoWorkspace(f"{path} is damaged; restore it from a backup")
        return secret

    # Submissions

    def students(self) -> list[str]:
        """Everybody who has a folder in ``submitted``."""
        return [path.name for path in _folders(self.submitted)]

    def submissions(self, stage: str) -> list[tuple[str, Path]]:
        """Student and folder of every submission to ``stage``."""
        return [(path.name, path / stage) for path in _folders(self.submitted) if (path / stage).is_dir()]

    # Creation

    def _check(self, course_id: str, db_url: str | None) -> None:
        if not COURSE_ID.fullmatch(course_id):
            raise NotCreated(
                f"{course_id!r} cannot be a course id: letters, digits, dots, dashes and underscores only; "
                "name another with --course-id"
            )
        if self.root.exists() and not self.root.is_dir():
            raise NotCreated(f"{self.root} is a file; name a folder")
        if (self.root / SETTINGS).exists():
            if self.course_id != course_id or (db_url is not None and self.settings.get("db_url") != db_url):
                raise NotCreated(f"{self.root} is a course folder with other settings; edit its {SETTINGS}")
        elif self.nbgrader_config.exists():
            raise NotCreated(
                f"{self.nbgrader_config} exists and was not written by BNLab; move it away, run this again, "
                "and add your own lines to the new one"
            )

    def _write_secret(self, path: Path) -> None:
        self.private.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))


def driver_url(url: str) -> str:
    """The URL with the driver that BNLab installs for PostgreSQL, where it names none."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _write_settings(path: Path, course_id: str, db_url: str | None) -> None:
    text = SETTINGS_TEXT.format(format=FORMAT, course_id=json.dumps(course_id))
    if db_url is not None:
        text += f"db_url = {json.dumps(db_url)}\n"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)  # for the owner's eyes: a database URL may hold a password


def _folders(parent: Path) -> Iterator[Path]:
    if parent.is_dir():
        yield from (path for path in sorted(parent.iterdir()) if path.is_dir() and path.name[0] != ".")
