"""Visible checks of stage 02."""

from __future__ import annotations

from typing import Any

import numpy as np

from bnlab.checks.data import (
    FAR,
    TABLE,
    TABLE_BETA,
    TABLE_EPS,
    TABLE_GAMMA,
    TABLE_MEAN,
    TABLE_OUT,
    TABLE_VAR,
    WIDE,
    batch,
    buffers,
    integers,
    scale_and_shift,
    single,
)
from bnlab.checks.exercise import Exercise, Session, spaced
from bnlab.checks.expect import Failure, close, describe

update_running = Exercise(
    "update_running",
    stage="02_train_test",
    arguments=("running", "sample", "momentum"),
    returns=lambda running, sample, momentum: {"updated": running.shape},
    examples=lambda ask: [(np.array([8.0, 4.0, 0.0]), np.array([0.0, 8.0, 4.0]), 0.75)],
    topics=(
        "momenta other than 0.9",
        "whether the two weights are exchanged",
        "whether the arguments are left alone",
    ),
)


@update_running.invariant("momentum 1 ignores the sample, momentum 0 forgets the past")
def _(ask: Session) -> None:
    running, sample = batch()[0], batch()[1]
    close(ask(running, sample, 1.0), running, "updated", "With momentum 1", feature=None)
    close(ask(running, sample, 0.0), sample, "updated", "With momentum 0", feature=None)


@update_running.invariant("a sample equal to the average changes nothing")
def _(ask: Session) -> None:
    for momentum in (0.25, 0.9):
        close(
            ask(batch()[0], batch()[0], momentum),
            batch()[0],
            "updated",
            f"With momentum {momentum}",
            feature=None,
        )


@update_running.invariant("float32 works")
def _(ask: Session) -> None:
    want = ask(batch()[0], batch()[1], 0.75)
    got = ask(*single(batch()[0], batch()[1]), 0.75)
    close(got, want, "updated", "float32 should give nearly the same as float64", feature=None, rtol=1e-4)


@update_running.value("small tables")
def _(ask: Session) -> None:
    for running, sample, momentum, want in (
        ((8, 4, 0), (0, 8, 4), 0.75, (6, 5, 1)),
        ((8, 4, 0), (0, 8, 4), 0.25, (2, 7, 3)),
        ((10, 0, 1), (20, 0, 2), 0.9, (11, 0, 1.1)),
    ):
        got = ask(np.array(running, dtype=float), np.array(sample, dtype=float), momentum)
        claim = f"For running = {running}, sample = {sample} and momentum = {momentum}"
        close(got, np.array(want), "updated", claim, feature=None)


batchnorm_forward = Exercise(
    "batchnorm_forward",
    stage="02_train_test",
    arguments=("x", "gamma", "beta", "bn_param"),
    returns=lambda x, gamma, beta, bn_param: {"out": x.shape, "cache": None},
    examples=lambda ask: [
        (batch(N, D), *scale_and_shift(D), param(D=D))
        for N, D in ((6, 4), (3, 5), (4, 4))
        for param in (in_train, in_test)
    ],
    writes=("bn_param",),
    topics=(
        "test mode with eps = 0.3 and gamma, beta away from (1, 0)",
        "warm buffers and other momenta",
        "buffers that stay frozen in test mode",
        "separate dictionaries for separate layers",
        "absent buffers",
        "an unknown mode",
        "whether a test output depends on its batch-mates",
    ),
)


def in_train(eps: float = 0.3, D: int = 4, **more: Any) -> dict[str, Any]:
    """bn_param for train mode with warm buffers."""
    return {"mode": "train", "eps": eps, "momentum": 0.75, **buffers(D), **more}


def in_test(eps: float = 0.3, D: int = 4, **more: Any) -> dict[str, Any]:
    """bn_param for test mode with warm buffers."""
    return {"mode": "test", "eps": eps, "momentum": 0.75, **buffers(D), **more}


def stored(
    ask: Session, param: dict[str, Any], D: int, single_precision: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The buffers in ``bn_param`` after a call."""
    found = []
    for key in ("running_mean", "running_var"):
        if key not in param:
            raise Failure(
                f"After a call in train mode bn_param should hold {key}, but its keys are {', '.join(param)}"
            )
        if not isinstance(param[key], np.ndarray):
            raise Failure(f"bn_param[{key!r}] should be a NumPy array, but is {describe(param[key])}")
        found.append(ask.accept(f"bn_param[{key!r}]", param[key], (D,), single_precision))
    return found[0], found[1]


@batchnorm_forward.shape("shape of the running buffers")
def _(ask: Session) -> None:
    for N, D in ((6, 4), (3, 5), (4, 4)):
        param = in_train(D=D)
        ask(batch(N, D), *scale_and_shift(D), param)
        stored(ask, param, D)


@batchnorm_forward.invariant("train mode: every feature of out has mean beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    for eps in (1e-5, 1.0):
        mean = ask(batch(), gamma, beta, in_train(eps))[0].mean(axis=0)
        close(mean, beta, "mean of out", f"With eps = {eps:g} and beta = {_row(beta)}", scale=1.0)


@batchnorm_forward.invariant("train mode: for widely spread features out has standard deviation |gamma|")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    spread = ask(WIDE * batch(), gamma, beta, in_train(1e-5))[0].std(axis=0)
    close(spread, np.abs(gamma), "std of out", f"For x times {WIDE:g} and gamma = {_row(gamma)}")


@batchnorm_forward.invariant("train mode: shifting x changes nothing, mirroring it mirrors out about beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    out, _ = ask(batch(), gamma, beta, in_train())
    shift = np.array([1.0, -2.0, 8.0, 0.5])
    close(
        ask(batch() + shift, gamma, beta, in_train())[0],
        out,
        "out",
        "With (1, -2, 8, 0.5) added to every row of x",
    )
    mirrored = ask(-batch(), gamma, beta, in_train())[0] - beta
    close(mirrored, beta - out, "(out - beta)", "With -x for x")


@batchnorm_forward.invariant("train mode: out does not depend on the buffers")
def _(ask: Session) -> None:
    out, _ = ask(batch(), *scale_and_shift(), in_train())
    other = in_train(running_mean=np.full(4, 7.0), running_var=np.full(4, 0.5))
    close(ask(batch(), *scale_and_shift(), other)[0], out, "out", "With other numbers in the buffers")


@batchnorm_forward.invariant("train mode: a constant feature, or a single example, gives beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    x = np.where(np.arange(4) == 1, 3.0, batch())
    got = ask(x, gamma, beta, in_train())[0][:, 1]
    close(
        got,
        np.full(6, beta[1]),
        "out[:, 1]",
        f"Feature 1 is 3 in every row, and beta[1] is {beta[1]:g}",
        feature=None,
    )
    got, _ = ask(batch(1, 4), gamma, beta, in_train())
    close(got, beta[None], "out", f"For N = 1 and beta = {_row(beta)}", feature=None)


@batchnorm_forward.invariant("each feature on its own, in both modes")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    for mode in (in_train, in_test):
        whole, part = mode(), {key: v[2:] if isinstance(v, np.ndarray) else v for key, v in mode().items()}
        out, _ = ask(batch(), gamma, beta, whole)
        got, _ = ask(batch()[:, 2:], gamma[2:], beta[2:], part)
        claim = f"In {whole['mode']} mode, with only the last two features kept"
        close(got, out[:, 2:], "out", claim)
        if mode is in_train:
            for name, own, all_ in zip(
                ("mean", "var"), stored(ask, part, 2), stored(ask, whole, 4), strict=True
            ):
                close(own, all_[2:], f"running_{name}", claim, feature=None)


@batchnorm_forward.invariant("train mode: momentum 1 keeps the buffers, momentum 0 takes the batch")
def _(ask: Session) -> None:
    keep = in_train(momentum=1.0)
    ask(batch(), *scale_and_shift(), keep)
    for name, got in zip(("running_mean", "running_var"), stored(ask, keep, 4), strict=True):
        close(got, buffers()[name], name, "With momentum 1 the buffers should stay", feature=None)
    take = in_train(D=3, momentum=0.0)
    ask(TABLE, TABLE_GAMMA, TABLE_BETA, take)
    claim = "With momentum 0 and the rows (1, 1, 3), (1, 7, -7), (3, 7, -1), (3, 5, -3)"
    for name, got, want in zip(("mean", "var"), stored(ask, take, 3), (TABLE_MEAN, TABLE_VAR), strict=True):
        close(got, want, f"running_{name}", claim, feature=None)


@batchnorm_forward.invariant("test mode: an example's output does not depend on its batch-mates")
def _(ask: Session) -> None:
    out, _ = ask(batch(), *scale_and_shift(), in_test())
    got, _ = ask(batch()[:2], *scale_and_shift(), in_test())
    close(got, out[:2], "out", "With only the first two examples kept")
    got, _ = ask(batch()[3:4], *scale_and_shift(), in_test())
    close(got, out[3:4], "out", "With example 3 alone")


@batchnorm_forward.invariant("test mode: the buffers are read and never written")
def _(ask: Session) -> None:
    param = in_test()
    first, _ = ask(batch(), *scale_and_shift(), param)
    for key, want in buffers().items():
        if key not in param:
            raise Failure(f"A call in test mode removed {key} from bn_param")
        got = ask.accept(f"bn_param[{key!r}]", param[key], (4,))
        close(got, want, key, "A call in test mode should leave the buffers as they were", feature=None)
    param["mode"] = "test"
    second, _ = ask(batch(), *scale_and_shift(), param)
    close(second, first, "out", "A second call in test mode should give the same as the first")


@batchnorm_forward.invariant("absent buffers start at 0")
def _(ask: Session) -> None:
    given = {"running_mean": np.zeros(4), "running_var": np.zeros(4)}
    for x in (batch(), integers()):
        absent = {"mode": "train", "eps": 0.3, "momentum": 0.75}
        zeros = {**absent, **{key: value.copy() for key, value in given.items()}}
        ask(x, *scale_and_shift(), zeros)
        ask(x, *scale_and_shift(), absent)
        for name, got, want in zip(
            ("mean", "var"), stored(ask, absent, 4), stored(ask, zeros, 4), strict=True
        ):
            close(got, want, f"running_{name}", "Absent buffers should count as zeros", feature=None)
    out, _ = ask(batch(), *scale_and_shift(), {"mode": "test", "eps": 0.3})
    want, _ = ask(batch(), *scale_and_shift(), {"mode": "test", "eps": 0.3, **given})
    close(out, want, "out", "In test mode absent buffers should count as zeros")


@batchnorm_forward.invariant("two layers with a dictionary each do not share buffers")
def _(ask: Session) -> None:
    first, second = ({"mode": "train", "eps": 0.3, "momentum": 0.75} for _ in range(2))
    for _ in range(2):
        ask(batch(), *scale_and_shift(), first)
        ask(3 * batch(seed=1) + 1, *scale_and_shift(), second)
    alone = {"mode": "train", "eps": 0.3, "momentum": 0.75}
    for _ in range(2):
        ask(batch(), *scale_and_shift(), alone)
    claim = "A layer that is trained beside another one should end with the same buffers as one trained alone"
    for name, got, want in zip(("mean", "var"), stored(ask, first, 4), stored(ask, alone, 4), strict=True):
        close(got, want, f"running_{name}", claim, feature=None)


@batchnorm_forward.invariant("an unknown mode raises ValueError")
def _(ask: Session) -> None:
    ask.refuses("For mode 'evaluate'", batch(), *scale_and_shift(), in_test(mode="evaluate"))


@batchnorm_forward.invariant("an eps of zero is taken as it is")
def _(ask: Session) -> None:
    for name, param in (("train", in_train), ("test", in_test)):
        want, _ = ask(batch(), *scale_and_shift(), param(2.0**-99))
        got, _ = ask(batch(), *scale_and_shift(), param(0.0))
        claim = f"In {name} mode eps = 0 should give the same as eps = 2**-99"
        close(got, want, "out", claim)


@batchnorm_forward.invariant("integers, float32 and arrays with gaps work")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    for mode in (in_train, in_test):
        want, _ = ask(integers().astype(float), gamma, beta, mode())
        got, _ = ask(integers(), gamma, beta, mode())
        close(got, want, "out", f"Integers should give the same as equal floats in {mode()['mode']} mode")
        want, _ = ask(batch(), gamma, beta, mode())
        got, _ = ask(spaced(batch()), gamma, beta, mode())
        close(got, want, "out", f"How x lies in memory should not matter in {mode()['mode']} mode")
        param = mode()
        param.update(
            {key: value.astype(np.float32) for key, value in param.items() if isinstance(value, np.ndarray)}
        )
        got, _ = ask(*single(batch(), gamma, beta), param)
        close(
            got,
            want,
            "out",
            f"float32 should give nearly the same as float64 in {mode()['mode']} mode",
            rtol=1e-4,
        )


@batchnorm_forward.invariant("digits survive a large offset")
def _(ask: Session) -> None:
    want, _ = ask(batch(), *scale_and_shift(), in_train())
    got, _ = ask(batch() + FAR, *scale_and_shift(), in_train())
    close(got, want, "out", "With a million added to every number of x")


@batchnorm_forward.value("train mode: a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    got, _ = ask(TABLE, TABLE_GAMMA, TABLE_BETA, in_train(TABLE_EPS, 3))
    close(got, TABLE_OUT, "out", "With eps = 3 the table should come out in whole numbers in train mode")


@batchnorm_forward.value("train mode: what the buffers become, worked out by hand")
def _(ask: Session) -> None:
    param = in_train(TABLE_EPS, running_mean=np.array([6.0, 1.0, 2.0]), running_var=np.array([5.0, 2.0, 1.0]))
    ask(TABLE, TABLE_GAMMA, TABLE_BETA, param)
    claim = "With momentum 0.75, running_mean (6, 1, 2) and running_var (5, 2, 1)"
    mean, var = stored(ask, param, 3)
    close(mean, np.array([5.0, 2.0, 1.0]), "running_mean", f"{claim}, after the table", feature=None)
    close(var, np.array([4.0, 3.0, 4.0]), "running_var", f"{claim}, after the table", feature=None)


@batchnorm_forward.value("test mode: a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    param = in_test(
        TABLE_EPS, running_mean=np.array([2.0, 5.0, -2.0]), running_var=np.array([13.0, 1.0, 6.0])
    )
    got, _ = ask(np.array([[6.0, 7.0, -5.0], [2.0, 3.0, 4.0]]), TABLE_GAMMA, TABLE_BETA, param)
    want = np.array([[14.0, 14.0, 18.0], [10.0, 26.0, 54.0]])
    close(got, want, "out", "With running_mean (2, 5, -2), running_var (13, 1, 6) and eps = 3")


fold_batchnorm = Exercise(
    "fold_batchnorm",
    stage="02_train_test",
    arguments=("W", "b", "gamma", "beta", "mean", "var", "eps"),
    returns=lambda W, b, *rest: {"W_folded": W.shape, "b_folded": b.shape},
    examples=lambda ask: [_layer(), _layer(5, 2), _layer(3, 3)],
    topics=("D_in ≠ D_out", "a large eps", "negative gamma", "whether W and b are left alone"),
)


def _layer(D_in: int = 3, D_out: int = 4) -> tuple[Any, ...]:
    return batch(D_in, D_out), batch(1, D_out, 2)[0], *scale_and_shift(D_out), *buffers(D_out).values(), 0.3


@fold_batchnorm.invariant("beta goes into the bias as it is, and nowhere else")
def _(ask: Session) -> None:
    W, b, gamma, beta, *rest = _layer()
    W_folded, b_folded = ask(W, b, gamma, beta, *rest)
    got_W, got_b = ask(W, b, gamma, beta + 5, *rest)
    close(got_b, b_folded + 5, "b_folded", "With 5 added to beta", feature=None)
    close(got_W, W_folded, "W_folded", "With 5 added to beta")


@fold_batchnorm.invariant("bias and mean count by their difference alone")
def _(ask: Session) -> None:
    W, b, gamma, beta, mean, *rest = _layer()
    W_folded, b_folded = ask(W, b, gamma, beta, mean, *rest)
    got_W, got_b = ask(W, b + 5, gamma, beta, mean + 5, *rest)
    close(got_b, b_folded, "b_folded", "With 5 added to b and to mean", feature=None)
    close(got_W, W_folded, "W_folded", "With 5 added to b and to mean")


@fold_batchnorm.invariant("each output feature on its own")
def _(ask: Session) -> None:
    W, *vectors, eps = _layer()
    W_folded, b_folded = ask(W, *vectors, eps)
    got_W, got_b = ask(W[:, 2:], *(vector[2:] for vector in vectors), eps)
    close(got_W, W_folded[:, 2:], "W_folded", "With only the last two output features kept")
    close(got_b, b_folded[2:], "b_folded", "With only the last two output features kept", feature=None)


@fold_batchnorm.value("a layer worked out by hand")
def _(ask: Session) -> None:
    W = np.array([[1.0, 2.0, 3.0], [-1.0, 0.0, 5.0]])
    b, mean, var = np.array([1.0, 2.0, 3.0]), np.array([0.0, 5.0, 1.0]), np.array([1.0, 6.0, 13.0])
    got_W, got_b = ask(W, b, np.array([2.0, -3.0, 8.0]), TABLE_BETA, mean, var, TABLE_EPS)
    claim = "With gamma (2, -3, 8), var (1, 6, 13) and eps = 3"
    close(got_W, np.array([[1.0, -2.0, 6.0], [-1.0, 0.0, 10.0]]), "W_folded", claim)
    close(
        got_b, np.array([11.0, 23.0, 34.0]), "b_folded", f"{claim}, b (1, 2, 3), mean (0, 5, 1)", feature=None
    )


recalibrate = Exercise(
    "recalibrate",
    stage="02_train_test",
    arguments=("batches",),
    returns=lambda batches: {"mean": (4,), "var": (4,)},
    examples=lambda ask: [(_pieces(),)],
    topics=(
        "unequal sizes",
        "a generator that can be read only once",
        "a single batch",
        "a batch of one row",
        "a large offset",
        "no batch at all",
    ),
)
ROWS = batch(12, 4, 3) + np.arange(12)[:, None] / 2  # sorted, so that the pieces differ


def _pieces(*cuts: int, rows: np.ndarray = ROWS) -> list[np.ndarray]:
    return np.split(rows, cuts or (2, 3, 8))


def _same_statistics(ask: Session, batches: object, claim: str) -> None:
    for name, got, want in zip(("mean", "var"), ask(batches), ask(_pieces()), strict=True):
        close(got, want, name, claim, feature=None)


@recalibrate.invariant("a generator works: it can be read only once")
def _(ask: Session) -> None:
    _same_statistics(ask, (piece.copy() for piece in _pieces()), "A generator should give the same as a list")


@recalibrate.invariant("how the rows are cut into batches plays no part")
def _(ask: Session) -> None:
    _same_statistics(
        ask, [ROWS.copy()], "All rows in a single batch should give the same as batches of 2, 1, 5, 4"
    )
    _same_statistics(ask, _pieces(7), "Batches of 7 and 5 should give the same as batches of 2, 1, 5, 4")
    _same_statistics(
        ask, [row[None] for row in ROWS], "Twelve batches of one row should give the same as four"
    )


@recalibrate.invariant("the order of the batches plays no part")
def _(ask: Session) -> None:
    _same_statistics(ask, _pieces()[::-1], "The same batches in reverse order")


@recalibrate.invariant("rows that all come twice have the same statistics")
def _(ask: Session) -> None:
    _same_statistics(ask, [*_pieces(), ROWS], "With every row twice")


@recalibrate.invariant("digits survive a large offset")
def _(ask: Session) -> None:
    mean, var = ask(_pieces())
    got = ask(_pieces(rows=ROWS + FAR))
    close(got[0], mean + FAR, "mean", "With a million added to every number", feature=None)
    close(got[1], var, "var", "With a million added to every number the variance should stay", feature=None)


@recalibrate.value("two batches worked out by hand")
def _(ask: Session) -> None:
    rows = np.array([[1, 0, 3, -5], [1, 0, 3, 5], [3, 10, 3, 1], [3, 10, 3, -1]], dtype=float)
    mean, var = ask([rows[:1], rows[1:]])
    claim = "For the batch (1, 0, 3, -5) and the batch of (1, 0, 3, 5), (3, 10, 3, 1), (3, 10, 3, -1)"
    close(mean, np.array([2.0, 5.0, 3.0, 0.0]), "mean", claim, feature=None)
    close(var, np.array([1.0, 25.0, 0.0, 13.0]), "var", claim, feature=None)


@recalibrate.value("no batch, or batches that do not fit, raise ValueError")
def _(ask: Session) -> None:
    ask.refuses("For an empty list", [])
    ask.refuses("For batches of 4 features and of 1", [ROWS[:5].copy(), ROWS[5:, :1].copy()])


def _row(values: np.ndarray) -> str:
    return f"({', '.join(f'{value:g}' for value in values)})"
