"""Copies of a whole gradebook: of SQLite a file that nbgrader opens, of other databases a file of JSON."""

from __future__ import annotations

import datetime
import gzip
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bnlab_autograder.release.restructure import SET_ASIDE

SCHEMA, VERSION = "bnlab-gradebook", 1
BACKUPS = "backups"  # below a course folder's ``.bnlab``
SQLITE, JSON = ".db", ".json.gz"
ROWS = 1000  # inserted at once


class NoBackup(RuntimeError):
    """A backup could not be made or used; the text says why. The gradebook is as it was."""


def back_up(db_url: str, folder: Path, name: str) -> Path:
    """A copy of the gradebook in ``folder``, for its owner's eyes, as of one moment. Raises NoBackup."""
    path = _sqlite_path(db_url)
    if path is not None:
        return _written(folder, f"{name}{SQLITE}", lambda target: _vacuum(path, target))
    with _database(db_url) as connection:
        data = json.dumps(_dump(connection), ensure_ascii=False, allow_nan=False).encode()
    return _written(folder, f"{name}{JSON}", lambda target: target.write_bytes(gzip.compress(data)))


def restore(db_url: str, backup: Path) -> None:
    """Make the whole gradebook what it was when ``backup`` was made. Raises NoBackup."""
    path = _sqlite_path(db_url)
    if not backup.is_file():
        raise NoBackup(f"there is no backup {backup}")
    if (path is not None) != backup.name.endswith(SQLITE):
        raise NoBackup(f"{backup} is a backup of another kind of database than this course has")
    if path is not None:
        _copy_back(backup, path)
        return
    tables = _tables_in(backup)
    with _database(db_url) as connection:
        _fill(connection, tables)


def _written(folder: Path, name: str, write: Callable[[Path], object]) -> Path:
    """The file ``name``, whole or not at all."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as scratch:
            made = Path(scratch) / name
            write(made)
            made.chmod(0o600)
            with made.open("rb+") as file:
                os.fsync(file.fileno())
            os.replace(made, folder / name)
    except (OSError, sqlite3.Error) as problem:
        raise NoBackup(f"no backup could be written to {folder} ({problem}); nothing was changed") from None
    return folder / name


# SQLite


def _sqlite_path(db_url: str) -> Path | None:
    url = sa.engine.make_url(db_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _vacuum(path: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))


def _copy_back(backup: Path, path: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(path)) as target,
        ):
            (state,) = source.execute("PRAGMA quick_check").fetchone()
            if state != "ok":
                raise NoBackup(f"{backup} is damaged ({state})")
            source.backup(target)
    except sqlite3.Error as problem:
        raise NoBackup(f"{backup} could not be restored ({problem})") from None


# Other databases


@contextmanager
def _database(db_url: str) -> Iterator[sa.Connection]:
    """A transaction that sees one state of everything."""
    engine = sa.create_engine(db_url, isolation_level="REPEATABLE READ")
    try:
        with engine.begin() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as problem:
        raise NoBackup(f"the gradebook cannot be used ({str(problem).splitlines()[0]})") from None
    finally:
        engine.dispose()


def _dump(connection: sa.Connection) -> dict[str, Any]:
    tables = {}
    for table in _tables(connection):
        rows = connection.execute(sa.select(table)).all()
        tables[table.name] = {
            "columns": [column.name for column in table.columns],
            "rows": [[_plain(value) for value in row] for row in rows],
        }
    return {"schema": SCHEMA, "version": VERSION, "tables": tables}


def _fill(connection: sa.Connection, tables: dict[str, Any]) -> None:
    SET_ASIDE.create(connection, checkfirst=True)
    known = {table.name: table for table in _tables(connection)}
    missing = sorted(tables.keys() - known.keys())
    if missing:
        raise NoBackup(f"the database has no table {missing[0]}; make the gradebook anew with: bnlab init")
    for table in reversed(known.values()):
        connection.execute(table.delete())
    for name, table in known.items():
        content = tables.get(name, {"columns": [], "rows": []})
        rows = [dict(zip(content["columns"], map(_value, row), strict=True)) for row in content["rows"]]
        for start in range(0, len(rows), ROWS):
            connection.execute(table.insert(), rows[start : start + ROWS])
        _set_counter(connection, table)


def _set_counter(connection: sa.Connection, table: sa.Table) -> None:
    """Let a PostgreSQL table that counts its rows go on after the last one."""
    for column in table.primary_key.columns:
        counter = connection.scalar(
            sa.text("SELECT pg_get_serial_sequence(:name, :column)"),
            {"name": f'"{table.name}"', "column": column.name},
        )
        if counter is not None:
            last = connection.scalar(sa.select(sa.func.max(column)))
            if last is not None:
                connection.execute(
                    sa.text("SELECT setval(:counter, :last)"), {"counter": counter, "last": last}
                )


def _tables(connection: sa.Connection) -> list[sa.Table]:
    """Those of nbgrader and ours, each after those that it refers to."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return metadata.sorted_tables


def _tables_in(backup: Path) -> dict[str, Any]:
    try:
        data = json.loads(gzip.decompress(backup.read_bytes()))
        if (data["schema"], data["version"]) != (SCHEMA, VERSION):
            raise ValueError("it is of another version")
        return data["tables"]
    except (OSError, EOFError, ValueError, LookupError, TypeError) as problem:
        raise NoBackup(f"{backup} is no backup that can be read ({problem})") from None


def _plain(value: Any) -> Any:
    match value:
        case datetime.datetime():
            return {"datetime": value.isoformat()}
        case datetime.timedelta():
            return {"seconds": value.total_seconds()}
        case None | bool() | int() | float() | str():
            return value
    raise NoBackup(f"a {type(value).__name__} in the gradebook cannot be written to a backup")


def _value(plain: Any) -> Any:
    match plain:
        case {"datetime": text}:
            return datetime.datetime.fromisoformat(text)
        case {"seconds": seconds}:
            return datetime.timedelta(seconds=seconds)
    return plain
