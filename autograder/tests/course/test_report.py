"""``bnlab report`` on a class that was really graded."""

import datetime
import json

import jsonschema
import nbformat
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.lms.ledger import Receipt, add

from .conftest import BY_NAME, STAGE

UNKNOWN = """
def batchnorm_train(x, gamma, beta, eps):
    # as I, zoe, found out
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 1.7 * eps) + beta
"""


def receipt(student, attempt):
    now = datetime.datetime(2026, 11, 10 + attempt, tzinfo=datetime.UTC)
    return Receipt(STAGE.name, student, "0" * 64, now, now, "folder", "a.ipynb", False, attempt)


@pytest.fixture
def graded(course, hand_in, grade, notebooks):
    """One right, one untouched, two with known mistakes, one with a mistake that nobody knows, one unreadable."""
    odd = nbformat.from_dict(notebooks["reference"])
    next(cell for cell in odd.cells if grade_id_of(cell) == "batchnorm_train").source = UNKNOWN
    for student, notebook in {
        "ada": "reference",
        "bob": "stub",
        "cy": "mutant",
        "dan": "helper mutant",
        "zoe": odd,
    }.items():
        hand_in(student, notebook)
    hand_in("eve", "reference", BY_NAME["bad JSON"])
    for student, day in (("ada", 20), ("cy", 10)):
        path = course.workspace.submitted / student / STAGE.name / "timestamp.txt"
        path.write_text(f"2026-11-{day} 12:00:00 UTC", encoding="utf-8")
    with course.ledger() as ledger, ledger.transaction() as gradebook:
        gradebook.update_or_create_student("ada", first_name="Ada", last_name="Lovelace")
        gradebook.update_or_create_assignment(STAGE.name, duedate=datetime.datetime(2026, 11, 15))
    grade()
    hand_in("fay", "reference")
    return course


def test_the_report_says_what_was_graded(graded, bnlab, hand_in, grade):
    result = bnlab("report", "01", "-C", graded.root, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    jsonschema.validate(report, schemas.load("report"))
    (stage,) = report["stages"]
    assert [stage[key] for key in ("students", "submitted", "graded", "faulty", "untouched")] == [
        7,
        7,
        6,
        1,
        1,
    ]
    assert stage["waiting"] == ["fay"]
    assert {m["mistake"]: m["students"] for m in stage["mistakes"]} == {
        "eps-outside-root": ["cy"],
        "unbiased-variance": ["dan"],
    }
    (pattern,) = stage["unexplained"]
    assert (pattern["exercise"], pattern["students"]) == ("batchnorm_train", ["zoe"])
    assert stage["needs_hand"] == 4  # of five, bob has written nothing
    assert stage["late"] == 1
    names = {row["student"]: row["name"] for row in report["whole"]["points"]}
    assert names["ada"] == "Ada Lovelace"
    assert stage["attempts"]["again"] == 0
    assert not stage["attempts"]["receipts"]
    assert not (graded.root / "reports").exists()

    hand_in("cy", "reference")
    grade(["cy"])
    add(graded, [receipt("cy", 1), receipt("cy", 2), receipt("dan", 1)])
    (again,) = json.loads(bnlab("report", "01", "-C", graded.root, "--json").stdout)["stages"]
    assert (again["attempts"]["measured"], again["attempts"]["better"]) == (1, 1)
    assert again["attempts"]["handed_in"] == {"1": 1, "2": 1}
    assert again["attempts"]["now_mean"] == STAGE.points
    assert "cy" not in json.dumps(again["mistakes"])


def test_the_page_stands_in_the_course_folder_beside_an_earlier_one(graded, bnlab, tmp_path):
    then = tmp_path / "then.json"
    then.write_text(bnlab("report", "--json", "-C", graded.root).stdout, encoding="utf-8")
    result = bnlab("report", "-C", graded.root, "--compare", then)
    assert result.exit_code == 0, result.output
    page = graded.root / "reports" / "course.html"
    assert str(page) in result.stdout.replace("\n", "")
    text = page.read_text(encoding="utf-8")
    assert "Then and now" in text
    assert "1.7 * eps" in text  # to look at
    assert "bnlab mutant draft 01_forward --student zoe --exercise batchnorm_train" in text
    assert f"../autograded/zoe/{STAGE.name}/{STAGE.name}.ipynb" in text
    assert bnlab("report", "-C", graded.root, "--compare", graded.root, "--json").exit_code == 0


def test_an_anonymous_report_names_nobody(graded, bnlab, tmp_path):
    page = tmp_path / "page.html"
    result = bnlab("report", "-C", graded.root, "--anonymous", "--json", "--out", page)
    assert json.loads(result.stdout)["anonymous"]
    for text in (result.stdout, page.read_text(encoding="utf-8")):
        assert not {"ada", "zoe", "eve", "Lovelace"} & set(
            text.replace('"', " ").replace(">", " ").replace("<", " ").split()
        )
    assert "1.7 * eps" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["report"], "nothing is graded in this course yet"),
        (["report", "01"], "run: bnlab grade 01_forward"),
        (["report", "77"], "there is no stage '77'"),
    ],
)
def test_wrong_use(course, bnlab, arguments, message):
    result = bnlab(*arguments, "-C", course.root)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


def test_what_cannot_be_compared_is_named(graded, bnlab, tmp_path):
    result = bnlab("report", "-C", graded.root, "--compare", tmp_path / "spring.json")
    assert result.exit_code == 2
    assert "spring.json" in result.stderr.replace("\n", "")
    assert not (graded.root / "reports").exists()
