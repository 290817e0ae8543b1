"""``bnlab upgrade``: a student's notebook under a newer release.

Answers go where the new release asks for them, by the names of the cells; own cells stay behind the cell they stood
behind. What has no place any more is kept at the end, in Markdown that does not run. Whether a cell is as it was
released can be told from the notebook alone: nbgrader leaves a checksum in cells it knows, and the others carry a
digest of their text in their id. Notebooks are read as plain JSON, so nothing but Python is needed.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

SCHEMA, VERSION = "bnlab-upgrade", 1
MANIFEST = "manifest.json"
GIVEN_ID = re.compile(r"(code|markdown)-([0-9a-f]{12})(-\d+)?")  # of cells that are the release's own
LARGEST = 256 << 20  # bytes of a release, unpacked
NotebookCell = dict[str, Any]


class NotUpgraded(ValueError):
    """Nothing was changed; the text says why and what to do."""


@dataclass
class Upgrade:
    """What an upgrade did, or would do."""

    notebook: str
    stage: str
    old: str | None  # the release the notebook came from; None if it does not say
    new: str
    status: str = "upgraded"  # or "unchanged", or "planned"
    backup: str | None = None  # of the notebook as it was
    carried: list[str] = field(default_factory=list)  # answers, by the names of their cells
    reread: list[str] = field(default_factory=list)  # of them those whose task reads differently now
    open: list[str] = field(
        default_factory=list
    )  # answers that the new release asks for and that are not there
    own: int = 0  # cells of the student's own
    kept: list[dict[str, str]] = field(default_factory=list)  # what stands at the end now: cell, why
    files: list[str] = field(default_factory=list)  # written beside the notebook
    kept_files: list[str] = field(default_factory=list)  # copies of files that the student had changed

    def to_dict(self) -> dict[str, Any]:
        return {"schema": SCHEMA, "version": VERSION, **asdict(self)}


@dataclass(frozen=True)
class Release:
    """A version of a stage, as students are given it."""

    stage: str
    version: str
    notebook: dict[str, Any]
    files: Mapping[str, bytes]  # beside the notebook, by path


def upgrade(notebook: Path, to: Path, *, dry_run: bool = False) -> Upgrade:
    """Bring a notebook to the release in the folder or zip ``to``; the notebook as it was stays beside it.

    Files of the release are put beside the notebook as well. Raises NotUpgraded before anything is written.
    """
    old, raw = read_notebook(notebook)
    release = read_release(to, stage_of(old, notebook))
    if to.is_dir() and (to / f"{release.stage}.ipynb").resolve() == notebook.resolve():
        raise NotUpgraded(
            f"{notebook} is the notebook of that release itself; name the one you have worked in"
        )
    manifest = _manifest_in(notebook.parent)
    done = Upgrade(str(notebook), release.stage, version_of(old), release.version)
    merged = _text(_Merge(old, release, _given_in(manifest, done.old), done).notebook())
    files = _files_to_write(notebook.parent, release.files)
    done.files = sorted(files)
    same = merged == _text(old)
    if dry_run or (same and not files):
        done.status = "unchanged" if same and not files else "planned"
        return done
    done.kept_files = _put_files(notebook.parent, files, manifest, release.version)
    if not same:
        done.backup = _keep(notebook, raw, release.version).name
        _replace(notebook, merged.encode())
    if MANIFEST in files:  # last: until then it says what the files beside the notebook were like
        _replace(notebook.parent / MANIFEST, files[MANIFEST])
    return done


# Reading


def read_notebook(path: Path) -> tuple[dict[str, Any], bytes]:
    """A notebook, and the bytes of its file. Raises NotUpgraded."""
    try:
        raw = path.read_bytes()
    except OSError as problem:
        raise NotUpgraded(f"{path} cannot be read ({problem.strerror or problem})") from None
    return _parsed(raw, str(path)), raw


def _parsed(raw: bytes, name: str) -> dict[str, Any]:
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        end = " (it is empty)" if not raw.strip() else ""
        raise NotUpgraded(
            f"{name} is not a notebook that can be read{end}; Jupyter keeps an earlier state "
            "(File > Revert Notebook to Checkpoint)"
        ) from None
    if isinstance(data, dict) and "worksheets" in data:
        raise NotUpgraded(f"{name} is in the notebook format 3; open it in Jupyter and save it first")
    if not isinstance(data, dict) or not isinstance(data.get("cells"), list):
        raise NotUpgraded(f"{name} is not a notebook: it holds no cells")
    for number, cell in enumerate(data["cells"], start=1):
        if not _is_cell(cell):
            raise NotUpgraded(
                f"cell {number} of {name} is damaged; open the notebook in Jupyter, mend or delete it, and save"
            )
    if not isinstance(data.get("metadata", {}), dict):
        raise NotUpgraded(f"the metadata of {name} are damaged; open the notebook in Jupyter and save it")
    return data


def _is_cell(cell: Any) -> bool:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown", "raw"):
        return False
    source = cell.get("source")
    lines = isinstance(source, list) and all(isinstance(line, str) for line in source)
    return (lines or isinstance(source, str)) and isinstance(cell.get("metadata", {}), dict)


def version_of(notebook: dict[str, Any]) -> str | None:
    """The release that a notebook comes from, as it says itself."""
    return _about(notebook).get("version")


def stage_of(notebook: dict[str, Any], path: Path) -> str | None:
    """The stage that a notebook belongs to; None if it does not say."""
    return _about(notebook).get("stage") or (path.stem if re.match(r"\d\d_\w+$", path.stem) else None)


def _about(notebook: dict[str, Any]) -> dict[str, str]:
    about = notebook.get("metadata", {}).get("bnlab")
    return {k: v for k, v in about.items() if isinstance(v, str)} if isinstance(about, dict) else {}


def read_release(place: Path, stage: str | None) -> Release:
    """The release in a folder or zip, of ``stage`` if that is known. Raises NotUpgraded."""
    if place.is_dir():
        paths = [path for path in sorted(place.rglob("*")) if path.is_file() and not _hidden(path, place)]
        names = {path.relative_to(place).as_posix(): path for path in paths}
        folder = _with_manifest(names, place)
        # Only what the manifest names: students work in that folder, and a virtual environment may lie there.
        wanted = _listed(names[f"{folder}{MANIFEST}"].read_bytes(), place)
        files = {n: names[folder + n].read_bytes() for n in (*wanted, MANIFEST) if folder + n in names}
    elif place.is_file():
        files = _unzipped(place)
        folder = _with_manifest(files, place)
        files = {name.removeprefix(folder): raw for name, raw in files.items() if name.startswith(folder)}
    else:
        raise NotUpgraded(f"there is no {place}; name the folder or the zip of the new release")
    return _checked(files, place, stage)


def _checked(files: dict[str, bytes], place: Path, stage: str | None) -> Release:
    wanted = _listed(files[MANIFEST], place)
    manifest = json.loads(files[MANIFEST])
    lacking = [name for name in wanted if name not in files]
    changed = [n for n, digest in wanted.items() if n in files and _sha256(files[n]) != digest]
    if lacking or changed:
        what = f"has no {lacking[0]}" if lacking else f"has another {changed[0]} than it was released with"
        raise NotUpgraded(f"{place} {what}; unpack the release anew, into a folder of its own")
    if stage is not None and manifest["stage"] != stage:
        raise NotUpgraded(f"{place} is a release of {manifest['stage']}, the notebook belongs to {stage}")
    name = f"{manifest['stage']}.ipynb"
    notebook = _parsed(files[name], f"{name} in {place}")
    beside = {n: raw for n, raw in files.items() if n != name and (n in wanted or n == MANIFEST)}
    return Release(manifest["stage"], manifest["version"], notebook, beside)


def _listed(raw: bytes, place: Path) -> dict[str, str]:
    """The files of a release with their checksums, by its manifest."""
    try:
        manifest = json.loads(raw)
        files, stage, version = manifest["files"], manifest["stage"], manifest["version"]
        safe = all(_safe(name) and isinstance(digest, str) for name, digest in files.items())
        if not (safe and isinstance(version, str) and f"{stage}.ipynb" in files):
            raise ValueError
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NotUpgraded(f"the {MANIFEST} in {place} is damaged; download the release again") from None
    return files


def _with_manifest(names: Iterable[str], place: Path) -> str:
    """The folder inside ``place`` that is the release: "" or "name/"."""
    found = sorted(
        name.removesuffix(MANIFEST)
        for name in names
        if PurePosixPath(name).name == MANIFEST and name.count("/") < 2
    )
    if "" in found:
        return ""
    if len(found) != 1:
        what = "holds no release" if not found else f"holds {len(found)} releases; name the folder of one"
        raise NotUpgraded(f"{place} {what} (a release has a {MANIFEST} beside its notebook)")
    return found[0]


def _unzipped(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if sum(member.file_size for member in members) > LARGEST:
                raise NotUpgraded(f"{path} is larger than any release; is it the right file?")
            return {member.filename: archive.read(member) for member in members if _safe(member.filename)}
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as problem:
        raise NotUpgraded(f"{path} is not a zip that can be read ({problem}); download it again") from None


def _safe(name: Any) -> bool:
    """Whether a path inside a release stays below it."""
    path = PurePosixPath(name) if isinstance(name, str) else None
    return path is not None and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _hidden(path: Path, below: Path) -> bool:
    parts = path.relative_to(below).parts
    return len(parts) > 3 or any(part.startswith(".") for part in parts)


def _manifest_in(folder: Path) -> dict[str, Any]:
    """What the manifest beside a notebook says; empty if there is none."""
    try:
        data = json.loads((folder / MANIFEST).read_bytes())
        return data if isinstance(data, dict) else {}
    except (OSError, ValueError):
        return {}


def _given_in(manifest: Mapping[str, Any], version: str | None) -> set[str]:
    """Checksums of the unnamed cells of the release that a notebook comes from, if it lies beside its manifest."""
    if manifest.get("version") != version or not isinstance(manifest.get("cells"), list):
        return set()
    return {cell.get("checksum", "") for cell in manifest["cells"] if not cell.get("grade_id")}


# Cells


class _Cell:
    """A cell of the student's notebook."""

    def __init__(self, data: NotebookCell, number: int):
        self.data, self.number, self.kind = data, number, data["cell_type"]
        self.source = _source(data)
        self.id = data["id"] if isinstance(data.get("id"), str) else None
        self.marks = _marks(data)
        name = self.marks.get("grade_id")
        used = any(self.marks.get(key) for key in ("grade", "solution", "locked", "task"))
        self.name = name if isinstance(name, str) and used else None

    def says(self, other: NotebookCell) -> bool:
        return self.source.strip() == _source(other).strip()

    @property
    def as_released(self) -> bool:
        """Whether the cell is as the release it comes from has it, by what it says itself."""
        if self.name is not None:
            return self.marks.get("checksum") == checksum(self.data)
        given = GIVEN_ID.fullmatch(self.id or "")
        return bool(given) and _sha256(self.source.encode()).startswith(given[2])


def checksum(cell: NotebookCell) -> str:
    """nbgrader's checksum of a cell: source, type, role, name, and points."""
    marks = _marks(cell)
    grade, solution = bool(marks.get("grade")), bool(marks.get("solution"))
    locked = not solution and (grade or bool(marks.get("locked")))
    parts = [_source(cell), cell["cell_type"], str(grade), str(solution), str(locked), str(marks["grade_id"])]
    if grade:
        try:
            parts.append(str(float(marks["points"])))
        except (LookupError, TypeError, ValueError):
            return ""
    return hashlib.md5("".join(parts).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def _marks(cell: NotebookCell) -> dict[str, Any]:
    marks = cell.get("metadata", {}).get("nbgrader")
    return marks if isinstance(marks, dict) else {}


def _source(cell: NotebookCell) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _is_answer(cell: NotebookCell) -> bool:
    return bool(_marks(cell).get("solution"))


def _defines(source: str, name: str) -> bool:
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return re.search(rf"^(def|class)\s+{re.escape(name)}\b", source, re.MULTILINE) is not None
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name:
            return True
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return True
    return False


class _Merge:
    """The new notebook with the student's parts put in. Fills in the report ``done``."""

    def __init__(self, old: dict[str, Any], release: Release, given: set[str], done: Upgrade):
        self.old, self.new, self.given, self.done = old, copy.deepcopy(release.notebook), given, done
        self.cells = [_Cell(cell, number) for number, cell in enumerate(old["cells"])]
        self.named = {_marks(cell)["grade_id"]: cell for cell in self.new["cells"] if _marks(cell)}
        self.for_new: dict[str, _Cell] = {}  # which old cell stands for a new one, by the new one's id
        self.spare: list[tuple[_Cell, str]] = []  # what has no place any more, and why
        if stage_of(old, Path()) is None and not any(cell.name in self.named for cell in self.cells):
            raise NotUpgraded(
                f"{done.notebook} shares no exercise with {release.stage}; is it the right notebook?"
            )

    def notebook(self) -> dict[str, Any]:
        self._match_named()
        self._match_unnamed()
        self._rescue()
        own = self._own()
        taken = {cell["id"] for cell in self.new["cells"]}
        cells = [*self._fresh(own[None], taken)]
        for cell in self.new["cells"]:
            self._fill(cell)
            cells += [cell, *self._fresh(own[cell["id"]], taken)]
        cells += self._fresh([_kept(cell, why, self.done) for cell, why in self.spare], taken)
        self.done.own = sum(map(len, own.values()))
        metadata = {**self.old.get("metadata", {}), **self.new["metadata"]}
        kernel = self.old.get("metadata", {}).get("kernelspec")
        if kernel:
            metadata["kernelspec"] = kernel
        return {**self.old, "metadata": metadata, "cells": cells}

    def _match_named(self) -> None:
        """Cells that the new release has under the same name; of copies the one that was worked on."""
        copies = defaultdict(list)
        for cell in self.cells:
            if cell.name in self.named:
                copies[cell.name].append(cell)
        for name, candidates in copies.items():
            new = self.named[name]
            touched = [cell for cell in candidates if not cell.as_released and not cell.says(new)]
            worked = touched or candidates
            chosen = next((cell for cell in worked if cell.id == new["id"]), worked[0])
            self.for_new[new["id"]] = chosen
            if not _is_answer(new):
                self.spare += [(cell, "it is locked, and you had changed it") for cell in touched]
                continue
            seen = {chosen.source.strip()}
            for cell in touched:
                if cell.source.strip() not in seen:
                    seen.add(cell.source.strip())
                    self.spare.append((cell, "it was there more than once; this is another copy"))

    def _match_unnamed(self) -> None:
        """Prose and given code: by id, or by an equal text where an editor has changed the ids."""
        free = {cell.number: cell for cell in self.cells if cell.name is None}
        plain = [cell for cell in self.new["cells"] if not _marks(cell)]
        for test in (
            lambda old, new: old.id == new["id"] and old.kind == new["cell_type"],
            lambda old, new: old.kind == new["cell_type"] and old.says(new),
        ):
            for new in plain:
                if new["id"] not in self.for_new:
                    found = next((cell for cell in free.values() if test(cell, new)), None)
                    if found is not None:
                        self.for_new[new["id"]] = free.pop(found.number)

    def _rescue(self) -> None:
        """Answers whose label has been lost or changed: by the cell's id, or by the function they define."""
        taken = {cell.number for cell in self.for_new.values()}
        for name, new in self.named.items():
            have = self.for_new.get(new["id"])
            if not _is_answer(new) or (have is not None and not have.as_released and not have.says(new)):
                continue
            free = [
                cell
                for cell in self.cells
                if cell.number not in taken and cell.name not in self.named and not cell.as_released
            ]
            found = [cell for cell in free if cell.id == new["id"]]
            if new["cell_type"] == "code":
                found += [cell for cell in free if cell.kind == "code" and _defines(cell.source, name)]
            if found:
                self.for_new[new["id"]] = found[0]
                taken.add(found[0].number)

    def _own(self) -> dict[str | None, list[NotebookCell]]:
        """The student's own cells, by the id of the cell of the new release that they follow."""
        place_of = {cell.number: new_id for new_id, cell in self.for_new.items()}
        settled = {cell.number for cell, _ in self.spare}
        own, place = defaultdict(list), None
        for cell in self.cells:
            if cell.number in place_of:
                place = place_of[cell.number]
            elif cell.number in settled or cell.name in self.named or not cell.source.strip():
                continue
            elif cell.as_released or (cell.id is None and _sha256(cell.source.encode()) in self.given):
                continue  # of the earlier release, and not in this one
            elif cell.name is not None:
                self.spare.append((cell, f"release {self.done.new} has no such cell"))
            else:
                own[place].append(_without_label(cell.data))
        return own

    def _fill(self, new: NotebookCell) -> None:
        """Put the student's part into a cell of the new release."""
        old, name = self.for_new.get(new["id"]), _marks(new).get("grade_id")
        if old is None:
            if _is_answer(new):
                self.done.open.append(name)
            return
        written = not old.as_released and not old.says(new)
        if _is_answer(new) and not written:
            self.done.open.append(name)
        elif written and (_is_answer(new) or not name):
            new["source"] = old.source
            if new["cell_type"] == "markdown" and isinstance(old.data.get("attachments"), dict):
                new["attachments"] = old.data["attachments"]
            if name:
                self.done.carried.append(name)
                if old.marks.get("checksum") not in (None, _marks(new).get("checksum")):
                    self.done.reread.append(name)
        kept = {key: value for key, value in old.data.get("metadata", {}).items() if key != "nbgrader"}
        new["metadata"] = {**kept, **new["metadata"]}
        if new["cell_type"] == old.kind == "code" and old.says(new):
            new["outputs"] = old.data.get("outputs") or []
            new["execution_count"] = old.data.get("execution_count")

    def _fresh(self, cells: Iterable[NotebookCell], taken: set[str]) -> Iterator[NotebookCell]:
        """The cells with ids that no other cell has."""
        for cell in cells:
            wanted = cell.get("id") if isinstance(cell.get("id"), str) else ""
            if not re.fullmatch(r"[\w-]{1,64}", wanted):
                wanted = f"own-{_sha256(_source(cell).encode())[:12]}"
            name, count = wanted, 1
            while name in taken:
                count += 1
                name = f"{wanted[:56]}-{count}"
            taken.add(name)
            yield {**cell, "id": name}


def _without_label(cell: NotebookCell) -> NotebookCell:
    """An own cell as it stood; what nbgrader might have put there is left out."""
    metadata = {key: value for key, value in cell.get("metadata", {}).items() if key != "nbgrader"}
    made = {**cell, "metadata": metadata}
    if cell["cell_type"] == "code":
        made = {"outputs": [], "execution_count": None, **made}
    return made


def _kept(cell: _Cell, why: str, done: Upgrade) -> NotebookCell:
    """A Markdown cell that holds a text for which the new release has no place."""
    done.kept.append({"cell": cell.name, "why": why})
    text = cell.source
    if cell.kind != "markdown":
        ticks = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
        text = f"{ticks}python\n{text}\n{ticks}" if cell.kind == "code" else f"{ticks}\n{text}\n{ticks}"
    head = f"**Kept by `bnlab upgrade`**: your text in `{cell.name}` of release {done.old or '?'}; {why}."
    made = {
        "cell_type": "markdown",
        "id": f"kept-{_sha256(f'{cell.name} {cell.source}'.encode())[:12]}",
        "metadata": {"bnlab": {"kept": cell.name}},
        "source": f"{head}\n\n{text}",
    }
    if isinstance(cell.data.get("attachments"), dict):
        made["attachments"] = cell.data["attachments"]
    return made


# Writing


def _text(notebook: dict[str, Any]) -> str:
    """A notebook as Jupyter writes it."""
    cells = [{**cell, "source": _source(cell).splitlines(keepends=True)} for cell in notebook["cells"]]
    minor = max(5, notebook.get("nbformat_minor", 5))
    data = {**notebook, "nbformat": 4, "nbformat_minor": minor, "cells": cells}
    return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _files_to_write(folder: Path, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those that are not in ``folder`` already."""
    return {name: raw for name, raw in files.items() if _content(folder / name) != raw}


def _put_files(
    folder: Path, files: Mapping[str, bytes], manifest: Mapping[str, Any], version: str
) -> list[str]:
    """Write files of the release. Returns the copies made of those that the student had changed."""
    known = manifest.get("files") if isinstance(manifest.get("files"), dict) else {}
    kept = []
    for name, raw in files.items():
        path, there = folder / name, _content(folder / name)
        if name == MANIFEST:
            continue
        if there is not None and _sha256(there) != known.get(name):
            kept.append(_keep(path, there, version).relative_to(folder).as_posix())
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, raw)
    return kept


def _keep(path: Path, raw: bytes, version: str) -> Path:
    """A copy beside ``path`` that replaces no other one."""
    name, count = f"{path.stem}.before-{version}", 1
    copy_ = path.with_name(f"{name}{path.suffix}")
    while (there := _content(copy_)) not in (None, raw):
        count += 1
        copy_ = path.with_name(f"{name}-{count}{path.suffix}")
    if there is None:
        _replace(copy_, raw)
    return copy_


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise NotUpgraded(f"{path} cannot be read ({problem.strerror or problem})") from None


def _replace(path: Path, raw: bytes) -> None:
    """Write a file whole or not at all. Raises NotUpgraded (a full disk)."""
    target = Path(os.path.realpath(path))
    scratch = None
    try:
        descriptor, scratch = tempfile.mkstemp(dir=target.parent, prefix=".bnlab-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, scratch)
        else:
            os.chmod(scratch, 0o644)
        os.replace(scratch, target)
    except OSError as problem:
        if scratch is not None:
            Path(scratch).unlink(missing_ok=True)
        raise NotUpgraded(f"{path} cannot be written ({problem.strerror or problem})") from None


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
