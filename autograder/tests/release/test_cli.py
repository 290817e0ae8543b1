from __future__ import annotations

import datetime
import json

import pytest
import typer
from bnlab_autograder import schemas
from bnlab_autograder.cli import init, release
from bnlab_autograder.grading.record import Ledger
from jsonschema import validate
from typer.testing import CliRunner

from .conftest import STAGE

app = typer.Typer()
for command in (init, release):
    command.register(app)


def bnlab(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_init_makes_a_course_folder_with_a_gradebook(tmp_path):
    done = bnlab("init", tmp_path / "bn", "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    validate(result, schemas.load("init"))
    assert (result["status"], result["course_id"]) == ("created", "bn")
    assert (tmp_path / "bn" / "gradebook.db").exists()
    again = json.loads(bnlab("init", tmp_path / "bn", "--json").stdout)
    assert (again["status"], again["written"]) == ("unchanged", [])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--course-id", "a course"], "cannot be a course id"),
        (["--db", "nonsense"], "is not the URL of a database"),
        (["--db", "postgresql://bn:pass@127.0.0.1:1/bn"], "the database does not answer"),
    ],
)
def test_init_refuses_what_cannot_work_and_writes_nothing(tmp_path, options, words):
    done = bnlab("init", tmp_path / "bn", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
    assert "pass@" not in done.stderr
    assert not (tmp_path / "bn").exists()


def test_release_prints_what_it_has_done(workspace):
    done = bnlab("release", "01", "--course", workspace.root, "--version", "1.1.0", "--note", "new", "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    validate(result, schemas.load("release"))
    (one,) = result["releases"]
    assert (one["stage"], one["version"], one["status"]) == (STAGE.name, "1.1.0", "released")
    record = json.loads(
        (workspace.published(STAGE.name) / "1.1.0" / "record.json").read_text(encoding="utf-8")
    )
    assert record["created"]


def test_release_in_words(workspace):
    done = bnlab("release", "01_forward", "-C", workspace.root / "submitted")
    assert done.exit_code == 0, done.output
    assert "01_forward 1.0.0 (nothing has changed): 2 exercises, 12 points, 3 by hand" in done.stdout


def test_a_release_that_fails_has_status_1_and_says_why(workspace, monkeypatch):
    (workspace.private / "secret").write_bytes(b"")
    done = bnlab("release", "01", "--course", workspace.root, "--json")
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    validate(result, schemas.load("release"))
    assert result["releases"][0]["status"] == "failed"
    assert "secret is damaged" in result["releases"][0]["problem"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name one stage, or say --all"),
        (["01", "--all"], "name one stage, or say --all"),
        (["99"], "there is no stage '99'; the stages are: 00_warmup"),
        (["01", "--course", "/nowhere"], "bnlab init /nowhere"),
    ],
)
def test_wrong_use_has_status_2_and_names_the_next_step(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    done = bnlab("release", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize("command", ["init", "release"])
def test_help_shows_examples(command):
    done = bnlab(command, "--help")
    assert done.exit_code == 0
    assert f"Examples: bnlab {command}" in done.stdout


def test_every_schema_is_a_schema():
    from jsonschema import Draft202012Validator

    for name in ("init", "release", "manifest"):
        Draft202012Validator.check_schema(schemas.load(name))
    with pytest.raises(LookupError, match=r"no schema 'nothing'; there are: .*release"):
        schemas.load("nothing")


@pytest.mark.parametrize(("text", "hour"), [("2027-01-31", 23), ("2027-01-31T18:00", 18)])
def test_a_due_date_without_a_time_lasts_to_its_end(workspace, text, hour):
    done = bnlab("release", "01", "--no-judge", "--due", text, "-C", workspace.root)
    assert done.exit_code == 0, done.output
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        due = gradebook.find_assignment(STAGE.name).duedate.replace(tzinfo=datetime.UTC).astimezone()
    assert (due.day, due.hour) == (31, hour)


def test_a_due_date_that_is_none(workspace):
    done = bnlab("release", "01", "--due", "soon", "-C", workspace.root)
    assert done.exit_code == 2
    assert "--due 'soon' is no date" in done.output
