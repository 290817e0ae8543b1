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
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.orm import Session
from traitlets.config import Config

LOCK_SECONDS = 10  # how long SQLite itself waits for a locked file
PATIENCE_SECONDS = 60  # how long a database that does not answer is tried again

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
    """

    def __init__(self, db_url: str, course_id: str, config: Config | None = None):
        with path_with_alembic():
            Gradebook(db_url, course_id).close()  # creates nbgrader's tables where they are missing
        self.course_id = course_id
        self.config = config or Config()
        self.engine = _engine(db_url)
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
        give_up = time.monotonic() + PATIENCE_SECONDS
        for attempt in itertools.count():
            try:
                return self._record(record)
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as problem:
                if time.monotonic() > give_up or "full" in str(problem.orig):
                    raise GradebookLost(f"the gradebook cannot be written ({problem.orig})") from None
                time.sleep(min(0.1 * 2**attempt, 5.0))
        raise AssertionError

    def _record(self, record: Record) -> list[Change]:
        with self.transaction() as gradebook:
            self._alone(gradebook.db, record)
            before = self._result(gradebook.db, record.student, record.stage)
            notebook = self._submission(gradebook, record)
            changes = self._grades(gradebook, notebook, record, before)
            self._comments(notebook, record)
            gradebook.db.flush()
            self._late_penalty(gradebook, notebook, record)
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
            for change in changes:
                gradebook.db.execute(
                    LOG.insert().values(
                        time=now,
                        student=record.student,
                        stage=record.stage,
                        cell=change.cell,
                        old=change.old,
                        new=change.new,
                        reason=record.reason,
                    )
                )
        return changes

    def results(self, stage: str) -> dict[str, dict[str, Any]]:
        """The latest results of a stage by student: ``key``, ``fingerprint``, ``graded`` and ``data`` of each."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                sa.select(RESULTS).where(RESULTS.c.stage == stage).order_by(RESULTS.c.student)
            )
            return {
                row.student: {
                    "key": row.key,
                    "fingerprint": row.fingerprint,
                    "graded": row.graded,
                    "data": json.loads(row.data),
                }
                for row in rows
            }

    def log(self, stage: str | None = None, student: str | None = None) -> list[dict[str, Any]]:
        """Every change of a grade, oldest first."""
        query = sa.select(LOG).order_by(LOG.c.id)
        query = query.where(LOG.c.stage == stage) if stage else query
        query = query.where(LOG.c.student == student) if student else query
        with self.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    # The parts of a record

    def _alone(self, session: Session, record: Record) -> None:
        """Keep another run from recording the same submission meanwhile. SQLite has one writer anyway."""
        if self.engine.dialect.name == "postgresql":
            number = int(digest(record.student, record.stage)[:15], 16)
            session.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})

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
        with gradebook.db.no_autoflush:  # nbgrader's objects are half made when it queries for others
            gradebook.update_or_create_submission(record.stage, record.student, **fields)
        return gradebook.find_submission_notebook(record.stage, record.stage, record.student)

    def _grades(
        self, gradebook: Gradebook, notebook: SubmittedNotebook, record: Record, before: dict[str, Any] | None
    ) -> list[Change]:
        changes = []
        old_answers = (before or {}).get("answers", {})
        for grade in notebook.grades:
            name = grade.name
            if name in record.scores:
                old, new = grade.auto_score, record.scores[name]
                if before is None or old != new:
                    changes.append(Change(name, old if before is not None else None, new))
                    grade.needs_manual_grade = new is None or grade.manual_score is not None
                grade.auto_score = new
            elif not record.answered.get(name, False):  # a written answer that was left empty
                grade.auto_score = 0.0
                grade.needs_manual_grade = grade.manual_score is not None
            else:
                grade.auto_score = None
                # Whoever has graded this very answer need not look at it again.
                same = old_answers.get(name) == record.answers.get(name)
                grade.needs_manual_grade = (
                    grade.manual_score is None or (not same) or grade.needs_manual_grade
                )
        return changes

    def _comments(self, notebook: SubmittedNotebook, record: Record) -> None:
        for comment in notebook.comments:
            comment.auto_comment = None if record.answered.get(comment.name, False) else "No response."

    def _late_penalty(self, gradebook: Gradebook, notebook: SubmittedNotebook, record: Record) -> None:
        """As nbgrader's own preprocessor does it, with the course's plugin."""
        gradebook.db.expire(notebook)
        notebook.late_submission_penalty = None
        late = gradebook.find_submission(record.stage, record.student).total_seconds_late
        if late > 0:
            penalties = AssignLatePenalties(config=self.config)
            penalties.init_plugin()
            penalty = penalties.plugin_inst.late_submission_penalty(record.student, notebook.score, late)
            if penalty is not None:
                notebook.late_submission_penalty = penalties._check_late_penalty(notebook, penalty)


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
