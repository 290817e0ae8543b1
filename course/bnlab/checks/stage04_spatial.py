"""Visible checks of stage 04."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bnlab.checks.data import (
    FAR,
    FAR_SINGLE,
    TABLE,
    TABLE_BETA,
    TABLE_EPS,
    TABLE_GAMMA,
    TABLE_OUT,
    WIDE,
    batch,
    images,
    integers,
    scale_and_shift,
    single,
    upstream,
)
from bnlab.checks.exercise import Exercise, Session
from bnlab.checks.expect import Failure, close
from bnlab.checks.slopes import Setting, after, backward_checks
from bnlab.checks.stage02_train_test import in_test, in_train, stored

SHAPES = ((2, 4, 3, 5), (3, 2, 4, 1), (3, 3, 3, 3))

# --- batch norm of images -----------------------------------------------------------------------------------

spatial_batchnorm_forward = Exercise(
    "spatial_batchnorm_forward",
    stage="04_spatial",
    arguments=("x", "gamma", "beta", "bn_param"),
    returns=lambda x, gamma, beta, bn_param: {"out": x.shape, "cache": None},
    examples=lambda ask: [
        (images(*shape), *scale_and_shift(shape[1]), param(D=shape[1]))
        for shape in SHAPES
        for param in (in_train, in_test)
    ],
    writes=("bn_param",),
    topics=(
        "distinct channels",
        "N ≠ C ≠ H ≠ W",
        "running statistics per channel",
        "both modes with a large eps",
        "whether x is left alone",
    ),
)


@spatial_batchnorm_forward.shape("shape of the running buffers")
def _(ask: Session) -> None:
    for shape in SHAPES:
        param = in_train(D=shape[1])
        ask(images(*shape), *scale_and_shift(shape[1]), param)
        stored(ask, param, shape[1])


@spatial_batchnorm_forward.invariant("train mode: every channel of out has mean beta")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    for eps in (1e-5, 1.0):
        mean = ask(images(), gamma, beta, in_train(eps))[0].mean(axis=(0, 2, 3))
        close(mean, beta, "mean of channel", f"With eps = {eps:g} and beta = {_row(beta)}", scale=1.0)


@spatial_batchnorm_forward.invariant(
    "train mode: for widely spread channels out has standard deviation |gamma|"
)
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    spread = ask(WIDE * images(), gamma, beta, in_train(1e-5))[0].std(axis=(0, 2, 3))
    close(spread, np.abs(gamma), "std of channel", f"For x times {WIDE:g} and gamma = {_row(gamma)}")


@spatial_batchnorm_forward.invariant("pixels that change places change places in out")
def _(ask: Session) -> None:
    x = images()
    for mode in (in_train, in_test):
        out, _ = ask(x, *scale_and_shift(), mode())
        for name, view in (
            ("upside down", np.s_[:, :, ::-1]),
            ("mirrored", np.s_[..., ::-1]),
            ("in reverse order", np.s_[::-1]),
        ):
            got, _ = ask(x[view], *scale_and_shift(), mode())
            close(got, out[view], "out", f"With the images {name}, in {mode()['mode']} mode", feature=1)


@spatial_batchnorm_forward.invariant("each channel on its own")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    for mode in (in_train, in_test):
        whole, part = mode(), {key: v[2:] if isinstance(v, np.ndarray) else v for key, v in mode().items()}
        out, _ = ask(images(), gamma, beta, whole)
        got, _ = ask(images()[:, 2:], gamma[2:], beta[2:], part)
        claim = f"In {mode()['mode']} mode, with only the last two channels kept"
        close(got, out[:, 2:], "out", claim, feature=1)
        if mode is in_train:
            for name, own, all_ in zip(
                ("mean", "var"), stored(ask, part, 2), stored(ask, whole, 4), strict=True
            ):
                close(own, all_[2:], f"running_{name}", claim, feature=None)


@spatial_batchnorm_forward.invariant(
    "all pixels share: shifting single pixels within a channel moves the others"
)
def _(ask: Session) -> None:
    x = images()
    moved = x.copy()
    moved[0, 1, 0, 0] += 8
    before, after = (ask(v, *scale_and_shift(), in_train())[0] for v in (x, moved))
    change = np.abs(after - before)[:, 1]
    if not (change > 1e-6).all():
        place = tuple(np.argwhere(change <= 1e-6)[0])
        n, h, w = (int(i) for i in place)
        raise Failure(
            "When x[0, 1, 0, 0] moves, all of channel 1 should answer in train mode, "
            f"but out[{n}, 1, {h}, {w}] stays"
        )


@spatial_batchnorm_forward.invariant(
    "test mode: the buffers are read and never written, images do not know of each other"
)
def _(ask: Session) -> None:
    param = in_test()
    out, _ = ask(images(), *scale_and_shift(), param)
    for key, want in in_test().items():
        if isinstance(want, np.ndarray):
            got = ask.accept(f"bn_param[{key!r}]", param.get(key), (4,))
            close(got, want, key, "A call in test mode should leave the buffers as they were", feature=None)
    got, _ = ask(images()[1:], *scale_and_shift(), in_test())
    close(got, out[1:], "out", "In test mode, with the second image alone", feature=1)


@spatial_batchnorm_forward.invariant("float32, and images that lie otherwise in memory")
def _(ask: Session) -> None:
    want, _ = ask(images(), *scale_and_shift(), in_train())
    channels_last = np.moveaxis(np.ascontiguousarray(np.moveaxis(images(), 1, -1)), -1, 1)
    got, _ = ask(channels_last, *scale_and_shift(), in_train())
    close(got, want, "out", "How x lies in memory should not matter", feature=1)
    param = {key: v.astype(np.float32) if isinstance(v, np.ndarray) else v for key, v in in_train().items()}
    got, _ = ask(*single(images(), *scale_and_shift()), param)
    close(got, want, "out", "float32 should give nearly the same as float64", feature=1, rtol=1e-4)


def _as_images(table: np.ndarray) -> np.ndarray:
    """(4, C) → two images of one row and two pixels, (2, C, 1, 2)."""
    return np.ascontiguousarray(np.moveaxis(table.reshape(2, 1, 2, -1), -1, 1))


@spatial_batchnorm_forward.value("train mode: a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    param = in_train(TABLE_EPS, running_mean=np.array([6.0, 1.0, 2.0]), running_var=np.array([5.0, 2.0, 1.0]))
    got, _ = ask(_as_images(TABLE), TABLE_GAMMA, TABLE_BETA, param)
    close(
        got,
        _as_images(TABLE_OUT),
        "out",
        "With eps = 3 the table should come out in whole numbers",
        feature=1,
    )
    mean, var = stored(ask, param, 3)
    claim = "With momentum 0.75, running_mean (6, 1, 2) and running_var (5, 2, 1), after the table"
    close(mean, np.array([5.0, 2.0, 1.0]), "running_mean", claim, feature=None)
    close(var, np.array([4.0, 3.0, 4.0]), "running_var", claim, feature=None)


@spatial_batchnorm_forward.value("test mode: a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    param = in_test(
        TABLE_EPS, running_mean=np.array([2.0, 5.0, -2.0]), running_var=np.array([13.0, 1.0, 6.0])
    )
    x = np.array([[[[6.0, 2.0]], [[7.0, 3.0]], [[-5.0, 4.0]]]])
    want = np.array([[[[14.0, 10.0]], [[14.0, 26.0]], [[18.0, 54.0]]]])
    got, _ = ask(x, TABLE_GAMMA, TABLE_BETA, param)
    close(got, want, "out", "With running_mean (2, 5, -2), running_var (13, 1, 6) and eps = 3", feature=1)


def _spatial_settings() -> Sequence[Setting]:
    def setting(says: str, x: np.ndarray, eps: float) -> Setting:
        C = x.shape[1]

        def forward(
            ask: Session, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray
        ) -> tuple[np.ndarray, Any]:
            return ask(x, gamma, beta, in_train(eps, C))

        channels = [(f"channel {c} of x", (slice(None), c)) for c in range(C)]
        return Setting(says, x, *scale_and_shift(C), upstream(*x.shape), forward, channels)

    return (
        setting("With eps = 1", images(), 1.0),
        setting("With 3 images of 2 channels and eps = 0.3", images(3, 2, 4, 1, seed=2), 0.3),
    )


spatial_batchnorm_backward = Exercise(
    "spatial_batchnorm_backward",
    stage="04_spatial",
    arguments=("dout", "cache"),
    returns=lambda dout, cache: {"dx": dout.shape, "dgamma": dout.shape[1:2], "dbeta": dout.shape[1:2]},
    helpers=("spatial_batchnorm_forward",),
    examples=after("spatial_batchnorm_forward", _spatial_settings),
    topics=("distinct channels", "N ≠ C ≠ H ≠ W", "a random dout", "negative gamma and a large eps"),
)
backward_checks(spatial_batchnorm_backward, "spatial_batchnorm_forward", "channel", _spatial_settings)


# --- layer norm ---------------------------------------------------------------------------------------------

layernorm_forward = Exercise(
    "layernorm_forward",
    stage="04_spatial",
    arguments=("x", "gamma", "beta", "ln_param"),
    returns=lambda x, gamma, beta, ln_param: {"out": x.shape, "cache": None},
    examples=lambda ask: [
        (batch(N, D), *scale_and_shift(D), {"eps": 0.3}) for N, D in ((6, 4), (3, 5), (4, 4), (1, 6))
    ],
    writes=("ln_param",),
    topics=(
        "a large eps",
        "N ≠ D, and N = 1",
        "that neither modes nor batch-mates play a part",
        "integers and float32",
        "whether x is left alone",
    ),
)
PLAIN = np.ones(4), np.zeros(4)


def _layer(ask: Session, x: np.ndarray, eps: float = 0.3, D: int = 4) -> np.ndarray:
    return ask(x, *scale_and_shift(D), {"eps": eps})[0]


@layernorm_forward.invariant("with gamma = 1 and beta = 0 every example of out has mean 0")
def _(ask: Session) -> None:
    for eps in (1e-5, 1.0):
        mean = ask(batch(), *PLAIN, {"eps": eps})[0].mean(axis=1)
        close(mean, np.zeros(6), "mean of example", f"With eps = {eps:g}", scale=1.0)


@layernorm_forward.invariant(
    "with gamma = 1 and beta = 0 widely spread examples of out have standard deviation 1"
)
def _(ask: Session) -> None:
    spread = ask(WIDE * batch(), *PLAIN, {"eps": 1e-5})[0].std(axis=1)
    close(spread, np.ones(6), "std of example", f"For x times {WIDE:g}")


@layernorm_forward.invariant("shifting an example as a whole changes nothing")
def _(ask: Session) -> None:
    shift = np.array([[1.0], [-2.0], [8.0], [0.5], [0.0], [-4.0]])
    close(
        _layer(ask, batch() + shift),
        _layer(ask, batch()),
        "out",
        "With (1, -2, 8, 0.5, 0, -4) added to the rows of x",
    )


@layernorm_forward.invariant("an example's output does not depend on its batch-mates")
def _(ask: Session) -> None:
    out = _layer(ask, batch())
    close(_layer(ask, batch()[:2]), out[:2], "out", "With only the first two examples kept", feature=None)
    close(_layer(ask, batch()[3:4]), out[3:4], "out", "With example 3 alone", feature=None)


@layernorm_forward.invariant("features that change places, with their gamma and beta, change places in out")
def _(ask: Session) -> None:
    gamma, beta = scale_and_shift()
    got, _ = ask(batch()[:, ::-1], gamma[::-1], beta[::-1], {"eps": 0.3})
    close(got, _layer(ask, batch())[:, ::-1], "out", "With the features in reverse order")


@layernorm_forward.invariant("modes and running statistics play no part, and nothing is remembered")
def _(ask: Session) -> None:
    want = _layer(ask, batch())
    param = {"eps": 0.3, "mode": "train", "momentum": 0.5}
    for number, mode in enumerate(("train", "train", "test")):
        param["mode"] = mode
        got, _ = ask(batch(seed=number), *scale_and_shift(), param)
        claim = f"Call number {number + 1} with the same ln_param, in mode {mode!r}"
        close(got, _layer(ask, batch(seed=number)), "out", claim)
    close(_layer(ask, batch()), want, "out", "After other calls")


@layernorm_forward.invariant("a constant example gives beta")
def _(ask: Session) -> None:
    x = batch()
    x[2] = 3.0
    beta = scale_and_shift()[1]
    close(
        _layer(ask, x)[2],
        beta,
        "out[2]",
        f"Every feature of example 2 is 3, and beta is {_row(beta)}",
        feature=None,
    )


@layernorm_forward.invariant("integers work")
def _(ask: Session) -> None:
    want = _layer(ask, integers().astype(float))
    close(_layer(ask, integers()), want, "out", "Integers should give the same as equal floats")


@layernorm_forward.invariant("digits survive a large offset")
def _(ask: Session) -> None:
    want = _layer(ask, batch())
    close(_layer(ask, batch() + FAR), want, "out", "With a million added to every number of x")
    got, _ = ask(*single(batch() + FAR_SINGLE, *scale_and_shift()), {"eps": 0.3})
    close(got, want, "out", "In float32, with 100 added to every number of x", rtol=1e-3)


@layernorm_forward.value("a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    gamma, beta = np.array([12.0, -12.0, 24.0, 36.0]), np.array([0.0, 10.0, 20.0, 30.0])
    got, _ = ask(TABLE.T, gamma, beta, {"eps": TABLE_EPS})
    want = np.array([[-6.0, 16.0, 32.0, 48.0], [-16.0, 2.0, 36.0, 30.0], [15.0, 25.0, 26.0, 21.0]])
    claim = (
        "For the examples (1, 1, 3, 3), (1, 7, 7, 5), (3, -7, -1, -3), gamma (12, -12, 24, 36) and eps = 3"
    )
    close(got, want, "out", claim, feature=None)


def _layer_settings() -> Sequence[Setting]:
    def setting(says: str, x: np.ndarray, eps: float) -> Setting:
        N, D = x.shape

        def forward(
            ask: Session, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray
        ) -> tuple[np.ndarray, Any]:
            return ask(x, gamma, beta, {"eps": eps})

        rows = [(f"example {n} of x", (n,)) for n in range(N)]
        return Setting(says, x, *scale_and_shift(D), upstream(N, D), forward, rows)

    return (
        setting("With eps = 1", batch(), 1.0),
        setting("With 3 examples of 5 features and eps = 0.3", batch(3, 5, 2), 0.3),
    )


layernorm_backward = Exercise(
    "layernorm_backward",
    stage="04_spatial",
    arguments=("dout", "cache"),
    returns=lambda dout, cache: {"dx": dout.shape, "dgamma": dout.shape[1:], "dbeta": dout.shape[1:]},
    helpers=("layernorm_forward",),
    examples=after("layernorm_forward", _layer_settings),
    topics=(
        "gamma that differs between features",
        "N ≠ D",
        "a random dout",
        "a large eps",
        "whether dout is left alone",
    ),
)
backward_checks(layernorm_backward, "layernorm_forward", "example", _layer_settings)


# --- group norm ---------------------------------------------------------------------------------------------

spatial_groupnorm_forward = Exercise(
    "spatial_groupnorm_forward",
    stage="04_spatial",
    arguments=("x", "gamma", "beta", "G", "gn_param"),
    returns=lambda x, gamma, beta, G, gn_param: {"out": x.shape, "cache": None},
    examples=lambda ask: [(images(*shape), *_of_channels(shape[1]), G, {"eps": 0.3}) for shape, G in GROUPED],
    writes=("gn_param",),
    topics=(
        "G = 1 and G = C, and a G that does not divide C",
        "neighbouring channels in a group",
        "gamma and beta per channel, of shape (1, C, 1, 1)",
        "N ≠ C ≠ H ≠ W",
        "a large eps",
    ),
)


def _of_channels(C: int = 4) -> tuple[np.ndarray, np.ndarray]:
    gamma, beta = scale_and_shift(C)
    return gamma.reshape(1, C, 1, 1), beta.reshape(1, C, 1, 1)


def _plain(C: int) -> tuple[np.ndarray, np.ndarray]:
    return np.ones((1, C, 1, 1)), np.zeros((1, C, 1, 1))


def _group(ask: Session, x: np.ndarray, G: int) -> np.ndarray:
    return ask(x, *_of_channels(x.shape[1]), G, {"eps": 0.3})[0]


GROUPED = (((2, 4, 3, 5), 2), ((2, 4, 3, 5), 1), ((2, 4, 3, 5), 4), ((2, 6, 3, 1), 3), ((3, 3, 3, 3), 1))


def _in_groups(x: np.ndarray, G: int) -> list[np.ndarray]:
    """The parts of ``x`` that share statistics, group by group: (N, …) each."""
    return np.split(x, G, axis=1)


@spatial_groupnorm_forward.invariant("with gamma = 1 and beta = 0 every group of an example has mean 0")
def _(ask: Session) -> None:
    for shape, G in GROUPED:
        out, _ = ask(images(*shape), *_plain(shape[1]), G, {"eps": 1.0})
        mean = np.stack([part.mean(axis=(1, 2, 3)) for part in _in_groups(out, G)], axis=1)
        close(
            mean,
            np.zeros_like(mean),
            "mean of [example, group]",
            f"For x of shape {shape} and G = {G}",
            scale=1.0,
        )


@spatial_groupnorm_forward.invariant(
    "with gamma = 1 and beta = 0 widely spread groups of an example have standard deviation 1"
)
def _(ask: Session) -> None:
    for shape, G in GROUPED:
        out, _ = ask(WIDE * images(*shape), *_plain(shape[1]), G, {"eps": 1e-5})
        spread = np.stack([part.std(axis=(1, 2, 3)) for part in _in_groups(out, G)], axis=1)
        close(
            spread,
            np.ones_like(spread),
            "std of [example, group]",
            f"For {WIDE:g} times x of shape {shape} and G = {G}",
        )


@spatial_groupnorm_forward.invariant("shifting a group of an example as a whole changes nothing")
def _(ask: Session) -> None:
    x = images()
    shifted = x.copy()
    shifted[1, :2] += 8
    close(
        _group(ask, shifted, 2),
        _group(ask, x, 2),
        "out",
        "With 8 added to channels 0 and 1 of example 1, G = 2",
        feature=1,
    )


@spatial_groupnorm_forward.invariant("a group's output depends on nothing but that group of that example")
def _(ask: Session) -> None:
    x = images()
    out = _group(ask, x, 2)
    close(_group(ask, x[1:], 2), out[1:], "out", "With example 1 alone", feature=1)
    gamma, beta = _of_channels()
    got, _ = ask(x[:, 2:], gamma[:, 2:], beta[:, 2:], 1, {"eps": 0.3})
    close(
        got, out[:, 2:], "out", "With channels 2 and 3 alone and G = 1, beside all four and G = 2", feature=1
    )


@spatial_groupnorm_forward.invariant("pixels that change places change places in out")
def _(ask: Session) -> None:
    x = images()
    out = _group(ask, x, 2)
    for name, view in (
        ("upside down", np.s_[:, :, ::-1]),
        ("mirrored", np.s_[..., ::-1]),
        ("in reverse order", np.s_[::-1]),
    ):
        close(_group(ask, x[view], 2), out[view], "out", f"With the images {name}", feature=1)


@spatial_groupnorm_forward.invariant("float32 works")
def _(ask: Session) -> None:
    got, _ = ask(*single(images(), *_of_channels()), 2, {"eps": 0.3})
    close(
        got,
        _group(ask, images(), 2),
        "out",
        "float32 should give nearly the same as float64",
        feature=1,
        rtol=1e-4,
    )


@spatial_groupnorm_forward.value("a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    groups = TABLE.T[
        [0, 1, 2, 0]
    ]  # the groups of example 0, then those of example 1; two channels of two pixels each
    gamma, beta = np.array([12.0, -12.0, 24.0, -36.0]), np.array([0.0, 10.0, 20.0, 30.0])
    got, _ = ask(
        groups.reshape(2, 4, 1, 2), gamma.reshape(1, 4, 1, 1), beta.reshape(1, 4, 1, 1), 2, {"eps": TABLE_EPS}
    )
    want = [[[-6, -6], [4, 4], [-12, 36], [6, 30]], [[15, -15], [7, 13], [8, 8], [12, 12]]]
    claim = "For the groups (1, 1, 3, 3), (1, 7, 7, 5) and (3, -7, -1, -3), (1, 1, 3, 3) and eps = 3"
    close(got, np.array(want, dtype=float)[:, :, None], "out", claim, feature=1)


@spatial_groupnorm_forward.value("a G that does not divide C raises ValueError")
def _(ask: Session) -> None:
    ask.refuses("For G = 3 and four channels", images(), *_of_channels(), 3, {"eps": 0.3})


def _group_settings() -> Sequence[Setting]:
    def setting(says: str, x: np.ndarray, G: int, eps: float) -> Setting:
        N, C = x.shape[:2]

        def forward(
            ask: Session, x: np.ndarray, gamma: np.ndarray, beta: np.ndarray
        ) -> tuple[np.ndarray, Any]:
            return ask(x, gamma, beta, G, {"eps": eps})

        size = C // G
        groups = [
            (f"group {g} of example {n}", (n, slice(g * size, (g + 1) * size)))
            for n in range(N)
            for g in range(G)
        ]
        return Setting(says, x, *_of_channels(C), upstream(*x.shape), forward, groups)

    return (
        setting("With G = 2 and eps = 1", images(), 2, 1.0),
        setting("With G = 1 and eps = 0.3", images(3, 2, 4, 1, seed=2), 1, 0.3),
        setting("With G = C = 3 and eps = 0.3", images(2, 3, 2, 2, seed=3), 3, 0.3),
    )


spatial_groupnorm_backward = Exercise(
    "spatial_groupnorm_backward",
    stage="04_spatial",
    arguments=("dout", "cache"),
    returns=lambda dout, cache: {
        "dx": dout.shape,
        "dgamma": (1, dout.shape[1], 1, 1),
        "dbeta": (1, dout.shape[1], 1, 1),
    },
    helpers=("spatial_groupnorm_forward",),
    examples=after("spatial_groupnorm_forward", _group_settings),
    topics=(
        "gamma that differs within a group",
        "G = 1 and G = C",
        "gradients of gamma and beta of shape (1, C, 1, 1)",
        "a random dout and a large eps",
    ),
)
backward_checks(spatial_groupnorm_backward, "spatial_groupnorm_forward", "group", _group_settings)


def _row(values: np.ndarray) -> str:
    return f"({', '.join(f'{value:g}' for value in values)})"
