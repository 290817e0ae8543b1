"""The cheap figures in their quick setting: claims hold with a margin, and equal seeds give equal numbers."""

import pytest
from bnlab_autograder.figures import find
from bnlab_autograder.figures.run import Runner

CHEAP = ("demo-running-statistics", "demo-two-classes", "demo-output-noise")


@pytest.mark.parametrize("name", CHEAP)
def test_claims_hold(name):
    with Runner(workers=0) as runner:
        outcome = runner.run(find(name), seeds=(2026,))
    assert outcome.holds == "holds", [one for one in outcome.verdicts if not one.met]


def test_equal_seeds_give_equal_numbers():
    found = []
    for seed in (7, 7, 8):
        with Runner(workers=0) as runner:
            found.append(runner.run(find("demo-two-classes"), "tiny", seeds=(seed,)).effects)
    assert found[0] == found[1] != found[2]
