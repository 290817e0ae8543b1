"""Hidden cases of stage 00. Each looks at one thing and, as far as it can, passes over what the others look at."""

from __future__ import annotations

import numpy as np
from bnlab_autograder.grading.cases import (
    case,
    expect_agreement,
    expect_close,
    expect_error,
    expect_unchanged,
)
from inputs import WIDE, among_students, batch, integers, pattern, single, upstream

# standardize


def standardized(course, x, axis):
    return course.standardize(x, axis)


@case(
    topic="mean and spread of columns",
    says="Along axis 0 every column should end with mean 0 and standard deviation 1. Look at which numbers "
    "your mean and your spread run over, and at what you divide by.",
)
def test_standardize__columns(student, reference, rng):
    for N, D in ((7, 4), (2, 5)):
        x = batch(rng, N, D, spread=WIDE)
        expect_agreement(standardized, student, reference, given={"x": x, "axis": 0})


@case(
    topic="other axes",
    says="Another axis than 0, a negative one, or an array with three axes gives something else than it should. "
    "Look at the shapes of your mean and spread when they meet x.",
)
def test_standardize__other_axes(student, reference, rng):
    matrix, cube = batch(rng, 5, 7, spread=WIDE), batch(rng, 12, 5, spread=WIDE).reshape(3, 4, 5)
    for x, axis in ((matrix, 1), (matrix, -1), (matrix[:, :5], 1), (cube, 1), (cube, -1)):

        def compute(course, x, axis):
            return pattern(course.standardize(x, axis), axis)

        expect_agreement(compute, student, reference, given={"x": x, "axis": axis})


@case(
    topic="constant and tiny slices",
    says="A slice that is constant, or varies very little, comes out wrong. Look at what you divide by there.",
)
def test_standardize__constant_or_tiny(student, reference, rng):
    x = np.tile([0.1, 5.0, -2.5, 7 / 3], (3, 1))
    expect_agreement(
        standardized, student, reference, given={"x": x, "axis": 0}, name="out for constant columns"
    )
    x = batch(rng, 6, 4)
    small, large = student.standardize(2.0**-30 * x, 0), student.standardize(x.copy(), 0)
    expect_close(small, large, name="out for numbers near 1e-9")


@case(
    topic="integers",
    says="Integers should give what equal floats give. Look at the dtype of the arrays that you fill.",
)
def test_standardize__integers(student, reference, rng):
    x = integers(rng)
    expect_agreement(lambda course, x: pattern(course.standardize(x, 0)), student, reference, given={"x": x})


@case(
    topic="whether the input is left alone",
    says="The array that was handed in has changed after the call. Look for operations that work in place.",
)
def test_standardize__unchanged(student, reference, rng):
    given = {"x": batch(rng, 5, 4, spread=WIDE), "axis": 0}
    expect_unchanged(standardized, student, reference, given=given)


# relative_error


def error(course, a, b):
    return course.relative_error(a, b)


@case(
    topic="what the difference is compared with",
    says="The error is the largest difference over the largest entry of both arrays, whichever is handed in first. "
    "Look at what you divide by.",
)
def test_relative_error__larger_of_the_two(student, reference, rng):
    a = rng.uniform(1, 2, size=(3, 4))
    for left, right in ((a, 1.5 * a), (1.5 * a, a)):
        expect_agreement(error, student, reference, given={"a": left, "b": right}, name="the error")


@case(
    topic="signs",
    says="With negative entries, or negative differences, the error is off. Look at where an absolute value belongs.",
)
def test_relative_error__signs(student, reference, rng):
    a = -rng.uniform(1, 2, size=(2, 3))
    for b in (1.5 * a, 0.5 * a, -a):
        expect_agreement(error, student, reference, given={"a": a, "b": b}, name="the error")


@case(
    topic="zeros",
    says="Two arrays of zeros have the error 0, and something compared with zeros has the error 1. "
    "Look at what happens when you divide by zero.",
)
def test_relative_error__zeros(student, reference, rng):
    a, zeros = 1e-3 * rng.uniform(1, 2, size=(2, 3)), np.zeros((2, 3))
    for left, right in ((zeros, zeros), (a, zeros)):
        expect_agreement(error, student, reference, given={"a": left, "b": right}, name="the error")


@case(
    topic="arrays of several shapes and scales",
    says="A whole array has one scale, its largest entry, and the result is one number. Look at what your "
    "maximum runs over.",
)
def test_relative_error__one_scale(student, reference, rng):
    noise = np.array([1.0, 1e-12]) * rng.uniform(1, 2)
    cube = rng.uniform(1, 2, size=(2, 2, 3)) * np.array([-1e-3, -1.0, 1e3])
    for a, b in ((noise, noise / np.array([1, 2])), (cube, cube - 1e-3), (np.array([3.0]), np.array([-2.0]))):
        expect_agreement(error, student, reference, given={"a": a, "b": b}, name="the error")


@case(
    topic="arrays of different shapes",
    says="Two arrays of different shapes should raise ValueError, also where broadcasting would make them fit. Look "
    "at what your function does with a matrix and one of its rows.",
)
def test_relative_error__shapes(student, reference, rng):
    a = rng.uniform(1, 2, size=(2, 3))
    expect_close(error(student, a, 1.5 * a), 0.5, name="the error", rtol=np.inf)
    for left, right in ((a, a[0]), (a[:, :1], a)):
        what = f"arrays of the shapes {left.shape} and {right.shape}"
        expect_error("ValueError", lambda left=left, right=right: error(student, left, right), what)


# numerical_gradient. Each entry of x costs the student two calls of f, which run here: x has few entries.


@case(
    topic="the upstream gradient",
    says="For a linear function with an output of another shape the gradient is off. Look at how dout enters, "
    "and at which entries of x you move at a time.",
)
def test_numerical_gradient__upstream(student, reference, rng):
    W = rng.normal(size=(3, 4))
    given = {"x": rng.normal(size=(2, 3)), "dout": upstream(rng, 2, 4)}
    expect_agreement(
        lambda course, x, dout: course.numerical_gradient(lambda x: x @ W, x, dout, 1e-3),
        student,
        reference,
        given=given,
        name="grad",
        feature=None,
    )


@case(
    topic="an upstream gradient of another shape",
    says="An upstream gradient whose shape is not that of the output should raise ValueError, also where "
    "broadcasting would make the two fit. Look at what your function does with a single row.",
)
def test_numerical_gradient__shapes(student, reference, rng):
    def compute(course, x, dout):
        return up_to_a_factor(course.numerical_gradient(lambda x: 2 * x, x, dout, 0.125))

    x = rng.normal(size=(2, 2))
    expect_close(compute(student, x, np.ones((2, 2))), np.ones((2, 2)), name="grad", rtol=np.inf)
    for dout in (np.ones(2), np.ones((2, 1))):
        what = f"dout of the shape {dout.shape} for an output of the shape (2, 2)"
        expect_error("ValueError", lambda dout=dout: compute(student, x, dout), what)


@case(
    topic="the step",
    says="For a curved function and a large h the result is not the central difference with that h. Look at the "
    "two points at which f is evaluated, and at what you divide by.",
)
def test_numerical_gradient__step(student, reference, rng):
    given = {"x": rng.uniform(1, 2, size=(2, 2)), "dout": np.ones((2, 2))}
    expect_agreement(
        lambda course, x, dout: course.numerical_gradient(lambda x: x**3, x, dout, 0.5),
        student,
        reference,
        given=given,
        name="grad",
    )


@case(
    topic="x of other shapes, integers and float32",
    says="The gradient is off when x has one axis or three, or holds integers or float32 numbers. Look at how you "
    "visit the entries of x, and at the dtype of what you move.",
)
def test_numerical_gradient__any_array(student, reference, rng):
    (small,) = single(rng.uniform(1, 1.2, size=4) * [0.3, 1.5, -5, 40])  # each with digits of its own
    for x in (rng.normal(size=3), rng.normal(size=(1, 2, 2)), rng.permutation([-2, 0, 3])[None], small):
        slopes = np.linspace(1, 2, x.size).reshape(x.shape)
        expect_agreement(
            lambda course, x, dout, slopes=slopes: up_to_a_factor(
                course.numerical_gradient(
                    lambda x: slopes * x, x, dout, 1e-5
                )  # no power of two: those are exact in float32
            ),
            student,
            reference,
            given={"x": x, "dout": np.ones(x.shape)},
            name="grad",
            feature=None,
        )


def up_to_a_factor(grad):
    """The gradient divided by its largest entry: a case about something else does not ask for 2 h."""
    if not isinstance(grad, np.ndarray) or not grad.any():
        return grad
    return grad / np.abs(grad).max()


@case(
    topic="a function that returns its argument",
    says="The gradient is wrong for a function that hands back the very array it was given. Look at what becomes "
    "of the first value of f while you evaluate the second.",
)
def test_numerical_gradient__same_array(student, reference, rng):
    same = among_students(student, "asarray") or np.asarray

    expect_agreement(
        lambda course, x, dout: up_to_a_factor(
            course.numerical_gradient(np.asarray if course is reference else same, x, dout, 0.125)
        ),
        student,
        reference,
        given={"x": rng.normal(size=(1, 3)), "dout": np.ones((1, 3))},
        name="grad",
        feature=None,
    )


@case(
    topic="whether x is left as it was",
    says="After the call x or dout does not hold exactly the numbers it held before. Look at how an entry gets "
    "its old value back.",
)
def test_numerical_gradient__unchanged(student, reference, rng):
    # So small that x + h loses digits of x: stepping back does not restore them.
    given = {"x": rng.uniform(1e-6, 2e-6, size=(2, 2)), "dout": upstream(rng, 2, 2)}
    expect_unchanged(
        lambda course, x, dout: course.numerical_gradient(lambda x: 2 * x, x, dout, 1e-3),
        student,
        reference,
        given=given,
    )
