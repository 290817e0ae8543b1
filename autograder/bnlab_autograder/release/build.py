"""``bnlab release``: from the sources of a stage to what its students are given.

Built in a scratch folder, proved, kept under ``.bnlab/releases``, then put in place at once; a failure on the way
leaves what was there. The same sources give the same bytes. (Executing a release is the work of ``verify``.)
"""

from __future__ import annotations

import datetime
import re
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.curriculum import Stage, earlier_than
from bnlab_autograder.diagnosis.own_bank import with_own
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.extensions import FILE as EXTENSIONS
from bnlab_autograder.grading.extensions import ExtensionsProblem, read_extensions
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.grading.released import FOR_STUDENTS_ONLY, MANIFEST
from bnlab_autograder.release.answers import PREVIOUS, SourceProblem, previous_names, previous_stages_source
from bnlab_autograder.release.generate import (
    NotGenerated,
    closed,
    due_dates,
    extended_until,
    set_due,
    students_version,
)
from bnlab_autograder.release.handout import write_handout
from bnlab_autograder.release.leaks import leaks
from bnlab_autograder.release.manifest import Manifest, changes
from bnlab_autograder.release.measure import MEASURED
from bnlab_autograder.release.notebook import Source, instructor_notebook
from bnlab_autograder.release.proof import NotProved, prove
from bnlab_autograder.release.publish import (
    Built,
    Published,
    Refused,
    finish_interrupted,
    in_place,
    number,
    published_versions,
    put_in_place,
    read_files,
    write_files,
)
from bnlab_autograder.release.texts import readme, requirements
from bnlab_autograder.release.trial import Judged
from bnlab_autograder.release.variant import Variant, variant_of
from bnlab_autograder.release.wheel import student_wheel
from bnlab_autograder.workspace import Workspace

__all__ = ["PROBLEMS", "ReleaseReport", "build_release", "instructor_notebook", "previous_stages_source"]

PROBLEMS = (
    SourceProblem,
    NotProved,
    NotGenerated,
    Refused,
)  # what a release may fail with, in words for people
FIRST = "1.0.0"
VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}")
SUPPORT_FILES = (".png", ".jpg", ".jpeg", ".gif", ".svg", ".csv", ".npz", ".json")  # beside a source
MISTAKES = "mistakes.md"  # the page to which checks send those whose mistake is known
SHOWN = 5  # of many leaks
RELEASED, UNCHANGED = "released", "unchanged"


@dataclass
class ReleaseReport:
    """What ``build_release`` has done."""

    stage: str
    version: str
    status: str  # "released" or "unchanged"
    folder: str
    handout: str  # the same as one zip
    points: dict[str, float]  # "automatic" and "by_hand"
    exercises: list[str]
    files: list[str]
    seed: str  # its id
    changes: list[dict[str, Any]] = field(default_factory=list)  # against what was released before
    submissions: int = 0  # that the gradebook held
    grade_again: bool = False  # points have changed under them
    kept: list[str] = field(default_factory=list)  # copies of what had been changed by hand
    note: str = ""
    seconds: float = 0.0
    variant: dict[str, Any] | None = None  # its name, the seed of its inputs, parameters; None: the default

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def build_release(
    workspace: Workspace,
    stage: Stage,
    version: str | None = None,
    note: str = "",
    *,
    files: Assets | None = None,
    change_points: bool = False,
    created: str | None = None,
    force: bool = False,
    judged: Judged | None = None,
    due: datetime.datetime | None = None,
    variant: str | int | None = None,
) -> ReleaseReport:
    """Build a release of ``stage``, prove it, and put it in place.

    Parameters
    ----------
    workspace : Workspace
    stage : Stage
    version : str, optional
        ``X.Y.Z``. If not given: that of the present release where nothing has changed, otherwise the next one.
    note : str
        What is new, for the manifest.
    files : Assets, optional
        The course's own files, if not the installed ones.
    change_points : bool
        Allow that points of cells change for which the gradebook holds submissions.
    created : str, optional
        When; goes into the private record only.
    force : bool
        Release although a stage whose answers go along is still open.
    judged : callable, optional
        Looks at the finished release before it is published; see ``trial.Trial``.
    due : datetime, optional
        Until when students may hand in, for the gradebook.
    variant : str or int, optional
        Its name, or the seed of one without a name; see ``variant.variant_of`` for what holds if not given.

    Raises SourceProblem, NotProved, NotGenerated or Refused, all before anything was changed.
    """
    files, started = files or files_for(workspace), time.perf_counter()
    finish_interrupted(workspace, stage.name)
    present = Manifest.load(workspace.release(stage.name))
    if not force:
        _refuse_if_open(workspace, stage)
    built = prepare(workspace, stage, version, note, files=files, created=created, variant=variant)
    done = None
    if not (built.same_as(present) and in_place(workspace, built)):
        done = put_in_place(workspace, built, judged=judged, change_points=change_points)
    if due is not None:
        with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
            set_due(gradebook, stage.name, due)
    handout = workspace.handout(stage.name, built.manifest.version)
    write_handout(handout, stage.name, read_files(workspace.release(stage.name)))
    report = _report(workspace, stage, built, present, done)
    report.seconds = round(time.perf_counter() - started, 3)
    return report


def files_for(workspace: Workspace) -> Assets:
    """The installed files of the course, with the mutants of the course folder. Raises SourceProblem."""
    try:
        return with_own(assets(), workspace.mutants, workspace.private)
    except ValueError as problem:
        raise SourceProblem(str(problem)) from None


def prepare(
    workspace: Workspace,
    stage: Stage,
    version: str | None = None,
    note: str = "",
    *,
    files: Assets | None = None,
    created: str | None = None,
    variant: str | int | None = None,
) -> Built:
    """A finished release of ``stage``, proved and numbered, of which nothing is in place yet. As ``build_release``."""
    if version is not None and not VERSION.fullmatch(version):
        raise SourceProblem(f"{version!r} is no version; write three numbers, such as 1.0.1")
    files = files or files_for(workspace)
    present = Manifest.load(workspace.release(stage.name))
    published = published_versions(workspace, stage.name)
    chosen = variant_of(workspace, stage, variant, present.variant if present else None)
    first = version or (present.version if present else FIRST)
    built = _build(workspace, stage, first, note, files, created, chosen)
    if version is None and present is not None and not built.same_as(present):
        built = _build(workspace, stage, _next(published, present.version), note, files, created, chosen)
    number_of = built.manifest.version
    if number_of in published and not built.same_as(published[number_of]):
        raise Refused(
            f"{stage.name} {number_of} was released before with other contents; "
            f"choose another number, such as {_next(published, number_of)}"
        )
    return built


def _refuse_if_open(workspace: Workspace, stage: Stage) -> None:
    """Raise Refused while a stage can still be handed in whose answers the release of ``stage`` carries."""
    carried = [one.name for one in earlier_than(stage) if workspace.release(one.name).is_dir()]
    if not carried:
        return
    try:
        extensions, still = read_extensions(workspace.root / EXTENSIONS), {}
    except ExtensionsProblem as problem:
        raise Refused(str(problem)) from None
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        for name, due in due_dates(gradebook, carried).items():
            if not closed(due):
                still[name] = f"{name} (due {due:%Y-%m-%d %H:%M} UTC)" if due else name
            elif later := extended_until(gradebook, name, due, extensions):
                who = max(later, key=later.__getitem__)
                still[name] = f"{name} (extended for {who} until {later[who]:%Y-%m-%d %H:%M} UTC)"
    if still:
        named = ", ".join(still.values())
        raise Refused(
            f"{stage.name} carries answers to {named}, still open; nothing was changed. Set or await the due date "
            f"(bnlab release {next(iter(still))} --due 2027-01-31T23:59), or add --force if all may have them"
        )


def _report(
    workspace: Workspace, stage: Stage, built: Built, present: Manifest | None, done: Published | None
) -> ReleaseReport:
    """``done``: what the publication has met; None if there was none."""
    found = changes(present, built.manifest) if present else []
    met = done or Published()
    return ReleaseReport(
        stage=stage.name,
        version=built.manifest.version,
        status=RELEASED if done else UNCHANGED,
        folder=str(workspace.release(stage.name)),
        handout=str(workspace.handout(stage.name, built.manifest.version)),
        points=dict(built.manifest.points),
        exercises=list(stage.exercises),
        files=[*built.manifest.files, MANIFEST],
        seed=built.manifest.seed,
        changes=found,
        submissions=met.submissions,
        grade_again=met.submissions > 0 and any(change["kind"] == "points" for change in found),
        kept=list(met.kept),
        note=built.manifest.note if done else present.note,
        variant=dict(built.manifest.variant) if built.manifest.variant else None,
    )


def _build(
    workspace: Workspace,
    stage: Stage,
    version: str,
    note: str,
    files: Assets,
    created: str | None,
    variant: Variant | None,
) -> Built:
    """A finished release, in memory."""
    support = _support_files(stage, version, files, student_wheel(files, workspace.private / "wheels"))
    needed = {name: raw for name, raw in support.items() if name not in FOR_STUDENTS_ONLY}
    source = Source.read(stage, files, variant)
    notebook = source.notebook(files, needed, workspace.private / MEASURED)
    notebook.metadata.bnlab.version = version
    instructor = (nbformat.writes(notebook) + "\n").encode()
    with tempfile.TemporaryDirectory(dir=workspace.private, prefix="build_") as folder:
        scratch = Path(folder)
        write_files(scratch / "source" / stage.name, {**support, f"{stage.name}.ipynb": instructor})
        students = students_version(workspace, stage.name, scratch)
        released = read_files(scratch / "release" / stage.name)
    prove(stage, notebook, students, released)
    _refuse_leaks(workspace, stage, files, released)
    _, seed = workspace.seed_for(stage.name, version, variant.name if variant else None)
    manifest = Manifest.of(stage, version, note, seed, students, released, source.inputs.record)
    record = {"created": created, "cases": load_points(files.hidden, stage.name)}
    return Built(manifest, instructor, released, record)


def _refuse_leaks(workspace: Workspace, stage: Stage, files: Assets, released: Mapping[str, bytes]) -> None:
    found = leaks(
        stage,
        released,
        hidden=files.hidden,
        mutants=files.mutants,
        written=files.written,
        secrets=[workspace.secret, workspace.secret.hex().encode()],
        roots=[workspace.root, Path.home(), files.library.parent],
    )
    if found:
        more = f" (and {len(found) - SHOWN} more)" if len(found) > SHOWN else ""
        raise NotProved(f"{stage.name}: {'; '.join(leak.text for leak in found[:SHOWN])}{more}")


def _support_files(stage: Stage, version: str, files: Assets, wheel: Path) -> dict[str, bytes]:
    """Everything that goes beside the notebook, but for the manifest."""
    found = {wheel.name: wheel.read_bytes(), "requirements.txt": requirements(wheel.name).encode()}
    page = files.pages / MISTAKES
    if page.is_file():
        found[MISTAKES] = page.read_bytes()
    folder = files.assignments / stage.name
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith((".", "__")) for part in inside.parts)
        if path.is_dir() or hidden or inside.as_posix() == f"{stage.name}.md":
            continue
        if path.suffix not in SUPPORT_FILES:
            raise SourceProblem(
                f"{path} is not of a kind that goes to students ({', '.join(SUPPORT_FILES)}); move it elsewhere"
            )
        found[inside.as_posix()] = path.read_bytes()
    if previous_names(stage):
        found[f"{PREVIOUS}.py"] = previous_stages_source(stage).encode()
    found["README.txt"] = readme(stage, version, sorted(found)).encode()
    return found


def _next(published: Iterable[str], version: str) -> str:
    """The first free number after ``version`` and every published one."""
    major, minor, patch = max(number(one) for one in (*published, version))
    return f"{major}.{minor}.{patch + 1}"
