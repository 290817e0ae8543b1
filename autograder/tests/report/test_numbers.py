"""Numbers of small classes, known by hand."""

import json

import jsonschema
import numpy as np
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.curriculum import STAGES
from bnlab_autograder.demo.results import class_of
from bnlab_autograder.report.class_report import numbers
from bnlab_autograder.report.class_report.entries import Entry, entries
from bnlab_autograder.report.class_report.gather import anonymous
from bnlab_autograder.report.class_report.report import make

from .made_up import case, exercise, marks, stage_of, submission

PAGE = {"swapped": Entry("The wrong way round", "The momentum weighs the new batch.")}


def numbers_of(*submissions, **more):
    return numbers.stage_numbers(stage_of(submissions, **more), PAGE)


def test_the_head_counts_who_is_where():
    found = numbers_of(
        submission("ada", marks("f", "++"), late_seconds=60.0),
        submission("bob", marks("f", "--", begun=False), needs_hand=True),
        submission(
            "cy", marks("f", "--", begun=False), status="unreadable", findings=[("unreadable", "not JSON")]
        ),
        submission("dan", marks("f", "--"), status="failed", findings=[("not-graded", "the judge failed")]),
        absent=["eve"],
        submitted=["ada", "bob", "cy", "dan", "fay"],
    )
    wanted = {
        "students": 6,
        "submitted": 5,
        "graded": 3,
        "waiting": ["dan", "fay"],
        "late": 1,
        "needs_hand": 1,
        "faulty": 2,
        "untouched": 1,
    }
    assert {key: found[key] for key in wanted} == wanted
    assert [row["student"] for row in found["run"]["faulty"]] == ["cy", "dan"]


def test_the_distribution_of_points():
    found = numbers.score_numbers([0, 1, 4.5, 9.75, 10, 10], 10)
    assert found["counts"] == [1, 1, 0, 0, 1, 0, 0, 0, 0, 1, 2]
    assert found["mean"] == pytest.approx(35.25 / 6)
    assert found["quartiles"][1] == pytest.approx(7.125)
    assert (found["full"], found["zero"], found["n"]) == (2, 1, 6)
    assert numbers.score_numbers([], 10)["mean"] is None


def test_notebooks_that_cannot_be_read_are_no_bad_answers():
    found = numbers_of(
        submission("ada", marks("f", "++")),
        submission("bob", marks("f", "--", begun=False), status="missing"),
    )
    assert found["scores"]["n"] == 1
    assert found["exercises"][0]["share"] == 1


def test_discrimination_is_the_correlation_with_the_rest():
    found = numbers_of(
        submission("ada", marks("f", "+"), marks("g", "+++")),
        submission("bob", marks("f", "+"), marks("g", "++-")),
        submission("cy", marks("f", "-"), marks("g", "+--")),
        submission("dan", marks("f", "-"), marks("g", "---")),
    )
    by_name = {one["exercise"]: one for one in found["exercises"]}
    assert by_name["f"]["share"] == 0.5
    assert by_name["f"]["correlation"] == pytest.approx(np.corrcoef([1, 1, 0, 0], [3, 2, 1, 0])[0, 1])
    assert by_name["f"]["upper_lower"] is None  # of four students
    last = next(one for one in found["cases"] if (one["exercise"], one["case"]) == ("g", "case_2"))
    assert last["correlation"] == pytest.approx(np.corrcoef([1, 0, 0, 0], [3, 3, 1, 0])[0, 1])
    assert last["share"] == 0.25


def test_discrimination_of_what_everybody_can_is_not_a_number_but_none():
    found = numbers_of(*(submission(f"s{k}", marks("f", "+"), marks("g", "+-"[k % 2])) for k in range(6)))
    assert found["exercises"][0]["correlation"] is None
    json.dumps(found, allow_nan=False)


def test_upper_and_lower_group():
    """100 students: the best 27 pass, the weakest 27 fail; between them every second one passes."""
    passed = np.array([0] * 27 + [0, 1] * 23 + [1] * 27, float)
    assert numbers.upper_lower(passed, np.arange(100)) == 1
    assert numbers.upper_lower(1 - passed, np.arange(100)) == -1
    assert numbers.upper_lower(passed, np.zeros(100)) == pytest.approx(0)  # all alike: no upper, no lower
    assert numbers.upper_lower(passed[:29], np.arange(29)) is None


def test_a_case_is_measured_among_those_who_have_begun():
    found = numbers_of(
        submission("ada", marks("f", "+-")),
        submission("bob", marks("f", "--", begun=False)),
        submission("cy", marks("f", "++")),
    )
    assert [(one["n"], one["passed"], one["failed"]) for one in found["cases"]] == [(2, 2, 0), (2, 1, 1)]


def test_mistakes_are_counted_once_per_student_with_the_words_of_the_page():
    found = numbers_of(
        submission("ada", marks("f", "+-", ["swapped"]), marks("g", "--", ["swapped", "else"])),
        submission("bob", marks("f", "--", ["swapped"])),
        submission("cy", marks("f", "++")),
        submission("dan", marks("f", "+-")),
    )
    first, second = found["mistakes"]
    assert (first["title"], first["sentence"]) == (
        "The wrong way round",
        "The momentum weighs the new batch.",
    )
    assert (first["count"], first["share"], first["students"]) == (2, 0.5, ["ada", "bob"])
    assert first["exercises"] == {"f": 2, "g": 1}
    assert first["lost"] == pytest.approx((1 + 2 + 2) / 3)
    assert (second["title"], second["sentence"]) == ("else", "You did else.")  # not on the page
    assert found["monday"]["mistakes"][0] == {
        "mistake": "swapped",
        "title": "The wrong way round",
        "count": 2,
    }
    assert found["monday"]["hardest"] == {"exercise": "g", "share": 0.0}


def test_the_chance_of_so_many_in_common_is_that_of_drawing_them():
    # Of 10 students 3 made each of two mistakes. That they are the same three: 1 in C(10, 3).
    assert numbers.chance(3, 3, 3, 10) == pytest.approx(1 / 120)
    assert numbers.chance(0, 3, 3, 10) == pytest.approx(1)


def test_only_pairs_that_mean_something_are_listed():
    students = [f"s{k}" for k in range(40)]
    made = {
        "a": set(students[:8]),
        "b": set(students[1:9]),  # seven in common with a: no chance
        "c": set(students[::2]),  # half the class: four of a's eight, as chance has it
        "d": {students[30]},
        "e": {students[30]},  # one student alone tells nothing
    }
    (pair,) = numbers.together(made, 40)
    assert (pair["a"], pair["b"], pair["both"]) == ("a", "b", 7)
    assert pair["expected"] == pytest.approx(64 / 40)
    assert pair["lift"] == pytest.approx(7 * 40 / 64)


def test_many_mistakes_without_connection_give_hardly_a_pair():
    rng = np.random.default_rng(1)
    made = {f"m{k}": set(np.flatnonzero(rng.random(300) < 0.08).tolist()) for k in range(40)}
    assert len(numbers.together(made, 300)) <= 1  # of 780 pairs, 39 are below 5 % each


def test_failures_without_a_name_are_grouped_by_the_cases_that_fail():
    raised = "Look at it. It raised NameError: name 'y' is not defined in f."
    found = numbers_of(
        submission("ada", marks("f", "+--"), answers={"f": "return a  # mine"}),
        submission("bob", marks("f", "+--"), answers={"f": "return  b"}),
        submission("cy", marks("f", "+--"), answers={"f": "return a + 1"}),
        submission("dan", marks("f", "+--", ["swapped"])),  # has a name
        submission("eve", marks("f", "---", begun=False)),  # has not begun
        submission(
            "fay",
            exercise(
                "f", [case("case_0", True), case("case_1", False, message=raised), case("case_2", True)]
            ),
        ),
    )
    three, one = found["unexplained"]
    assert three["students"] == ["ada", "bob", "cy"]
    assert (three["cases"], three["count"], three["lost"]) == (["case_1", "case_2"], 3, 2.0)
    assert (three["wordings"], three["examples"]) == (2, ["ada", "cy"])
    assert one["seen"] == {"raised NameError": 1}
    by_case = {c["case"]: c for c in found["cases"]}
    assert [by_case[name]["unexplained"] for name in ("case_0", "case_1", "case_2")] == [0, 4, 3]
    assert by_case["case_2"]["odd"] == numbers.UNNAMED
    assert found["monday"]["unexplained"] == {"exercise": "f", "count": 3}


def test_what_comes_from_another_exercise_needs_no_name():
    inherited = "Look. What is off comes from g, which earned less than half its points."
    missing = "f calls g, which is not implemented"
    cases = [case("a", False, message=inherited), case("b", False, message=missing)]
    found = numbers_of(submission("ada", exercise("f", cases)))
    assert found["unexplained"] == []
    assert [c["elsewhere"] for c in found["cases"]] == [1, 1]


def test_a_case_that_the_better_ones_fail_is_odd():
    good = [submission(f"good{k}", marks("f", "+++-")) for k in range(6)]
    weak = [submission(f"weak{k}", marks("f", "+--+")) for k in range(6)]
    odd = {c["case"]: c["odd"] for c in numbers_of(*good, *weak)["cases"]}
    assert odd["case_3"] == "those who fail it do better elsewhere"
    assert odd["case_0"] == ""


def test_a_correlation_that_is_hardly_negative_is_not_odd():
    rest = [submission(f"s{k:02d}", marks("f", "++" if k % 2 else "-+", ["swapped"])) for k in range(36)]
    some = [submission(f"t{k}", marks("f", "+-" if k < 3 else "--", ["swapped"])) for k in range(5)]
    case_1 = numbers_of(*rest, *some)["cases"][1]
    assert -0.2 < case_1["correlation"] < 0
    assert case_1["odd"] == ""


def test_first_grading_and_now():
    f = marks("f", "++--")
    found = numbers_of(
        submission("ada", marks("f", "++++"), first={"f": 1.0}, reasons=("handed in again",), attempts=2),
        submission("bob", f, first={"f": 2.0}, attempts=3),
        submission("cy", f, first={"f": 2.0}, attempts=1),
        submission("dan", marks("f", "+---"), first={"f": 2.0}, reasons=("release 1.0.1",), attempts=1),
    )["attempts"]
    assert found["handed_in"] == {"1": 2, "2": 1, "3": 1}
    assert (found["again"], found["better"], found["same"], found["worse"]) == (3, 1, 1, 1)
    assert found["first_mean"] == pytest.approx(5 / 3)
    assert found["now_mean"] == pytest.approx(7 / 3)
    assert found["others_mean"] == 2
    assert found["exercises"] == [
        {"exercise": "f", "n": 3, "max": 4.0, "first": pytest.approx(5 / 3), "now": pytest.approx(7 / 3)}
    ]


def test_slow_submissions():
    ordinary = [submission(f"s{k}", marks("f", "+"), seconds=0.5) for k in range(9)]
    slow = submission("turtle", marks("f", "+"), seconds=9.0)
    found = numbers_of(*ordinary, slow, submission("empty", marks("f", "-"), seconds=0))["run"]
    assert (found["n"], found["median"], found["max"]) == (10, 0.5, 9.0)
    assert [one["student"] for one in found["slow"]] == ["turtle"]


def test_the_page_of_mistakes_has_a_title_and_a_sentence_for_each():
    page = entries(assets().pages / "mistakes.md")
    assert page["momentum-swapped"].title == "Momentum the wrong way round"
    assert all(entry.title and entry.sentence.endswith((".", "?", "!", ":")) for entry in page.values())
    assert not [entry for entry in page.values() if set("$`*\\") & set(entry.title + entry.sentence)]


@pytest.fixture(scope="module")
def classes():
    return class_of(60, STAGES[1:4], seed=3)


def test_a_report_is_as_its_schema_says(classes):
    earlier = make("last year", class_of(50, STAGES[:3], seed=4))
    report = make("bn", classes, earlier=earlier)
    jsonschema.validate(json.loads(json.dumps(report, allow_nan=False)), schemas.load("report"))
    assert report["comparison"]["only_then"] == ["00_warmup"]
    assert sum(row["points"] for row in report["whole"]["points"]) == pytest.approx(
        sum(s.data["points"] for one in classes for s in one.submissions)
    )


def test_an_empty_class_has_a_report():
    report = make("bn", [stage_of([], absent=["ada"], submitted=["bob"])])
    jsonschema.validate(report, schemas.load("report"))


def test_pseudonyms_change_nothing_but_names(classes):
    hidden = anonymous(classes, b"secret")
    text = json.dumps(make("bn", hidden, hide_names=True))
    assert "student0" not in text
    plain, under = make("bn", classes), make("bn", hidden)
    for a, b in zip(plain["stages"], under["stages"], strict=True):
        assert a["scores"]["counts"] == b["scores"]["counts"]
        assert [e["share"] for e in a["exercises"]] == pytest.approx([e["share"] for e in b["exercises"]])
        assert [(m["mistake"], m["count"]) for m in a["mistakes"]] == [
            (m["mistake"], m["count"]) for m in b["mistakes"]
        ]
    assert anonymous(classes, b"secret")[0].students == hidden[0].students
    assert anonymous(classes, b"another")[0].students != hidden[0].students


def test_pseudonyms_leave_nothing_of_a_name_in_words_and_code():
    source = 'def f(x):\n    """By Ada Lovelace."""\n    ada_mean = x  # ada@school.edu\n    return "Ada"'
    one = submission(
        "ada",
        exercise("f", [case("a", False, message="Look. It raised ValueError: Ada Lovelace was here.")]),
        findings=[("renamed", "ada.ipynb was taken")],
        answers={"f": source},
    )
    (hidden,) = anonymous([stage_of([one])], b"secret")
    assert "ada" not in repr(hidden).lower()
    assert "lovelace" not in repr(hidden).lower()
    assert "return" in hidden.submissions[0].answers["f"]
