"""A report beside an earlier one."""

import json

import pytest
from bnlab_autograder.report.class_report.compare import compare, difference_interval, wilson
from bnlab_autograder.report.class_report.report import NoReport, earlier_report, make

from .made_up import marks, stage_of, submission


def course(name, good, weak, mistaken=0):
    """So many with all four points, so many with one; the first of the weak have made a mistake."""
    submissions = [submission(f"good{k:02d}", marks("f", "++++")) for k in range(good)]
    submissions += [
        submission(f"weak{k:02d}", marks("f", "+---", ["swapped"] if k < mistaken else ()))
        for k in range(weak)
    ]
    return make(name, [stage_of(submissions)])


def test_the_change_of_an_exercise_and_of_a_mistake():
    then, now = course("2025", 10, 30, mistaken=24), course("2026", 30, 10, mistaken=2)
    (stage,) = compare(now, then)["stages"]
    (f,) = stage["exercises"]
    assert (f["then"]["share"], f["now"]["share"]) == (pytest.approx(17.5 / 40), pytest.approx(32.5 / 40))
    assert f["difference"] == pytest.approx(15 / 40)
    assert f["interval"][0] < 15 / 40 < f["interval"][1]
    assert f["beyond_chance"]
    (m,) = stage["mistakes"]
    assert (m["then"]["count"], m["now"]["count"]) == (24, 2)
    assert m["difference"] == pytest.approx(-22 / 40)
    assert m["beyond_chance"]


def test_what_may_be_chance_is_not_called_a_change():
    (stage,) = compare(course("2026", 5, 5, 1), course("2025", 4, 6, 2))["stages"]
    assert not stage["exercises"][0]["beyond_chance"]
    assert not stage["mistakes"][0]["beyond_chance"]


def test_intervals_are_those_of_the_books():
    # Newcombe 1998, "Interval estimation for the difference": 56/70 and 48/80, method 10: 0.0524 to 0.3339.
    assert difference_interval(56, 70, 48, 80) == pytest.approx([0.0524, 0.3339], abs=5e-4)
    assert wilson(0, 10)[0] == pytest.approx(0, abs=1e-12)


def test_a_report_in_a_file_is_read_back(tmp_path):
    path = tmp_path / "then.json"
    report = course("2025", 3, 3)
    path.write_text(json.dumps(report), encoding="utf-8")
    assert earlier_report(path, ()) == json.loads(json.dumps(report))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "cannot be read"),
        ('{"schema": "bnlab-grade"}', "is no report"),
        ('{"schema": "bnlab-report", "version": 7}', "version 7"),
        ("[]", "is no report"),
        ('{"schema": "bnlab-report", "version": 1, "stages": [{"stage": "01_forward"}]}', "is damaged"),
        ('{"schema": "bnlab-report", "version": 1, "stages": 7}', "is damaged"),
    ],
)
def test_what_is_no_report_is_refused(tmp_path, text, says):
    path = tmp_path / "then.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NoReport, match=says):
        earlier_report(path, ())


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NoReport, match=r"then\.json"):
        earlier_report(tmp_path / "then.json", ())
