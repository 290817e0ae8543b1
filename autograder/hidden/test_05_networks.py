"""Hidden cases of stage 05. A class is asked through its harness: a network in plain data, and a list of calls."""

from __future__ import annotations

from copy import copy

import numpy as np
from bnlab_autograder.grading.cases import (
    Mismatch,
    case,
    expect_agreement,
    expect_close,
    expect_error,
    expect_unchanged,
)
from gradients import BLIND
from inputs import WIDE, batch, neutral, pattern, scale_and_shift, single, upstream

STATISTICS = ("running_mean", "running_var")
PICTURES = (4, 3, 5, 2)  # (C, H, W, N): no two axes alike, and C is not 3
WARM = {"momentum": 0.0}  # one batch, and the running statistics are its own


def network(C, gamma_and_beta=None, *, eps=1e-5, momentum=0.75, **more):
    """One layer alone; gamma 1 and beta 0 unless others are given."""
    parameters = np.concatenate(neutral(C) if gamma_and_beta is None else gamma_and_beta)
    return {"layers": [["norm", C]], "eps": eps, "momentum": momentum, "parameters": parameters, **more}


def deep(rng, **more):
    """Three layers of BN in a network, each behind a bias, with parameters away from where they start."""
    layers = [["affine", 4, 6], ["norm", 6], ["tanh"], ["affine", 6, 5], ["norm", 5], ["tanh"]]
    layers += [["affine", 5, 3], ["norm", 3]]
    parameters = rng.normal(size=4 * 6 + 6 + 12 + 6 * 5 + 5 + 10 + 5 * 3 + 3 + 6)
    return {"layers": layers, "eps": 0.3, "momentum": 0.75, "parameters": parameters, **more}


def flat(rng, C=4, N=6, **spread):
    """(C, N)."""
    return np.ascontiguousarray(batch(rng, N, C, **spread).T)


def pictures(rng, C=4, H=3, W=5, N=2, **spread):
    """(C, H, W, N): channels of different means and standard deviations."""
    return flat(rng, C, H * W * N, **spread).reshape(C, H, W, N)


def learn(x, **more):
    return {"forward": x, "mode": "train", **more}


def answer(x, **more):
    return {"forward": x, "mode": "test", **more}


def back(dout, **more):
    return {"backward": dout, **more}


def look_at(*names):
    """A compute for ``expect_agreement`` that keeps these results."""

    def compute(course, network, calls):
        seen = course.BatchNorm(network, calls)
        return {name: seen[name] for name in names}

    return compute


def at_work(student, network, calls):
    """What the student's layer does with copies: an array that it changes is no other call's affair."""
    separate = [{key: copy(value) for key, value in call.items()} for call in calls]
    return student.BatchNorm(network, separate)


def agree(student, reference, given, *names, feature=0, **how):
    expect_agreement(look_at(*names), student, reference, given=given, feature=feature, **how)


def statistics(layer=0):
    return [f"{name} of layer {layer}" for name in STATISTICS]


def gradients(call, layer=0):
    return [f"{name} of layer {layer} in call {call}" for name in ("dgamma", "dbeta")]


def sensible(student, reference, x):
    """A case that compares a layer with itself first sees to it that it normalises at all."""
    given = {"network": network(len(x), eps=0.3, **WARM), "calls": [learn(x), answer(x)]}

    def patterns(course, **given):
        seen = course.BatchNorm(**given)
        return {name: pattern(seen[name], 1) for name in ("out of call 1", "out of call 2")}

    expect_agreement(patterns, student, reference, given=given, feature=0)


@case(
    topic="the state before training",
    says="Before the first step gamma should be 1, beta 0 and the running statistics 0. Look at what your layer does "
    "with the parameters that the network gives it.",
)
def test_BatchNorm__starts(student, reference, rng):
    fresh = network(4) | {"parameters": None}
    agree(student, reference, {"network": fresh, "calls": []}, *statistics(), feature=None)
    given = {"network": fresh, "calls": [learn(flat(rng, spread=WIDE))]}
    agree(student, reference, given, "out of call 1")
    given = {"network": network(4), "calls": [learn(flat(rng)), {"initialise": 0}]}
    agree(student, reference, given, *statistics(), feature=None)


@case(
    topic="train mode with gamma and beta from the network",
    says="In train mode the output of a layer whose gamma and beta were set through the network is off. Look at which "
    "axis holds the batch here, and at whose gamma and beta you use.",
)
def test_BatchNorm__train_output(student, reference, rng):
    for C, N in ((4, 6), (5, 3), (5, 5)):
        given = {
            "network": network(C, scale_and_shift(rng, C)),
            "calls": [learn(flat(rng, C, N, spread=WIDE)), learn(flat(rng, C, N, spread=WIDE))],
        }
        agree(student, reference, given, "out of call 1", "out of call 2")


@case(
    topic="a large eps in train mode",
    says="With a large eps the output in train mode is off. Look at which eps reaches the formula.",
)
def test_BatchNorm__large_eps(student, reference, rng):
    for x in (flat(rng), pictures(rng)):
        given = {"network": network(4, eps=0.6), "calls": [learn(x)]}
        agree(student, reference, given, "out of call 1")


@case(
    topic="images with distinct channels, N ≠ C ≠ H ≠ W",
    says="For images each channel should be normalised over all pixels and the whole batch, in both modes. Look at "
    "which numbers share a row, and at the way back.",
)
def test_BatchNorm__images(student, reference, rng):
    for shape in (PICTURES, (3, 4, 2, 1), (3, 3, 3, 3)):
        x, other = (pictures(rng, *shape, spread=WIDE) for _ in range(2))
        layer = network(shape[0], scale_and_shift(rng, shape[0]), **WARM)
        given = {"network": layer, "calls": [learn(x), answer(other)]}
        agree(student, reference, given, "out of call 1")
        expect_own_test_mode(student, layer, other, given["calls"])


def expect_own_test_mode(student, layer, x, calls):
    """The last of the calls, one in test mode on x, is what the layer's own statistics ask for."""
    before, seen = at_work(student, layer, calls[:-1]), at_work(student, layer, calls)
    C, column = len(x), (-1,) + (1,) * (x.ndim - 1)
    mean, var = (as_vector(before[name], C) for name in statistics())
    gamma, beta = layer["parameters"][:C], layer["parameters"][C:]
    scale = gamma / np.sqrt(np.maximum(var, 0) + layer["eps"])
    want = scale.reshape(column) * (x - mean.reshape(column)) + beta.reshape(column)
    expect_close(seen[f"out of call {len(calls)}"], want, name="out in test mode", feature=0)


def as_vector(value, C):
    expect_close(value, np.ones(C), name="a running statistic", rtol=np.inf)
    return np.asarray(value, np.float64).reshape(C)


@case(
    topic="the running mean",
    says="After a few steps in train mode the running mean is off. Look at where your layer keeps what it has learned "
    "until the next step, and at the momentum.",
)
def test_BatchNorm__running_mean(student, reference, rng):
    for make in (flat, pictures):
        given = {"network": network(4, momentum=0.6), "calls": [learn(make(rng)) for _ in range(3)]}
        agree(student, reference, given, "running_mean of layer 0", feature=None)


@case(
    topic="the running variance",
    says="After a few steps in train mode the running variance is off. Look at what it starts from, and at which "
    "quantity it remembers: with or without eps, divided by what.",
)
def test_BatchNorm__running_var(student, reference, rng):
    for make in (flat, pictures):
        given = {"network": network(4, eps=0.6, momentum=0.6), "calls": [learn(make(rng)) for _ in range(3)]}
        agree(student, reference, given, "running_var of layer 0", feature=None)


@case(
    topic="the output in test mode with eps = 0.3",
    says="In test mode the output is not what the layer's running statistics, gamma, beta and eps ask for. Look at "
    "what reaches the function that does the work.",
)
def test_BatchNorm__test_output(student, reference, rng):
    for C, N in ((4, 6), (5, 3)):
        layer, x = network(C, scale_and_shift(rng, C), eps=0.3), flat(rng, C, N)
        sensible(student, reference, x)
        calls = [learn(flat(rng, C, 8)), learn(flat(rng, C, 8)), answer(x)]
        expect_own_test_mode(student, layer, x, calls)


@case(
    topic="batch-mates in test mode, in a network of several layers",
    says="In test mode what a network answers for an example changes with the company it is in. Look at how the mode "
    "reaches your layer, and what your layer does with it.",
)
def test_BatchNorm__batch_mates(student, reference, rng):
    x = flat(rng, 4, 7)
    sensible(student, reference, x)
    calls = [learn(flat(rng, 4, 9)), answer(x), answer(x[:, :2]), answer(x[:, 4:5])]
    seen = at_work(student, deep(rng), calls)
    for call, part in ((3, slice(0, 2)), (4, slice(4, 5))):
        got, want = seen[f"out of call {call}"], seen["out of call 2"][:, part]
        expect_close(got, want, name=f"out for {got.shape[1]} of 7 examples", feature=None)


@case(
    topic="frozen statistics in test mode",
    says="A call in test mode has changed the running statistics. Look at when your layer writes to them.",
)
def test_BatchNorm__frozen_in_test(student, reference, rng):
    x, other = flat(rng), flat(rng)
    sensible(student, reference, x)
    before = at_work(student, network(4), [learn(x)])
    after = at_work(student, network(4), [learn(x), answer(other), answer(other)])
    for name in statistics():
        expect_close(after[name], before[name], name=name, feature=None)
    expect_close(after["out of call 3"], after["out of call 2"], name="out of a second call", feature=0)


@case(
    topic="statistics that are to be kept",
    says="Where a network is asked to keep its running statistics, a call in train mode changes them, or does "
    "something else than usual. Look at the part that the attribute update plays in your layer.",
)
def test_BatchNorm__kept(student, reference, rng):
    x, other = flat(rng), flat(rng)
    sensible(student, reference, x)
    usual = at_work(student, network(4), [learn(x), learn(other)])
    before = at_work(student, network(4), [learn(x)])
    kept = at_work(student, network(4), [learn(x), learn(other, kept=True)])
    expect_close(kept["out of call 2"], usual["out of call 2"], name="out", feature=0)
    later = at_work(student, network(4), [learn(x), learn(3 * other, kept=True), learn(other)])
    for name in statistics():
        expect_close(kept[name], before[name], name=name, feature=None)
        expect_close(later[name], usual[name], name=f"{name} afterwards", feature=None)


@case(
    topic="statistics of two layers",
    says="Two layers that are trained side by side end with other running statistics than each of them alone. Look at "
    "where a layer keeps its own.",
)
def test_BatchNorm__own_statistics(student, reference, rng):
    inputs = flat(rng), 3 * flat(rng) + 1
    sensible(student, reference, inputs[0])
    alone = [at_work(student, network(4), [learn(x), learn(x)]) for x in inputs]
    two = network(4) | {"layers": [["norm", 4], ["norm", 4]], "parameters": None}
    calls = [learn(x, layer=layer) for _ in range(2) for layer, x in enumerate(inputs)]
    both = at_work(student, two, calls)
    for layer in range(2):
        for name, want in zip(statistics(layer), statistics(), strict=True):
            expect_close(both[name], alone[layer][want], name=name, feature=None)


@case(
    topic="the gradients of gamma and beta",
    says="The gradients of gamma and beta that arrive in the network are off. Look at where the network reads them, "
    "and at what stands there after your backward pass.",
)
def test_BatchNorm__parameters(student, reference, rng):
    for x in (flat(rng, 5, 7, spread=BLIND["spread"]), pictures(rng, spread=BLIND["spread"])):
        C = len(x)
        given = {
            "network": network(C, scale_and_shift(rng, C), eps=BLIND["eps"]),
            "calls": [learn(x), back(upstream(rng, *x.shape))],
        }
        agree(student, reference, given, *gradients(2), feature=None)


@case(
    topic="the gradients of gamma and beta where nobody wants dx",
    says="Where the caller does not want dx, as for the first layer of a network, the gradients of gamma and beta "
    "are not what they are otherwise. Look at what need_dx speaks of.",
)
def test_BatchNorm__without_dx(student, reference, rng):
    """Against the student's own gradients, whatever those are worth."""
    for x in (flat(rng), pictures(rng)):
        sensible(student, reference, x)
        dout, made_of = upstream(rng, *x.shape), network(4, scale_and_shift(rng), eps=0.1)
        want = at_work(student, made_of, [learn(x), back(dout)])
        got = at_work(student, made_of, [learn(x), back(dout, need_dx=False)])
        for name in gradients(2):
            if not np.any(want[name]):
                raise Mismatch(f"{name.split()[0]} should not be 0 here")
            expect_close(got[name], want[name], name=name.split()[0], feature=None)


@case(
    topic="the gradient of x",
    says="For a random upstream gradient and gammas of both signs dx is off. Look at what you hand to the backward "
    "pass of the earlier notebook, and at how its result gets back its shape.",
)
def test_BatchNorm__dx(student, reference, rng):
    for x in (flat(rng, 5, 7, spread=BLIND["spread"]), pictures(rng, spread=BLIND["spread"])):
        C = len(x)
        given = {
            "network": network(C, scale_and_shift(rng, C), eps=BLIND["eps"]),
            "calls": [learn(x), back(upstream(rng, *x.shape))],
        }
        agree(student, reference, given, "dx of call 2")


@case(
    topic="a large eps in the backward pass",
    says="With a large eps the gradients are off, though not without one. Look at where eps takes part.",
)
def test_BatchNorm__gradients_large_eps(student, reference, rng):
    x = flat(rng, 4, 7)
    given = {"network": network(4, eps=0.8), "calls": [learn(x), back(upstream(rng, *x.shape))]}
    agree(student, reference, given, "dx of call 2")
    agree(student, reference, given, *gradients(2), feature=None)


@case(
    topic="to which forward pass a backward pass belongs",
    says="After other calls, of this layer or of another one, a backward pass gives other gradients. Look at what a "
    "layer keeps of its last forward pass, and what is left in its gradients from before.",
)
def test_BatchNorm__last_forward(student, reference, rng):
    x, other, dout = flat(rng), 3 * flat(rng) + 1, upstream(rng, 4, 6)
    sensible(student, reference, x)
    gamma_and_beta = scale_and_shift(rng)
    one = network(4, gamma_and_beta, eps=0.1)
    two = one | {"layers": [["norm", 4]] * 2, "parameters": np.tile(np.concatenate(gamma_and_beta), 2)}
    alone = at_work(student, one, [learn(x), back(dout)])
    busy = {
        "an earlier forward pass": (3, one, [learn(other), learn(x), back(dout)]),
        "an earlier backward pass": (4, one, [learn(other), back(-3 * dout), learn(x), back(dout)]),
        "another backward pass from the same forward pass": (3, one, [learn(x), back(-3 * dout), back(dout)]),
        "another layer's forward pass": (
            3,
            two,
            [learn(x, layer=0), learn(other, layer=1), back(dout, layer=0)],
        ),
    }
    for what, (call, made_of, calls) in busy.items():
        seen = at_work(student, made_of, calls)
        got = [f"dx of call {call}", *gradients(call)]
        for name, want in zip(got, ["dx of call 2", *gradients(2)], strict=True):
            expect_close(seen[name], alone[want], name=f"{name.split()[0]} after {what}", feature=None)


@case(
    topic="a backward pass after test mode",
    says="A backward pass after a forward pass in test mode should raise ValueError. Look at what is left in your "
    "layer from the pass before that.",
)
def test_BatchNorm__after_test(student, reference, rng):
    x, dout = flat(rng), upstream(rng, 4, 6)
    sensible(student, reference, x)
    expect_close(at_work(student, network(4), [learn(x), back(dout)])["dx of call 2"], x, rtol=np.inf)
    calls = [learn(x), answer(x), back(dout)]
    expect_error("ValueError", lambda: at_work(student, network(4), calls), "backward after test mode")


@case(
    topic="the gradient of a bias before BN",
    says="In a network the gradient of a bias that stands right before BN should be 0. Look at what your backward pass "
    "does to a dx that is the same for all examples.",
)
def test_BatchNorm__bias_before(student, reference, rng):
    x = flat(rng, 4, 9)
    made_of, calls = deep(rng), [learn(x), back(upstream(rng, 3, 9))]
    seen = at_work(student, made_of, calls)
    weights = {layer: np.asarray(seen[f"dW of layer {layer} in call 2"]) for layer in (0, 3, 6)}
    sizes = [np.abs(weight).max() for weight in weights.values()]
    expect_close(np.minimum(sizes, 1e-6), np.full(3, 1e-6), name="the size of the weights' gradients")
    for (layer, weight), size in zip(weights.items(), sizes, strict=True):
        got = np.append(seen[f"db of layer {layer} in call 2"].ravel(), size)
        want = np.append(np.zeros(len(weight)), size)
        expect_close(got, want, name=f"db of layer {layer}", feature=None)


@case(
    topic="float32",
    says="In float32 the results differ from those in float64 by more than rounding, or break off. Look at what your "
    "layer mixes with the numbers that it gets.",
)
def test_BatchNorm__float32(student, reference, rng):
    x, dout = pictures(rng), upstream(rng, *PICTURES)
    sensible(student, reference, x)
    calls, small = ([learn(x), back(dout), answer(x)] for x, dout in ((x, dout), single(x, dout)))
    made_of = network(4, scale_and_shift(rng), eps=0.1)
    want = at_work(student, made_of, calls)
    got = at_work(student, made_of | {"dtype": "float32"}, small)
    for name in ("out of call 1", "dx of call 2", *gradients(2), "out of call 3"):
        feature = 0 if name[:2] != "dg" and name[:2] != "db" else None
        expect_close(got[name], want[name].astype(np.float32), name=name, feature=feature)


@case(
    topic="whether x and dout are left alone",
    says="The batch or the upstream gradient has changed after the call; another layer may still need them. Look for "
    "operations that work in place.",
)
def test_BatchNorm__unchanged(student, reference, rng):
    layer = network(4, scale_and_shift(rng), eps=0.1)

    def compute(course, x, dout, other):
        seen = course.BatchNorm(layer, [learn(x), back(dout), answer(other)])
        return {name: seen[name] for name in ("out of call 1", "dx of call 2")}

    for x in (flat(rng), pictures(rng)):
        given = {"x": x, "dout": upstream(rng, *x.shape), "other": x[::-1].copy()}
        expect_unchanged(compute, student, reference, given=given)
