"""Hidden cases of stage 01. Each looks at one thing and, as far as it can, passes over what the others look at."""

from __future__ import annotations

import numpy as np
from bnlab_autograder.grading.cases import (
    Mismatch,
    case,
    expect_agreement,
    expect_close,
    expect_unchanged,
    returns,
)
from inputs import ELSEWHERE, FAR, WIDE, batch, constants, integers, neutral, pattern, scale_and_shift, single

# batch_statistics


def statistics(course, x):
    mean, var = returns(course.batch_statistics(x), 2, "batch_statistics returns (mean, var)")
    return {"mean": mean, "var": var}


def mean_alone(course, x):
    return statistics(course, x)["mean"]


def agree_on_mean(student, reference, x):
    expect_agreement(mean_alone, student, reference, given={"x": x}, name="mean", feature=None)


def elsewhere(rng):
    """Batches as the cases of exercises that rest on this one have them."""
    return [batch(rng, *shape, spread=spread) for shape in ELSEWHERE for spread in (1.0, WIDE)]


def own_variance(student, x):
    """The student's own variance, so that a case about something else does not ask how it is computed."""
    var = statistics(student, x.copy())["var"]
    if not isinstance(var, np.ndarray) or var.dtype.kind != "f" or not (var > 0).all():
        raise Mismatch("var should hold positive numbers for features that vary")
    return var


@case(
    topic="the axis of the mean",
    says="The mean of each feature should come first, with one number per feature. Look at what your mean runs over.",
)
def test_batch_statistics__mean(student, reference, rng):
    for x in (batch(rng, 7, 4), np.asfortranarray(batch(rng, 3, 5)), *elsewhere(rng)):
        agree_on_mean(student, reference, x)


@case(
    topic="the variance",
    says="The variance of each feature is the mean of its squared distances from its own mean. Look at what you "
    "average, over what, and at what you divide by.",
)
def test_batch_statistics__variance(student, reference, rng):
    for x in (batch(rng, 7, 4), batch(rng, 2, 5), *elsewhere(rng)):
        expect_agreement(
            lambda course, x: statistics(course, x)["var"],
            student,
            reference,
            given={"x": x},
            name="var",
            feature=None,
        )


@case(
    topic="constant features and a single example",
    says="A feature that does not vary has variance 0, and so has a batch of one example. Look at what your "
    "formula makes of them.",
)
def test_batch_statistics__no_spread(student, reference, rng):
    for x in (constants(rng, 5), rng.normal(size=(1, 4)) + 3):
        expect_agreement(statistics, student, reference, given={"x": x}, feature=None)


@case(
    topic="a large offset",
    says="Moving all data by a large number changes the variance, though it should not. Look at which large "
    "numbers your variance subtracts from each other.",
)
def test_batch_statistics__far_from_zero(student, reference, rng):
    far = batch(rng) + FAR
    agree_on_mean(student, reference, far)
    near = far - FAR  # exact: far holds no digits that near could not
    expect_close(own_variance(student, far), own_variance(student, near), name="var", feature=None)


@case(
    topic="integers and float32",
    says="Integers or float32 numbers give something else than equal float64 numbers. Look at the dtype of the "
    "arrays that you fill.",
)
def test_batch_statistics__dtypes(student, reference, rng):
    x = integers(rng)
    agree_on_mean(student, reference, x)
    own = own_variance(student, x.astype(np.float64))
    expect_close(own_variance(student, x), own, name="var of integers", feature=None)
    (x,) = single(batch(rng))
    agree_on_mean(student, reference, x)
    own = own_variance(student, x.astype(np.float64)).astype(np.float32)
    expect_close(own_variance(student, x), own, name="var of float32 numbers", feature=None)


@case(
    topic="whether the input is left alone",
    says="The batch that was handed in has changed after the call. Look for operations that work in place.",
)
def test_batch_statistics__unchanged(student, reference, rng):
    expect_unchanged(statistics, student, reference, given={"x": batch(rng)})


# batchnorm_train

RESTS_ON = ("batch_statistics",)


def train(course, x, gamma, beta, eps):
    return course.batchnorm_train(x, gamma, beta, eps)


def train_pattern(course, x, gamma, beta, eps):
    return pattern(course.batchnorm_train(x, gamma, beta, eps))


def arguments(x, gamma_and_beta=None, eps=1e-5):
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else neutral(x.shape[1])
    return {"x": x, "gamma": gamma, "beta": beta, "eps": eps}


@case(
    topic="the centre of each feature",
    says="With gamma 1 and beta 0 every feature should be centred at 0 and keep its pattern. Look at which axis your "
    "statistics run over, and at the order of subtracting and dividing.",
)
def test_batchnorm_train__centred(student, reference, rng):
    def relative_to_largest(course, **given):
        out = train(course, **given)
        usable = isinstance(out, np.ndarray) and out.shape == given["x"].shape
        return out / np.abs(out).max(axis=0) if usable else out

    for N, D in ((6, 7), (5, 5)):
        given = arguments(batch(rng, N, D, spread=WIDE))
        expect_agreement(relative_to_largest, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="the spread of each feature",
    says="With gamma 1 and beta 0 widely spread features should get the standard deviation 1. Look at what you "
    "divide by, and at the divisor in your variance.",
)
def test_batchnorm_train__spread(student, reference, rng):
    given = arguments(batch(rng, 6, 7, spread=WIDE))
    expect_agreement(train, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="gamma and beta away from 1 and 0",
    says="The normalised batch should be multiplied by gamma and then shifted by beta, feature by feature. Look "
    "at where the two enter the result.",
)
def test_batchnorm_train__scale_and_shift(student, reference, rng):
    x, (gamma, beta) = batch(rng, 7, 4, spread=WIDE), scale_and_shift(rng, 4)
    expect_agreement(train_pattern, student, reference, given=arguments(x), rests_on=RESTS_ON)
    normalised = train(student, **arguments(x.copy()))
    out = train(student, **arguments(x.copy(), (gamma.copy(), beta.copy())))
    expect_close(out, gamma * normalised + beta)


@case(
    topic="a large eps", says="With a large eps the output is off. Look at which quantity eps joins, and how."
)
def test_batchnorm_train__large_eps(student, reference, rng):
    for eps in (1.0, 0.3):
        given = arguments(batch(rng, 6, 7), eps=eps)
        expect_agreement(train, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="constant features and a single example",
    says="A constant feature, or a batch of a single example, should give beta. Work out what the formula says there.",
)
def test_batchnorm_train__no_spread(student, reference, rng):
    for x in (constants(rng, 4), rng.normal(size=(1, 4)) + 3):
        given = arguments(x, scale_and_shift(rng, 4))
        expect_agreement(train, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="a large offset",
    says="Moving the whole batch by a large number changes the output, though it should not. Look at which large "
    "numbers your variance subtracts from each other.",
)
def test_batchnorm_train__far_from_zero(student, reference, rng):
    far = batch(rng, 6, 7) + FAR
    agree_with_own(student, reference, far, far - FAR, "out for numbers near a million")


@case(
    topic="integers and float32",
    says="Integers or float32 numbers give something else than equal float64 numbers. Look at the dtype of the "
    "arrays that you fill.",
)
def test_batchnorm_train__dtypes(student, reference, rng):
    x = integers(rng, 6, 7)
    agree_with_own(student, reference, x, x.astype(np.float64), "out for integers")
    (x,) = single(batch(rng, 6, 7))
    agree_with_own(student, reference, x, x.astype(np.float64), "out for float32 numbers")


def agree_with_own(student, reference, x, plain, name):
    """Pass if the student's output for ``x`` is the student's own for ``plain``, which holds the same numbers."""
    expect_agreement(train_pattern, student, reference, given=arguments(plain, eps=0.1), rests_on=RESTS_ON)
    own = train(student, **arguments(plain.copy(), eps=0.1))
    dtype = np.float32 if x.dtype == np.float32 else np.float64
    ones, zeros = (vector.astype(dtype) for vector in neutral(x.shape[1]))
    given = {"x": x, "gamma": ones, "beta": zeros, "eps": 0.1}
    expect_agreement(
        train, student, reference, given=given, want=own.astype(dtype), rests_on=RESTS_ON, name=name
    )


@case(
    topic="whether the inputs are left alone",
    says="An array that was handed in has changed after the call. Look for operations that work in place.",
)
def test_batchnorm_train__unchanged(student, reference, rng):
    given = arguments(batch(rng, 6, 7), scale_and_shift(rng, 7), eps=0.1)
    expect_unchanged(train, student, reference, given=given, rests_on=RESTS_ON)
