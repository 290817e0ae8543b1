"""Visible checks of stage 03."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bnlab.checks.data import (
    TABLE,
    TABLE_BETA,
    TABLE_EPS,
    TABLE_GAMMA,
    batch,
    buffers,
    scale_and_shift,
    single,
    upstream,
)
from bnlab.checks.exercise import CONTRACTS, Contract, Exercise, Session, spaced
from bnlab.checks.expect import close
from bnlab.checks.slopes import Setting, after, backward_checks, rate

NODES = ("mu", "xmu", "sq", "var", "std", "inv_std", "xhat", "scaled", "out")
TALL = {"xmu", "sq", "xhat", "scaled", "out"}  # nodes of shape (N, D), the others have (D,)

CONTRACTS["batchnorm_forward_steps"] = Contract(
    "batchnorm_forward_steps",
    ("x", "gamma", "beta", "eps"),
    lambda x, gamma, beta, eps: {node: x.shape if node in TALL else x.shape[1:] for node in NODES},
    mapping=True,
)


def _gradients_of_nodes(dout: np.ndarray, steps: dict, gamma: np.ndarray) -> dict[str, tuple[int, ...]]:
    shapes = {f"d{node}": dout.shape if node in TALL else dout.shape[1:] for node in NODES}
    return {**shapes, "dx": dout.shape, "dgamma": dout.shape[1:], "dbeta": dout.shape[1:]}


batchnorm_backward_steps = Exercise(
    "batchnorm_backward_steps",
    stage="03_backward",
    arguments=("dout", "steps", "gamma"),
    returns=_gradients_of_nodes,
    mapping=True,
    helpers=("batchnorm_forward_steps",),
    examples=lambda ask: [
        _walk(ask, batch(N, D), *scale_and_shift(D), 0.3, upstream(N, D)) for N, D in ((6, 4), (3, 5), (4, 4))
    ],
    topics=(
        "every node on its own",
        "a random dout",
        "negative gamma",
        "eps = 1",
        "whether dout is left alone",
    ),
)


def _walk(
    ask: Session, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float, dout: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Arguments for the backward pass, after the forward pass that is given."""
    return dout, ask.helper["batchnorm_forward_steps"](x, gamma, beta, eps), gamma


@batchnorm_backward_steps.invariant("twice the dout gives twice every gradient")
def _(ask: Session) -> None:
    dout, steps, gamma = _walk(ask, batch(), *scale_and_shift(), 0.3, upstream(6, 4))
    want, got = ask(dout, steps, gamma), ask(2 * dout, steps, gamma)
    for name in want:
        close(got[name], 2 * want[name], name, "With 2·dout for dout")


@batchnorm_backward_steps.value("every node of a table worked out by hand, from the output back to x")
def _(ask: Session) -> None:
    dout = np.array([[3.0, -5.0, 4.0], [-3.0, 3.0, -2.0], [4.0, 5.0, 3.0], [4.0, 1.0, 1.0]])
    got = ask(*_walk(ask, TABLE, TABLE_GAMMA, TABLE_BETA, TABLE_EPS, dout))
    wanted = {
        "dout": dout,
        "dbeta": [8, 4, 6],
        "dscaled": dout,
        "dgamma": [4, 12, 8],
        "dxhat": [[12, 30, 48], [-12, -18, -24], [16, -30, 36], [16, -6, 12]],
        "dinv_std": [32, -216, 384],
        "dstd": [-8, 24, -24],
        "dvar": [-2, 4, -3],
        "dsq": [[-0.5, 1, -0.75]] * 4,
        "dxmu": [[7, 2, 4.5], [-5, -2, 1.5], [7, -6, 7.5], [7, -2, 4.5]],
        "dmu": [-16, 8, -18],
        "dx": [[3, 4, 0], [-9, 0, -3], [3, -4, 3], [3, 0, 0]],
    }
    for name, want in wanted.items():
        close(got[name], np.array(want, dtype=float), name, "For the table with eps = 3", feature=None)


@batchnorm_backward_steps.value("dx, dgamma and dbeta predict what the forward pass does")
def _(ask: Session) -> None:
    forward = ask.helper["batchnorm_forward_steps"]
    for eps, seed in ((1.0, 2), (0.01, 3)):
        given = {"x": batch(5, 4, seed), "gamma": scale_and_shift()[0], "beta": scale_and_shift()[1]}
        dout, rng = upstream(5, 4), np.random.default_rng(7)
        grads = ask(*_walk(ask, *given.values(), eps, dout))

        def loss(**moved: np.ndarray) -> float:
            return float(np.sum(forward(*{**given, **moved}.values(), eps)["out"] * dout))  # noqa: B023

        for name, value in given.items():
            measured, predicted = [], []
            for column in range(4):
                direction = np.zeros_like(value)
                direction[..., column] = rng.normal(size=value.shape[:-1])
                measured.append(rate(lambda v: loss(**{name: v}), value, direction))  # noqa: B023
                predicted.append(np.sum(grads[f"d{name}"] * direction))
            claim = f"With eps = {eps:g} and {name} moved along a random direction, one column at a time"
            close(
                np.array(predicted),
                np.array(measured),
                f"predicted_by_d{name}",
                claim,
                rtol=1e-6,
            )


def _backward_settings() -> Sequence[Setting]:
    def setting(says: str, x: np.ndarray, eps: float) -> Setting:
        N, D = x.shape

        def forward(
            ask: Session, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray
        ) -> tuple[np.ndarray, Any]:
            return ask(x, gamma, beta, {"mode": "train", "eps": eps, "momentum": 0.75, **buffers(D)})

        columns = [(f"column {j} of x", (slice(None), j)) for j in range(D)]
        return Setting(says, x, *scale_and_shift(D), upstream(N, D), forward, columns)

    return (
        setting("With eps = 1", batch(), 1.0),
        setting("With a narrow batch of 3 examples and eps = 0.01", 0.1 * batch(3, 5, 2), 0.01),
    )


def _of_batchnorm(name: str, topics: tuple[str, ...]) -> Exercise:
    exercise = Exercise(
        name,
        stage="03_backward",
        arguments=("dout", "cache"),
        returns=lambda dout, cache: {"dx": dout.shape, "dgamma": dout.shape[1:], "dbeta": dout.shape[1:]},
        helpers=("batchnorm_forward",),
        examples=after("batchnorm_forward", _backward_settings),
        topics=topics,
    )
    backward_checks(exercise, "batchnorm_forward", "column", _backward_settings)

    @exercise.invariant("the running buffers stay as the forward pass left them")
    def _(ask: Session) -> None:
        param = {"mode": "train", "eps": 0.3, "momentum": 0.75, **buffers()}
        _, cache = ask.helper["batchnorm_forward"](batch(), *scale_and_shift(), param)
        before = {key: np.array(param[key]) for key in buffers() if key in param}
        ask(upstream(6, 4), cache)
        for key, want in before.items():
            close(
                np.array(param[key]),
                want,
                key,
                "The backward pass should leave the buffers alone",
                feature=None,
            )

    return exercise


batchnorm_backward = _of_batchnorm(
    "batchnorm_backward",
    (
        "a random dout",
        "negative gamma",
        "eps = 1",
        "the directions in which BN answers to nothing, or hardly",
        "whether dout and the buffers are left alone",
    ),
)
batchnorm_backward_alt = _of_batchnorm(
    "batchnorm_backward_alt",
    (
        "agreement with batchnorm_backward",
        "a random dout",
        "negative gamma",
        "eps = 1",
        "whether dout is left alone",
    ),
)


batchnorm_backward_test = Exercise(
    "batchnorm_backward_test",
    stage="03_backward",
    arguments=("dout", "gamma", "running_var", "eps"),
    returns=lambda dout, gamma, running_var, eps: {"dx": dout.shape},
    examples=lambda ask: [
        (upstream(N, D), scale_and_shift(D)[0], buffers(D)["running_var"], 0.3)
        for N, D in ((6, 4), (3, 5), (1, 4))
    ],
    topics=(
        "eps = 1",
        "negative gamma",
        "examples that do not know of each other",
        "whether dout is left alone",
    ),
)


def _frozen(ask: Session, dout: np.ndarray) -> np.ndarray:
    return ask(dout, scale_and_shift()[0], buffers()["running_var"], 0.3)


@batchnorm_backward_test.invariant("an example's gradient does not depend on its batch-mates")
def _(ask: Session) -> None:
    dout = upstream(6, 4)
    dx = _frozen(ask, dout)
    close(_frozen(ask, dout[:2]), dx[:2], "dx", "With only the first two examples kept", feature=None)
    close(_frozen(ask, dout[3:4]), dx[3:4], "dx", "With example 3 alone", feature=None)


@batchnorm_backward_test.invariant("a dout that is the same in every row counts as well")
def _(ask: Session) -> None:
    dx = _frozen(ask, np.ones((6, 4)))
    close(
        _frozen(ask, 3 * np.ones((1, 4))),
        3 * dx[:1],
        "dx",
        "dout = 3 for one example, beside dout = 1 for six",
    )


@batchnorm_backward_test.invariant("a feature that never varied, and float32")
def _(ask: Session) -> None:
    gamma, var = scale_and_shift()[0], np.array([0.0, 4.0, 0.0, 1.0])
    want = ask(upstream(6, 4), gamma, var, 0.3)
    got = ask(*single(upstream(6, 4), gamma, var), 0.3)
    close(got, want, "dx", "float32 should give nearly the same as float64", rtol=1e-4)
    close(
        ask(spaced(upstream(6, 4)), gamma, var, 0.3), want, "dx", "How dout lies in memory should not matter"
    )


@batchnorm_backward_test.value("a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    dout = np.array([[1.0, 2.0, -1.0], [3.0, 0.0, 5.0]])
    got = ask(dout, TABLE_GAMMA, np.array([1.0, 6.0, 13.0]), TABLE_EPS)
    want = np.array([[2.0, -4.0, -3.0], [6.0, 0.0, 15.0]])
    close(got, want, "dx", "With gamma (4, -6, 12), running_var (1, 6, 13) and eps = 3")


project_out = Exercise(
    "project_out",
    stage="03_backward",
    arguments=("dout", "xhat"),
    returns=lambda dout, xhat: {"projected": dout.shape},
    examples=lambda ask: [(upstream(N, D), _centred(N, D)) for N, D in ((6, 4), (3, 5), (4, 4))],
    topics=(
        "an x̂ of any length",
        "a column of zeros",
        "each feature on its own",
        "whether dout is left alone",
    ),
)


def _centred(N: int = 6, D: int = 4) -> np.ndarray:
    """(N, D) with columns of mean 0 and of different length."""
    x = batch(N, D, 4)
    return x - x.mean(axis=0)


@project_out.invariant("every column of the result sums to 0")
def _(ask: Session) -> None:
    for N, D in ((6, 4), (4, 4), (3, 5)):
        total = ask(upstream(N, D), _centred(N, D)).sum(axis=0)
        close(total, np.zeros(D), "column_sum", f"For N = {N} and D = {D}", scale=1.0)


@project_out.invariant("every column of the result is orthogonal to its column of xhat")
def _(ask: Session) -> None:
    for factor in (1.0, 5.0):
        product = np.vecdot(ask(upstream(6, 4), factor * _centred()).T, _centred().T)
        close(product, np.zeros(4), "inner_product", "For a random dout", scale=1.0)


@project_out.invariant("what is orthogonal already stays, what lies along the two directions goes")
def _(ask: Session) -> None:
    dout, xhat = upstream(6, 4), _centred()
    once = ask(dout, xhat)
    close(ask(once, xhat), once, "projected", "Projecting the result once more should change nothing")
    gone = ask(np.arange(4) + 2 * xhat, xhat)
    close(gone, np.zeros((6, 4)), "projected", "For dout = a constant for each column + 2·xhat", scale=1.0)


@project_out.invariant("the length of xhat plays no part")
def _(ask: Session) -> None:
    want = ask(upstream(6, 4), _centred())
    close(ask(upstream(6, 4), 8 * _centred()), want, "projected", "With 8·xhat for xhat")


@project_out.invariant("each column on its own, also beside a column of zeros")
def _(ask: Session) -> None:
    dout, xhat = upstream(6, 4), _centred()
    want = ask(dout, xhat)
    close(ask(dout[:, 2:], xhat[:, 2:]), want[:, 2:], "projected", "With only the last two columns kept")
    xhat[:, 1] = 0
    got = ask(dout, xhat)
    close(got[:, 2:], want[:, 2:], "projected[:, 2:]", "With zeros in column 1 of xhat")
    close(got[:, 1].sum(), np.array(0.0), "column_sum[1]", "With zeros in column 1 of xhat", scale=1.0)


@project_out.value("a table worked out by hand")
def _(ask: Session) -> None:
    dout = np.array([[5.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 6.0]])
    xhat = np.array([[2.0, 0.0], [2.0, 0.0], [-2.0, 0.0], [-2.0, 0.0]])
    want = np.array([[2.0, -2.0], [-2.0, -1.0], [0.0, 0.0], [0.0, 3.0]])
    claim = (
        "For dout with columns (5, 1, 1, 1), (1, 2, 3, 6) and xhat with columns (2, 2, -2, -2), (0, 0, 0, 0)"
    )
    close(ask(dout, xhat), want, "projected", claim)
