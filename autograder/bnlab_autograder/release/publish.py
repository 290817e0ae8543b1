"""Putting a finished release in place: both folders and the gradebook change together, or nothing does.

A release is first laid down in ``.bnlab/releases/STAGE/VERSION``, where it stays for ever. Publishing copies it from
there: a crash in the middle leaves a mark, and the next ``bnlab release`` or ``bnlab migrate`` of that stage
completes the work.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.grading.released import MANIFEST, publication_mark
from bnlab_autograder.grading.versions import STUDENTS
from bnlab_autograder.release.generate import recorded_cells, register, submission_count
from bnlab_autograder.release.manifest import Manifest, checksum
from bnlab_autograder.release.restructure import (
    Restructured,
    Roles,
    compared,
    restructure,
    roles_in,
    roles_recorded,
)
from bnlab_autograder.workspace import Workspace

INSTRUCTOR, RECORD = "instructor.ipynb", "record.json"


class Refused(RuntimeError):
    """This release would harm what is there already; the text says what and names the next step."""


@dataclass(frozen=True)
class Built:
    """A finished release, not yet published."""

    manifest: Manifest
    instructor: bytes  # the instructor's notebook
    files: Mapping[str, bytes]  # what students are given, without the manifest
    record: Mapping[str, Any]  # what only staff may know: the points of each hidden case, when it was built

    @classmethod
    def load(cls, workspace: Workspace, stage: str, version: str) -> Built:
        """A version that was published before. Raises Refused if it is damaged."""
        place = workspace.published(stage) / version
        manifest = _manifest(place / STUDENTS)
        files = {name: raw for name, raw in read_files(place / STUDENTS).items() if name != MANIFEST}
        if {name: checksum(raw) for name, raw in files.items()} != manifest.files:
            raise Refused(f"{place} has been changed or damaged; restore it from a backup")
        return cls(
            manifest, (place / INSTRUCTOR).read_bytes(), files, json.loads((place / RECORD).read_text())
        )

    @property
    def stage(self) -> str:
        return self.manifest.stage

    @property
    def notebook(self) -> NotebookNode:
        """The students' notebook."""
        return nbformat.reads(self.files[f"{self.stage}.ipynb"].decode("utf-8"), as_version=4)

    def same_as(self, other: Manifest | None) -> bool:
        """Whether students would be given the very same."""
        own = self.manifest
        return other is not None and (own.version, own.files, own.variant) == (
            other.version,
            other.files,
            other.variant,
        )


def published_versions(workspace: Workspace, stage: str) -> dict[str, Manifest]:
    """Every version of ``stage`` that was ever published, by number, oldest first."""
    folder = workspace.published(stage)
    found = {path.name: Manifest.load(path / STUDENTS) for path in folder.glob("*") if path.name[0] != "."}
    return {name: found[name] for name in sorted(found, key=number) if found[name] is not None}


def number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def lay_down(workspace: Workspace, built: Built) -> bool:
    """Keep a release among the published ones. Returns False if students were given this version already.

    Then only the instructor's side is brought up to date.
    """
    place = workspace.published(built.stage) / built.manifest.version
    record = (json.dumps(built.record, indent=1, ensure_ascii=False) + "\n").encode()
    if place.exists():
        earlier = (place / INSTRUCTOR).read_bytes()
        if earlier != built.instructor:
            write_files(place, {f"instructor-{checksum(earlier)[:8]}.ipynb": earlier, RECORD: record})
            write_files(place, {".new": built.instructor})
            os.replace(place / ".new", place / INSTRUCTOR)
        return False
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=place.parent, prefix=".new-"))
    try:
        files = {f"{STUDENTS}/{name}": raw for name, raw in built.files.items()}
        files[f"{STUDENTS}/{MANIFEST}"] = built.manifest.to_json().encode()
        files[INSTRUCTOR] = built.instructor
        files[RECORD] = record
        write_files(scratch, files)
        os.rename(scratch, place)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return True


@dataclass(frozen=True)
class Published:
    """What a publication has met."""

    submissions: int = 0  # that the gradebook holds
    kept: tuple[str, ...] = ()  # copies of folders that somebody had changed by hand
    restructured: Restructured = field(default_factory=Restructured)  # what submissions have got and lost


def put_in_place(
    workspace: Workspace,
    built: Built,
    *,
    judged: Callable[[Built], None] | None = None,
    change_points: bool = False,
    migrate: bool = False,
) -> Published:
    """Let ``judged`` look at a release, keep it among the published ones, and ``publish`` it; all or nothing."""
    if judged is not None:
        judged(built)
    new = lay_down(workspace, built)
    try:
        return publish(
            workspace, built.stage, built.manifest.version, change_points=change_points, migrate=migrate
        )
    except BaseException:
        if new:
            shutil.rmtree(workspace.published(built.stage) / built.manifest.version)
        raise


def publish(
    workspace: Workspace, stage: str, version: str, *, change_points: bool = False, migrate: bool = False
) -> Published:
    """Put a version that was laid down in place. What was changed by hand there is kept in ``.bnlab/replaced``.

    With ``migrate`` existing submissions get the cells of this version, and its points. Otherwise raises Refused if
    that would add or remove cells of theirs, or change their points without ``change_points``.
    """
    laid_down = workspace.published(stage) / version
    students = laid_down / STUDENTS
    new = _manifest(students)
    notebook = nbformat.read(students / f"{stage}.ipynb", as_version=4)
    instructor = {f"{stage}.ipynb": (laid_down / INSTRUCTOR).read_bytes()}
    with Ledger(workspace.db_url, workspace.course_id) as ledger, _Swap(workspace.private, stage) as swap:
        with ledger.transaction() as gradebook:
            ledger.hold(gradebook, stage)
            submissions = submission_count(gradebook, stage)
            changed = Restructured()
            _refuse_other_variant(workspace, new, submissions)
            if submissions and migrate:
                changed = restructure(gradebook, stage, notebook, version)
            elif submissions:
                before = roles_recorded(gradebook, stage)
                _refuse_harm(stage, before, roles_in(notebook), submissions, change_points)
            register(gradebook, stage, notebook)
            gradebook.db.flush()
            kept = _keep_edits(workspace, stage)
            swap.begin(version=version, change_points=change_points, migrate=migrate)
            swap.put(students, workspace.release(stage))
            swap.put(students, workspace.source(stage), instructor)
        swap.done = True
    return Published(submissions, kept, changed)


def finish_interrupted(workspace: Workspace, stage: str) -> str | None:
    """Complete a publication of ``stage`` that a crash has interrupted. Returns its version, if there was one."""
    mark = publication_mark(workspace.private, stage)
    try:
        begun = json.loads(mark.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:  # the crash came before the mark was complete, hence before any change
        mark.unlink()
        return None
    how = {key: begun.get(key, False) for key in ("change_points", "migrate")}
    publish(workspace, stage, begun["version"], **how)
    shutil.rmtree(workspace.private / begun["scratch"], ignore_errors=True)
    return begun["version"]


def in_place(workspace: Workspace, built: Built) -> bool:
    """Whether both folders and the gradebook hold this release, and nothing in them has been changed or lost."""
    stage, files = built.stage, built.manifest.files
    sourced = {**files, f"{stage}.ipynb": checksum(built.instructor)}
    if not (_holds(workspace.release(stage), files) and _holds(workspace.source(stage), sourced)):
        return False
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        return recorded_cells(gradebook, stage) == (set(built.manifest.known), built.manifest.graded)


def _holds(folder: Path, files: Mapping[str, str]) -> bool:
    try:
        return all(checksum((folder / name).read_bytes()) == expected for name, expected in files.items())
    except OSError:
        return False


def _manifest(folder: Path) -> Manifest:
    manifest = Manifest.load(folder)
    if manifest is None:
        raise Refused(f"{folder / MANIFEST} is missing or damaged; restore it from a backup")
    return manifest


def read_files(folder: Path) -> dict[str, bytes]:
    """The contents of every file below a folder, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files that everybody may read, whatever the umask."""
    for name, raw in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        path.chmod(0o644)


def _refuse_other_variant(workspace: Workspace, new: Manifest, submissions: int) -> None:
    """A course folder has one variant of a stage: its submissions are graded under that one."""
    present = Manifest.load(workspace.release(new.stage))
    submissions = max(submissions, len(workspace.submissions(new.stage)))
    if present is None or present.variant_name == new.variant_name or not submissions:
        return
    old, other = (f"variant {one.variant_name or 'default'}" for one in (present, new))
    raise Refused(
        f"there {'are' if submissions > 1 else 'is'} {submissions} submission{'s' if submissions > 1 else ''} to "
        f"{new.stage}, made in {old}, and this release is of {other}; nothing was changed. A course folder has one "
        f"variant of a stage: stay with it (--variant {present.variant_name or 'default'}), or make another folder for "
        "the other section (bnlab init FOLDER)"
    )


def _refuse_harm(stage: str, old: Roles, new: Roles, submissions: int, change_points: bool) -> None:
    changes = compared(old, new)
    held = f"the gradebook holds {submissions} submission{'s' if submissions > 1 else ''} to {stage}"
    structure = [change for change in changes if change.kind != "points"]
    if structure:
        verbs = {"added": "add", "removed": "remove", "role": "change the role of"}
        what = ", ".join(f"{verbs[change.kind]} {change.cell}" for change in structure)
        raise Refused(
            f"{held}, and this release would {what}; nothing was changed. "
            f"If that is meant, run: bnlab migrate {stage} (first with --dry-run)"
        )
    if changes and not change_points:
        what = ", ".join(f"{one.cell} from {one.old:g} to {one.new:g}" for one in changes)
        raise Refused(
            f"{held}, and this release would change the points of {what}; nothing was changed. "
            f"If that is meant, run: bnlab migrate {stage}; or add --change-points, and grade again afterwards"
        )


def _keep_edits(workspace: Workspace, stage: str) -> tuple[str, ...]:
    """Copy those of the two folders that hold something which no publication has put there."""
    known = {checksum(path.read_bytes()) for path in workspace.published(stage).rglob("*") if path.is_file()}
    kept = []
    for folder in (workspace.source(stage), workspace.release(stage)):
        own = {
            name: raw
            for name, raw in read_files(folder).items()
            if checksum(raw) not in known and not any(part[0] in "._" for part in Path(name).parts)
        }
        if own:
            name = f"{folder.parent.name}-{stage}-"
            workspace.replaced.mkdir(exist_ok=True)
            copy = Path(tempfile.mkdtemp(dir=workspace.replaced, prefix=name))
            write_files(copy, own)
            kept.append(copy.relative_to(workspace.root).as_posix())
    return tuple(kept)


class _Swap:
    """Replaces folders; puts the old ones back if the block ends before it is ``done``."""

    def __init__(self, private: Path, stage: str):
        self._private, self._mark, self.done = private, publication_mark(private, stage), False
        self._undo: list[tuple[Path, Path | None]] = []
        self._scratch: Path | None = None

    def __enter__(self) -> _Swap:
        return self

    def begin(self, **what: Any) -> None:
        """Leave a mark from which a crash in the middle can be completed."""
        self._scratch = Path(tempfile.mkdtemp(dir=self._private, prefix="swap-"))
        self._mark.write_text(json.dumps({**what, "scratch": self._scratch.name}), encoding="utf-8")

    def put(self, content: Path, place: Path, other: Mapping[str, bytes] | None = None) -> None:
        """Replace ``place`` by a copy of ``content``, in which the files ``other`` are others."""
        new, old = self._scratch / f"new-{place.parent.name}", self._scratch / f"old-{place.parent.name}"
        write_files(new, {**read_files(content), **(other or {})})
        place.parent.mkdir(exist_ok=True)
        existed = place.exists()
        if existed:
            os.rename(place, old)
        self._undo.append((place, old if existed else None))
        os.rename(new, place)

    def __exit__(self, *_: object) -> None:
        if not self.done:
            for place, old in reversed(self._undo):
                shutil.rmtree(place, ignore_errors=True)
                if old is not None:
                    os.rename(old, place)
        if self._scratch is not None:
            self._mark.unlink(missing_ok=True)
            shutil.rmtree(self._scratch, ignore_errors=True)
