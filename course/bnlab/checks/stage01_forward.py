"""Visible checks of stage 01."""

from __future__ import annotations

import numpy as np

from bnlab.checks.data import (
    FAR,
    FAR_SINGLE,
    TABLE,
    TABLE_BETA,
    TABLE_EPS,
    TABLE_GAMMA,
    TABLE_MEAN,
    TABLE_OUT,
    TABLE_VAR,
    WIDE,
    batch,
    integers,
    scale_and_shift,
    single,
)
from bnlab.checks.exercise import Exercise, Session, spaced
from bnlab.checks.expect import close

SIZES = ((6, 4), (3, 5), (4, 4), (7, 1))

batch_statistics = Exercise(
    "batch_statistics",
    stage="01_forward",
    arguments=("x",),
    returns=lambda x: {"mean": x.shape[1:], "var": x.shape[1:]},
    examples=lambda ask: [(batch(N, D),) for N, D in SIZES],
    topics=(
        "shapes, N ≠ D",
        "a constant feature",
        "a large offset",
        "integers and float32",
        "whether x is left alone",
    ),
)


def _statistics(
    ask: Session, x: np.ndarray, mean: np.ndarray, var: np.ndarray, claim: str, **options: float
) -> None:
    got_mean, got_var = ask(x)
    close(got_mean, mean, "mean", f"{claim}", **options)
    close(got_var, var, "var", f"{claim}", **options)


@batch_statistics.invariant("a shift moves the mean and nothing else")
def _(ask: Session) -> None:
    mean, var = ask(batch())
    shift = np.array([1.0, -2.0, 8.0, 0.5])
    _statistics(ask, batch() + shift, mean + shift, var, "With (1, -2, 8, 0.5) added to every row")


@batch_statistics.invariant("a factor c multiplies the mean by c and the variance by c²")
def _(ask: Session) -> None:
    mean, var = ask(batch())
    _statistics(ask, -2 * batch(), -2 * mean, 4 * var, "With every number times -2")


@batch_statistics.invariant("each feature on its own")
def _(ask: Session) -> None:
    mean, var = ask(batch())
    _statistics(ask, batch()[:, 2:], mean[2:], var[2:], "With only the last two features kept")


@batch_statistics.invariant("a batch stacked on itself has the same statistics")
def _(ask: Session) -> None:
    mean, var = ask(batch())
    _statistics(ask, np.concatenate([batch(), batch()]), mean, var, "With every row twice")


@batch_statistics.invariant("a single example, and a constant feature")
def _(ask: Session) -> None:
    x = batch(1, 4)
    close(ask(x)[0], x[0], "mean", "For N = 1 the mean is the example")
    close(ask(x)[1], np.zeros(4), "var", "For N = 1 nothing varies", scale=1.0)
    x = np.where(np.arange(4) == 1, 3.0, batch())
    close(ask(x)[1][1], np.array(0.0), "var[1]", "Feature 1 is 3 in every row", scale=1.0)


@batch_statistics.invariant("integers work")
def _(ask: Session) -> None:
    mean, var = ask(integers().astype(float))
    _statistics(ask, integers(), mean, var, "Integers should give the same as equal floats")


@batch_statistics.invariant("digits survive a large offset")
def _(ask: Session) -> None:
    _, var = ask(batch())
    close(ask(batch() + FAR)[1], var, "var", "With a million added to every number the variance should stay")
    got = ask(*single(batch() + FAR_SINGLE))[1]
    close(
        got,
        var,
        "var",
        "In float32, with 100 added to every number, the variance should nearly stay",
        rtol=1e-3,
    )


@batch_statistics.invariant("float32 and arrays with gaps work")
def _(ask: Session) -> None:
    mean, var = ask(batch())
    _statistics(ask, spaced(batch()), mean, var, "How x lies in memory should not matter")
    _statistics(ask, *single(batch()), mean, var, "float32 should give nearly the same as float64", rtol=1e-4)


@batch_statistics.value("a table worked out by hand")
def _(ask: Session) -> None:
    claim = "For the rows (1, 1, 3), (1, 7, -7), (3, 7, -1), (3, 5, -3)"
    _statistics(ask, TABLE, TABLE_MEAN, TABLE_VAR, claim)


batchnorm_train = Exercise(
    "batchnorm_train",
    stage="01_forward",
    arguments=("x", "gamma", "beta", "eps"),
    returns=lambda x, gamma, beta, eps: {"out": x.shape},
    examples=lambda ask: [(batch(N, D), *scale_and_shift(D), 0.3) for N, D in SIZES],
    topics=(
        "eps = 1",
        "gamma and beta away from (1, 0), and negative",
        "a constant feature and N = 1",
        "a large offset",
        "integers and float32",
        "whether the inputs are left alone",
    ),
)


@batchnorm_train.invariant("every feature of out has mean beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    for eps in (1e-5, 1.0):
        mean = ask(batch(), gamma, beta, eps).mean(axis=0)
        close(mean, beta, "mean of out", f"With eps = {eps:g} and beta = {_row(beta)}", scale=1.0)


@batchnorm_train.invariant("for widely spread features out has standard deviation |gamma|")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    spread = ask(WIDE * batch(), gamma, beta, 1e-5).std(axis=0)
    close(spread, np.abs(gamma), "std of out", f"For x times {WIDE:g} and gamma = {_row(gamma)}")


@batchnorm_train.invariant("shifting x changes nothing, and mirroring it mirrors out about beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    out = ask(batch(), gamma, beta, 0.3)
    shift = np.array([1.0, -2.0, 8.0, 0.5])
    close(ask(batch() + shift, gamma, beta, 0.3), out, "out", "With (1, -2, 8, 0.5) added to every row of x")
    mirrored = ask(-batch(), gamma, beta, 0.3) - beta
    close(mirrored, beta - out, "(out - beta)", "With -x for x")


@batchnorm_train.invariant("each feature on its own")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    out = ask(batch(), gamma, beta, 0.3)
    got = ask(batch()[:, 2:], gamma[2:], beta[2:], 0.3)
    close(got, out[:, 2:], "out", "With only the last two features kept")


@batchnorm_train.invariant("a batch stacked on itself gives every row twice")
def _(ask: Session) -> None:
    out = ask(batch(), *scale_and_shift(), 0.3)
    got = ask(np.concatenate([batch(), batch()]), *scale_and_shift(), 0.3)
    close(got, np.concatenate([out, out]), "out", "With every row of x twice")


@batchnorm_train.invariant("a constant feature, or a single example, gives beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    x = np.where(np.arange(4) == 1, 3.0, batch())
    got = ask(x, gamma, beta, 0.3)[:, 1]
    close(
        got,
        np.full(6, beta[1]),
        "out[:, 1]",
        f"Feature 1 is 3 in every row, and beta[1] is {beta[1]:g}",
        feature=None,
    )
    close(
        ask(batch(1, 4), gamma, beta, 0.3),
        beta[None],
        "out",
        f"For N = 1 and beta = {_row(beta)}",
        feature=None,
    )


@batchnorm_train.invariant("integers work")
def _(ask: Session) -> None:
    want = ask(integers().astype(float), *scale_and_shift(), 0.3)
    close(
        ask(integers(), *scale_and_shift(), 0.3), want, "out", "Integers should give the same as equal floats"
    )


@batchnorm_train.invariant("digits survive a large offset")
def _(ask: Session) -> None:
    want = ask(batch(), *scale_and_shift(), 0.3)
    close(
        ask(batch() + FAR, *scale_and_shift(), 0.3), want, "out", "With a million added to every number of x"
    )
    got = ask(*single(batch() + FAR_SINGLE, *scale_and_shift()), 0.3)
    close(got, want, "out", "In float32, with 100 added to every number of x", rtol=1e-3)


@batchnorm_train.invariant("float32 and arrays with gaps work")
def _(ask: Session) -> None:
    want = ask(batch(), *scale_and_shift(), 0.3)
    close(
        ask(spaced(batch()), *scale_and_shift(), 0.3), want, "out", "How x lies in memory should not matter"
    )
    got = ask(*single(batch(), *scale_and_shift()), 0.3)
    close(got, want, "out", "float32 should give nearly the same as float64", rtol=1e-4)


@batchnorm_train.value("a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    got = ask(TABLE, TABLE_GAMMA, TABLE_BETA, TABLE_EPS)
    close(got, TABLE_OUT, "out", "With eps = 3 this table should come out in whole numbers")


def _row(values: np.ndarray) -> str:
    return f"({', '.join(f'{value:g}' for value in values)})"
