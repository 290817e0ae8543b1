"""More time for one student: what stands in the list counts in the gradebook, and late penalties follow."""

import csv
import datetime
import shutil

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.extensions import ExtensionsProblem, moment, read_extensions
from bnlab_autograder.workspace import Workspace

from .conftest import DUE, STAGE


@pytest.fixture
def listed(tmp_path):
    def write(text):
        path = tmp_path / "extensions.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_late_work_costs_what_the_plugin_says_until_there_is_an_extension(
    bnlab, course, late_costs_all, penalties
):
    with course.ledger() as ledger:
        ledger.settle(STAGE.name)
    assert set(penalties()) == {"bob", "dora"}  # each loses all
    assert penalties()["dora"] == STAGE.points
    done = bnlab("extend", "dora", "01", "--days", 1, "--reason", "illness", "--json")
    assert done.exit_code == 0, done.output
    jsonschema.validate(done.data, schemas.load("extend"))
    assert [(one["student"], one["old"], one["new"]) for one in done.data["penalties"]] == [
        ("dora", 12.0, 0.0)
    ]
    assert set(penalties()) == {"bob"}
    with course.ledger() as ledger:
        row = ledger.log(STAGE.name, "dora")[-1]
    assert (row["cell"], row["old"], row["new"]) == ("late_submission_penalty", 12.0, 0.0)
    assert bnlab("extend", "dora", "01", "--withdraw").exit_code == 0
    assert set(penalties()) == {"bob", "dora"}


def test_an_extension_is_there_before_the_submission(bnlab, course, late_costs_all, penalties):
    """Nobody knows zoe yet; when she hands in late, her submission is recorded with her extension."""
    done = bnlab("extend", "zoe", "01", "--until", "2024-03-11")
    assert done.exit_code == 0
    assert "no roster" in done.said
    shutil.copytree(course.workspace.submitted / "dora", course.workspace.submitted / "zoe")
    shutil.copytree(course.workspace.submitted / "dora", course.workspace.submitted / "yan")
    assert bnlab("grade", "01", "--workers", 1).exit_code == 0  # zoe's work is in the store, as it is dora's
    assert set(penalties()) == {"bob", "dora", "yan"}


def test_a_due_date_that_moves_counts_at_the_next_grading(bnlab, course, late_costs_all, penalties):
    assert bnlab("grade", "01").exit_code == 0
    assert "dora" in penalties()
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        gradebook.find_assignment(STAGE.name).duedate += datetime.timedelta(days=1)
    assert bnlab("grade", "01").exit_code == 0
    assert set(penalties()) == {"bob"}


def test_without_a_due_date_nobody_is_late(bnlab, course, late_costs_all, penalties):
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        gradebook.find_submission(STAGE.name, "dora").extension = datetime.timedelta(days=1)
        gradebook.find_assignment(STAGE.name).duedate = None  # nbgrader cannot add an extension to that
    assert bnlab("extend", "bob", "01", "--days", 3).exit_code == 0
    assert penalties() == {}


def test_the_list_takes_what_people_write(listed):
    path = listed(
        "\ufeffStudent_ID;Stage;Until;Days;Reason;Granted by\n"
        "ada;01;2026-03-05;;;me\n\n"
        'Zoë Ångström;02_train_test;;"1,5";"ill; certificate seen";me\n'
    )
    found = read_extensions(path)
    assert found["ada", "01_forward"].until == datetime.datetime(2026, 3, 5, 23, 59, 59).astimezone()
    assert found["Zoë Ångström", "02_train_test"].days == 1.5
    assert found["Zoë Ångström", "02_train_test"].reason == "ill; certificate seen"


def test_what_others_wrote_into_the_list_stays(bnlab, course):
    path = course.root / "extensions.csv"
    path.write_text("student_id;stage;until;days;who\nada;01;;2;TA\nbob;02;;3;TA\n", encoding="utf-8")
    assert bnlab("extend", "ada", "01", "--days", 5).exit_code == 0
    rows = list(csv.DictReader(path.open(encoding="utf-8"), delimiter=";"))
    assert [(row["student_id"], row["days"], row["who"]) for row in rows] == [
        ("bob", "3", "TA"),
        ("ada", "5", ""),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("student,stage,days\nada,01,2\n", "line 1: a column student_id is missing"),
        ("student_id,stage,until,days\nada,77,,2\n", "line 2: there is no stage '77'"),
        ("student_id,stage,until,days\nada,01,,\n", "line 2: either until or days"),
        ("student_id,stage,until,days\nada,01,2026-03-05,2\n", "line 2: either until or days"),
        ("student_id,stage,until,days\nada,01,,-2\n", "line 2: '-2' is no number of days"),
        ("student_id,stage,until,days\nada,01,,nan\n", "line 2: 'nan' is no number of days"),
        ("student_id,stage,until,days\nada,01,5.3.2026,\n", "line 2: '5.3.2026' is no date"),
        ("student_id,stage,until,days\nada,01,,1\nada,01_forward,,2\n", "line 3: ada has an extension"),
        ("student_id,stage,until,days\n,01,,1\n", "line 2: no student"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(listed, text, message):
    with pytest.raises(ExtensionsProblem, match=message):
        read_extensions(listed(text))


def test_a_damaged_list_stops_grading_before_it_begins(bnlab, course):
    (course.root / "extensions.csv").write_text("student_id,stage,until,days\nada,77,,2\n")
    done = bnlab("grade", "01")
    assert done.exit_code == 2
    assert "line 2" in done.said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ada", "01"], "one of --until, --days"),
        (["ada", "01", "--days", "1", "--withdraw"], "one of --until, --days"),
        (["ada", "--days", "1"], "name the stage"),
        (["ada", "01", "--days", "-1"], "is no extension"),
        (["ada", "01", "--until", "2024-03-03"], "is not after the due date"),
        (["ada", "01", "--until", "soon"], "is no date"),
        (["ada", "01", "--withdraw"], "has no extension"),
    ],
)
def test_wrong_use(bnlab, arguments, message):
    done = bnlab("extend", *arguments)
    assert done.exit_code == 2
    assert message in done.said


def test_a_moment_is_the_same_everywhere():
    assert moment("2026-03-05T18:00+01:00") == datetime.datetime(2026, 3, 5, 17, tzinfo=datetime.UTC)
    assert moment("2026-03-05T18:00Z") == datetime.datetime(2026, 3, 5, 18, tzinfo=datetime.UTC)
    assert moment("2026-03-05").time() == datetime.time(23, 59, 59)


def test_stock_nbgrader_sees_the_extension(bnlab, course):
    bnlab("extend", "bob", "01", "--days", 2)
    with Course(Workspace(course.root)).ledger() as ledger, ledger.transaction() as gradebook:
        submission = gradebook.find_submission(STAGE.name, "bob")
        assert submission.duedate == (DUE + datetime.timedelta(days=2)).replace(tzinfo=None)
        assert submission.total_seconds_late == 0
