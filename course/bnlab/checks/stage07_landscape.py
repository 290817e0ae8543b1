"""Visible checks of stage 07."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.checks.data import batch, integers, upstream
from bnlab.checks.exercise import Exercise, Session
from bnlab.checks.expect import Failure, close
from bnlab.checks.networks import BrokenOff, Described, PassCounter, Seen, prepared, small_batch, state_of
from bnlab.nn import Network

# --- what an exercise does with a network -------------------------------------------------------------------


def losses(function: Callable, network: Described, x: np.ndarray, y: np.ndarray, steps: np.ndarray) -> Seen:
    """``function(net, x, y, steps)`` as ``losses``, and what ``net`` is like afterwards.

    Parameters
    ----------
    network : dict
        As for ``network_from``. Optional: ``seen``, a batch on which the network is in train mode before, so that
        it has running statistics and a gradient; ``mode`` ("train"), in which ``function`` finds it; ``update``
        (True), whether its layers may move their running statistics;
        ``fails_at``, the number of the forward pass that fails (there are no losses then); ``overflows``, for a
        walk on which the losses need not be finite; ``dead``, for a network whose gradient is zero.

    Returns
    -------
    seen : dict
        ``losses`` as well as ``parameters afterwards``, ``gradient afterwards``, ``running mean afterwards``,
        ``train mode afterwards``, 1 if the network is in train mode and 0 if not, ``update afterwards``, the same for
        each layer that has it, ``one vector afterwards``, whether the layers still hold pieces of the long vectors,
        and ``forward passes``: how many there were.
    """
    return _seen("losses", function, network, x, y, steps)


def changes(function: Callable, network: Described, x: np.ndarray, y: np.ndarray, steps: np.ndarray) -> Seen:
    """The same for a function that returns ``changes``."""
    return _seen("changes", function, network, x, y, steps)


def beta(function: Callable, network: Described, x: np.ndarray, y: np.ndarray, steps: np.ndarray) -> Seen:
    """The same for a function that returns ``beta``.

    For a network that is ``dead`` there is ``beta is nan`` instead, 1 or 0: nowhere else is a NaN what was asked for.
    """
    seen = _seen("beta", function, network, x, y, steps)
    if "dead" in network and isinstance(seen, dict):
        seen = {"beta is nan": _is_nan(seen.pop("beta"))} | seen
    return seen


def _is_nan(value: Any) -> float:
    try:
        return float(np.isnan(value).all())
    except TypeError:
        return 0.0


def _seen(
    name: str, function: Callable, network: Described, x: np.ndarray, y: np.ndarray, steps: np.ndarray
) -> Seen:
    net, seen = _prepared(network, y), {}
    counter = PassCounter(network.get("fails_at"))
    net.hooks.append(counter)
    with np.errstate(all="ignore"):
        try:
            value = function(net, x, y, steps)
        except BrokenOff:
            pass
        else:
            if value is None or value is ...:
                return value  # no answer yet
            if "fails_at" not in network:
                seen[name] = value
    return seen | state_of(net) | {"forward passes": float(counter.passes)}


def _prepared(network: Described, y: np.ndarray) -> Network:
    return prepared({**network, "seen": (network["seen"], y)} if "seen" in network else network)


def _untouched(network: Described, y: np.ndarray) -> Seen:
    """What the network is like afterwards if nothing has happened."""
    return state_of(_prepared(network, y))


def _returns(name: str, single: bool = False) -> Callable[..., dict[str, tuple[int, ...] | None]]:
    def returns(
        network: Described, x: np.ndarray, y: np.ndarray, steps: np.ndarray
    ) -> dict[str, tuple[int, ...] | None]:
        value: dict[str, tuple[int, ...] | None] = {name: () if single else steps.shape}
        if "overflows" in network:
            value[name] = None
        elif "fails_at" in network:
            value = {}
        elif "dead" in network and single:
            value = {"beta is nan": ()}
        state = {key: np.shape(part) for key, part in _untouched(network, y).items()}
        return value | state | {"forward passes": None}  # as many as a solution likes

    return returns


# --- networks -----------------------------------------------------------------------------------------------


def small(**more: Any) -> Described:
    """4 → 5 → 3 with tanh, and something that has a running mean."""
    layers = [["affine", 4, 5], ["scale", 5], ["tanh"], ["affine", 5, 3]]
    return {"layers": layers, "loss": "squared", "seed": 3, **more}


WARM = {"seen": 2 * small_batch(seed=5)[0] + 1}
STEPS = np.array([0.003, 0.01, 0.03, 0.1])

# An affine layer with squared loss. The examples are such that the loss is a² + 9 b² + 4 c² plus 5 where a, b, c are
# what W and the bias are away from the best: the second derivatives are 2, 18 and 8, and a, b, c = 3, 1, -2.
BOWL_X = np.array([[0.5, -0.5, 0.5, -0.5], [1.5, 1.5, -1.5, -1.5]])
BOWL = {"layers": [["affine", 2, 1]], "loss": "squared", "parameters": np.array([3.0, 1.0, -2.0])}
BOWL_Y = np.sqrt(1.25) * np.array([[1.0, -1.0, -1.0, 1.0]])
BOWL_STEPS = np.array([0.25, 0.125, 0.5])
# The gradient is (6, 18, -16); W - λ g gives a = 3 - 6λ, b = 1 - 18λ, c = -2 + 16λ.
BOWL_LOSSES = np.array([1.5**2 + 9 * 3.5**2 + 4 * 2**2, 2.25**2 + 9 * 1.25**2, 0.0 + 9 * 8**2 + 4 * 6**2]) + 5
# The gradient changes by λ times (2·6, 18·18, 8·(-16)).
BOWL_CHANGES = BOWL_STEPS * np.sqrt(12.0**2 + 324**2 + 128**2)
BOWL_BETA = float(np.sqrt((12.0**2 + 324**2 + 128**2) / (6.0**2 + 18**2 + 16**2)))

# One unit with a ReLU, one example x = 1 with target -1, from W = 1 and b = 0: the loss is (max(W + b, 0) + 1)². The
# gradient is (4, 4), so W + b = 1 - 8λ: a parabola until λ = 1/8, and flat from there on.
KINK = {
    "layers": [["affine", 1, 1], ["relu"]],
    "loss": "squared",
    "parameters": np.array([1.0, 0.0]),
}
# The same unit beyond the kink: whatever the example, nothing comes out and no gradient comes back.
DEAD = {**KINK, "parameters": np.array([1.0, -2.0]), "dead": True}
KINK_X, KINK_Y = np.array([[1.0]]), np.array([[-1.0]])
KINK_STEPS = np.array([0.25, 0.15, 0.0625])
KINK_LOSSES = np.array([1.0, 1.0, 2.25])
KINK_CHANGES = np.sqrt(2) * np.array([4.0, 4.0, 1.0])
KINK_BETA = (
    1 / 0.15
)  # beyond the kink the gradient is gone: all of it has changed, over a distance of λ times it


def _on_bowl(value: np.ndarray, claim: str) -> Callable[[Session], None]:
    def check(ask: Session) -> None:
        seen = ask(BOWL, BOWL_X, BOWL_Y, BOWL_STEPS)
        name = next(iter(seen))
        close(seen[name], value, name, claim, feature=None)

    return check


def _on_kink(value: np.ndarray | float, claim: str) -> Callable[[Session], None]:
    def check(ask: Session) -> None:
        seen = ask(KINK, KINK_X, KINK_Y, KINK_STEPS)
        name = next(iter(seen))
        close(seen[name], np.asarray(value), name, claim, feature=None)

    return check


def _value(seen: Seen) -> tuple[str, np.ndarray]:
    name = next(iter(seen))
    return name, seen[name]


# --- checks that the three share ----------------------------------------------------------------------------


def _add_shared(exercise: Exercise) -> None:
    @exercise.invariant("the parameters are afterwards what they were")
    def _(ask: Session) -> None:
        x, y = small_batch()
        for steps, claim in (
            (STEPS, "After the walk"),
            (STEPS[:1], "After a walk with one step"),
            (1e15 * STEPS, "After a walk with steps from 3·10¹² on"),
        ):
            _as_before(ask, small(**WARM), x, y, steps, claim, "parameters")

    @exercise.invariant("the layers still hold pieces of the network's own vectors")
    def _(ask: Session) -> None:
        x, y = small_batch()
        claim = (
            "After the walk, is net.parameters the array into which the layers look (1) or another one (0)?"
        )
        _as_before(ask, small(**WARM), x, y, STEPS, claim, "one vector")

    @exercise.invariant("the parameters are put back, also where the walk has overflowed")
    def _(ask: Session) -> None:
        x, y = small_batch()
        network = {**small(), "layers": [["affine", 4, 5], ["affine", 5, 3]], "overflows": True}
        _as_before(ask, network, x, y, np.array([0.01, 1e160, 1e306, 0.1]), "After an overflow", "parameters")

    @exercise.invariant("the parameters are put back, also where a pass on the way fails")
    def _(ask: Session) -> None:
        x, y = small_batch()
        network = small(**WARM, fails_at=3)
        claim = "After a walk whose third forward pass raised an error"
        for what in ("parameters", "gradient"):
            _as_before(ask, network, x, y, STEPS, claim, what)

    @exercise.invariant("gradient and mode of the network are afterwards what they were")
    def _(ask: Session) -> None:
        x, y = small_batch()
        for mode in ("train", "test"):
            claim = f"After the walk, for a network in {mode} mode"
            for what in ("gradient", "train mode"):
                _as_before(ask, small(**WARM, mode=mode), x, y, STEPS, claim, what)

    @exercise.invariant("the running statistics stay")
    def _(ask: Session) -> None:
        x, y = small_batch()
        for network in (small(), small(**WARM)):
            _as_before(ask, network, x, y, STEPS, "After the walk", "running mean")
        claim = "After a walk in a network whose layers had been told to keep them"
        _as_before(ask, small(**WARM, update=False), x, y, STEPS, claim, "update")

    @exercise.invariant("the walk is one in train mode, whatever mode the network is in")
    def _(ask: Session) -> None:
        x, y = small_batch()
        name, want = _value(ask(small(**WARM), x, y, STEPS))
        got = ask(small(**WARM, mode="test"), x, y, STEPS)[name]
        claim = "For a network that happens to be in test mode, against the same in train mode"
        close(got, want, name, claim, feature=None)

    @exercise.invariant("the order of the examples in the batch does not matter")
    def _(ask: Session) -> None:
        x, y = small_batch()
        order = np.array([3, 0, 5, 1, 4, 2])
        name, want = _value(ask(small(), x, y, STEPS))
        got = ask(small(), x[:, order], y[:, order], STEPS)[name]
        close(got, want, name, "With the examples in another order", feature=None)

    @exercise.invariant("float32 works")
    def _(ask: Session) -> None:
        x, y = small_batch()
        name, want = _value(ask(small(), x, y, STEPS[1:]))
        given = (x.astype(np.float32), y.astype(np.float32), STEPS[1:])
        got = ask(small(dtype="float32"), *given)[name]
        close(got, want, name, "For a network in float32", feature=None, rtol=1e-3)


def _add_order(exercise: Exercise) -> None:
    @exercise.invariant("a step has the same value in any company")
    def _(ask: Session) -> None:
        x, y = small_batch()
        name, want = _value(ask(small(), x, y, STEPS))
        got = ask(small(), x, y, STEPS[::-1])[name]
        close(got, want[::-1], name, "With the steps in reverse order", feature=None)
        for place in range(len(STEPS)):
            got = ask(small(), x, y, STEPS[place : place + 1])[name]
            claim = f"With the step {STEPS[place]:g} alone instead of among others"
            close(got, want[place : place + 1], name, claim, feature=None)
        beyond = {**small(), "overflows": True}
        got = ask(beyond, x, y, np.array([STEPS[0], 1e306, STEPS[1]]))[name]
        if np.shape(got) != (3,):
            raise Failure(f"For three steps: expected {name} of shape (3,), saw {np.shape(got)}")
        claim = "With a step of 1e306 between the first two, whatever comes of that one"
        close(np.asarray(got, np.float64)[[0, 2]], want[:2], name, claim, feature=None)


def _as_before(
    ask: Session, network: Described, x: np.ndarray, y: np.ndarray, steps: np.ndarray, claim: str, what: str
) -> None:
    name = f"{what} afterwards"
    got, want = ask(network, x, y, steps)[name], np.asarray(_untouched(network, y)[name])
    close(got, want, f"net.{what}" if what in ("parameters", "gradient") else what, claim, feature=None)


def _examples(ask: Session) -> list[tuple]:
    x, y = small_batch()
    labels = np.arange(5) % 3
    images = np.random.default_rng(4).normal(size=(2, 4, 4, 5))
    layers = [["convolution", 2, 3], ["relu"], ["pool"], ["affine", 12, 3]]
    convolving = {"layers": layers, "loss": "cross-entropy", "seed": 1}
    return [
        (small(**WARM, mode="test"), x, y, STEPS),
        (convolving, images, labels, STEPS[:2]),
        (KINK, KINK_X, KINK_Y, KINK_STEPS),
    ]


NETWORK = ("network", "x", "y", "steps")
LEFT_ALONE = (
    "whether parameters, gradient, mode and running statistics are afterwards what they were, even if the walk "
    "overflows or breaks off"
)

loss_along_gradient = Exercise(
    "loss_along_gradient",
    stage="07_landscape",
    arguments=NETWORK,
    returns=_returns("losses"),
    mapping=True,
    harness=losses,
    examples=_examples,
    topics=(
        "a quadratic whose Hessian is known",
        "networks with a kink, losses that grow beyond all bounds",
        "unsorted, tiny and repeated steps",
        "statistics of the batch, whatever mode the network is in",
        LEFT_ALONE,
    ),
)


@loss_along_gradient.invariant("a step of 0 gives the loss, a small one a smaller loss")
def _(ask: Session) -> None:
    here = ask(BOWL, BOWL_X, BOWL_Y, np.array([0.0, 0.001]))["losses"]
    claim = "At (3, 1, -2) the loss a² + 9 b² + 4 c² + 5 is 39, so with a step of 0"
    close(here[:1], np.array([39.0]), "losses", claim, feature=None)
    if not here[1] < here[0]:
        raise Failure(
            f"A tiny step against the gradient lowers the loss: expected less than {here[0]:.6g}, saw {here[1]:.6g}"
        )


loss_along_gradient.value("a bowl, worked out by hand")(
    _on_bowl(
        BOWL_LOSSES,
        "For the loss a² + 9 b² + 4 c² + 5 from (3, 1, -2) along its gradient (6, 18, -16), with steps (1/4, 1/8, 1/2)",
    )
)
loss_along_gradient.value("a kink, worked out by hand")(
    _on_kink(
        KINK_LOSSES, "For the loss (max(W + b, 0) + 1)² from W = 1, b = 0 with steps (0.25, 0.15, 0.0625)"
    )
)


@loss_along_gradient.value("the walk goes as far as it is asked to, whatever comes")
def _(ask: Session) -> None:
    got = ask(BOWL, BOWL_X, BOWL_Y, np.array([1e6]))["losses"]
    want = np.array([(3 - 6e6) ** 2 + 9 * (1 - 18e6) ** 2 + 4 * (-2 + 16e6) ** 2 + 5])
    close(got, want, "losses", "For the loss a² + 9 b² + 4 c² + 5 and a step of a million", feature=None)


_add_order(loss_along_gradient)
_add_shared(loss_along_gradient)

gradient_predictiveness = Exercise(
    "gradient_predictiveness",
    stage="07_landscape",
    arguments=NETWORK,
    returns=_returns("changes"),
    mapping=True,
    harness=changes,
    examples=_examples,
    topics=(
        "a quadratic whose Hessian is known",
        "the same batch all along the line: the change vanishes with the step",
        "networks with a kink, changes that grow beyond all bounds",
        "unsorted and repeated steps",
        "statistics of the batch, whatever mode the network is in",
        LEFT_ALONE,
    ),
)


@gradient_predictiveness.invariant("where nothing moves, nothing changes")
def _(ask: Session) -> None:
    x, y = small_batch()
    here = ask(small(), x, y, np.array([0.0, 0.03]))["changes"]
    close(here[:1], np.zeros(1), "changes", "With a step of 0", scale=1.0)
    if not here[1] > 0:
        raise Failure(
            "With a step of 0.03 on a curved loss: expected a change of the gradient above 0, saw 0"
        )


@gradient_predictiveness.invariant("on a bowl the change grows in proportion to the step")
def _(ask: Session) -> None:
    steps = np.array([1e-4, 1.0, 1e3])
    got = ask(BOWL, BOWL_X, BOWL_Y, steps)["changes"]
    claim = "For the loss a² + 9 b² + 4 c² + 5, change divided by step for steps (0.0001, 1, 1000)"
    close(got / steps, np.full(3, got[1]), "changes / steps", claim, feature=None)


gradient_predictiveness.value("a bowl, worked out by hand")(
    _on_bowl(
        BOWL_CHANGES,
        "For the loss a² + 9 b² + 4 c² + 5 from (3, 1, -2) along its gradient (6, 18, -16), with steps (1/4, 1/8, 1/2)",
    )
)
gradient_predictiveness.value("a kink, worked out by hand")(
    _on_kink(
        KINK_CHANGES, "For the loss (max(W + b, 0) + 1)² from W = 1, b = 0 with steps (0.25, 0.15, 0.0625)"
    )
)


@gradient_predictiveness.value("two layers, worked out by hand")
def _(ask: Session) -> None:
    # out = v (w x + b) + c at (1, 0), (1, 0) with x = 1 and target 0. The gradient by w, b, v, c is (2, 2, 2, 2); at
    # W - λ g it is (-1/2, -1/2, 0, -1) for λ = 1/4 and (0, 0, 2, -2) for λ = 1/2.
    network = {"layers": [["affine", 1, 1]] * 2, "loss": "squared", "parameters": np.array([1.0, 0, 1, 0])}
    got = ask(network, np.ones((1, 1)), np.zeros((1, 1)), np.array([0.25, 0.5]))["changes"]
    claim = "For two affine layers, whose gradient changes by (2.5, 2.5, 2, 3) and by (2, 2, 0, 4)"
    close(got, np.sqrt([25.5, 24.0]), "changes", claim, feature=None)


_add_order(gradient_predictiveness)
_add_shared(gradient_predictiveness)

effective_smoothness = Exercise(
    "effective_smoothness",
    stage="07_landscape",
    arguments=NETWORK,
    returns=_returns("beta", single=True),
    mapping=True,
    harness=beta,
    examples=_examples,
    topics=(
        "a quadratic whose Hessian is known",
        "the distance in the space of the parameters",
        "the largest of all ratios, wherever it stands",
        "small gradients and tiny steps",
        "a dead network, whose gradient is zero",
        "statistics of the batch, whatever mode the network is in",
        LEFT_ALONE,
    ),
)


@effective_smoothness.invariant("a bowl is curved alike everywhere: beta is the same for all steps")
def _(ask: Session) -> None:
    want = ask(BOWL, BOWL_X, BOWL_Y, BOWL_STEPS)["beta"]
    for step in (1e-4, 0.01, 3.0):
        got = ask(BOWL, BOWL_X, BOWL_Y, np.array([step]))["beta"]
        claim = (
            f"For the loss a² + 9 b² + 4 c² + 5 with the step {step:g} alone, against steps (1/4, 1/8, 1/2)"
        )
        close(got, want, "beta", claim, feature=None)


@effective_smoothness.invariant("where a bowl is steeper, it is no more curved")
def _(ask: Session) -> None:
    want = ask(BOWL, BOWL_X, BOWL_Y, BOWL_STEPS)["beta"]
    for factor in (1e-6, 100.0):
        network = {**BOWL, "parameters": factor * BOWL["parameters"]}
        got = ask(network, BOWL_X, BOWL_Y, BOWL_STEPS)["beta"]
        claim = f"For the loss a² + 9 b² + 4 c² + 5 from {factor:g} times as far, with {factor:g} times the gradient"
        close(got, want, "beta", claim, feature=None)


@effective_smoothness.invariant("it is the largest over all steps, in any order")
def _(ask: Session) -> None:
    for network, x, y, steps in ((small(), *small_batch(), STEPS), (KINK, KINK_X, KINK_Y, KINK_STEPS)):
        alone = [float(ask(network, x, y, steps[i : i + 1])["beta"]) for i in range(len(steps))]
        for order, says in ((slice(None), "in this order"), (slice(None, None, -1), "in reverse order")):
            got = ask(network, x, y, steps[order])["beta"]
            claim = f"For steps {tuple(steps.tolist())} {says}, with what you get for each of them alone"
            close(got, np.asarray(max(alone)), "beta", claim, feature=None)


effective_smoothness.value("a bowl, worked out by hand")(
    _on_bowl(
        np.asarray(BOWL_BETA),
        "For the loss a² + 9 b² + 4 c² + 5 from (3, 1, -2), where the gradient is (6, 18, -16)",
    )
)
effective_smoothness.value("a kink, worked out by hand")(
    _on_kink(KINK_BETA, "For the loss (max(W + b, 0) + 1)² from W = 1, b = 0 with steps (0.25, 0.15, 0.0625)")
)


@effective_smoothness.value("a dead network has no smoothness")
def _(ask: Session) -> None:
    for steps in (KINK_STEPS, KINK_STEPS[:1]):
        if ask(DEAD, KINK_X, KINK_Y, steps)["beta is nan"] != 1:
            raise Failure(
                "For the loss (max(W + b, 0) + 1)² from W = 1, b = -2, where the gradient is (0, 0): expected beta = "
                "nan, saw something else. There is no line to walk along, and nothing to divide by"
            )


_add_shared(effective_smoothness)

# --- norms --------------------------------------------------------------------------------------------------

lp_normalize = Exercise(
    "lp_normalize",
    stage="07_landscape",
    arguments=("x", "p"),
    returns=lambda x, p: {"out": x.shape},
    examples=lambda ask: [(batch(N, D), p) for N, D in ((6, 4), (3, 5), (4, 4)) for p in (1, 2, 3, np.inf)],
    topics=(
        "p = 1, 2, 3 and infinity exactly, N ≠ D",
        "negative entries, and features far from 0",
        "constant features, and one of zeros",
        "integers, float32, and whether x is left alone",
    ),
)
ORDERS = (1, 2, 3, 1.5, np.inf)


@lp_normalize.invariant("every feature has mean 0")
def _(ask: Session) -> None:
    for p in ORDERS:
        mean = ask(batch(), p).mean(axis=0)
        close(mean, np.zeros(4), "mean of feature", f"With p = {p:g}", scale=1.0)


@lp_normalize.invariant("the unit of a feature does not matter, and its sign stays")
def _(ask: Session) -> None:
    units = np.array([1000.0, 0.5, -3.0, 1e-3])
    for p in ORDERS:
        got, want = ask(units * batch(), p), np.sign(units) * ask(batch(), p)
        close(got, want, "out", f"With p = {p:g} and features times (1000, 0.5, -3, 0.001)")


@lp_normalize.invariant("each feature on its own")
def _(ask: Session) -> None:
    for p in ORDERS:
        close(
            ask(batch()[:, 1:3], p),
            ask(batch(), p)[:, 1:3],
            "out",
            f"With p = {p:g} and two of four features",
        )


@lp_normalize.invariant("the same examples twice give the same")
def _(ask: Session) -> None:
    for p in ORDERS:
        got = ask(np.concatenate([batch(), batch()]), p)[:6]
        close(got, ask(batch(), p), "out", f"With p = {p:g} and each example twice in the batch")


@lp_normalize.invariant("a feature that does not vary gives 0, also one of zeros")
def _(ask: Session) -> None:
    x = np.where(np.arange(4) == 1, 3.0, batch())
    x[:, 2] = 0
    for p in ORDERS:
        got = ask(x, p)
        claim = f"With p = {p:g} and features that are 3 and 0 in all examples"
        close(got[:, 1:3], np.zeros((6, 2)), "out[:, 1:3]", claim, scale=1.0)
        claim = f"With p = {p:g} and other features that are 3 and 0 in all examples"
        close(got[:, ::3], ask(batch(), p)[:, ::3], "out[:, ::3]", claim)


@lp_normalize.invariant("integers and float32 work")
def _(ask: Session) -> None:
    x = integers()
    for p in ORDERS:
        close(
            ask(x, p),
            ask(x.astype(np.float64), p),
            "out",
            f"With p = {p:g}, integers should give what floats give",
        )
        got = ask(batch().astype(np.float32), p)
        claim = f"With p = {p:g}, float32 should give nearly the same as float64"
        close(got, ask(batch(), p), "out", claim, rtol=1e-4)


# Means (1, 4), mean absolute values (2, 4), root mean squares (√6.5, √28), largest absolute values (4, 8).
NORM_TABLE = np.array([[4.0, 8.0], [-2.0, 0.0], [1.0, 0.0], [1.0, 8.0]])
NORM_TABLE_CENTRED = np.array([[3.0, 4.0], [-3.0, -4.0], [0.0, -4.0], [0.0, 4.0]])
NORMS = {
    1: np.array([2.0, 4.0]),
    2: np.sqrt([5.5, 32.0]),
    3: np.cbrt([18.5, 256.0]),
    12: np.array([(4.0**12 + 2.0**12 + 2) / 4, 8.0**12 / 2]) ** (1 / 12),
    np.inf: np.array([4.0, 8.0]),
}


@lp_normalize.value("a table, worked out by hand")
def _(ask: Session) -> None:
    for p, norm in NORMS.items():
        claim = f"With p = {p:g} and the features (4, -2, 1, 1) and (8, 0, 0, 8), of means 1 and 4"
        close(ask(NORM_TABLE, p), NORM_TABLE_CENTRED / norm, "out", claim)


# --- the theorem --------------------------------------------------------------------------------------------

theorem_4_1_sides = Exercise(
    "theorem_4_1_sides",
    stage="07_landscape",
    arguments=("dout", "y", "gamma"),
    returns=lambda dout, y, gamma: {"left": gamma.shape, "right": gamma.shape},
    examples=lambda ask: [
        (upstream(m, D), batch(m, D), GAMMA[:D]) for m, D in ((6, 4), (3, 5), (5, 5), (40, 2))
    ],
    topics=(
        "each side by itself",
        "batches of several sizes",
        "gamma of both signs, features of different spread and offset",
        "that both sides are equal without eps",
        "whether dout and y are left alone",
    ),
)
GAMMA = np.array([-1.5, 0.5, 2.0, -0.75, 3.0])
SIDES = "left", "right"


def _sides(ask: Session, dout: np.ndarray, y: np.ndarray, gamma: np.ndarray = GAMMA[:4]) -> Seen:
    return dict(zip(SIDES, ask(dout, y, gamma), strict=True))


def _same_sides(got: Seen, want: Seen, claim: str, factor: np.ndarray | float = 1.0) -> None:
    for name in SIDES:
        close(got[name], factor * want[name], name, claim, feature=0)


@theorem_4_1_sides.invariant("no side is negative, and each feature has its own")
def _(ask: Session) -> None:
    dout, y = upstream(6, 4), batch()
    sides = _sides(ask, dout, y)
    for name in SIDES:
        if not (sides[name] > 0).all():
            raise Failure(
                f"Squared lengths, and what is compared with them: expected {name} above 0, saw {sides[name].min():.4g}"
            )
    part = _sides(ask, dout[:, 2:], y[:, 2:], GAMMA[2:4])
    _same_sides(
        part, {name: side[2:] for name, side in sides.items()}, "With the last two of four features alone"
    )


@theorem_4_1_sides.invariant("gamma: twice as large and negative makes both sides four times as large")
def _(ask: Session) -> None:
    dout, y = upstream(6, 4), batch()
    _same_sides(_sides(ask, dout, y, -2 * GAMMA[:4]), _sides(ask, dout, y), "With gamma times -2", 4.0)


@theorem_4_1_sides.invariant("a wider y makes both sides smaller, an offset of y changes nothing")
def _(ask: Session) -> None:
    dout, y = upstream(6, 4), batch()
    want = _sides(ask, dout, y)
    _same_sides(_sides(ask, dout, y + 100), want, "With y + 100 for y")
    _same_sides(_sides(ask, dout, 3 * y), want, "With 3 y for y", 1 / 9)
    for k in (1024, 2**24):
        _same_sides(_sides(ask, dout, y / k), want, f"With y / {k} for y (there is no eps)", float(k) ** 2)


@theorem_4_1_sides.invariant(
    "BN lets neither a constant nor y itself through: added to dout they change nothing"
)
def _(ask: Session) -> None:
    for m in (5, 40):
        dout, y = upstream(m, 4), batch(m)
        want = _sides(ask, dout, y)
        _same_sides(_sides(ask, dout + 2, y), want, f"For m = {m} with dout + 2 for dout")
        _same_sides(_sides(ask, dout + y, y), want, f"For m = {m} with dout + y for dout")


@theorem_4_1_sides.invariant("without eps both sides are equal")
def _(ask: Session) -> None:
    for m in (3, 8, 40):
        sides = _sides(ask, upstream(m, 4), batch(m))
        close(sides["right"], sides["left"], "right", f"For m = {m} your left side is the measure", feature=0)


# σ = (1, 2), ŷ = (-1, -1, 1, 1) and (-1, 1, -1, 1).
SIDES_Y = np.array([[2.0, 5.0], [2.0, 9.0], [4.0, 5.0], [4.0, 9.0]])
SIDES_GAMMA = np.array([3.0, -4.0])


@theorem_4_1_sides.value("four examples, worked out by hand")
def _(ask: Session) -> None:
    # 1, ŷ and what is left: dout = 2·(1, 1, 1, 1) + ŷ + 5·(1, -1, -1, 1) and -(1, 1, 1, 1) + 3 ŷ + 2·(1, -1, -1, 1)
    rest = np.array([[5.0, 2.0], [-5.0, -2.0], [-5.0, -2.0], [5.0, 2.0]])
    y_hat = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    want = np.array([9.0 * 100, 4.0 * 16])
    for dout, claim in (
        (rest, "For a dout that is orthogonal to 1 and to y"),
        (np.array([2.0, -1.0]) + np.array([1.0, 3.0]) * y_hat + rest, "For four examples"),
    ):
        _same_sides(_sides(ask, dout, SIDES_Y, SIDES_GAMMA), dict.fromkeys(SIDES, want), claim)
