"""Phase 3: one writer puts results into nbgrader's gradebook, one transaction per submission.

``Ledger`` keeps one engine for a whole run and uses nbgrader's own ``Gradebook`` methods, but inside an outer
transaction of its own, in which their commits are savepoints: either everything about a submission is recorded
or nothing. Two tables beside nbgrader's hold what it has no place for: the latest result of each submission, and a
log of every change of a grade with its reason.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.orm import Session
from traitlets.config import Config

from bnlab_autograder.grading.extensions import Extensions

Result = TypeVar("Result")
LOCK_SECONDS = 3  # how long SQLite itself waits for a locked file
LATE = "late_submission_penalty"  # what the log calls it, beside the names of cells
PATIENCE_SECONDS = 60  # how long a database that does not answer is tried again
HOPELESS = (
    "No space left",
    "authentication failed",
    "does not exist",
    "permission denied",
)  # says PostgreSQL
PAUSE_SECONDS = 0.1, 5.0  # between two tries, at first and at most

_PENALISED = SubmittedNotebook.late_submission_penalty > 0
_metadata = sa.MetaData()
RESULTS = sa.Table(
    "bnlab_result",
    _metadata,
    sa.Column("student", sa.String(128), primary_key=True),
    sa.Column("stage", sa.String(128), primary_key=True),
    sa.Column("key", sa.String(64)),  # of the job; None where there was nothing to execute
    sa.Column("fingerprint", sa.String(64)),  # of everything that the record was made from
    sa.Column("graded", sa.String(40)),
    sa.Column("data", sa.Text),
)
LOG = sa.Table(
    "bnlab_grade_log",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("time", sa.String(40)),
    sa.Column("student", sa.String(128), index=True),
    sa.Column("stage", sa.String(128), index=True),
    sa.Column("cell", sa.String(128)),
    sa.Column("old", sa.Float, nullable=True),
    sa.Column("new", sa.Float, nullable=True),
    sa.Column("reason", sa.Text),
)


@dataclass(frozen=True)
class Record:
    """What is to be recorded about one submission."""

    student: str
    stage: str
    scores: Mapping[str, float | None]  # of the automatic cells by grade_id; None: could not be graded
    answered: Mapping[str, bool]  # by the grade_id of each answer cell: whether it differs from the release
    answers: Mapping[str, str]  # digests of the written answers, by grade_id
    timestamp: datetime.datetime | None
    reason: str
    key: str | None
    fingerprint: str
    data: Mapping[str, Any] = field(default_factory=dict)  # what `bnlab grade --json` prints


@dataclass(frozen=True)
class Change:
    """A grade that is not what it was."""

    cell: str
    old: float | None
    new: float | None


class GradebookLost(RuntimeError):
    """The database does not answer, stays locked, or has no room. Nothing is half recorded."""


class NotRegistered(LookupError):
    """The gradebook does not know this stage; the text names the next step."""


class Ledger:
    """The gradebook of a course, opened for a run.

    Parameters
    ----------
    db_url : str
        As nbgrader takes it, for instance ``sqlite:///course/gradebook.db``.
    course_id : str
        nbgrader's name of the course.
    config : Config, optional
        nbgrader's configuration, from which the plugin for late penalties is taken.
    waiting : callable, optional
        Takes a sentence whenever the database has to be tried again.
    extensions : mapping, optional
        Those that the course folder lists; they go into nbgrader's field of the submission.
    """

    def __init__(
        self,
        db_url: str,
        course_id: str,
        config: Config | None = None,
        waiting: Callable[[str], None] = lambda text: None,
        extensions: Extensions | None = None,
    ):
        self.course_id = course_id
        self.extensions = extensions or {}
        self.config = config or Config()
        self.waiting = waiting
        self.engine = _engine(db_url)
        # nbgrader shows the traceback of every lost statement, also of those that are tried again.
        logging.getLogger("tornado.application").addFilter(_is_no_rollback)
        self._patiently(lambda: self._create(db_url))

    def _create(self, db_url: str) -> None:
        """Make what is missing of nbgrader's tables and of ours."""
        with path_with_alembic():
            Gradebook(db_url, self.course_id).close()
        _metadata.create_all(self.engine)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[Gradebook]:
        """nbgrader's gradebook inside one transaction: committed at the end, rolled back on any exception."""
        with self.engine.begin() as connection:
            gradebook = Gradebook.__new__(Gradebook)
            gradebook.engine, gradebook.course_id, gradebook.authenticator = self.engine, self.course_id, None
            gradebook.db = Session(bind=connection, join_transaction_mode="create_savepoint", future=True)
            try:
                yield gradebook
                gradebook.db.commit()
            finally:
                gradebook.db.close()

    def record(self, record: Record) -> list[Change]:
        """Put ``record`` into the gradebook. Returns the automatic grades that it has changed.

        A database that is locked or restarts is tried again for a while. Raises GradebookLost after that.
        """
        return self._patiently(lambda: self._record(record))

    def _patiently(self, work: Callable[[], Result]) -> Result:
        give_up = time.monotonic() + PATIENCE_SECONDS
        shortest, longest = PAUSE_SECONDS
        for attempt in itertools.count():
            try:
                return work()
            except (sa.exc.SQLAlchemyError, InvalidEntry) as problem:
                lost = _cause(problem)
                if lost is None:
                    raise
                if time.monotonic() > give_up or not self._may_return(lost):
                    raise GradebookLost(f"the gradebook cannot be used ({_first_line(lost)})") from None
                self.waiting(f"the gradebook does not answer ({_first_line(lost)}); trying again")
                time.sleep(min(shortest * 2**attempt, longest))
        raise AssertionError

    def _may_return(self, problem: BaseException) -> bool:
        """Whether trying again may help: a locked file is released, a server comes back."""
        if self.engine.dialect.name == "sqlite":
            return "locked" in str(problem)
        return not any(words in str(problem) for words in HOPELESS)

    def _record(self, record: Record) -> list[Change]:
        with self.transaction() as gradebook:
            self._alone(gradebook.db, record)
            before = self._result(gradebook.db, record.student, record.stage)
            notebook = self._submission(gradebook, record)
            changes = self._grades(gradebook.db, notebook, record, before)
            self._comments(gradebook.db, notebook, record)
            gradebook.db.flush()
            self._late_penalty(gradebook, notebook, record.student, record.stage)
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            row = {
                "key": record.key,
                "fingerprint": record.fingerprint,
                "graded": now,
                "data": json.dumps({**record.data, "answers": dict(record.answers)}, ensure_ascii=False),
            }
            where = (RESULTS.c.student == record.student) & (RESULTS.c.stage == record.stage)
            if before is None:
                gradebook.db.execute(
                    RESULTS.insert().values(student=record.student, stage=record.stage, **row)
                )
            else:
                gradebook.db.execute(RESULTS.update().where(where).values(**row))
            if changes:
                common = {"time": now, "student": record.student, "stage": record.stage}
                rows = [{**common, **asdict(change), "reason": record.reason} for change in changes]
                gradebook.db.execute(LOG.insert(), rows)
        return changes

    def settle(self, stage: str, withdrawn: Iterable[str] = ()) -> dict[str, Change]:
        """Work out the late penalties of ``stage`` anew, and say whose have changed.

        The due date, an extension, or points given by hand may have changed since they were. ``withdrawn`` are
        students whose extension ends.
        """
        return self._patiently(lambda: self._settle(stage, frozenset(withdrawn)))

    def _settle(self, stage: str, withdrawn: frozenset[str]) -> dict[str, Change]:
        changes = {}
        with self.transaction() as gradebook:
            self.hold(gradebook, stage)
            try:
                submissions = gradebook.assignment_submissions(stage)
            except MissingEntry:
                return {}
            penalised = set(
                gradebook.db.scalars(sa.select(SubmittedNotebook.assignment_id).where(_PENALISED))
            )
            for submission in submissions:
                student = submission.student_id
                if student in withdrawn:
                    submission.extension = None
                self._extend(submission)
                if not submission.total_seconds_late and submission.id not in penalised:
                    continue
                for notebook in submission.notebooks:
                    old = notebook.late_submission_penalty or 0.0
                    self._late_penalty(gradebook, notebook, student, stage)
                    new = notebook.late_submission_penalty or 0.0
                    if old != new:
                        changes[student] = Change(LATE, old, new)
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            rows = [
                {"time": now, "student": student, "stage": stage, **asdict(change), "reason": "late policy"}
                for student, change in changes.items()
            ]
            if rows:
                gradebook.db.execute(LOG.insert(), rows)
        return changes

    def result(self, student: str, stage: str) -> dict[str, Any] | None:
        """The latest result of a submission, or None: its ``key``, ``fingerprint``, ``graded`` and ``data``."""
        query = sa.select(RESULTS).where((RESULTS.c.student == student) & (RESULTS.c.stage == stage))
        row = self._patiently(lambda: self._rows(query))
        return _as_result(row[0]) if row else None

    def results(self, stage: str) -> dict[str, dict[str, Any]]:
        """The latest results of a stage by student; see ``result``."""
        query = sa.select(RESULTS).where(RESULTS.c.stage == stage).order_by(RESULTS.c.student)
        return {row.student: _as_result(row) for row in self._patiently(lambda: self._rows(query))}

    def log(self, stage: str | None = None, student: str | None = None) -> list[dict[str, Any]]:
        """Every change of a grade, oldest first."""
        query = sa.select(LOG).order_by(LOG.c.id)
        query = query.where(LOG.c.stage == stage) if stage else query
        query = query.where(LOG.c.student == student) if student else query
        return [dict(row._mapping) for row in self._patiently(lambda: self._rows(query))]

    def _rows(self, query: sa.Select) -> list[sa.Row]:
        with self.engine.connect() as connection:
            return connection.execute(query).all()

    # The parts of a record

    def _alone(self, session: Session, record: Record) -> None:
        """Keep another run from recording about the same student meanwhile, and the cells of the stage as they are."""
        self._lock(session, "pg_advisory_xact_lock_shared", "stage", record.stage)
        self._lock(session, "pg_advisory_xact_lock", record.student)

    def hold(self, gradebook: Gradebook, stage: str) -> None:
        """Until the end of this transaction nobody else records about ``stage``: its cells are about to change.

        A transaction that had read the old cells would add a submission without the new ones.
        """
        self._lock(gradebook.db, "pg_advisory_xact_lock", "stage", stage)

    def _lock(self, session: Session, kind: str, *what: str) -> None:
        """A lock in PostgreSQL that ends with the transaction. SQLite has one writer anyway."""
        if self.engine.dialect.name == "postgresql":
            session.execute(sa.text(f"SELECT {kind}(:number)"), {"number": int(digest(*what)[:15], 16)})

    def _result(self, session: Session, student: str, stage: str) -> dict[str, Any] | None:
        query = sa.select(RESULTS.c.data).where((RESULTS.c.student == student) & (RESULTS.c.stage == stage))
        data = session.execute(query).scalar()
        return None if data is None else json.loads(data)

    def _submission(self, gradebook: Gradebook, record: Record) -> SubmittedNotebook:
        try:
            gradebook.find_student(record.student)
        except MissingEntry:
            gradebook.add_student(record.student)
        fields = {"timestamp": record.timestamp} if record.timestamp is not None else {}
        try:
            with gradebook.db.no_autoflush:  # nbgrader's objects are half made when it queries for others
                gradebook.update_or_create_submission(record.stage, record.student, **fields)
        except MissingEntry:
            raise NotRegistered(
                f"the gradebook does not know {record.stage}; run: bnlab release {record.stage}"
            ) from None
        return gradebook.find_submission_notebook(record.stage, record.stage, record.student)

    def _grades(
        self, session: Session, notebook: SubmittedNotebook, record: Record, before: dict[str, Any] | None
    ) -> list[Change]:
        changes = []
        old_answers = (before or {}).get("answers", {})
        rows = _named(session, Grade, notebook)
        unknown = sorted(record.scores.keys() - {name for _, name in rows})
        if unknown:
            raise NotRegistered(
                f"the gradebook has no cell {unknown[0]} of {record.stage}; run: bnlab migrate {record.stage}"
            )
        for grade, name in rows:
            if name in record.scores:
                old, new = grade.auto_score, record.scores[name]
                if before is None or old != new:
                    changes.append(Change(name, old if before is not None else None, new))
                    grade.needs_manual_grade = new is None or grade.manual_score is not None
                grade.auto_score = new
            else:
                empty = not record.answered.get(name, False)  # a written answer
                grade.auto_score = 0.0 if empty else None
                # Whoever has graded this very answer need not look at it again.
                same = old_answers.get(name) == record.answers.get(name)
                if grade.manual_score is None:
                    grade.needs_manual_grade = not empty
                elif not same:
                    grade.needs_manual_grade = True
        return changes

    def _comments(self, session: Session, notebook: SubmittedNotebook, record: Record) -> None:
        for comment, name in _named(session, Comment, notebook):
            comment.auto_comment = None if record.answered.get(name, False) else "No response."

    def _late_penalty(
        self, gradebook: Gradebook, notebook: SubmittedNotebook, student: str, stage: str
    ) -> None:
        """As nbgrader's own preprocessor does it, with the course's plugin; what the course's list extends, is."""
        submission = gradebook.find_submission(stage, student)
        self._extend(submission)
        gradebook.db.flush()
        gradebook.db.expire(notebook)
        notebook.late_submission_penalty = None
        late = submission.total_seconds_late
        if late > 0:
            penalties = AssignLatePenalties(config=self.config)
            penalties.init_plugin()
            penalty = penalties.plugin_inst.late_submission_penalty(student, notebook.score, late)
            if penalty is not None:
                notebook.late_submission_penalty = penalties._check_late_penalty(notebook, penalty)

    def _extend(self, submission: SubmittedAssignment) -> None:
        """Extensions that were given in other ways stay."""
        due = submission.assignment.duedate
        if due is None:
            submission.extension = None  # nbgrader cannot add it to nothing
        elif (own := self.extensions.get((submission.student_id, submission.name))) is not None:
            submission.extension = own.length(due)


def digest(*parts: object) -> str:
    """A digest of plain values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=repr)
    return hashlib.sha256(text.encode()).hexdigest()


@contextmanager
def path_with_alembic() -> Iterator[None]:
    """nbgrader calls the command ``alembic`` when it creates a gradebook; it lies beside this Python."""
    old = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{old}"
    try:
        yield
    finally:
        os.environ["PATH"] = old


def _named(
    session: Session, kind: type[Grade] | type[Comment], notebook: SubmittedNotebook
) -> list[tuple[Any, str]]:
    """The grades or comments of a submitted notebook, with the names of their cells, by a single query."""
    query = sa.select(kind, BaseCell.name).join(BaseCell, BaseCell.id == kind.cell_id).order_by(BaseCell.name)
    return [tuple(row) for row in session.execute(query.where(kind.notebook_id == notebook.id))]


def _as_result(row: sa.Row) -> dict[str, Any]:
    return {
        "key": row.key,
        "fingerprint": row.fingerprint,
        "graded": row.graded,
        "data": json.loads(row.data),
    }


def _cause(problem: BaseException) -> BaseException | None:
    """The failure of the database itself behind ``problem``: nbgrader puts its own exception in front of it."""
    seen: BaseException | None = problem
    while seen is not None:
        if isinstance(seen, sa.exc.OperationalError | sa.exc.InterfaceError):
            return seen.orig or seen
        seen = seen.__cause__ or seen.__context__
    return None


def _is_no_rollback(entry: logging.LogRecord) -> bool:
    return not entry.getMessage().startswith("Rolling back session")


def _first_line(problem: BaseException) -> str:
    return (str(problem).strip() or type(problem).__name__).splitlines()[0]


def _engine(db_url: str) -> sa.Engine:
    if not db_url.startswith("sqlite"):
        return sa.create_engine(db_url, pool_pre_ping=True)
    engine = sa.create_engine(db_url, connect_args={"timeout": LOCK_SECONDS})

    # SQLite's driver would open transactions late and break savepoints; see SQLAlchemy's page on pysqlite.
    @sa.event.listens_for(engine, "connect")
    def _manual(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
