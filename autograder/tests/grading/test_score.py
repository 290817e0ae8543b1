"""Points from cases: a mistake costs once, and only a helper that is mostly right excuses others."""

import pytest
from bnlab_autograder.grading.job import CaseResult, Verdict
from bnlab_autograder.grading.score import score

POINTS = {
    "batch_statistics": {"axis": 2.0, "ddof": 2.0},
    "batchnorm_train": {"eps": 3.0, "gamma": 1.0},
}
BOTH = ("batch_statistics", "batchnorm_train")


def verdict(**cases):
    """``batch_statistics__axis="wrong"`` and so on; what is not named has passed."""
    results = []
    for exercise, table in POINTS.items():
        for name in table:
            value = cases.get(f"{exercise}__{name}", "passed")
            inherited = value.split(":")[1:] if value.startswith("inherited") else []
            kind = "passed" if inherited else value
            results.append(
                CaseResult(
                    exercise, name, kind == "passed", "Look at eps.", "eps", kind=kind, inherited=inherited
                )
            )
    return Verdict(cases=results)


def points(result):
    return {one.exercise: one.points for one in result}


def test_all_passed():
    result = score(verdict(), BOTH, POINTS)
    assert points(result) == {"batch_statistics": 4.0, "batchnorm_train": 4.0}
    assert {one.status for one in result} == {"full"}


def test_a_failed_case_costs_its_points_and_says_why():
    result = score(verdict(batchnorm_train__eps="wrong"), BOTH, POINTS)
    assert points(result)["batchnorm_train"] == 1.0
    assert result[1].cases[0].message == "Look at eps."


def test_an_inherited_fault_costs_once_and_is_named():
    result = score(
        verdict(batch_statistics__ddof="wrong", batchnorm_train__eps="inherited:batch_statistics"),
        BOTH,
        POINTS,
    )
    assert points(result) == {"batch_statistics": 2.0, "batchnorm_train": 4.0}
    assert "batch_statistics" in result[1].remarks[0]


def test_a_helper_that_is_mostly_wrong_excuses_nothing():
    result = score(
        verdict(
            batch_statistics__axis="wrong",
            batch_statistics__ddof="wrong",
            batchnorm_train__eps="inherited:batch_statistics",
        ),
        BOTH,
        POINTS,
    )
    assert points(result) == {"batch_statistics": 0.0, "batchnorm_train": 1.0}
    assert "less than half" in result[1].cases[0].message


def test_a_helper_that_lost_nothing_excuses_nothing():
    result = score(verdict(batchnorm_train__eps="inherited:batch_statistics"), BOTH, POINTS)
    assert points(result) == {"batch_statistics": 4.0, "batchnorm_train": 1.0}
    assert "lost no points" in result[1].cases[0].message


def test_excuses_do_not_go_round_in_circles():
    result = score(
        verdict(
            batch_statistics__axis="inherited:batchnorm_train",
            batch_statistics__ddof="inherited:batchnorm_train",
            batchnorm_train__eps="inherited:batch_statistics",
            batchnorm_train__gamma="inherited:batch_statistics",
        ),
        BOTH,
        POINTS,
    )
    assert sum(points(result).values()) == 0.0


def test_missing_functions_are_not_implemented():
    result = score(verdict(batchnorm_train__eps="missing", batchnorm_train__gamma="missing"), BOTH, POINTS)
    assert result[1].status == "not implemented"
    assert result[1].points == 0.0


def test_a_case_that_was_never_run_earns_nothing():
    result = score(Verdict(), BOTH, POINTS)
    assert points(result) == {"batch_statistics": 0.0, "batchnorm_train": 0.0}


@pytest.mark.parametrize("kind", ["error", "time", "died", "fault"])
def test_every_kind_of_failure_has_a_sentence(kind):
    result = score(verdict(batchnorm_train__eps=kind), BOTH, POINTS)
    assert result[1].points == 1.0
    assert result[1].cases[0].message
