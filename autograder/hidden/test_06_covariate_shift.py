"""Hidden cases of stage 06. Networks and generators are built where the student's code runs, by the harnesses."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
from bnlab_autograder.grading.cases import Mismatch, case, expect_close
from inputs import batch

# --- networks and batches -----------------------------------------------------------------------------------

# Three layers with weights, and gamma, beta and a running mean after the first and the second.
DEEP = [["affine", 4, 5], ["scale", 5], ["tanh"], ["affine", 5, 6], ["scale", 6], ["tanh"], ["affine", 6, 3]]
DEEP_PARAMETERS = 4 * 5 + 5 + 10 + 5 * 6 + 6 + 12 + 6 * 3 + 3
DEEP_LAYERS = (1, 3, 4, 6)  # those that something moves before


def deep(rng, N=8, **more):
    """The network, x (4, N) and targets (3, N); of a size at which a step of 0.01 is felt."""
    network = {"layers": DEEP, "loss": "squared", "parameters": rng.normal(size=DEEP_PARAMETERS), **more}
    return network, np.ascontiguousarray(batch(rng, N, 4).T) / 2, 2 * rng.normal(size=(3, N))


def convolving(rng):
    """Convolution, gamma and beta, pooling, cross-entropy; images with C ≠ H ≠ W ≠ N."""
    layers = [
        ["convolution", 2, 3],
        ["scale", 3],
        ["relu"],
        ["pool"],
        ["affine", 18, 4],
        ["tanh"],
        ["affine", 4, 5],
    ]
    parameters = rng.normal(size=3 * 18 + 3 + 6 + 18 * 4 + 4 + 4 * 5 + 5)
    network = {"layers": layers, "loss": "cross-entropy", "parameters": parameters}
    x = rng.normal(size=(2, 4, 6, 7)) * np.array([0.5, 2.0]).reshape(2, 1, 1, 1) + rng.normal(
        size=(2, 1, 1, 1)
    )
    return network, x, rng.permutation(np.arange(7) % 5)


def turned_round(rng, error=1.0):
    """A chain of two numbers in which the step goes twice as far as the best, so that the error changes its sign.

    out = v (w + b) + c with x = 1 and error 1: w and b lose 2 lr v each. With lr = 1 / (2 v²) the error is -1, and the
    gradients by v and c, 2 (h, 1) and -2 (h', 1), have a negative product, since h h' + 1 > 0.
    """
    w, v = rng.uniform(0.5, 1), rng.uniform(1, 2)
    network = {"layers": [["affine", 1, 1]] * 2, "loss": "squared", "parameters": np.array([w, 0.0, v, 0.0])}
    return network, np.ones((1, 1)), np.array([[w * v - error]]), 1, 1 / (2 * v**2)


def warm(rng, **more):
    """A deep network with running means far from what its batch has, and with a gradient of another batch."""
    network, x, y = deep(rng, **more)
    return {**network, "seen": (3 * batch(rng, 8, 4).T + 2, 2 * rng.normal(size=(3, 8)))}, x, y


# --- asking -------------------------------------------------------------------------------------------------

VALUES = {"activation_moments": ("mean", "var"), "internal_covariate_shift": ("l2", "cosine")}


def ask(course, exercise, *given):
    """What the exercise makes of copies: an array that it changes is no other call's affair."""
    return getattr(course, exercise)(*deepcopy(given))


def agree(student, reference, exercise, *given, names=None, rtol=None):
    """The values, or the parts of the network named, are those of the reference."""
    got, want = (ask(course, exercise, *given) for course in (student, reference))
    if not isinstance(got, dict):
        raise Mismatch(f"expected {' and '.join(VALUES[exercise])}")
    for name in names or VALUES[exercise]:
        expect_close(got.get(name), want[name], name=name, feature=None, rtol=rtol)


def expect_measured(student, reference, exercise, *given):
    """Values that belong to this exercise, right or wrong: who does nothing leaves every network as it was."""
    got, want = (ask(course, exercise, *given) for course in (student, reference))
    for name in VALUES[exercise]:
        value = got.get(name) if isinstance(got, dict) else None
        expect_close(value, want[name], name=name, rtol=np.inf)
        if not np.any(value):
            raise Mismatch(f"{name} should not be 0 here")


def left_alone(student, reference, exercise, rng, names, rest, **more):
    for mode in ("test", "train"):
        network, x, y = warm(rng, mode=mode, **more)
        given = (network, x, 3) if exercise == "activation_moments" else (network, x, y, *rest)
        if "fails_at" not in more:
            expect_measured(student, reference, exercise, *given)
        agree(student, reference, exercise, *given, names=[f"{name} afterwards" for name in names])


def in_train_mode(student, reference, exercise, network, *given):
    """Against the student's own values for a network in train mode and without a memory, whatever those are worth."""
    new = {key: value for key, value in network.items() if key != "seen"}
    expect_measured(student, reference, exercise, new, *given)
    want = ask(student, exercise, new, *given)
    for mode in ("train", "test"):
        got = ask(student, exercise, {**network, "mode": mode}, *given)
        for name in VALUES[exercise]:
            value = got.get(name) if isinstance(got, dict) else None
            expect_close(value, np.asarray(want[name]), name=name, feature=None)


# --- activation_moments -------------------------------------------------------------------------------------

MOMENTS = "activation_moments"


@case(
    topic="features, N ≠ D",
    says="For layers of features the means or variances are off. Look at which axis of the output is the unit: the"
    " batch comes last in this engine.",
)
def test_activation_moments__features(student, reference, rng):
    for N in (8, 5, 6):
        network, x, _ = deep(rng, N)
        for layer in (0, 3):
            agree(student, reference, MOMENTS, network, x, layer)


@case(
    topic="channels of images",
    says="For images there should be one mean and one variance per channel. Look at what height and width count "
    "as.",
)
def test_activation_moments__channels(student, reference, rng):
    network, x, _ = convolving(rng)
    for layer in (0, 3):
        agree(student, reference, MOMENTS, network, x, layer)


@case(
    topic="which layer it is whose output counts",
    says="The moments belong to another layer than the one that was asked for, or to its input. Look at when you "
    "stop listening, and at what you keep.",
)
def test_activation_moments__which_layer(student, reference, rng):
    network, x, _ = deep(rng)
    for layer in range(len(DEEP)):
        got, want = (ask(course, MOMENTS, network, x, layer) for course in (student, reference))
        expect_close(
            got.get("mean") if isinstance(got, dict) else None, want["mean"], name="mean", feature=None
        )


@case(
    topic="the variance of the batch",
    says="The variance is not that of this batch. Look at what you divide by, and at whether it is a variance.",
)
def test_activation_moments__variance(student, reference, rng):
    for N in (2, 9):
        network, x, _ = deep(rng, N)
        got, want = (ask(course, MOMENTS, network, 3 * x, 3) for course in (student, reference))
        expect_close(got.get("var") if isinstance(got, dict) else None, want["var"], name="var", feature=None)


@case(
    topic="activations far from 0",
    says="Far from 0 the variance loses its digits. Look at the formula that you use for it.",
)
def test_activation_moments__far(student, reference, rng):
    network = {
        "layers": [["affine", 2, 3], ["tanh"]],
        "parameters": np.r_[rng.normal(size=6), np.full(3, 1e6)],
    }
    x = rng.normal(size=(2, 9))
    agree(student, reference, MOMENTS, network, x, 0, rtol=1e-6)


@case(
    topic="statistics of the batch, whatever mode the network is in",
    says="For a network in test mode the moments are others than in train mode. Look at which function is to be "
    "looked at.",
)
def test_activation_moments__train_mode(student, reference, rng):
    network, x, _ = warm(rng)
    in_train_mode(student, reference, MOMENTS, network, x, 3)


@case(
    topic="mode and hooks afterwards",
    says="After the call the network is in another mode, or carries a hook more than before. Look at what you set,"
    " and where you set it back.",
)
def test_activation_moments__left_alone(student, reference, rng):
    left_alone(student, reference, MOMENTS, rng, ("train mode", "hooks", "parameters"), ())


@case(
    topic="mode and hooks after an error",
    says="When a forward pass raises an error, mode or hooks stay as you had set them. Look at what is done in any"
    " case.",
)
def test_activation_moments__broken_off(student, reference, rng):
    left_alone(student, reference, MOMENTS, rng, ("train mode", "hooks"), (), fails_at=1)
    network, x, _ = warm(rng)
    expect_measured(student, reference, MOMENTS, network, x, 3)


@case(
    topic="running statistics",
    says="Looking at the network has moved its running statistics, or layers that were told to keep them have "
    "lost that. Look at what a forward pass in train mode does besides, and at what the network offers against it.",
)
def test_activation_moments__running_statistics(student, reference, rng):
    left_alone(student, reference, MOMENTS, rng, ("running mean",), ())
    left_alone(student, reference, MOMENTS, rng, ("running mean", "update"), (), update=False)


# --- noisy_batchnorm ----------------------------------------------------------------------------------------
#
# Random functions are judged by moments, with margins of six standard errors: one right solution in a hundred million
# would fail. Thousands of units in one call, so that what happens between calls is another case's affair.

FLAT, IMAGES = (4, 3000), (2, 700, 2, 4)
ROWS, SQUARE, PICTURES = (20, 600), (110, 110), ((8, 30, 6, 8), (11, 11, 11, 11), (5, 2100, 1, 1))
R3 = np.sqrt(3.0)  # of constants of which the coarse numbers that come with the noise are sure
NONE = {"n_mu": 0.0, "n_sigma": 1.0, "r_mu": 0.0, "r_sigma": 0.0}


def noise(student, rng, a, calls=1, seed=None, **constants):
    """``out``: (calls, *a.shape), for the noise named and no other."""
    seed = int(rng.integers(2**32)) if seed is None else seed
    seen = student.noisy_batchnorm(a.copy(), seed, calls, *(NONE | constants).values())
    out = seen.get("out") if isinstance(seen, dict) else None
    expect_close(out, np.zeros((calls, *a.shape), a.dtype), name="out", rtol=np.inf)
    if not np.isfinite(out).all():
        raise Mismatch("out contains NaN or infinity")
    return out


def rows(out):
    """(units, values) of the first call."""
    return np.moveaxis(out[0].astype(np.float64), 1, 0).reshape(out.shape[2], -1)


def expect_mean(values, want, deviation, name):
    """``deviation`` is that of one value."""
    error = abs(values.mean() - want) / (deviation / np.sqrt(values.size))
    if not error <= 6:
        raise Mismatch(f"{name} is off by {error:.0f} standard errors; 6 are allowed")


def expect_within(values, low, high, name):
    slack = 1e-9 * (high - low)
    if values.min() < low - slack or values.max() > high + slack:
        raise Mismatch(f"{name} reach beyond their range")


def expect_uniform(values, low, high, name):
    """Centre, variance and ends of U(low, high)."""
    middle, half = (low + high) / 2, (high - low) / 2
    expect_mean(values, middle, half / np.sqrt(3), f"the mean of {name}")
    expect_mean((values - middle) ** 2, half**2 / 3, half**2 * np.sqrt(4 / 45), f"the variance of {name}")
    expect_within(values, low, high, name)


def spread_among(values):
    if not np.ptp(values) > 0:
        raise Mismatch("every unit should have noise of its own")


@case(
    topic="without noise",
    says="With constants that leave no noise, out should be a itself. Look at what each of them does when it is 0,"
    " and n_sigma when it is 1.",
)
def test_noisy_batchnorm__none(student, reference, rng):
    for a in (batch(rng), batch(rng, 3, 5), rng.normal(size=(3, 2, 4, 5))):
        expect_close(noise(student, rng, a)[0], a, feature=None)
        single = a.astype(np.float32)
        expect_close(noise(student, rng, single)[0], single, feature=None)
    spread_among(rows(noise(student, rng, np.zeros(FLAT), n_mu=R3))[:, 0])


@case(
    topic="μ of the units: centre, spread, range",
    says="The shifts of the units do not come from the distribution of Algorithm 1. Look at their centre, at their"
    " range, and at which constant sets it.",
)
def test_noisy_batchnorm__mu(student, reference, rng):
    for shape in (FLAT, IMAGES):
        for n_mu in (R3 / 4, 2 * R3):
            mu = rows(noise(student, rng, np.zeros(shape), n_mu=n_mu)).mean(axis=1)
            expect_uniform(mu, -n_mu, n_mu, "the shifts")


@case(
    topic="σ of the units: from 1 upwards",
    says="The scales of the units do not come from the distribution of Algorithm 1. Look at where it begins, where"
    " it ends, and which constant sets that.",
)
def test_noisy_batchnorm__sigma(student, reference, rng):
    for shape in (FLAT, IMAGES):
        for n_sigma in (1 + R3 / 4, 1 + R3):
            out = rows(noise(student, rng, np.ones(shape), n_sigma=n_sigma)).mean(axis=1)
            expect_uniform(out, 1.0, n_sigma, "the scales")


@case(
    topic="the spread of the shifts within a unit",
    says="Around the shift of their unit, the values are not spread as Algorithm 1 says. Look at what r_mu does, "
    "to which values, and at the kind of distribution.",
)
def test_noisy_batchnorm__shift_spread(student, reference, rng):
    for shape in (FLAT, IMAGES):
        for r_mu in (R3 / 16, R3):
            out = noise(student, rng, np.zeros(shape), r_mu=r_mu)
            expect_uniform(out, -r_mu, r_mu, "the shifts within a unit")


@case(
    topic="the spread of the scales within a unit",
    says="Around the scale of their unit, the values are not spread as Algorithm 1 says. Look at what kind of "
    "number r_sigma is, and what kind your generator wants.",
)
def test_noisy_batchnorm__scale_spread(student, reference, rng):
    for shape in (FLAT, IMAGES):
        for r_sigma in (0.125, 2.0):
            away = noise(student, rng, np.ones(shape), r_sigma=r_sigma) - 1
            expect_mean(away, 0, r_sigma, "the mean of the scales within a unit")
            expect_mean(away**2, r_sigma**2, np.sqrt(2) * r_sigma**2, "their variance")
            expect_mean(away**4, 3 * r_sigma**4, np.sqrt(96) * r_sigma**4, "their fourth moment")


@case(
    topic="one μ and one σ per unit, in a batch",
    says="Features do not have one shift and one scale each, shared by all examples. Look at the shape of what you"
    " draw first.",
)
def test_noisy_batchnorm__units(student, reference, rng):
    for N, D in (ROWS, SQUARE):
        for constants, unit in (({"n_mu": R3}, 0.0), ({"n_sigma": 1 + R3}, 1.0)):
            values = rows(noise(student, rng, np.full((N, D), unit), **constants))
            expect_close(values, np.tile(values[:, :1], N), name="noise of a feature", feature=None)
            expect_close(
                np.unique(values[:, 0].round(12)).size * 1.0, np.asarray(float(D)), name="different units"
            )


@case(
    topic="one μ and one σ per channel of images",
    says="Channels do not have one shift and one scale each, shared by all examples and pixels. Look at the shape "
    "of what you draw first.",
)
def test_noisy_batchnorm__channels(student, reference, rng):
    for shape in PICTURES:
        for constants, unit in (({"n_mu": R3}, 0.0), ({"n_sigma": 1 + R3}, 1.0)):
            values = rows(noise(student, rng, np.full(shape, unit), **constants))
            expect_close(
                values, np.tile(values[:, :1], values.shape[1]), name="noise of a channel", feature=None
            )
            count = np.unique(values[:, 0].round(12)).size * 1.0
            expect_close(count, np.asarray(float(shape[1])), name="different channels")


@case(
    topic="noise of its own for every value",
    says="Values of a unit get the same noise where each should get its own. Look at the shape of what you draw "
    "second; pixels count as examples.",
)
def test_noisy_batchnorm__values(student, reference, rng):
    for shape in (ROWS, PICTURES[0]):
        for constants in ({"r_mu": R3 / 4}, {"r_sigma": 0.25}):
            out = noise(student, rng, np.ones(shape), **constants)
            expect_close(np.unique(out).size * 1.0, np.asarray(float(out.size)), name="different values")


@case(
    topic="new noise at every call",
    says="Two calls in a row shift and scale the units alike. Look at where the generator comes from, and for "
    "anything that is kept from one call to the next.",
)
def test_noisy_batchnorm__every_call(student, reference, rng):
    for constants, unit, middle, deviation in (
        ({"n_mu": R3}, 0.0, 0.0, 1.0),
        ({"n_sigma": 1 + R3}, 1.0, 1 + R3 / 2, 0.25),
    ):
        out = noise(student, rng, np.full(FLAT, unit), calls=2, **constants)[:, 0] - middle
        expect_mean(out[0] * out[1], 0, deviation, "the product of the noise of two calls")
        spread_among(out[0])
    for constants in ({"r_mu": R3 / 4}, {"r_sigma": 0.25}):
        first, second = noise(student, rng, np.ones(ROWS), calls=2, **constants)
        if (first == second).any():
            raise Mismatch("two calls gave some values the same noise")


@case(
    topic="chance from rng and nowhere else",
    says="With a generator of the same seed the noise should be the same again. Look for a source of chance other "
    "than rng.",
)
def test_noisy_batchnorm__from_rng(student, reference, rng):
    constants = {"n_mu": 0.5, "n_sigma": 1.25, "r_mu": 0.1, "r_sigma": 0.1}
    a = rng.normal(size=ROWS)
    first, again, other = (noise(student, rng, a, 2, seed, **constants) for seed in (1, 1, 2))
    expect_close(again, first, feature=None)
    if (other == first).any():
        raise Mismatch("generators of different seeds gave the same noise")


@case(
    topic="what is scaled and what is shifted",
    says="A unit without spread should be a straight line in a, with slope σ and intercept μ. Look at the order of"
    " scaling and shifting.",
)
def test_noisy_batchnorm__line(student, reference, rng):
    # μ spreads by u and σ by 2 u: together by u √5, or by 3 u where one says what the other is.
    u = 0.5 / np.sqrt(5)
    noise(student, rng, np.ones(FLAT), n_mu=u * R3, n_sigma=1 + 4 * u * R3)
    at = np.array([-3.0, 0.0, 1.0, 4.0])
    out = noise(student, rng, np.tile(at[:, None], 3000), n_mu=2.0, n_sigma=3.0)[0]
    shift, scale = out[1], out[2] - out[1]
    expect_close(out, scale * at[:, None] + shift, feature=None)
    expect_uniform(shift, -2.0, 2.0, "the intercepts")
    expect_uniform(scale, 1.0, 3.0, "the slopes")
    expect_mean(shift * (scale - 2), 0, 2 / 3, "the product of intercept and slope")


@case(
    topic="whether a is left alone",
    says="The activations have changed after the call; the backward pass of BN still needs them. Look for "
    "operations that work in place.",
)
def test_noisy_batchnorm__unchanged(student, reference, rng):
    # Two calls with one array: had the first one changed it, the second would start from there.
    for shape in (ROWS, PICTURES[0]):
        a = 100 + rng.random(shape)
        first, second = noise(student, rng, a, calls=2, n_mu=R3)
        for out in (first, second):
            shift = rows((out - a)[None])
            expect_within(shift, -R3, R3, "the shifts")
            spread_among(shift[:, 0])
    out = noise(student, rng, np.full(ROWS, 3.0), calls=3, n_sigma=1 + R3)
    expect_within(out, 3.0, 3 * (1 + R3), "scaled activations")


# --- internal_covariate_shift -------------------------------------------------------------------------------

SHIFT = "internal_covariate_shift"
SMALL = 1e-4  # a step that turns no gradient round


@case(
    topic="Definition 2.1 on small networks",
    says="On a small network the difference or the cosine is not that of Definition 2.1. Take the definition word "
    "by word: which gradient, at which parameters, on which batch.",
)
def test_internal_covariate_shift__definition(student, reference, rng):
    for N in (8, 5):
        network, x, y = deep(rng, N)
        for layer in (3, 6):
            agree(student, reference, SHIFT, network, x, y, layer, SMALL)


@case(
    topic="the layers with gamma and beta",
    says="When the layer is one with gamma and beta, the values are off. Look at what belongs to the layer, and at"
    " what lies before it.",
)
def test_internal_covariate_shift__gamma_and_beta(student, reference, rng):
    network, x, y = deep(rng)
    for layer in (1, 4):
        agree(student, reference, SHIFT, network, x, y, layer, SMALL)


@case(
    topic="all that lies before the layer moves",
    says="Not everything before the layer has made its update. Look for parameters that are neither weights nor "
    "part of the layer just before.",
)
def test_internal_covariate_shift__all_before(student, reference, rng):
    network, x, y = deep(rng)
    for scale in (0.0, 0.1, 1.0):  # with x = 0 the first weights stay, and only what comes with them moves
        for layer in DEEP_LAYERS[1:]:
            agree(student, reference, SHIFT, network, scale * x, y, layer, SMALL)


@case(
    topic="nothing moves from the layer on",
    says="For the first layer nothing lies before it: its gradient should not change at all. Look at which "
    "parameters you move.",
)
def test_internal_covariate_shift__first_layer(student, reference, rng):
    for make in (deep, convolving):
        network, x, y = make(rng)
        seen = ask(student, SHIFT, network, x, y, 0, 0.3)
        for name, want in (("l2", 0.0), ("cosine", 1.0)):
            value = seen.get(name) if isinstance(seen, dict) else None
            expect_close(value, np.asarray(want), name=name, rtol=1e-9)


@case(
    topic="the direction and the size of the update",
    says="With another learning rate the values do not change as they should. Look at the sign of the update, and "
    "at where lr enters.",
)
def test_internal_covariate_shift__learning_rate(student, reference, rng):
    network, x, y = deep(rng)
    for lr in (1e-6, 0.003, 0.1, 3.0):
        agree(student, reference, SHIFT, network, x, y, 6, lr, names=("l2",), rtol=1e-5)


@case(
    topic="what the cosine is",
    says="The cosine is off, or does not stay between -1 and 1. Look at the lengths by which it is divided.",
)
def test_internal_covariate_shift__cosine(student, reference, rng):
    for network, x, y, layer, lr in (*((*deep(rng), 6, lr) for lr in (SMALL, 0.01)), turned_round(rng)):
        got, want = (ask(course, SHIFT, network, x, y, layer, lr) for course in (student, reference))
        value = got.get("cosine") if isinstance(got, dict) else None
        expect_close(value, want["cosine"], name="cosine")
    network, x, y, layer, lr = turned_round(rng, error=1e-6)
    seen = ask(student, SHIFT, network, x, y, layer, lr / 10)
    value = seen.get("cosine") if isinstance(seen, dict) else None
    expect_close(value, np.ones(()), name="cosine of small gradients", rtol=1e-5)


@case(
    topic="what the difference is",
    says="The length of the difference is off. Look at which entries go into it, and at the root.",
)
def test_internal_covariate_shift__difference(student, reference, rng):
    for size in (1e-3, 1.0, 30.0):
        network, x, y = deep(rng)
        got, want = (ask(course, SHIFT, network, x, size * y, 6, 0.01) for course in (student, reference))
        value = got.get("l2") if isinstance(got, dict) else None
        expect_close(value, want["l2"], name="l2")


@case(
    topic="images",
    says="For a network with a convolution the values are off. Look at anything that expects a layer to have two "
    "dimensions.",
)
def test_internal_covariate_shift__images(student, reference, rng):
    network, x, y = convolving(rng)
    for layer in (1, 4, 6):
        agree(student, reference, SHIFT, network, x, y, layer, 0.01)


@case(
    topic="float32",
    says="For a network in float32 the values are off by more than rounding explains. Look at the arrays that you "
    "make.",
)
def test_internal_covariate_shift__single(student, reference, rng):
    """Against the student's own values in float64, whatever those are worth."""
    network, x, y = deep(rng)
    expect_measured(student, reference, SHIFT, network, x, y, 6, 10 * SMALL)
    want = ask(student, SHIFT, network, x, y, 6, 10 * SMALL)
    single = {**network, "dtype": "float32"}
    got = ask(student, SHIFT, single, x.astype(np.float32), y.astype(np.float32), 6, 10 * SMALL)
    for name in VALUES[SHIFT]:
        value = got.get(name) if isinstance(got, dict) else None
        expect_close(value, np.asarray(want[name]), name=name, rtol=1e-3)


@case(
    topic="statistics of the batch, whatever mode the network is in",
    says="For a network in test mode the values are others than in train mode. Look at which function is trained.",
)
def test_internal_covariate_shift__train_mode(student, reference, rng):
    network, x, y = warm(rng)
    in_train_mode(student, reference, SHIFT, network, x, y, 6, 0.01)


@case(
    topic="the parameters afterwards",
    says="After the call the network's parameters are not what they were, to the last digit. Look at what you keep"
    " of them, and at how you put it back.",
)
def test_internal_covariate_shift__restored(student, reference, rng):
    left_alone(student, reference, SHIFT, rng, ("parameters", "one vector"), (6, 0.01))
    network, x, y = warm(rng)
    expect_measured(student, reference, SHIFT, network, x, y, 6, 0.01)
    agree(student, reference, SHIFT, network, x, y, 6, 1e13, names=("parameters afterwards",))


@case(
    topic="gradient and mode afterwards",
    says="After the call net.gradient or net.mode is another than before. Look at which calls write to the "
    "network.",
)
def test_internal_covariate_shift__gradient_and_mode(student, reference, rng):
    left_alone(student, reference, SHIFT, rng, ("gradient", "train mode", "hooks"), (6, 0.01))


@case(
    topic="the network after an error",
    says="When the second pass raises an error, the network stays where it happened. Look at what is done in any "
    "case, whatever happens on the way.",
)
def test_internal_covariate_shift__broken_off(student, reference, rng):
    names = ("parameters", "gradient", "train mode")
    left_alone(student, reference, SHIFT, rng, names, (6, 0.01), fails_at=2)
    expect_measured(student, reference, SHIFT, *warm(rng), 6, 0.01)


@case(
    topic="running statistics",
    says="The measurement has moved the running statistics of the network. Look at what a forward pass in train "
    "mode does besides, and at what the network offers against it.",
)
def test_internal_covariate_shift__running_statistics(student, reference, rng):
    left_alone(student, reference, SHIFT, rng, ("running mean",), (6, 0.01))
    left_alone(student, reference, SHIFT, rng, ("running mean", "update"), (6, 0.01), update=False)
