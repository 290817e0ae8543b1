"""Rosters as systems export them, and finding students in them."""

import unicodedata

import pytest
from bnlab_autograder.lms.roster import Roster, RosterProblem, Student, read_roster, roster_of

CANVAS = """\
Student,ID,SIS User ID,SIS Login ID,Section,02 Train and test (4711)
,,,,,Manual Posting
"    Points Possible",,,,,20.00
"García López, Zoë",502,s2,zoe,"BN, group 1",
"Student, Test",9,,bd07,BN,
"""
MOODLE = """\
Identifier;Full name;Email address;Status;Grade
Participant 1502;Zoë García López;zoe@uni.edu;-;
"""
PARTICIPANTS = """\
"First name","Last name","ID number","Email address",Groups
Zoë,"García López",s2,zoe@uni.edu,
"""
GRADESCOPE = """\
First Name,Last Name,SID,Email,Role,Sections
Zoë,García López,s2,zoe@uni.edu,Student,
Ina,Structor,,ina@uni.edu,Instructor,
"""
NBGRADER = """\
id,first_name,last_name,email,lms_user_id
zoe,Zoë,García López,zoe@uni.edu,502
"""


@pytest.fixture
def read(tmp_path):
    def run(text, encoding="utf-8"):
        path = tmp_path / "people.csv"
        path.write_bytes(text.encode(encoding))
        return read_roster(path)

    return run


@pytest.mark.parametrize(
    ("text", "student_id", "known"),
    [
        (CANVAS, "zoe", {"canvas_id": "502", "sis_id": "s2", "login": "zoe", "section": "BN, group 1"}),
        (MOODLE, "zoe@uni.edu", {"moodle_id": "1502", "email": "zoe@uni.edu"}),
        (PARTICIPANTS, "s2", {"sis_id": "s2", "email": "zoe@uni.edu"}),
        (GRADESCOPE, "s2", {"sis_id": "s2", "email": "zoe@uni.edu"}),
        (NBGRADER, "zoe", {"canvas_id": "502", "email": "zoe@uni.edu"}),
    ],
    ids=["canvas", "moodle worksheet", "moodle participants", "gradescope", "nbgrader"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_lists_of_all_systems(read, text, student_id, known, encoding):
    roster = read(text, encoding)
    (student,) = roster.students
    assert student.student_id == student_id
    assert {name: getattr(student, name) for name in known} == known
    for name in ("zoë garcía lópez", "García López, Zoë", "garcíalópezzoë", "GARCÍA LÓPEZ ZOË"):
        assert roster.by_name(unicodedata.normalize("NFD", name)) == student


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student_id,email\nada,a@x\nbob,A@X\n", "line 3: email 'A@X' stands in line 2 already"),
        ("student_id\nada\nADA\n", "line 3: student_id 'ADA' stands in line 2"),
        ("student_id\n../ada\n", "line 2: '../ada' cannot name a folder"),
        ("login\nada*\n", "line 2: 'ada*' cannot name a folder"),
        ("colour,size\nred,1\n", "line 1: no column says who a student is"),
        ("student_id,email,email\nada,a@x,b@x\n", "line 1: two columns are called 'email'"),
        (
            "student_id,email\nada,a@x\n,\n,b@x\n",
            "line 4: there is no student_id",
        ),
        ('student_id\n"ada\n', "line 2"),
        ("login,email\nada,\n,b@x\n", "no column identifies every student"),
        ("", "is empty"),
        ("student_id,email\n", "lists no student"),
    ],
)
def test_a_roster_with_a_fault_names_the_line(read, text, words):
    with pytest.raises(RosterProblem, match=words.replace("*'", r"\*'").replace("..", r"\.\.")):
        read(text)


def test_a_roster_in_another_encoding_names_the_line(read):
    with pytest.raises(RosterProblem, match="line 2: this is not UTF-8"):
        read("student_id,first_name\nzoe,Zoë\n", "latin-1")


ADA = Student("ada", "Ada", "Lovelace", email="ada@x", canvas_id="1", sis_id="s1", moodle_id="11")
ANN1, ANN2 = Student("ann1", "Ann", "Lee", canvas_id="2"), Student("ann2", "Ann", "Lee", email="ann@x")
PEOPLE = Roster((ADA, ANN1, ANN2))


@pytest.mark.parametrize(
    ("known", "student"),
    [
        ({"canvas_id": "1"}, ADA),
        ({"canvas_id": "1", "name": "lovelaceada"}, ADA),
        ({"name": "Ann Lee"}, None),
        ({"name": "Ann Lee", "canvas_id": "2"}, ANN1),
        ({"name": "Ann Lee", "email": "ANN@X"}, ANN2),
        ({"canvas_id": "1", "email": "ann@x"}, None),
        ({"canvas_id": "2", "name": "Ada Lovelace"}, None),
        ({"canvas_id": "77", "name": "Ada Lovelace"}, None),
        ({"moodle_id": "99", "name": "Ada Lovelace"}, ADA),
        ({"login": "lovelace", "name": "Ada Lovelace"}, ADA),
        ({"name": ""}, None),
        ({}, None),
    ],
)
def test_only_who_is_certain_is_found(known, student):
    assert PEOPLE.match(**known) == student


def test_the_course_folders_own_roster(tmp_path):
    assert roster_of(tmp_path) is None
    (tmp_path / "roster.csv").write_text("student_id\nada\n")
    (tmp_path / "other.csv").write_text("student_id\nbob\n")
    assert [one.student_id for one in roster_of(tmp_path).students] == ["ada"]
    assert [one.student_id for one in roster_of(tmp_path, tmp_path / "other.csv").students] == ["bob"]
