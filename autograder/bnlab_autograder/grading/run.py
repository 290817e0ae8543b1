"""Grading a stage: the three phases, one submission after the other, each recorded as soon as it has a verdict."""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import nbformat
from nbgrader.utils import parse_utc

from bnlab_autograder.grading.graded import Graded, Terms, fingerprint, graded, job_for
from bnlab_autograder.grading.job import Job, Verdict
from bnlab_autograder.grading.judge import JudgeFailed
from bnlab_autograder.grading.record import Change, GradebookLost, Ledger
from bnlab_autograder.grading.sanitise import Sanitised, sanitise
from bnlab_autograder.grading.store import Store

Event = Mapping[str, Any]


class Interrupted(RuntimeError):
    """The run cannot go on; the text says why. What has been recorded stays, and the same command goes on."""


class Pool(Protocol):
    """Whatever executes and judges jobs."""

    def map(self, jobs: Iterator[tuple[Any, Job]]) -> Iterator[tuple[Any, Verdict | JudgeFailed]]: ...


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


@dataclass(frozen=True)
class _Pending:
    student: str
    sanitised: Sanitised
    timestamp: datetime.datetime | None
    key: str | None


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
) -> Iterator[Outcome]:
    """Grade the submissions of ``students`` to a stage, and yield each outcome once it is recorded.

    What was recorded before under the very same conditions is not touched; what is in the store is not executed
    again, unless ``force``. A submission that cannot be graded is recorded as such and does not stop the run.
    """
    known = ledger.results(terms.released.stage)
    tell({"event": "start", "stage": terms.released.stage, "submissions": len(students), "tier": terms.tier})
    run = _Run(folders, terms, ledger, store, known, force, reason, tell)
    ready: list[Outcome] = []

    def jobs() -> Iterator[tuple[_Pending, Job]]:
        """The submissions that must be executed; what needs no execution goes straight to ``ready``."""
        for student in students:
            pending, job = run.prepare(student)
            verdict = None if job is None or force else store.get(pending.key)
            if job is None or verdict is not None:
                ready.append(run.finish(pending, verdict))
            else:
                yield pending, job

    for pending, verdict in pool.map(jobs()):
        if isinstance(verdict, JudgeFailed):
            ready.append(run.finish(pending, None, problem=str(verdict).splitlines()[0]))
        else:
            run.keep(pending.key, verdict)
            ready.append(run.finish(pending, verdict))
        while ready:
            yield ready.pop(0)
    yield from ready
    tell({"event": "end"})


@dataclass
class _Run:
    folders: Folders
    terms: Terms
    ledger: Ledger
    store: Store
    known: dict[str, dict[str, Any]]
    force: bool
    reason: str | None
    tell: Callable[[Event], None]

    def prepare(self, student: str) -> tuple[_Pending, Job | None]:
        """Phase 1."""
        folder = self.folders.submitted / student / self.terms.released.stage
        sanitised = sanitise(folder, self.terms.released)
        job = job_for(sanitised, self.terms)
        return _Pending(student, sanitised, timestamp_of(folder), job.key if job else None), job

    def keep(self, key: str, verdict: Verdict) -> None:
        """Store a verdict; without room for it the run goes on, and a later run has to execute it again."""
        try:
            self.store.put(key, verdict)
        except OSError as problem:
            self.tell(
                {"event": "warning", "text": f"a result could not be stored ({problem.strerror or problem})"}
            )

    def finish(self, pending: _Pending, verdict: Verdict | None, problem: str | None = None) -> Outcome:
        """Phase 3."""
        stage, student = self.terms.released.stage, pending.student
        target = self.folders.autograded / student / stage
        print_now = fingerprint(pending.sanitised, pending.key, self.terms, pending.timestamp)
        before = self.known.get(student)
        unchanged = before is not None and before["fingerprint"] == print_now and _holds(target, print_now)
        if problem is None and not self.force and unchanged:
            outcome = Outcome(student, _without_answers(before["data"]), fresh=False)
        else:
            result = graded(
                student,
                pending.sanitised,
                verdict,
                self.terms,
                key=pending.key,
                problem=problem,
                timestamp=pending.timestamp,
                reason=self.reason or self._reason(before, pending),
            )
            # The notebook first, under another name: once the record is committed only a rename is left to do.
            try:
                with _staged(target, result, self.terms.released.files, pending.timestamp) as put_in_place:
                    changes = self.ledger.record(result.record)
                    put_in_place()
            except GradebookLost as lost:
                raise Interrupted(f"{lost}; mend that") from None
            except OSError as lost:
                raise Interrupted(f"{target} cannot be written ({lost.strerror}); make room") from None
            outcome = Outcome(student, dict(result.record.data), changes)
        self.tell(
            {
                "event": "graded",
                "student": student,
                "status": outcome.data["status"],
                "points": outcome.data["points"],
                "fresh": outcome.fresh,
                "seconds": (outcome.data.get("usage") or {}).get("seconds"),
            }
        )
        return outcome

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


def _holds(folder: Path, mark: str) -> bool:
    """Whether the graded notebook in ``folder`` is the one that was recorded, not one from before a crash."""
    try:
        return mark.encode() in (folder / f"{folder.name}.ipynb").read_bytes()
    except OSError:
        return False


class _staged:
    """A graded submission's folder, written beside its place and then moved there."""

    def __init__(
        self, target: Path, result: Graded, files: Mapping[str, bytes], timestamp: datetime.datetime | None
    ):
        self.target, self.result, self.files, self.timestamp = target, result, files, timestamp

    def __enter__(self) -> Callable[[], None]:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(dir=self.target.parent, prefix=f".{self.target.name}-"))
        self.folder.chmod(0o755)
        for name, content in self.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        nbformat.write(self.result.notebook, self.folder / f"{self.target.name}.ipynb")
        if self.timestamp is not None:
            (self.folder / "timestamp.txt").write_text(
                f"{self.timestamp:%Y-%m-%d %H:%M:%S.%f} UTC\n", encoding="utf-8"
            )
        return self._put_in_place

    def _put_in_place(self) -> None:
        if self.target.exists():
            old = self.folder.with_name(self.folder.name + "-old")
            os.rename(self.target, old)
            os.rename(self.folder, self.target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(self.folder, self.target)

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


def _without_answers(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "answers"}
