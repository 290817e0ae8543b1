"""The customary checks, and what is counted as caught by what."""

from __future__ import annotations

import json
from pathlib import Path

import bnlab_autograder
import jsonschema
import pytest
from bnlab.cli import main
from bnlab_autograder.assets import assets
from bnlab_autograder.diagnosis import customary
from bnlab_autograder.diagnosis.bank import namespace
from bnlab_autograder.diagnosis.in_process import HiddenCases
from bnlab_autograder.diagnosis.rates import GOALS, Caught, Rate, fresh_names, measure, rates

from .conftest import MUTANTS, VARIANTS, course

SCHEMAS = Path(bnlab_autograder.__file__).parent / "schemas"


@pytest.mark.parametrize("name", ["reference", "cache_dict", "upcast", "spatial_loop_over_channels"])
def test_customary_checks_let_right_solutions_pass(name: str) -> None:
    functions = namespace(VARIANTS.get(name))
    assert {customary.caught_by(functions, exercise) for exercise in customary.EXERCISES} == {""}


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("forward_returns_normalised_in_train", "batchnorm: statistics in train mode"),
        ("forward_buffers_not_stored", "batchnorm: statistics in test mode, warmed up"),
        ("backward_mean_constant", "batchnorm: gradients"),
        ("alt_variance_constant", "batchnorm: the alternative agrees"),
        ("layer_forward_is_batch_norm", "layernorm: statistics"),
        ("layer_backward_transposed", "layernorm: gradients"),
        ("spatial_forward_per_pixel", "spatial batchnorm: statistics in train mode"),
        ("spatial_backward_gamma_missing", "spatial batchnorm: gradients"),
        ("group_forward_interleaved", "group norm: statistics"),
        ("group_backward_gamma_per_group", "group norm: gradients"),
    ],
)
def test_customary_checks_notice_gross_mistakes(name: str, cell: str) -> None:
    assert customary.caught_by(namespace(MUTANTS[name]), MUTANTS[name].exercise) == cell


@pytest.mark.parametrize(
    "name", ["forward_eps_omitted_in_test", "forward_momentum_swapped", "forward_averages_std"]
)
def test_customary_checks_pass_over_what_hides_at_their_settings(name: str) -> None:
    assert customary.caught_by(namespace(MUTANTS[name]), MUTANTS[name].exercise) == ""


def test_there_is_no_customary_check_of_our_own_exercises() -> None:
    with pytest.raises(KeyError):
        customary.caught_by(namespace(None), "recalibrate")


def test_a_mutant_is_measured_by_each_kind_of_check() -> None:
    names = "forward_momentum_swapped", "train_eps_squared", "alt_calls_plain"
    bank = {name: MUTANTS[name] for name in names}
    found = measure(bank, frozenset({"train_eps_squared"}), HiddenCases(assets().hidden))
    train, forward = found  # in the order of the course; the third is tolerated
    assert (train.fresh, train.customary, train.hidden, train.named) == (True, None, ["large_eps"], True)
    assert (forward.fresh, forward.customary, forward.named) == (False, "", True)
    assert "large eps" in train.visible
    assert "running_mean" in forward.hidden


def test_what_nothing_catches_lowers_the_rates() -> None:
    survivor = course(
        "def recalibrate(batches):\n    x = np.concatenate(list(batches))\n    return x.mean(0), x.var(0)"
    )
    survivor = type(survivor)(**{**vars(survivor), "exercise": "update_running", "mistake": "none-at-all"})
    (caught,) = measure({survivor.name: survivor}, frozenset(), HiddenCases(assets().hidden))
    assert (caught.visible, caught.hidden, caught.named) == ("", [], False)
    assert rates([caught]).hidden == Rate(0, 1)


def test_rates_say_their_denominators() -> None:
    ours = Caught("one", "recalibrate", "a-mistake", True, None, "", ["mean"], False)
    shared = Caught("two", "batchnorm_forward", "a-mistake", False, "", "a title", ["out"], True)
    group = rates([ours, shared])
    assert (group.customary, group.visible, group.hidden) == (Rate(0, 1), Rate(1, 2), Rate(2, 2))
    assert group.shared["visible"] == Rate(1, 1)


def test_fresh_mutants_are_in_the_bank(tmp_path: Path) -> None:
    assert fresh_names(assets().fresh_mutants) <= MUTANTS.keys()
    listed = tmp_path / "fresh.txt"
    listed.write_text("# when, and how\nno_such_mutant  # a remark\n\n")
    assert fresh_names(listed) == {"no_such_mutant"}
    with pytest.raises(ValueError, match="no_such_mutant"):
        measure(MUTANTS, fresh_names(listed), HiddenCases(assets().hidden))


def test_the_command_prints_what_its_schema_says(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["bnlab", "verify", "00", "--kill-rates", "--json"])
    with pytest.raises(SystemExit) as end:
        main()
    printed = json.loads(capsys.readouterr().out)
    jsonschema.validate(printed, json.loads((SCHEMAS / "kill-rates.schema.json").read_text()))
    assert printed["holds"] == (end.value.code == 0)
    assert printed["goals"] == GOALS
    assert {one["exercise"] for one in printed["mutants"]} == {
        "standardize",
        "relative_error",
        "numerical_gradient",
    }
