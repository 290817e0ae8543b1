"""Grading a stage: the three phases, one submission after the other, each recorded as soon as it has a verdict."""

from __future__ import annotations

import datetime
import errno
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from bnlab_autograder.grading.graded import Graded, Terms, fingerprint, graded, job_for
from bnlab_autograder.grading.job import Job, Verdict
from bnlab_autograder.grading.judge import JudgeFailed
from bnlab_autograder.grading.pool import Interrupted, Pool
from bnlab_autograder.grading.record import Change, GradebookLost, Ledger
from bnlab_autograder.grading.sanitise import Sanitised, sanitise
from bnlab_autograder.grading.store import Store

Event = Mapping[str, Any]
STAGED = ".bnlab-"  # begins the names of folders that are not in their place yet
SECRET, SECRET_BYTES = "submission_secret.txt", 1024  # a file of nbgrader's exchange, and how long it may be
STAGING_SECONDS = 600  # what is older was left behind by a crash


@dataclass(frozen=True)
class Folders:
    """Where a run reads and writes."""

    submitted: Path
    autograded: Path


@dataclass
class Outcome:
    """One submission's result in a run."""

    student: str
    data: dict[str, Any]
    changes: list[Change] = field(default_factory=list)
    fresh: bool = True  # False: everything was as recorded before
    executed: bool = False  # whether student code ran in this run


@dataclass(frozen=True)
class _Pending:
    student: str
    sanitised: Sanitised
    timestamp: datetime.datetime | None
    key: str | None
    secret: str | None = None  # of the exchange


def grade_stage(
    students: list[str],
    folders: Folders,
    terms: Terms,
    ledger: Ledger,
    store: Store,
    pool: Pool,
    *,
    force: bool = False,
    reason: str | None = None,
    tell: Callable[[Event], None] = lambda event: None,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[Outcome]:
    """Grade the submissions of ``students`` to a stage, and yield each outcome once it is recorded.

    What was recorded before under the very same conditions is not touched; what is in the store is not executed
    again, unless ``force``. A submission that cannot be graded is recorded as such and does not stop the run. Once
    ``stop`` says so, no more submissions are begun. Raises Interrupted if the run cannot go on.
    """
    run = _Run(folders, terms, ledger, store, force, reason, tell)
    stage = terms.released.stage
    tell({"event": "start", "stage": stage, "submissions": len(students), "tier": terms.tier})

    def jobs() -> Iterator[tuple[_Pending | Outcome, Job | None]]:
        """The submissions that must be executed, and the outcomes of those that need not."""
        for student in students:
            if stop():
                return
            pending, job = run.prepare(student)
            verdict = None if job is None or force else store.get(pending.key)
            if job is None or verdict is not None:
                yield run.finish(pending, verdict), None
            else:
                yield pending, job

    def began(pending: _Pending, where: str) -> None:
        tell({"event": "began", "student": pending.student, "worker": where})

    for pending, verdict in pool.map(jobs(), began):
        match verdict:
            case None:
                yield pending
            case JudgeFailed():
                yield run.finish(pending, None, problem=str(verdict).splitlines()[0])
            case _:
                run.keep(pending.key, verdict)
                yield run.finish(pending, verdict, executed=True)
    if not stop():
        tell({"event": "end"})


@dataclass
class _Run:
    folders: Folders
    terms: Terms
    ledger: Ledger
    store: Store
    force: bool
    reason: str | None
    tell: Callable[[Event], None]

    def prepare(self, student: str) -> tuple[_Pending, Job | None]:
        """Phase 1."""
        folder = self.folders.submitted / student / self.terms.released.stage
        sanitised = sanitise(folder, self.terms.released)
        job = job_for(sanitised, self.terms)
        return _Pending(
            student, sanitised, timestamp_of(folder), job.key if job else None, _secret_of(folder)
        ), job

    def keep(self, key: str, verdict: Verdict) -> None:
        """Store a verdict; without room for it the run goes on, and a later run has to execute it again."""
        try:
            self.store.put(key, verdict)
        except OSError as problem:
            self.tell(
                {"event": "warning", "text": f"a result could not be stored ({problem.strerror or problem})"}
            )

    def finish(
        self, pending: _Pending, verdict: Verdict | None, problem: str | None = None, executed: bool = False
    ) -> Outcome:
        """Phase 3. Raises Interrupted."""
        stage, student = self.terms.released.stage, pending.student
        target = self.folders.autograded / student / stage
        print_now = fingerprint(pending.sanitised, pending.key, self.terms, pending.timestamp)
        try:
            before = self.ledger.result(student, stage)
            unchanged = (
                before is not None and before["fingerprint"] == print_now and _holds(target, print_now)
            )
            if problem is None and not self.force and unchanged:
                outcome = Outcome(student, _without_answers(before["data"]), fresh=False)
            else:
                outcome = self._record(pending, verdict, problem, target, before)
        except GradebookLost as lost:
            raise Interrupted(f"{lost}; mend that") from None
        except OSError as lost:
            raise Interrupted(f"{target} cannot be written ({lost.strerror or lost}); make room") from None
        outcome.executed = executed
        self.tell(
            {
                "event": "graded",
                "student": student,
                "status": outcome.data["status"],
                "points": outcome.data["points"],
                "fresh": outcome.fresh,
                "executed": executed,
                "seconds": (outcome.data.get("usage") or {}).get("seconds"),
            }
        )
        return outcome

    def _record(
        self,
        pending: _Pending,
        verdict: Verdict | None,
        problem: str | None,
        target: Path,
        before: dict[str, Any] | None,
    ) -> Outcome:
        result = graded(
            pending.student,
            pending.sanitised,
            verdict,
            self.terms,
            key=pending.key,
            problem=problem,
            timestamp=pending.timestamp,
            reason=self.reason or self._reason(before, pending),
        )
        # The notebook first, under another name: once the record is committed only a rename is left to do.
        with _staged(target, result, self.terms.released.files, pending) as put_in_place:
            changes = self.ledger.record(result.record)
            put_in_place()
        return Outcome(pending.student, dict(result.record.data), changes)

    def _reason(self, before: dict[str, Any] | None, pending: _Pending) -> str:
        if before is None:
            return "first grading"
        if self.force:
            return "graded anew on request"
        if before["key"] is None or not before["fingerprint"]:
            return "graded after a submission that could not be"
        if before["data"].get("release") != self.terms.released.version:
            return f"release {self.terms.released.version}"
        if before["key"] != pending.key:
            return "the submission, the hidden cases or the versions of the grader have changed"
        return "points or findings have changed"


def timestamp_of(folder: Path) -> datetime.datetime | None:
    """When a submission was handed in: nbgrader's ``timestamp.txt``; None without one that can be read."""
    try:
        return parse_utc((folder / "timestamp.txt").read_text(encoding="utf-8").strip()[:64])
    except (OSError, ValueError, OverflowError):
        return None


def _secret_of(folder: Path) -> str | None:
    """By what nbgrader's exchange finds the student to whom a page of feedback goes, if they handed in through it."""
    try:
        with os.fdopen(os.open(folder / SECRET, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            text = file.read(SECRET_BYTES + 1).decode("ascii")
    except (OSError, ValueError):
        return None
    return text if len(text) <= SECRET_BYTES else None


def _holds(folder: Path, mark: str) -> bool:
    """Whether the graded notebook in ``folder`` is the one that was recorded, not one from before a crash."""
    try:
        return mark.encode() in (folder / f"{folder.name}.ipynb").read_bytes()
    except OSError:
        return False


@contextmanager
def _staged(
    target: Path, result: Graded, files: Mapping[str, bytes], pending: _Pending
) -> Iterator[Callable[[], None]]:
    """A graded submission's folder, written beside its place; call what this yields to move it there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in left_behind(target.parent):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=STAGED))
    try:
        folder.chmod(0o755)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (folder / f"{target.name}.ipynb").write_text(_as_json(result.notebook), encoding="utf-8")
        if pending.timestamp is not None:
            text = f"{pending.timestamp:%Y-%m-%d %H:%M:%S.%f} UTC\n"
            (folder / "timestamp.txt").write_text(text, encoding="utf-8")
        if pending.secret is not None:
            (folder / SECRET).write_text(pending.secret, encoding="utf-8")
        yield lambda: _put_in_place(folder, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_json(notebook: NotebookNode) -> str:
    """A notebook as a file, without nbformat's indentation, which takes as long as all else about recording."""
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True)


def _put_in_place(folder: Path, target: Path) -> None:
    """Rename ``folder`` to ``target``, and what is there to something that is then removed."""
    while True:
        old = Path(tempfile.mkdtemp(dir=target.parent, prefix=STAGED))
        with suppress(FileNotFoundError):
            os.rename(target, old)  # over an empty folder, which the system allows
        try:
            os.rename(folder, target)
            return
        except OSError as problem:
            if problem.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise  # else another run was quicker; its folder gives way, too
        finally:
            shutil.rmtree(old, ignore_errors=True)


def left_behind(folder: Path, seconds: float = STAGING_SECONDS) -> Iterator[Path]:
    """What a crash has left in a student's folder of graded submissions."""
    for path in folder.glob(f"{STAGED}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > seconds:
                yield path


def _without_answers(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "answers"}
