"""Hidden cases of stage 03. Each looks at one thing and, as far as it can, passes over what the others look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy

import numpy as np
from bnlab_autograder.grading.cases import (
    Mismatch,
    case,
    describe,
    expect_agreement,
    expect_close,
    expect_unchanged,
    leaves_unchanged,
    remark,
)
from gradients import (
    BATCH,
    BLIND,
    Setting,
    backward,
    expect_gradients,
    expect_moving,
    forward,
    gradients,
    run,
    suits_own_forward,
)
from inputs import WIDE, batch, buffers, neutral, scale_and_shift, single, upstream

# batchnorm_backward_steps

# What each node is, given those before it on the way back.
Nodes = dict[str, np.ndarray]
RULES: dict[str, Callable[[Nodes, Nodes, np.ndarray], np.ndarray]] = {
    "dscaled": lambda d, steps, gamma: d["dout"],
    "dxhat": lambda d, steps, gamma: gamma * d["dscaled"],
    "dinv_std": lambda d, steps, gamma: (d["dxhat"] * steps["xmu"]).sum(axis=0),
    "dstd": lambda d, steps, gamma: -d["dinv_std"] * steps["inv_std"] ** 2,
    "dvar": lambda d, steps, gamma: d["dstd"] * steps["inv_std"] / 2,
    "dsq": lambda d, steps, gamma: d["dvar"] / len(d["dout"]) * np.ones_like(d["dout"]),
    "dxmu": lambda d, steps, gamma: d["dxhat"] * steps["inv_std"] + 2 * steps["xmu"] * d["dsq"],
    "dmu": lambda d, steps, gamma: -d["dxmu"].sum(axis=0),
    "dx": lambda d, steps, gamma: d["dxmu"] + d["dmu"] / len(d["dout"]),
    "dgamma": lambda d, steps, gamma: (d["dscaled"] * steps["xhat"]).sum(axis=0),
    "dbeta": lambda d, steps, gamma: d["dout"].sum(axis=0),
}
WAY_TO_X = tuple(RULES)[:-2]
WAYS = {name: WAY_TO_X[: position + 1] for position, name in enumerate(WAY_TO_X)}
WAYS |= {"dgamma": ("dscaled", "dgamma"), "dbeta": ("dbeta",)}


def walk(reference, rng, N=6, D=7):
    """Arguments of the backward pass: the nodes come from the given forward pass, with a large eps."""
    gamma, beta = scale_and_shift(rng, D)
    steps = reference.batchnorm_forward_steps(batch(rng, N, D), gamma, beta, 0.6)
    return {"dout": upstream(rng, N, D), "steps": steps, "gamma": gamma}


def nodes(course, dout, steps, gamma):
    got = course.batchnorm_backward_steps(dout, steps, gamma)
    if not isinstance(got, dict):
        raise Mismatch(f"batchnorm_backward_steps returns a dictionary, not {describe(got)}")
    return got


def expect_node(student, reference, rng, name):
    """Pass if a node is right, or right given the student's own nodes before it: a mistake costs points once."""
    given = walk(reference, rng)
    own = nodes(student, **deepcopy(given))
    if name not in own:
        raise Mismatch(f"the dictionary has no entry {name}")
    right = nodes(reference, **given)
    try:
        expect_close(own[name], right[name], name=name)
    except Mismatch:
        if not any(_meets(own[name], want, name) for want in given_own_nodes(own, right, given, name)):
            raise
        remark(
            "own nodes",
            "nodes behind a wrong one were judged by what should follow from your own earlier nodes",
        )


def given_own_nodes(own: Nodes, right: Nodes, given: dict, name: str) -> Iterator[np.ndarray]:
    """The values of node ``name`` that follow from the student's first one, two, … nodes.

    A node that is missing, or next to zero in a feature, stands for nothing: from zeros only zeros would follow.
    """
    d = {"dout": given["dout"]}
    for taken, earlier in enumerate(WAYS[name][:-1]):
        node = own.get(earlier)
        if not isinstance(node, np.ndarray) or node.dtype.kind != "f" or node.ndim not in (1, 2):
            return
        if not (np.abs(node).max(axis=0) > 1e-6 * np.abs(right[earlier]).max(axis=0)).all():
            return
        d[earlier] = node
        rest = dict(d)
        try:
            for later in WAYS[name][taken + 1 :]:
                rest[later] = RULES[later](rest, given["steps"], given["gamma"])
        except ValueError:  # shapes that do not fit
            return
        yield rest[name]


def _meets(got: object, want: np.ndarray, name: str) -> bool:
    try:
        expect_close(got, want, name=name)
    except Mismatch:
        return False
    return True


@case(
    topic="the gradients of gamma and beta",
    says="dgamma or dbeta is off. Look at what gamma multiplies on the way forward, and in how many rows each of "
    "the two is used.",
)
def test_batchnorm_backward_steps__parameters(student, reference, rng):
    expect_node(student, reference, rng, "dbeta")
    expect_node(student, reference, rng, "dgamma")


@case(
    topic="dscaled and dxhat",
    says="dscaled or dxhat is off for a gamma away from 1. Look at what these nodes are added to and multiplied by "
    "on the way forward.",
)
def test_batchnorm_backward_steps__dxhat(student, reference, rng):
    expect_node(student, reference, rng, "dscaled")
    expect_node(student, reference, rng, "dxhat")


@case(
    topic="dinv_std",
    says="dinv_std does not follow from your dxhat. Look at what inv_std multiplies, and in how many rows it is used.",
)
def test_batchnorm_backward_steps__dinv_std(student, reference, rng):
    expect_node(student, reference, rng, "dinv_std")


@case(
    topic="dstd",
    says="dstd does not follow from your dinv_std. Look at the derivative of that single node, its sign and its power.",
)
def test_batchnorm_backward_steps__dstd(student, reference, rng):
    expect_node(student, reference, rng, "dstd")


@case(
    topic="dvar with a large eps",
    says="dvar does not follow from your dstd when eps is large. Look at what stands under the root on the way "
    "forward.",
)
def test_batchnorm_backward_steps__dvar(student, reference, rng):
    expect_node(student, reference, rng, "dvar")


@case(
    topic="dsq",
    says="dsq does not follow from your dvar. Look at which share of a mean each row has, and at the shape of the "
    "node.",
)
def test_batchnorm_backward_steps__dsq(student, reference, rng):
    expect_node(student, reference, rng, "dsq")


@case(
    topic="dxmu, which has two branches",
    says="dxmu does not follow from your dxhat and dsq. Look at how many arrows leave xmu on the way forward.",
)
def test_batchnorm_backward_steps__dxmu(student, reference, rng):
    expect_node(student, reference, rng, "dxmu")


@case(
    topic="dmu",
    says="dmu does not follow from your dxmu. Look at the sign with which mu enters, and in how many rows.",
)
def test_batchnorm_backward_steps__dmu(student, reference, rng):
    expect_node(student, reference, rng, "dmu")


@case(
    topic="dx, which has two branches",
    says="dx does not follow from your dxmu and dmu. Look at how many arrows leave x on the way forward.",
)
def test_batchnorm_backward_steps__dx(student, reference, rng):
    expect_node(student, reference, rng, "dx")


@case(
    topic="whether dout and the nodes are left alone",
    says="The upstream gradient or a node of the forward pass has changed after the call. Look for operations that "
    "work in place.",
)
def test_batchnorm_backward_steps__unchanged(student, reference, rng):
    def compute(course, **given):
        return {"dx": nodes(course, **given).get("dx")}

    expect_unchanged(compute, student, reference, given=walk(reference, rng))


# batchnorm_backward and batchnorm_backward_alt


def setting(rng, N=6, D=7, *, spread=1.0, eps=1e-5, gamma_and_beta=None):
    """A batch in train mode with warm buffers; gamma 1 and beta 0 unless others are given."""
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else neutral(D)
    bn_param = {"mode": "train", "eps": eps, "momentum": 0.75, **buffers(rng, D, spread=spread)}
    return Setting(batch(rng, N, D, spread=spread), gamma, beta, (bn_param,))


def in_single(given):
    """The same in float32."""
    (bn_param,) = given.rest
    kept = {
        key: single(value)[0] if isinstance(value, np.ndarray) else value for key, value in bn_param.items()
    }
    return Setting(*single(given.x, given.gamma, given.beta), (kept,))


def expect_batch_gradients(student, reference, rng, name, given, dout, **how):
    """As ``expect_gradients``; alt may rest on the plain version, but not the reverse: that would excuse both."""
    if name == "batchnorm_backward_alt":
        plain = "batchnorm_backward"
        how["through"] = {plain: lambda: gradients(student, BATCH, plain, given, dout)}
    expect_gradients(student, reference, rng, BATCH, name, given, dout, **how)


def check_parameters(student, reference, rng, name):
    for N, D in ((6, 7), (30, 4)):
        given = setting(rng, N, D, spread=3.0, eps=0.6, gamma_and_beta=scale_and_shift(rng, D))
        expect_batch_gradients(
            student, reference, rng, name, given, upstream(rng, N, D), which=("dbeta", "dgamma")
        )


def check_dx(student, reference, rng, name):
    for N, D in ((6, 7), (9, 7), (30, 4), (6, 4)):
        given = setting(rng, N, D, **BLIND)
        expect_batch_gradients(student, reference, rng, name, given, upstream(rng, N, D))
    given, dout = in_single(setting(rng)), upstream(rng, 6, 7).astype(np.float32)
    expect_batch_gradients(student, reference, rng, name, given, dout)


def check_gamma(student, reference, rng, name):
    given = setting(rng, **BLIND, gamma_and_beta=scale_and_shift(rng, 7))
    expect_batch_gradients(student, reference, rng, name, given, upstream(rng, 6, 7))


def check_eps(student, reference, rng, name):
    for N, D, eps in ((6, 7, 1.0), (6, 7, 0.3), (30, 4, 0.6)):
        given = setting(rng, N, D, spread=3.0, eps=eps)
        expect_batch_gradients(student, reference, rng, name, given, upstream(rng, N, D))


def check_unchanged(student, reference, rng, name):
    """dout as it was, and the buffers as the forward pass left them."""
    given, dout = setting(rng, gamma_and_beta=scale_and_shift(rng, 7)), upstream(rng, 6, 7)
    bn_param = given.rest[0]
    _, cache = run(student, BATCH, given.x, given.gamma, given.beta, bn_param)
    before = buffers_in((bn_param, cache))
    with leaves_unchanged(dout=dout):
        dx = backward(student, name, dout, cache)["dx"]
    expect_close(dx, given.x, name="dx", rtol=np.inf)
    after = buffers_in((bn_param, cache))
    if not all(np.array_equal(old, new) for old, new in zip(before, after, strict=True)):
        raise Mismatch("the running buffers have moved")


def buffers_in(value: object, depth: int = 4) -> list[object]:
    """Copies of the running buffers in every dict within ``value``: bn_param, and what a cache may hold of it."""
    if depth == 0 or not isinstance(value, dict | list | tuple):
        return []
    if isinstance(value, dict):
        found = [deepcopy(value[key]) for key in ("running_mean", "running_var") if key in value]
        return found + buffers_in(list(value.values()), depth - 1)
    return [each for item in value for each in buffers_in(item, depth - 1)]


@case(
    topic="the gradients of gamma and beta",
    says="dgamma or dbeta is off when gamma is away from 1 and eps is large. Look at what each of the two multiplies "
    "or shifts on the way forward, and in how many rows.",
)
def test_batchnorm_backward__parameters(student, reference, rng):
    check_parameters(student, reference, rng, "batchnorm_backward")


@case(
    topic="the input gradient for a random dout",
    says="With gamma 1 and hardly any eps dx is off for a random dout. Look at the paths from x to the output: one is "
    "direct, one leads through the mean, one through the variance.",
)
def test_batchnorm_backward__dx(student, reference, rng):
    check_dx(student, reference, rng, "batchnorm_backward")


@case(
    topic="gamma of both signs",
    says="dx is off when gamma is away from 1. Look at where the gradient passes gamma on its way back.",
)
def test_batchnorm_backward__negative_gamma(student, reference, rng):
    check_gamma(student, reference, rng, "batchnorm_backward")


@case(
    topic="a large eps",
    says="dx is off when eps is large. Look at every standard deviation in the backward pass and ask whether it is "
    "the one that the forward pass divided by.",
)
def test_batchnorm_backward__large_eps(student, reference, rng):
    check_eps(student, reference, rng, "batchnorm_backward")


@case(
    topic="the direction that the mean takes away",
    says="Shifting a feature as a whole changes no output, so each column of dx sums to zero; yours does not, or is "
    "zero altogether. Look at the path through the mean.",
)
def test_batchnorm_backward__shifts(student, reference, rng):
    given, dout = setting(rng, spread=3.0, eps=0.6), upstream(rng, 6, 7)
    want = gradients(reference, BATCH, "batchnorm_backward", given, dout)["dx"]
    got = gradients(student, BATCH, "batchnorm_backward", given, dout)["dx"]

    def column_sums(dx):
        return dx.sum(axis=0) / np.abs(dx).max(axis=0)

    expect_close(
        column_sums(expect_moving(got, want)),
        np.zeros(7),
        name="the column sums of dx",
        inherits={
            "batchnorm_forward": lambda: column_sums(
                suits_own_forward(student, BATCH, given, dout, "dx", got, rng)
            )
        },
    )


@case(
    topic="the direction that the variance takes away, but for eps",
    says="Along the normalised data dx should nearly vanish, and the more so the smaller eps is; yours has another "
    "size there. Look at the path through the variance.",
)
def test_batchnorm_backward__stretches(student, reference, rng):
    eps = 0.6
    given = setting(rng, spread=3.0, eps=eps)
    centred, var = given.x - given.x.mean(axis=0), given.x.var(axis=0)
    x_hat = centred / np.sqrt(var + eps)
    dout = upstream(rng, 6, 7) + x_hat
    got = gradients(student, BATCH, "batchnorm_backward", given, dout)["dx"]
    expect_close(got, x_hat, name="dx", rtol=np.inf)

    def own():
        return (suits_own_forward(student, BATCH, given, dout, "dx", got, rng) * x_hat).sum(axis=0)

    expect_close(
        (got * x_hat).sum(axis=0),
        given.gamma * eps / (var + eps) ** 1.5 * (dout * x_hat).sum(axis=0),
        name="the product of dx and the normalised data",
        inherits={"batchnorm_forward": own},
    )


@case(
    topic="several batches under way, and a cache used twice",
    says="With two batches under way, or a second call with the same cache, dx is off. Look at what a call leaves "
    "behind outside its own cache, and at what it changes in there.",
)
def test_batchnorm_backward__again(student, reference, rng):
    name = "batchnorm_backward"
    first, second = setting(rng, 6, **BLIND), setting(rng, 9, **BLIND)
    caches = [forward(student, BATCH, each)[1] for each in (first, second)]
    for given, cache in zip((first, second, first), (*caches, caches[0]), strict=True):
        dout = upstream(rng, *given.x.shape)
        got = backward(student, name, dout.copy(), cache)
        expect_batch_gradients(student, reference, rng, name, given, dout, got=got)


@case(
    topic="whether dout and the running buffers are left alone",
    says="The upstream gradient or the running buffers have changed after the call. Look for operations that work in "
    "place, and for a second forward pass.",
)
def test_batchnorm_backward__unchanged(student, reference, rng):
    check_unchanged(student, reference, rng, "batchnorm_backward")


@case(
    topic="the gradients of gamma and beta",
    says="dgamma or dbeta is off when gamma is away from 1 and eps is large. Look at which two sums your line for dx "
    "contains anyway.",
)
def test_batchnorm_backward_alt__parameters(student, reference, rng):
    check_parameters(student, reference, rng, "batchnorm_backward_alt")


@case(
    topic="the input gradient for a random dout",
    says="With gamma 1 and hardly any eps dx is off for a random dout. Look at what your line takes away from dout, "
    "and at each factor with the batch size; then at whether it reads the cache as your forward pass fills it.",
)
def test_batchnorm_backward_alt__dx(student, reference, rng):
    check_dx(student, reference, rng, "batchnorm_backward_alt")


@case(
    topic="gamma of both signs",
    says="dx is off when gamma is away from 1. Look at where gamma stands in your line.",
)
def test_batchnorm_backward_alt__negative_gamma(student, reference, rng):
    check_gamma(student, reference, rng, "batchnorm_backward_alt")


@case(
    topic="a large eps",
    says="dx is off when eps is large. Look at whether you divide by what the forward pass divided by.",
)
def test_batchnorm_backward_alt__large_eps(student, reference, rng):
    check_eps(student, reference, rng, "batchnorm_backward_alt")


@case(
    topic="whether dout and the running buffers are left alone",
    says="The upstream gradient or the running buffers have changed after the call. Look for operations that work in "
    "place.",
)
def test_batchnorm_backward_alt__unchanged(student, reference, rng):
    check_unchanged(student, reference, rng, "batchnorm_backward_alt")


# batchnorm_backward_test


def frozen(course, dout, gamma, running_var, eps):
    return course.batchnorm_backward_test(dout, gamma, running_var, eps)


def frozen_arguments(rng, N=6, D=7, *, spread=1.0, gamma=None, eps=1e-5):
    running_var = buffers(rng, D, spread=spread)["running_var"]
    gamma = neutral(D)[0] if gamma is None else gamma
    return {"dout": upstream(rng, N, D), "gamma": gamma, "running_var": running_var, "eps": eps}


def agree_on_frozen(student, reference, given):
    expect_agreement(frozen, student, reference, given=given, name="dx")


@case(
    topic="statistics that do not move",
    says="With gamma 1 and hardly any eps dx is off. Look at which paths from x to the output are left when mean and "
    "variance no longer depend on the batch.",
)
def test_batchnorm_backward_test__frozen(student, reference, rng):
    for N, D in ((6, 7), (1, 4)):
        agree_on_frozen(student, reference, frozen_arguments(rng, N, D, spread=WIDE))
    given = frozen_arguments(rng)
    dout, gamma, running_var = single(given["dout"], given["gamma"], given["running_var"])
    given |= {"dout": dout, "gamma": gamma, "running_var": running_var}
    agree_on_frozen(student, reference, given)


@case(
    topic="gamma of both signs",
    says="dx is off when gamma is away from 1. Look at what multiplies the normalised data on the way forward.",
)
def test_batchnorm_backward_test__gamma(student, reference, rng):
    agree_on_frozen(student, reference, frozen_arguments(rng, spread=WIDE, gamma=scale_and_shift(rng, 7)[0]))


@case(
    topic="a large eps, and a running variance of zero",
    says="dx is off when eps is large or a feature has never varied. Look at what test mode divides by.",
)
def test_batchnorm_backward_test__large_eps(student, reference, rng):
    for eps in (1.0, 0.3):
        given = frozen_arguments(rng, eps=eps)
        given["running_var"][2] = 0.0
        agree_on_frozen(student, reference, given)


@case(
    topic="whether the arguments are left alone",
    says="The upstream gradient or another argument has changed after the call. Look for operations that work in "
    "place.",
)
def test_batchnorm_backward_test__unchanged(student, reference, rng):
    given = frozen_arguments(rng, gamma=scale_and_shift(rng, 7)[0])
    expect_unchanged(frozen, student, reference, given=given)


# project_out


def projected(course, dout, xhat):
    return course.project_out(dout, xhat)


def normalised(rng, N=6, D=7):
    """(N, D): columns of mean 0 and standard deviation 1."""
    x = batch(rng, N, D)
    return (x - x.mean(axis=0)) / x.std(axis=0)


@case(
    topic="both directions, for an x̂ of variance one",
    says="For an xhat of variance one the result is off. Multiply it with the column of ones and with xhat, feature "
    "by feature, and look at which of the sums is not zero, and at whether more than that was taken away.",
)
def test_project_out__unit_length(student, reference, rng):
    for N, D in ((6, 7), (5, 3)):
        given = {"dout": upstream(rng, N, D), "xhat": normalised(rng, N, D)}
        expect_agreement(projected, student, reference, given=given, name="projected")


@case(
    topic="an x̂ of any length",
    says="For an xhat that is shorter or longer the result is off. Look at whether you know the length of xhat or "
    "assume it.",
)
def test_project_out__any_length(student, reference, rng):
    given = {"dout": upstream(rng, 6, 7), "xhat": normalised(rng) * rng.permutation(np.geomspace(0.2, 5, 7))}
    expect_agreement(projected, student, reference, given=given, name="projected")


@case(
    topic="a constant feature",
    says="For a constant feature xhat is zero, and your result is off in that column. Work out what your formula says "
    "there.",
)
def test_project_out__constant_feature(student, reference, rng):
    xhat = normalised(rng)
    xhat[:, 4] = 0.0

    def column(course, **given):
        got = projected(course, **given)
        return got[:, 4:5] if isinstance(got, np.ndarray) and got.shape == xhat.shape else got

    given = {"dout": upstream(rng, 6, 7), "xhat": xhat}
    expect_agreement(column, student, reference, given=given, name="projected")


@case(
    topic="whether the arguments are left alone",
    says="The upstream gradient or xhat has changed after the call. Look for operations that work in place.",
)
def test_project_out__unchanged(student, reference, rng):
    given = {"dout": upstream(rng, 6, 7), "xhat": normalised(rng)}
    expect_unchanged(projected, student, reference, given=given)
