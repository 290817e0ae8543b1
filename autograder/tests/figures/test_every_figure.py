"""Every figure once, with settings that take no time: it runs, is drawn, and its numbers and words fit together."""

import json

import numpy as np
import pytest
from bnlab_autograder.figures import registry
from bnlab_autograder.figures.run import Runner
from bnlab_autograder.schemas import load
from jsonschema import Draft202012Validator


@pytest.fixture(scope="module")
def runner():
    with Runner(workers=0) as runner:
        yield runner


@pytest.mark.parametrize("name", registry())
def test_a_figure(runner, name, tmp_path):
    with np.errstate(all="ignore"):
        outcome = runner.run(registry()[name], "tiny", seeds=(0, 1))
        Draft202012Validator(load("figure")).validate(
            json.loads(json.dumps(outcome.to_dict(), allow_nan=False))
        )
        assert outcome.verdicts
        outcome.draw().savefig(tmp_path / "figure.png", dpi=30)
    assert "nan" not in outcome.remark
    assert (tmp_path / "figure.png").stat().st_size > 1000


@pytest.mark.parametrize("name", ["1c", "2", "6", "8"])
def test_training_that_overflows_is_drawn_and_told(runner, name, tmp_path):
    with np.errstate(all="ignore"):
        outcome = runner.run(registry()[name], "tiny", seeds=(0, 1), changes={"rate": 1e9})
        found = outcome.to_dict()
        outcome.draw().savefig(tmp_path / "figure.png", dpi=30)
    Draft202012Validator(load("figure")).validate(json.loads(json.dumps(found, allow_nan=False)))
    assert found["holds"] != "holds"
