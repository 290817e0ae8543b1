"""Visible checks of stage 00."""

from __future__ import annotations

import numpy as np

from bnlab.checks.data import batch, integers, single, upstream
from bnlab.checks.exercise import Exercise, Session, spaced
from bnlab.checks.expect import close

CUBE = batch(12, 5).reshape(3, 4, 5)

standardize = Exercise(
    "standardize",
    stage="00_warmup",
    arguments=("x", "axis"),
    returns=lambda x, axis: {"out": x.shape},
    examples=lambda ask: [(batch(), 0), (batch(), 1), (batch(), -1), (CUBE, 0), (CUBE, 1), (CUBE, -1)],
    topics=(
        "both axes, negative axes, arrays with three axes",
        "constant and tiny slices",
        "integers",
        "whether x is left alone",
    ),
)


@standardize.invariant("mean 0 along the axis")
def _(ask: Session) -> None:
    for x, axis in ((batch(), 0), (batch(), 1), (batch(), -1), (CUBE, 1), (batch(4, 4), 1)):
        mean = ask(x, axis).mean(axis=axis)
        claim = f"The means of {ask.shown((x, axis))} along that axis should vanish"
        close(mean, np.zeros_like(mean), "mean", claim, scale=1.0)


@standardize.invariant("standard deviation 1 along the axis")
def _(ask: Session) -> None:
    for x, axis in ((batch(), 0), (batch(), 1), (batch(), -1), (CUBE, 1)):
        spread = ask(x, axis).std(axis=axis)
        claim = f"The standard deviations of {ask.shown((x, axis))} along that axis should be 1"
        close(spread, np.ones_like(spread), "std", claim)


@standardize.invariant("shifting and stretching x changes nothing")
def _(ask: Session) -> None:
    want = ask(batch(), 0)
    close(ask(4 * batch() + 3, 0), want, "out", "4x + 3 should give the same as x")
    close(ask(-batch(), 0), -want, "out", "-x should give the negative of what x gives")


@standardize.invariant("tiny slices are stretched like all others")
def _(ask: Session) -> None:
    close(
        ask(2.0**-30 * batch(), 0), ask(batch(), 0), "out", "x scaled down by 2**30 should give the same as x"
    )


@standardize.invariant("a constant slice becomes 0")
def _(ask: Session) -> None:
    for constant in (5.0, 0.1):
        x = np.where(np.arange(4) == 2, constant, batch(3, 4))
        out = ask(x, 0)
        claim = f"Column 2 is {constant} in every row (its computed mean may miss that by a rounding error)"
        close(out, np.where(np.arange(4) == 2, 0, out), "out", claim, scale=1.0)


@standardize.invariant("integers work")
def _(ask: Session) -> None:
    close(
        ask(integers(), 0),
        ask(integers().astype(float), 0),
        "out",
        "Integers should give the same as equal floats",
    )


@standardize.invariant("float32 and arrays with gaps work")
def _(ask: Session) -> None:
    want = ask(batch(), 1)
    close(ask(spaced(batch()), 1), want, "out", "How x lies in memory should not matter")
    close(ask(*single(batch()), 1), want, "out", "float32 should give nearly the same as float64", rtol=1e-4)


@standardize.value("a slice worked out by hand")
def _(ask: Session) -> None:
    column = np.array([[7.0], [-7.0], [1.0], [-1.0]])
    want = np.array([[1.4], [-1.4], [0.2], [-0.2]])
    close(ask(column, 0), want, "out", "For the column 7, -7, 1, -1")
    close(ask(column.T + 10, 1), want.T, "out", "For the row 17, 3, 11, 9")


relative_error = Exercise(
    "relative_error",
    stage="00_warmup",
    arguments=("a", "b"),
    returns=lambda a, b: {"error": ()},
    examples=lambda ask: [(batch(), batch(seed=1))],
    topics=("negative entries", "zeros", "arrays of several shapes and scales", "shapes that differ"),
)


@relative_error.invariant("0 for equal arrays, also for zeros")
def _(ask: Session) -> None:
    for label, a in (("two equal arrays", batch()), ("two arrays of zeros", np.zeros((2, 3)))):
        close(ask(a, a), np.array(0.0), "error", f"For {label}", scale=1.0)


@relative_error.invariant("a and b may change places")
def _(ask: Session) -> None:
    for a, b in ((batch(), 2 * batch(seed=1)), (batch() - 20, batch(seed=1))):
        close(ask(b, a), ask(a, b), "error", "error(b, a) should equal error(a, b)")
        close(ask(-a, -b), ask(a, b), "error", "Two negated arrays are as far apart as the two arrays")


@relative_error.invariant("a common factor changes nothing")
def _(ask: Session) -> None:
    a, b = batch(), batch(seed=1)
    for factor in (1024.0, 2.0**-40):
        close(ask(factor * a, factor * b), ask(a, b), "error", f"Both arrays times {factor:g}")


@relative_error.invariant("the shape of the arrays plays no part")
def _(ask: Session) -> None:
    a, b = batch(4, 6), batch(4, 6, seed=1)
    for shape in ((24,), (2, 3, 4), (24, 1)):
        close(
            ask(a.reshape(shape), b.reshape(shape)), ask(a, b), "error", f"The same numbers in shape {shape}"
        )


@relative_error.value("small tables")
def _(ask: Session) -> None:
    for a, b, want in (
        ([1, -4], [3, -4], 0.5),
        ([3, -4], [1, -4], 0.5),
        ([0, 0, 1], [0, 0, 5], 0.8),
        ([1, 10], [2, 10], 0.1),
        ([0, 0], [0, -7], 1.0),
        ([2.0], [-3.0], 5 / 3),
        ([1, 1e-12], [1, 2e-12], 1e-12),
    ):
        got = ask(np.array(a, dtype=float), np.array(b, dtype=float))
        close(
            got,
            np.array(want),
            "error",
            f"For a = {a} and b = {b}",
            rtol=1e-3 if want < 1e-9 else None,
            scale=want,
        )


@relative_error.value("arrays of different shapes raise ValueError")
def _(ask: Session) -> None:
    for a, b in ((batch(), batch()[0]), (batch()[:, :1], batch())):
        ask.refuses(f"For arrays of shapes {a.shape} and {b.shape}", a, b)


numerical_gradient = Exercise(
    "numerical_gradient",
    stage="00_warmup",
    arguments=("f", "x", "dout", "h"),
    returns=lambda f, x, dout, h=1e-5: {"grad": x.shape},
    examples=lambda ask: _calls(),
    topics=(
        "outputs whose shape differs from that of x",
        "an upstream gradient of another shape",
        "several axes",
        "the argument h",
        "whether x is left as it was",
    ),
)
MIX = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 0.5], [-2.0, 1.0]])


def _mix(x: np.ndarray) -> np.ndarray:
    """(N, 4) → (N, 2), linear."""
    return x @ MIX


def _calls() -> list[tuple]:
    """The numbers in x are not rounded: adding and taking away a step may then not lead back to them."""
    x = np.random.default_rng(3).normal(size=(5, 4))
    cube = batch(4, 3).reshape(2, 3, 2)
    return [
        (_mix, x, upstream(5, 2), 1e-3),
        (_mix, x, upstream(5, 2)),
        (np.sin, x[0], upstream(4), 1e-3),
        (np.sin, cube, upstream(2, 3, 2), 1e-3),
    ]


@numerical_gradient.invariant("a linear function, whose gradient is known exactly")
def _(ask: Session) -> None:
    dout = upstream(3, 2)
    got = ask(_mix, batch(3, 4), dout, 1e-3)
    close(got, dout @ MIX.T, "grad", "For f(x) = x @ M, with an output of another shape than x", feature=None)


@numerical_gradient.invariant("only dout decides how much an output counts")
def _(ask: Session) -> None:
    x, dout = batch(3, 4), upstream(3, 4)
    want = ask(np.sin, x, dout, 1e-3)
    close(
        ask(np.sin, x, -2 * dout, 1e-3), -2 * want, "grad", "-2 times dout should give -2 times the gradient"
    )
    close(ask(np.sin, x, 0 * dout, 1e-3), 0 * want, "grad", "For dout = 0 the loss is constant", scale=1.0)


@numerical_gradient.invariant("a function that hands back its own argument, or a view of it")
def _(ask: Session) -> None:
    dout = upstream(3, 4)
    close(ask(lambda x: x, batch(3, 4), dout, 1e-3), dout, "grad", "For f(x) = x", feature=None)
    close(ask(lambda x: x.T, batch(4, 3), dout, 1e-3), dout.T, "grad", "For f(x) = x.T", feature=None)


@numerical_gradient.invariant("integers work")
def _(ask: Session) -> None:
    x, dout = integers(3, 2), upstream(3, 2)
    want = ask(np.sin, x.astype(float), dout, 1e-3)
    close(
        ask(np.sin, x, dout, 1e-3),
        want,
        "grad",
        "Integers should give the same as equal floats",
        feature=None,
    )


@numerical_gradient.invariant("float32 loses no digits")
def _(ask: Session) -> None:
    (x,), dout = single(batch(3, 4)), upstream(3, 4)
    want = ask(np.sin, x.astype(float), dout)
    got = ask(np.sin, x, dout)
    close(got, want, "grad", "float32 should give the same as equal numbers in float64", feature=None)


@numerical_gradient.value("a cubic with a large h")
def _(ask: Session) -> None:
    got = ask(lambda x: x**3, np.array([1.0, 2.0, -1.0]), np.array([1.0, 2.0, -4.0]), 0.5)
    want = np.array([3.25, 24.5, -13.0])
    close(got, want, "grad", "For f(x) = x**3, x = (1, 2, -1), dout = (1, 2, -4) and h = 0.5", feature=None)
    got = ask(lambda x: x**3, np.array([1.0, 2.0, -1.0]), np.array([1.0, 2.0, -4.0]))
    claim = "For f(x) = x**3, x = (1, 2, -1), dout = (1, 2, -4) and no h given"
    close(got, np.array([3.0, 24.0, -12.0]), "grad", claim, feature=None)


@numerical_gradient.value("an upstream gradient of another shape raises ValueError")
def _(ask: Session) -> None:
    for dout in (upstream(3, 4)[0], upstream(3, 1)):
        what = f"For dout of shape {dout.shape} and an output of shape (3, 4)"
        ask.refuses(what, np.sin, batch(3, 4), dout, 1e-3)
