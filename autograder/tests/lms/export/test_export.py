"""Grades as files that other systems import: exactly these students, exactly these points."""

import csv
import io
import json
import shutil
import subprocess
import sys
import zipfile
from decimal import Decimal

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.lms.export import number, rounded

from .conftest import MANUAL, STAGE

ROSTER = """\
student_id,first_name,last_name,email,canvas_id,sis_id,login,moodle_id,section
ada,Ada,Ångström,ada@uni.example,501,S1,al,9001,A
bob,Bob,de la Cruz,bob@uni.example,502,S2,bc,9002,A
cem,Cem,=HYPERLINK(1),cem@uni.example,503,S3,cy,9003,B
dora,Dora,Meier,dora@uni.example,504,S4,dm,9004,B
eve,Eve,Late,eve@uni.example,505,S5,el,9005,B
"""
CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,Essay (77),01_forward (4711),Final Score
,,,,,,Manual Posting,
    Points Possible,,,,,10.00,15.00,(read only)
"Ångström, Ada",501,S1,al,A,9.50,,63.3
"de la Cruz, Bob",502,S2,bc,A,8.00,1.00,10
"Yilmaz, Cem",503,S3,cy,B,,,
"Meier, Dora",504,S4,dm,B,,,
"Late, Eve",505,S5,el,B,,7.00,
"Guest, Gus",600,S9,gg,B,,3.00,
"Student, Test",,,,B,,,
"""
MOODLE = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 9001","Ada Ångström",ada@uni.example,Submitted,,15.00,Yes,"Monday, 2 March 2026, 7:00 AM",-,\n'
    '"Participant 777","Bob de la Cruz",bob@uni.example,Submitted,4.00,15.00,Yes,"Tuesday, 3 March 2026",'
    '"Monday, 9 March 2026","Well, ""nice"""\n'
    '"Participant 9003","Cem Yilmaz",cem@uni.example,Submitted,,15.00,Yes,-,-,\n'
    '"Participant 9009","Nobody Here",nobody@uni.example,"No submission",,15.00,Yes,-,-,\n'
)


@pytest.fixture
def ready(course, by_hand):
    """A course whose grades are final, with a roster."""
    by_hand()
    (course.root / "roster.csv").write_text(ROSTER, encoding="utf-8")
    return course


@pytest.fixture
def template(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "template.csv"
        path.write_text(text, encoding=encoding, newline="")
        return path

    return write


def table(path, delimiter=","):
    return list(
        csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=delimiter)
    )


def column(path, name, key=0, delimiter=","):
    header, *rows = table(path, delimiter)
    return {row[key]: row[header.index(name)] for row in rows}


def points(bnlab, **options):
    """What the course says, by student."""
    data = bnlab("export", "01", "--to", "csv", "--json", "--force").data
    return {one["student"]: one["points"] for one in data["grades"]}


def test_open_grades_are_named_and_nothing_is_written(bnlab, course):
    shutil.copytree(course.workspace.submitted / "ada", course.workspace.submitted / "new")
    done = bnlab("export", "01", "--to", "csv", "--json")
    assert done.exit_code == 1
    jsonschema.validate(done.data, schemas.load("export"))
    codes = {(one["student"], one["code"]) for one in done.data["open"]}
    assert {("ada", "by-hand"), ("bob", "by-hand"), ("dora", "by-hand"), ("new", "not-graded")} <= codes
    assert ("cem", "by-hand") not in codes  # answered nothing: 0 points without a grader
    assert done.data["files"] == []
    assert not (course.root / "exports").exists()
    words = bnlab("export", "01", "--to", "csv")
    assert f"{STAGE.name}: 3 waiting for points by hand (the formgrader): ada, bob, dora" in words.said
    assert f"{STAGE.name}: 1 not graded (bnlab grade {STAGE.name}): new" in words.said
    forced = bnlab("export", "01", "--to", "csv", "--json", "--force")
    assert forced.exit_code == 1
    assert "new" not in forced.data["written"]
    assert "ada" in forced.data["written"]


def test_a_submission_that_was_replaced_has_to_be_graded_again(bnlab, ready):
    folder = ready.workspace.submitted / "bob" / STAGE.name
    shutil.copy(ready.workspace.submitted / "ada" / STAGE.name / f"{STAGE.name}.ipynb", folder)
    done = bnlab("export", "01", "--to", "csv", "--json")
    assert done.exit_code == 1
    assert [(one["student"], one["code"]) for one in done.data["open"]] == [("bob", "outdated")]
    assert bnlab("grade", "01", "--workers", 1).exit_code == 0
    done = bnlab("export", "01", "--to", "csv", "--json")  # the written answer is the one that was graded
    assert done.exit_code == 0
    assert {one["student"]: one["points"] for one in done.data["grades"]}["bob"] == 15


def test_plain_table(bnlab, ready):
    done = bnlab("export", "01", "--to", "csv", "--json")
    assert done.exit_code == 0, done.output
    path = ready.root / "exports" / f"{STAGE.name}-grades.csv"
    assert done.data["files"] == [str(path)]
    assert path.stat().st_mode & 0o077 == 0  # grades are nobody else's
    got = column(path, "points")
    assert got["ada"] == number(rounded(STAGE.points + MANUAL)) == "15"
    assert got["cem"] == "0"
    assert got["eve"] == ""
    assert column(path, "open")["eve"] == "nothing-handed-in"
    assert column(path, "last_name")["cem"] == "'=HYPERLINK(1)"
    assert bnlab("export", "01", "--to", "csv", "--zero").exit_code == 0
    assert column(path, "points")["eve"] == "0"
    (ready.root / "extensions.csv").write_text("student_id,stage,until\neve,01,2999-01-01\n")
    assert bnlab("export", "01", "--to", "csv", "--zero").exit_code == 0
    assert column(path, "points")["eve"] == ""  # she may hand in still


def test_late_penalties_and_extensions_are_in_the_numbers(bnlab, ready, late_costs_all):
    assert points(bnlab)["dora"] == 0
    bnlab("extend", "dora", "01", "--days", 1)
    done = bnlab("export", "01", "--to", "csv", "--json")
    assert {one["student"]: one["penalty"] for one in done.data["grades"]}["bob"] > 0
    path = ready.root / "exports" / f"{STAGE.name}-grades.csv"
    assert column(path, "points")["dora"] == "15"
    assert column(path, "late_penalty")["dora"] == "0"
    assert column(path, "due")["dora"] == "2024-03-05T12:00:00Z"
    assert column(path, "due")["ada"] == "2024-03-04T12:00:00Z"


def test_points_by_hand_after_grading_count_for_the_penalty(bnlab, course, by_hand, late_costs_all):
    """The policy "zero" takes what was earned when it was worked out; then a grader gives more."""
    assert bnlab("grade", "01").exit_code == 0
    by_hand()
    assert points(bnlab)["dora"] == 0


def test_canvas_gets_its_own_gradebook_back_with_one_column_filled(bnlab, ready, template):
    path = template(CANVAS)
    done = bnlab("export", "01", "--to", "canvas", "--template", path, "--json")
    assert done.exit_code == 0, done.output
    jsonschema.validate(done.data, schemas.load("export"))
    before, after = table(path), table(ready.root / "exports" / f"{STAGE.name}-canvas.csv")
    place = before[0].index("01_forward (4711)")
    graded = points(bnlab)
    by_id = {row[1]: row[place] for row in after}
    assert {by_id[i]: s for i, s in (("501", "ada"), ("502", "bob"), ("503", "cem"))} == {
        number(rounded(graded[s])): s for s in ("ada", "bob", "cem")
    }
    assert by_id["505"] == "7.00"  # eve has handed in nothing here: what Canvas has stays
    assert by_id["600"] == "3.00"
    assert [row[:place] + row[place + 1 :] for row in after] == [
        row[:place] + row[place + 1 :] for row in before
    ]
    assert after[1:3] == before[1:3]
    assert done.data["unknown"] == ["Guest, Gus", "Student, Test"]


def test_a_student_whom_canvas_lacks_is_listed(bnlab, ready, template):
    text = "".join(line for line in CANVAS.splitlines(keepends=True) if "Dora" not in line)
    done = bnlab("export", "01", "--to", "canvas", "--template", template(text), "--json")
    assert done.exit_code == 1
    assert done.data["absent"] == ["dora"]
    assert sorted(done.data["written"]) == ["ada", "bob", "cem"]


def test_rows_that_contradict_themselves_are_left_alone(bnlab, ready, template):
    text = CANVAS.replace('"Meier, Dora",504,S4,dm', '"Meier, Dora",504,S1,dm')  # ada's SIS id
    path = template(text)
    done = bnlab("export", "01", "--to", "canvas", "--template", path, "--json")
    assert "Meier, Dora" in done.data["unknown"]
    assert done.data["absent"] == ["dora"]
    doubled = template(CANVAS + '"Ångström, Ada",501,S1,al,B,,,\n')
    done = bnlab("export", "01", "--to", "canvas", "--template", doubled, "--json")
    assert any("ada is in two rows" in remark for remark in done.data["remarks"])
    assert "ada" in done.data["absent"]
    assert [
        row[6] for row in table(ready.root / "exports" / f"{STAGE.name}-canvas.csv") if row[1] == "501"
    ] == ["", ""]


def test_a_semicolon_gradebook_keeps_its_decimal_commas(bnlab, ready, template, course):
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        notebook = gradebook.find_submission(STAGE.name, "ada").notebooks[0]
        next(one for one in notebook.grades if one.manual_score is not None).manual_score = 2.5
    text = CANVAS.replace('"', "").replace(", ", "~").replace(",", ";").replace("~", ", ").replace(".", ",")
    path = template("\ufeff" + text.replace("\n", "\r\n"))
    done = bnlab("export", "01", "--to", "canvas", "--template", path, "--json")
    assert done.exit_code == 0, done.output
    raw = (ready.root / "exports" / f"{STAGE.name}-canvas.csv").read_bytes()
    assert raw.startswith("\ufeff".encode())
    assert "Ångström, Ada;501;S1;al;A;9,50;14,5;63,3\r\n".encode() in raw


def test_another_maximum_is_refused_or_converted(bnlab, ready, template):
    path = template(CANVAS.replace("15.00", "100.00"))
    done = bnlab("export", "01", "--to", "canvas", "--template", path)
    assert done.exit_code == 2
    assert "Canvas counts 01_forward up to 100, this course up to 15" in done.said
    assert bnlab("export", "01", "--to", "canvas", "--template", path, "--scale").exit_code == 0
    got = column(ready.root / "exports" / f"{STAGE.name}-canvas.csv", "01_forward (4711)", key=1)
    assert got["501"] == "100"
    assert Decimal(got["502"]) == rounded(points(bnlab)["bob"] * 100 / 15)


@pytest.mark.parametrize(
    ("essay", "stage", "arguments", "message"),
    [
        ("Essay", "Week 1", [], "no column of"),
        ("01 Forward - part one", "01 forward: part two", [], "more than one column of"),
        (
            "Essay",
            "01_forward",
            ["--column", "Quiz"],
            "no column 'Quiz'; there are: Essay (77); 01_forward (4711)",
        ),
    ],
)
def test_a_column_that_is_not_certain_is_asked_for(bnlab, ready, template, essay, stage, arguments, message):
    path = template(CANVAS.replace("Essay", essay).replace("01_forward", stage))
    done = bnlab("export", "01", "--to", "canvas", "--template", path, *arguments)
    assert done.exit_code == 2
    assert message in done.said


def test_of_two_columns_the_one_that_is_called_so_is_meant(bnlab, ready, template):
    path = template(CANVAS.replace("Essay", "01_forward (draft)"))
    assert bnlab("export", "01", "--to", "canvas", "--template", path).exit_code == 0
    assert (
        column(ready.root / "exports" / f"{STAGE.name}-canvas.csv", "01_forward (4711)", key=1)["501"] == "15"
    )


def test_another_file_is_no_template(bnlab, ready, template):
    for system, message in (
        ("canvas", "is no gradebook of Canvas"),
        ("moodle", "is no grading worksheet of Moodle"),
    ):
        done = bnlab("export", "01", "--to", system, "--template", template("Person,Number\nada,x\n"))
        assert done.exit_code == 2
        assert message in done.said


def test_a_column_can_be_named_by_its_number(bnlab, ready, template):
    path = template(CANVAS.replace("01_forward", "Week 1"))
    assert bnlab("export", "01", "--to", "canvas", "--template", path, "--column", "4711").exit_code == 0
    got = column(ready.root / "exports" / f"{STAGE.name}-canvas.csv", "Week 1 (4711)", key=1)
    assert got["501"] == "15"


def test_a_canvas_table_of_its_own(bnlab, ready):
    done = bnlab("export", "01", "--to", "canvas", "--json")
    assert done.exit_code == 0
    header, possible, *rows = table(ready.root / "exports" / f"{STAGE.name}-canvas.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", STAGE.name]
    assert possible == ["    Points Possible", "", "", "", "", "15"]
    assert ["Ångström, Ada", "501", "S1", "al", "A", "15"] in rows
    assert any(row[0].startswith("'=HYPERLINK") for row in rows)
    assert any("make a new one" in remark for remark in done.data["remarks"])


def test_moodle_gets_its_own_worksheet_back(bnlab, ready, template):
    path = template(MOODLE)
    done = bnlab("export", "01", "--to", "moodle", "--template", path, "--json")
    assert done.exit_code == 1
    assert done.data["absent"] == ["dora"]
    assert done.data["unknown"] == ["Nobody Here"]
    before, after = table(path), table(ready.root / "exports" / f"{STAGE.name}-moodle.csv")
    assert [row[:4] + row[5:] for row in after] == [row[:4] + row[5:] for row in before]
    graded = points(bnlab)
    expected = [number(rounded(graded[name])) for name in ("ada", "bob", "cem")]
    assert [row[4] for row in after[1:]] == [*expected, ""]


def test_moodle_in_another_language(bnlab, ready, template):
    text = MOODLE.replace("Identifier", "ID").replace("Participant ", "Teilnehmer/in")
    text = (
        text.replace(",Grade,", ",Bewertung,")
        .replace("Email address", "E-Mail-Adresse")
        .replace("15.00", '"15,00"')
    )
    text = text.replace("Maximum grade", "Maximalbewertung")
    done = bnlab("export", "01", "--to", "moodle", "--template", template(text), "--json")
    assert sorted(done.data["written"]) == ["ada", "bob", "cem"]


def test_a_moodle_worksheet_of_its_own(bnlab, ready):
    (ready.root / "roster.csv").write_text(ROSTER.replace(",9002,", ",,"), encoding="utf-8")
    done = bnlab("export", "01", "--to", "moodle", "--json")
    assert done.exit_code == 1
    assert done.data["absent"] == ["bob"]
    rows = {row[0]: row for row in table(ready.root / "exports" / f"{STAGE.name}-moodle.csv")}
    assert rows["Participant 9001"][4] == "15"
    assert "Participant 9002" not in rows


def test_without_a_roster_a_student_is_found_by_login(bnlab, course, by_hand, template):
    by_hand()
    text = "Student,ID,SIS Login ID,Section,01_forward (1)\nAda L,501,ADA,A,\nCem,9,someone,A,\n"
    done = bnlab("export", "01", "--to", "canvas", "--template", template(text), "--json")
    assert done.data["written"] == ["ada"]
    assert done.data["unknown"] == ["Cem"]


def test_all_stages_at_once(bnlab, ready, template):
    done = bnlab("export", "--all", "--to", "csv", "--json")
    assert done.exit_code == 0
    assert done.data["stages"] == [STAGE.name]
    assert (ready.root / "exports" / f"{STAGE.name}-grades.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "csv"], "name one stage, or say --all"),
        (["01", "--all", "--to", "csv"], "name one stage, or say --all"),
        (["02", "--to", "csv"], "the gradebook does not know 02_train_test"),
        (["--all", "--to", "moodle", "--template", "x.csv"], "is about one assignment"),
        (["01", "--to", "csv", "--template", "x.csv"], "--template is for Canvas and Moodle"),
        (["01", "--to", "csv", "--visibility", "visible"], "--visibility is for Gradescope"),
        (["01", "--to", "gradescope", "--force", "--visibility", "sometimes"], "it must be one of visible"),
        (["01", "--to", "canvas", "--force", "--template", "/nowhere/x.csv"], "x.csv cannot be read"),
        (["01", "--to", "canvas", "--roster", "/nowhere/r.csv"], "r.csv cannot be read"),
    ],
)
def test_wrong_use(bnlab, course, arguments, message):
    done = bnlab("export", *arguments)
    assert done.exit_code == 2
    assert message in done.said


@pytest.mark.parametrize(
    ("points", "text"),
    [
        (12.0, "12"),
        (2.5, "2.5"),
        (0.25, "0.25"),
        (100.0, "100"),
        (0.1 + 0.2, "0.3"),
        (2.675, "2.68"),
        (0.125, "0.13"),
        (0.0, "0"),
    ],
)
def test_numbers(points, text):
    assert number(rounded(points)) == text
    assert number(rounded(points), comma=True) == text.replace(".", ",")


# Gradescope


@pytest.fixture
def gradescope(bnlab, ready, tmp_path):
    """Export, and what the autograder hands out in a container like that of Gradescope."""

    def run(student, *emails, other=False, options=()):
        done = bnlab("export", "01", "--to", "gradescope", "--json", *options)
        assert done.exit_code == 0, done.output
        top = tmp_path / f"autograder-{student}"
        folder = ready.root / "exports" / f"{STAGE.name}-gradescope"
        with zipfile.ZipFile(folder / "autograder.zip") as archive:
            archive.extractall(top / "source")
            assert archive.getinfo("run_autograder").external_attr >> 16 & 0o111
        users = [{"email": email, "id": 1234 + k, "name": "Student User"} for k, email in enumerate(emails)]
        (top / "submission_metadata.json").write_text(json.dumps({"id": 1, "users": users}))
        shutil.copytree(
            ready.workspace.submitted / ("cem" if other else student) / STAGE.name, top / "submission"
        )
        program = subprocess.run(
            [sys.executable, top / "source" / "run_autograder", top], capture_output=True, text=True
        )
        results = top / "results" / "results.json"
        return program, json.loads(results.read_text()) if results.exists() else None

    return run


def test_gradescope_hands_out_the_result_of_the_graded_submission(gradescope, ready):
    program, got = gradescope("bob", "Bob@Uni.example")
    assert program.returncode == 0, program.stderr
    assert got["score"] == sum(test["score"] for test in got["tests"])
    assert {test["max_score"] for test in got["tests"] if test["name"] == "three sentences"} == {MANUAL}
    failed = [test for test in got["tests"] if test.get("status") == "failed"]
    assert failed
    assert all(test["output"] and test["visibility"] == "after_due_date" for test in failed)
    assert all(test["output"] == "" for test in got["tests"] if test.get("status") == "passed")
    assert any("Known mistake" in test["output"] for test in got["tests"])
    assert got["stdout_visibility"] == "hidden"
    own = json.loads(
        (ready.root / "exports" / f"{STAGE.name}-gradescope" / "bob" / "results.json").read_text()
    )
    assert own == got


def test_gradescope_gives_nothing_for_another_submission_or_student(gradescope):
    program, got = gradescope("bob", "bob@uni.example", other=True)
    assert program.returncode == 1
    assert "not the submission that was graded" in program.stderr
    assert got is None
    program, got = gradescope("ada", "stranger@uni.example")
    assert program.returncode == 1
    assert got is None


def test_a_group_gets_a_result_that_all_of_it_share(gradescope):
    program, got = gradescope("ada", "ada@uni.example", "dora@uni.example")  # the same work
    assert program.returncode == 0, program.stderr
    assert got["score"] == 15
    program, got = gradescope("bob", "bob@uni.example", "ada@uni.example")
    assert program.returncode == 1
    assert "different results" in program.stderr
    assert got is None


def test_gradescope_shows_what_the_course_lets_it_show(gradescope, ready):
    with (ready.root / "bnlab.toml").open("a") as file:
        file.write('[gradescope.cases]\n"batchnorm_train.large_eps" = "visible"\n')
    ready.workspace.__dict__.pop("settings", None)
    _, got = gradescope("ada", "ada@uni.example", options=["--visibility", "hidden"])
    seen = {test["name"]: test["visibility"] for test in got["tests"]}
    assert seen.pop("batchnorm_train: large eps") == "visible"
    assert seen.pop("three sentences") == "after_published"
    assert set(seen.values()) == {"hidden"}


def test_points_by_hand_replace_those_of_cases(gradescope, ready):
    with ready.ledger() as ledger, ledger.transaction() as gradebook:
        notebook = gradebook.find_submission(STAGE.name, "bob").notebooks[0]
        next(one for one in notebook.grades if one.name == "check_batchnorm_train").manual_score = 7.25
    _, got = gradescope("bob", "bob@uni.example")
    assert [test["score"] for test in got["tests"] if test["name"].startswith("batchnorm")] == [7.25]
    assert got["score"] == sum(test["score"] for test in got["tests"])


def test_gradescope_says_what_was_late(gradescope, ready, late_costs_all):
    _, got = gradescope("dora", "dora@uni.example")
    assert got["score"] == 0
    assert got["tests"][-1]["name"] == "handed in late"
    assert sum(test["score"] for test in got["tests"]) == 0
