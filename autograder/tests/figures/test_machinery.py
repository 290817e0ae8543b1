"""Conditions, effects, expectations and verdicts; processes, sharing, failures; and the command."""

import json
import math
import os

import numpy as np
import pytest
from bnlab.plots.style import figure as new_figure
from bnlab_autograder.figures import Expectation, Figure, condition, find, registry
from bnlab_autograder.figures.images import network
from bnlab_autograder.figures.run import ConditionFailed, Runner
from bnlab_autograder.schemas import load
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

ran = []


def measured(*, seed, offset):
    ran.append((seed, offset))
    if offset > 100:
        raise ValueError("too far")
    return {"value": np.float32(seed + offset)}


def draw(runs, settings):
    fig, ax = new_figure(title="values")
    ax.plot([run["one"]["value"] for run in runs])
    return fig


def toy(offset=1, **changes):
    parts = dict(
        name="toy",
        title="A toy",
        shows="Values.",
        claim="They grow.",
        settings={"quick": {"offset": offset}, "tiny": {"offset": offset}},
        conditions=lambda s, seed: {"one": condition(measured, seed=seed, offset=s["offset"])},
        effects=lambda results, s: {"value": results["one"]["value"]},
        draw=draw,
        expectations=(Expectation("value", above=1.5, says="above one and a half"),),
        remark="It came to {value:.1f}.",
    )
    return Figure(**(parts | changes))


@pytest.fixture
def runner():
    ran.clear()
    with Runner(workers=0) as runner:
        yield runner


def test_medians_spread_and_verdicts_over_seeds(runner):
    outcome = runner.run(toy(), seeds=(0, 1, 2))
    assert outcome.per_seed == {"value": [1, 2, 3]}
    assert (outcome.effects, outcome.spread) == ({"value": 2}, {"value": (1, 3)})
    assert [(one.met, one.of) for one in outcome.verdicts] == [(2, 3)]
    assert outcome.remark == "It came to 2.0."


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ([{"above": 0}], "holds"),
        ([{"above": 0}, {"above": 9}], "partly"),
        ([{"above": 1.5}], "partly"),
        ([{"above": 2.5}], "does not hold"),
        ([{"below": 0}, {"above": 9}], "does not hold"),
        ([], None),
    ],
)
def test_whether_a_claim_holds(runner, bounds, verdict):
    claims = tuple(Expectation("value", says="", **one) for one in bounds)
    assert runner.run(toy(expectations=claims), seeds=(0, 1, 2)).holds == verdict


def test_what_is_not_a_number_meets_nothing(runner):
    outcome = runner.run(toy(effects=lambda results, s: {"value": math.nan}))
    assert outcome.holds == "does not hold"
    assert outcome.to_dict()["effects"] == {"value": None}


def test_equal_conditions_run_once(runner):
    runner.run(toy(), seeds=(0, 1))
    runner.run(toy(name="another"), seeds=(1, 2))
    assert ran == [(0, 1), (1, 1), (2, 1)]


def test_a_failing_condition_is_named(runner):
    with pytest.raises(ConditionFailed, match="figure toy, one, seed 1: ValueError: too far"):
        runner.run(toy(offset=101), seeds=(1, 2))


def test_settings_can_be_changed(runner):
    assert runner.run(toy(), changes={"offset": 5}).effects == {"value": 5}


def test_processes_of_one_thread_give_the_same():
    figure = find("1")
    told = []
    with Runner(workers=2) as apart, Runner(workers=0) as here:
        one, two = (r.run(figure, "tiny", seeds=(3,), tell=lambda *a: told.append(a)) for r in (apart, here))
    assert one.effects == two.effects
    assert [done for _, _, done, _ in told] == [1, 2, 3, 4] * 2
    assert one.effects != Runner(workers=0).run(figure, "tiny", seeds=(4,)).effects


def test_processes_have_one_thread():
    with Runner(workers=1) as runner:
        assert runner._pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"


def test_numbers_are_those_of_the_schema(runner):
    found = runner.run(find("1"), "tiny").to_dict()
    Draft202012Validator(load("figure")).validate(json.loads(json.dumps(found, allow_nan=False)))


def test_every_figure_says_what_it_is():
    for name, one in registry().items():
        assert {"quick", "full", "tiny"} <= set(one.settings), name
        assert one.title, name
        assert one.shows.endswith("."), name
        assert one.claim.endswith("."), name
        assert one.expectations, name


def test_equal_seeds_start_from_equal_weights_with_and_without_norm():
    shape = {"side": 8, "channels": (4,), "hidden": 5, "init": "he"}
    plain, normed = (network(norm, 3, **shape) for norm in ("standard", "BN"))
    assert np.array_equal(plain.layers[0].params["W"], normed.layers[0].params["W"])


def bnlab(*arguments):
    from bnlab.cli import app, load_commands

    if not any(command.callback.__name__ == "figure" for command in app.registered_commands):
        load_commands(app)
    return CliRunner().invoke(app, ["figure", *map(str, arguments)])


def test_the_command_draws_and_prints(tmp_path):
    result = bnlab("1", "--setting", "tiny", "--workers", 1, "--json", "--out", tmp_path / "one.svg")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["figure"] == "1"
    Draft202012Validator(load("figure")).validate(found)
    assert "<svg" in (tmp_path / "one.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99"], "there is no figure '99'"),
        ([], "which figure?"),
        (["1", "--out", "one.doc"], "no file name for a figure"),
        (["1", "--out", "nowhere/one.png"], "there is no folder"),
    ],
)
def test_wrong_use(arguments, words):
    result = bnlab(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_the_list():
    result = bnlab("--list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in registry())


def test_the_gallery_is_one_page_with_verdicts_and_numbers(tmp_path):
    result = bnlab("1", "--setting", "tiny", "--workers", 1, "--seeds", 2, "--gallery", tmp_path / "page")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "page" / "index.html").read_text()
    assert 'src="data:image/png;base64,' in page
    assert "http" not in page
    (found,) = json.loads((tmp_path / "page" / "figures.json").read_text())
    assert f"{found['expectations'][0]['met']} of 2" in page
    assert {"partly": "holds partly"}.get(found["holds"], found["holds"]) in page.split("<article", 1)[1]


def test_a_gallery_goes_on_without_the_figure_that_failed(tmp_path, monkeypatch):
    import bnlab_autograder.figures as figures

    both = {"toy": toy(offset=101), "1": find("1")}
    monkeypatch.setattr(figures, "registry", lambda: both)
    result = bnlab("--setting", "tiny", "--workers", 1, "--gallery", tmp_path)
    assert result.exit_code == 1
    assert "figure toy, one: ValueError: too far" in result.stderr
    assert [one["figure"] for one in json.loads((tmp_path / "figures.json").read_text())] == ["1"]
