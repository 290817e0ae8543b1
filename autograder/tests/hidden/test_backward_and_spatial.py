"""Stages 03 and 04: credit node by node, and what a fault elsewhere excuses and what not."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from textwrap import dedent

import pytest
from bnlab_autograder.curriculum import BY_NAME
from bnlab_autograder.diagnosis.bank import Entry, load_bank
from bnlab_autograder.grading.score import GRACE, ExerciseScore

from .in_process import AUTOGRADER, judge, lost

sys.path.insert(0, str(AUTOGRADER / "hidden"))
from inputs import ELSEWHERE

MUTANTS, VARIANTS = load_bank(AUTOGRADER / "mutants"), load_bank(AUTOGRADER / "variants")
SPATIAL = BY_NAME["04_spatial"].exercises
PLAIN, ALT = "batchnorm_backward", "batchnorm_backward_alt"

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wrong solutions divide by zero


def written(source: str) -> Entry:
    """A course with these functions, as an entry of the bank."""
    return replace(MUTANTS["alt_calls_plain"], name=f"written_{hash(source)}", source=dedent(source))


def alone(entry: Entry, *names: str) -> Entry:
    """An entry with only some of its functions."""
    nodes = [node for node in ast.parse(entry.source).body if getattr(node, "name", None) in names]
    return replace(entry, name=f"{entry.name}_alone", source="\n\n".join(map(ast.unparse, nodes)))


def losses(scores: dict[str, ExerciseScore], *names: str) -> dict[str, list[str]]:
    return {name: lost(scores[name]) for name in names or scores if lost(scores[name])}


@pytest.mark.parametrize(
    ("name", "node"),
    [
        ("steps_gamma_missing", "dxhat"),
        ("steps_inverse_not_squared", "dstd"),
        ("steps_eps_missing", "dvar"),
        ("steps_batch_size_dropped", "dsq"),
        ("steps_variance_branch_lost", "dxmu"),
        ("steps_branch_overwritten", "dxmu"),
        ("steps_mean_sign", "dmu"),
        ("steps_mean_branch_lost", "dx"),
    ],
)
def test_a_wrong_node_costs_itself_alone(name: str, node: str) -> None:
    exercise = "batchnorm_backward_steps"
    assert lost(judge(MUTANTS[name], 0, [exercise])[exercise]) == [node]


def test_a_parameter_follows_from_the_node_before_it() -> None:
    source = MUTANTS["steps_mean_sign"].source
    for right, wrong in (
        ('= d["dxmu"].sum', '= -d["dxmu"].sum'),
        ('"dscaled": dout', '"dscaled": gamma * dout'),  # what belongs into dxhat
        ('d["dscaled"] * gamma', 'd["dscaled"]'),
        ("(dout * steps", "(gamma * dout * steps"),
    ):
        source = source.replace(right, wrong)
    exercise = "batchnorm_backward_steps"
    assert lost(judge(written(source), 0, [exercise])[exercise]) == ["dxhat"]


def test_two_wrong_nodes_cost_both() -> None:
    both = MUTANTS["steps_gamma_missing"].source.replace("2 * steps", "steps")
    exercise = "batchnorm_backward_steps"
    assert lost(judge(written(both), 0, [exercise])[exercise]) == ["dxhat", "dxmu"]


def test_nothing_follows_from_zeros() -> None:
    zeros = """
        def batchnorm_backward_steps(dout, steps, gamma):
            d = {"d" + name: 0 * value for name, value in steps.items()}
            return {**d, "dx": 0 * dout, "dgamma": 0 * gamma, "dbeta": 0 * gamma}
    """
    scored = judge(written(zeros), 0, ["batchnorm_backward_steps"])["batchnorm_backward_steps"]
    assert [case.name for case in scored.cases if case.passed] == ["unchanged"]


EPS_OUTSIDE = """
    def batchnorm_forward(x, gamma, beta, bn_param):
        eps = bn_param.get("eps", 1e-5)
        running = {key: bn_param.get(key, np.zeros(x.shape[1])) for key in ("running_mean", "running_var")}
        if bn_param["mode"] == "test":
            return gamma * (x - running["running_mean"]) / np.sqrt(running["running_var"] + eps) + beta, None
        if bn_param["mode"] != "train":
            raise ValueError
        mean, std = x.mean(axis=0), x.std(axis=0)
        for key, value in (("running_mean", mean), ("running_var", std**2)):
            bn_param[key] = update_running(running[key], value, bn_param.get("momentum", 0.9))
        return gamma * (x - mean) / (std + eps) + beta, (x - mean, std, eps, gamma)


    def batchnorm_backward(dout, cache):
        centred, std, eps, gamma = cache
        dstd = -(gamma * dout * centred).sum(axis=0) / (std + eps) ** 2
        dcentred = gamma * dout / (std + eps) + dstd * centred / std / len(dout)
        return dcentred - dcentred.mean(axis=0), (dout * centred / (std + eps)).sum(axis=0), dout.sum(axis=0)


    def batchnorm_backward_alt(dout, cache):
        return batchnorm_backward(dout, cache)
"""

CONSTANTS = """
    def batchnorm_forward(x, gamma, beta, bn_param):
        mean, var = bn_param.get("running_mean", 0 * gamma), bn_param.get("running_var", 0 * gamma)
        if bn_param["mode"] == "train":
            bn_param["running_mean"] = update_running(mean, x.mean(axis=0), bn_param.get("momentum", 0.9))
            bn_param["running_var"] = update_running(var, x.var(axis=0), bn_param.get("momentum", 0.9))
        inv_std = 1 / np.sqrt(var + bn_param.get("eps", 1e-5))
        return gamma * (x - mean) * inv_std + beta, ((x - mean) * inv_std, gamma, inv_std)


    def batchnorm_backward(dout, cache):
        x_hat, gamma, inv_std = cache
        return dout * gamma * inv_std, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
"""


def test_the_derivative_of_a_slightly_wrong_forward_keeps_its_points() -> None:
    scores = judge(written(EPS_OUTSIDE), 0, ["batchnorm_forward", PLAIN, ALT])
    assert losses(scores) == {"batchnorm_forward": ["train_eps"]}
    for name in (PLAIN, ALT):
        assert any("batchnorm_forward" in remark for remark in scores[name].remarks)


def test_a_forward_with_constant_statistics_excuses_no_backward_that_takes_them_for_constants() -> None:
    scores = judge(written(CONSTANTS), 0, ["batchnorm_forward", PLAIN])
    assert scores["batchnorm_forward"].points >= GRACE * scores["batchnorm_forward"].max_points
    assert set(lost(scores[PLAIN])) >= {"dx", "negative_gamma", "large_eps", "shifts", "stretches"}


def test_one_mistake_in_both_backwards_costs_once_and_not_never() -> None:
    also = MUTANTS["alt_gamma_missing"]
    scores = judge(MUTANTS["backward_gamma_missing"], 0, [PLAIN, ALT], also=also)
    assert losses(scores) == {PLAIN: ["negative_gamma"]}


@pytest.mark.parametrize(
    "mistake",
    [
        "batch_statistics_std",
        "batch_statistics_in_place",
        "forward_eps_outside_root",
        "forward_divides_by_variance",
        "forward_running_statistics_in_train",
        "forward_ddof_one",
    ],
)
@pytest.mark.parametrize("style", ["einsum", "helpers_inside", "jacobian_matrices", "prints_everywhere"])
def test_a_backward_in_another_style_is_excused_as_well(mistake: str, style: str) -> None:
    scores = judge(MUTANTS[mistake], 0, [PLAIN], also=alone(VARIANTS[style], PLAIN, "_jacobian"))
    assert losses(scores) == {}


@pytest.mark.parametrize(
    ("mistake", "style"),
    [
        ("backward_gamma_missing", "spatial_by_transpose"),
        ("alt_eps_missing", "lists_returned"),
        ("forward_eps_misspelt", "spatial_loop_over_channels"),
        ("forward_returns_normalised_in_test", "spatial_by_transpose"),
        ("forward_eps_outside_root", "layernorm_through_batchnorm"),
        ("backward_eps_missing_in_dx", "layernorm_through_batchnorm"),
        ("batch_statistics_ddof_one", "extra_keys"),
        ("layer_forward_ddof_one", "groupnorm_through_layernorm"),
        ("layer_backward_eps_missing", "groupnorm_through_layernorm"),
    ],
)
def test_functions_that_call_a_slightly_wrong_one_keep_their_points(mistake: str, style: str) -> None:
    entry = MUTANTS[mistake]
    names = [name for name in VARIANTS[style].changed if name in SPATIAL and name not in entry.changed]
    scores = judge(entry, 0, [entry.exercise, *SPATIAL], also=alone(VARIANTS[style], *names))
    assert scores[entry.exercise].points >= GRACE * scores[entry.exercise].max_points
    assert losses(scores, *[name for name in SPATIAL if name != entry.exercise]) == {}


@pytest.mark.parametrize(
    ("helper", "name"),
    [
        ("forward_eps_outside_root", "backward_gamma_missing"),
        ("forward_ddof_one", "backward_variance_constant"),
        ("forward_divides_by_variance", "alt_variance_constant"),
        ("forward_running_statistics_in_train", "backward_statistics_constant"),
        ("backward_gamma_missing", "alt_mean_constant"),
        ("batch_statistics_ddof_one", "spatial_forward_eps_outside_root"),
        ("forward_eps_outside_root", "spatial_forward_not_moved_back"),
        ("backward_gamma_missing", "spatial_backward_divided_by_images"),
        ("alt_eps_missing", "spatial_backward_gamma_missing"),
        ("layer_forward_ddof_one", "layer_backward_gamma_outside"),
        ("layer_forward_divides_by_variance", "layer_backward_variance_constant"),
        ("layer_forward_eps_omitted", "group_forward_eps_outside_root"),
        ("group_forward_ddof_one", "group_backward_gamma_outside"),
        ("group_forward_squeezed", "group_backward_statistics_constant"),
    ],
)
def test_an_excuse_covers_no_other_mistake(helper: str, name: str) -> None:
    exercise = MUTANTS[name].exercise
    own = judge(MUTANTS[name], 0, [exercise])[exercise]
    scores = judge(MUTANTS[name], 0, [MUTANTS[helper].exercise, exercise], also=MUTANTS[helper])
    assert lost(scores[MUTANTS[helper].exercise])
    assert set(lost(scores[exercise])) >= set(lost(own))


LIAR = """
    def {helper}(*arguments):
        right = reference.{helper}(*arguments)
        if arguments[0].shape in {shapes}:
            return tuple(r * np.nan if isinstance(r, np.ndarray) else r for r in right)
        return right


    def {name}(*arguments):
        first = arguments[0]
        return {answer}
"""


@pytest.mark.parametrize("shapes", [*({shape} for shape in ELSEWHERE), set(ELSEWHERE)], ids=str)
@pytest.mark.parametrize(
    ("helper", "name", "answer"),
    [
        ("batch_statistics", "batchnorm_train", "first * np.nan"),
        ("batch_statistics", "batchnorm_forward", "first * np.nan, None"),
        ("batchnorm_forward", "spatial_batchnorm_forward", "first * np.nan, None"),
        (
            "batchnorm_backward",
            "spatial_batchnorm_backward",
            "first * np.nan, *np.full((2, first.shape[1]), np.nan)",
        ),
    ],
)
def test_a_helper_that_lies_where_a_lie_would_help_buys_nothing(helper, name, answer, shapes) -> None:
    source = dedent(LIAR).format(helper=helper, name=name, answer=answer, shapes=shapes)
    entry = replace(written(source), source="import bnlab_solutions as reference\n" + source)
    scores = judge(entry, 0, [helper, name])
    honest = judge(
        replace(entry, source=f"import numpy as np\n{source.split(chr(10) * 3)[-1]}"), 0, [helper, name]
    )
    bought = scores[name].points - honest[name].points
    assert bought <= scores[helper].max_points - scores[helper].points
