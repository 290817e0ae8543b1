"""Visible checks of stage 06."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.checks.data import FAR, batch
from bnlab.checks.exercise import Exercise, Session
from bnlab.checks.expect import Failure, close
from bnlab.checks.networks import BrokenOff, Described, PassCounter, Seen, prepared, small_batch, state_of
from bnlab.nn import Network, network_from

# --- what an exercise does with a network -------------------------------------------------------------------


def moments(function: Callable, network: Described, x: np.ndarray, layer: int) -> Seen:
    """``function(net, x, layer)`` as ``mean`` and ``var``, and what ``net`` is like afterwards.

    Parameters
    ----------
    network : dict
        As for ``network_from``. Optional: ``seen``, a pair of a batch and its targets of which the network has
        running statistics and a gradient from before; ``mode`` ("train"), in which ``function`` finds it;
        ``update`` (True), whether its layers may move their running statistics;
        ``fails_at``, the number of the forward pass that fails (there are no results then).

    Returns
    -------
    seen : dict
        ``mean`` and ``var`` as well as ``parameters``, ``gradient``, ``running mean``, ``train mode`` (1 or 0),
        ``update`` (1 or 0 for each layer that has it), ``one vector`` (whether the layers still hold pieces of the
        long vectors) and ``hooks`` (how many there are), each with " afterwards".
    """
    return _seen(("mean", "var"), function, network, x, layer)


def shift(
    function: Callable, network: Described, x: np.ndarray, y: np.ndarray, layer: int, lr: float
) -> Seen:
    """The same for a function of (net, x, y, layer, lr) that returns ``l2`` and ``cosine``."""
    return _seen(("l2", "cosine"), function, network, x, y, layer, lr)


def _seen(names: tuple[str, str], function: Callable, network: Described, *arguments: Any) -> Seen:
    net, seen = prepared(network), {}
    if "fails_at" in network:
        net.hooks.append(PassCounter(network["fails_at"]))
    with np.errstate(all="ignore"):
        try:
            values = function(net, *arguments)
        except BrokenOff:
            pass
        else:
            if values is None or values is ...:
                return values
            seen = {} if "fails_at" in network else _named(names, values)
    return seen | _state(net)


def _named(names: tuple[str, str], values: Any) -> Seen:
    """Both values by name; something else than a pair is the first of them, and the second is missing."""
    pair = values if isinstance(values, tuple | list) and len(values) == 2 else (values, None)
    return dict(zip(names, pair, strict=True))


def _state(net: Network) -> Seen:
    return state_of(net) | {"hooks afterwards": float(len(net.hooks))}


def _untouched(network: Described) -> Seen:
    """What the network is like afterwards if nothing has happened."""
    return _state(prepared(network)) | {"hooks afterwards": float("fails_at" in network)}


def _states(network: Described) -> dict[str, tuple[int, ...] | None]:
    return {name: np.shape(state) for name, state in _untouched(network).items()}


def _moments_of(network: Described, x: np.ndarray, layer: int) -> dict[str, tuple[int, ...] | None]:
    if "fails_at" in network:
        return _states(network)
    net = network_from(network)
    with net.recording(layer) as seen:
        net.forward(x)
    ((out,),) = seen.values()
    return {"mean": out.shape[:1], "var": out.shape[:1], **_states(network)}


def _shift_of(
    network: Described, x: np.ndarray, y: np.ndarray, layer: int, lr: float
) -> dict[str, tuple[int, ...] | None]:
    values = {} if "fails_at" in network else {"l2": (), "cosine": ()}
    return {**values, **_states(network)}


# --- networks -----------------------------------------------------------------------------------------------


def small(**more: Any) -> Described:
    """4 → 5 → 6 → 3 with tanh, and layers with gamma, beta and a running mean."""
    layers = [
        ["affine", 4, 5],
        ["scale", 5],
        ["tanh"],
        ["affine", 5, 6],
        ["scale", 6],
        ["tanh"],
        ["affine", 6, 3],
    ]
    return {"layers": layers, "loss": "squared", "seed": 3, **more}


def picturing() -> tuple[Described, np.ndarray, np.ndarray]:
    """A network with a convolution and a pooling, images (2, 4, 4, 5) and labels."""
    layers = [["convolution", 2, 3], ["scale", 3], ["relu"], ["pool"], ["affine", 12, 4]]
    images = np.random.default_rng(4).normal(size=(2, 4, 4, 5)) + np.arange(4)[:, None] / 4
    return (
        {"layers": layers, "loss": "cross-entropy", "seed": 1},
        np.round(64 * images) / 64,
        np.arange(5) % 4,
    )


def warm(**more: Any) -> Described:
    """The small network with running means and a gradient of another batch."""
    x, y = small_batch(seed=5)
    return small(seen=(2 * x + 1, y), **more)


AFTERWARDS = {
    "parameters": "the parameters are afterwards what they were",
    "gradient": "net.gradient is afterwards what it was",
    "train mode": "the network is afterwards in the mode in which it was",
    "running mean": "the running statistics stay",
    "hooks": "no hook is left behind",
    "one vector": "the layers still hold pieces of the network's own vectors",
    "update": "who was told to keep the running statistics still does",
}


def _as_before(ask: Session, network: Described, rest: tuple, what: str, claim: str) -> None:
    name = f"{what} afterwards"
    got, want = ask(network, *rest)[name], np.asarray(_untouched(network)[name])
    shown = {"parameters": "net.parameters", "gradient": "net.gradient", "hooks": "the number of hooks"}
    close(got, want, shown.get(what, what), claim, feature=None)


def _add_afterwards(exercise: Exercise, rest: tuple, names: tuple[str, str]) -> None:
    """Checks that a network is left alone, and looked at in train mode. rest: what follows ``network``."""

    def add(what: str, title: str) -> None:
        @exercise.invariant(title)
        def _(ask: Session) -> None:
            for mode in ("train", "test") if what == "train mode" else ("test",):
                claim = f"After the call, for a network in {mode} mode"
                told = {"update": False} if what == "update" else {}
                _as_before(ask, warm(mode=mode, **told), rest, what, claim)

    for what, title in AFTERWARDS.items():
        add(what, title)

    @exercise.invariant("it is the network in train mode that is looked at, whatever mode it is in")
    def _(ask: Session) -> None:
        want = ask(small(), *rest)
        for mode in ("train", "test"):
            got = ask(warm(mode=mode), *rest)
            for name in names:
                claim = f"For a network in {mode} mode that has seen other batches before, against one that has not"
                close(got[name], want[name], name, claim, feature=None)

    @exercise.invariant("float32 works")
    def _(ask: Session) -> None:
        want = ask(small(), *rest)
        got = ask(small(dtype="float32"), *rest)
        for name in names:
            close(got[name], want[name], name, "For a network in float32", feature=None, rtol=1e-3)


# --- moments ------------------------------------------------------------------------------------------------

activation_moments = Exercise(
    "activation_moments",
    stage="06_covariate_shift",
    arguments=("network", "x", "layer"),
    returns=_moments_of,
    mapping=True,
    harness=moments,
    examples=lambda ask: [
        (warm(mode="test"), small_batch()[0], 1),
        (warm(), small_batch(6)[0], 4),
        (picturing()[0], picturing()[1], 0),
        (picturing()[0], picturing()[1], 3),
    ],
    topics=(
        "features and channels, N ≠ C ≠ H ≠ W",
        "which layer it is whose output counts",
        "the variance of the batch, also far from 0",
        "statistics of the batch, whatever mode the network is in",
        "whether mode, hooks and running statistics are afterwards what they were",
    ),
)

# Two layers with weights that show who is who: (x, 2 x + 1), then (3 of the first, second - first).
LADDER = {
    "layers": [["affine", 1, 2], ["affine", 2, 2]],
    "loss": "squared",
    "parameters": np.array([1.0, 2, 0, 1, 3, 0, -1, 1, 0, 0]),
}
LADDER_X = np.array([[1.0, 2.0, 3.0, 6.0]])  # mean 3, variance 14/4
LADDER_MOMENTS = {0: ((3.0, 7.0), (3.5, 14.0)), 1: ((9.0, 4.0), (31.5, 3.5))}


@activation_moments.invariant("each example twice changes nothing")
def _(ask: Session) -> None:
    for network, x, layer in ((small(), small_batch()[0], 3), (*picturing()[:2], 0)):
        want, got = ask(network, x, layer), ask(network, np.concatenate([x, x], axis=-1), layer)
        for name in ("mean", "var"):
            close(got[name], want[name], name, "With each example twice in the batch", feature=None)


_add_afterwards(activation_moments, (small_batch()[0], 3), ("mean", "var"))


@activation_moments.invariant("the network is put back, also where the pass fails")
def _(ask: Session) -> None:
    for what in ("train mode", "hooks"):
        network, rest = warm(fails_at=1, mode="test"), (small_batch()[0], 3)
        want = _untouched(network)[f"{what} afterwards"]
        got = ask(network, *rest)[f"{what} afterwards"]
        close(got, np.asarray(want), what, "After an error in the forward pass", feature=None)


@activation_moments.invariant("an offset moves the mean and leaves the variance, however far")
def _(ask: Session) -> None:
    layers, weights = [["affine", 4, 2]], np.linspace(-1, 1, 8)
    near, far = (
        ask({"layers": layers, "parameters": np.append(weights, [offset, offset])}, small_batch()[0], 0)
        for offset in (0.0, FAR)
    )
    claim = f"With a bias of {FAR:g} after the layer"
    close(far["mean"], near["mean"] + FAR, "mean", claim, feature=None)
    close(far["var"], near["var"], "var", claim, feature=None, rtol=1e-6)


@activation_moments.value("two layers, worked out by hand")
def _(ask: Session) -> None:
    for layer, (mean, var) in LADDER_MOMENTS.items():
        seen = ask(LADDER, LADDER_X, layer)
        says = "(x, 2x + 1)" if layer == 0 else "(x, 2x + 1) and then (3x, x + 1)"
        claim = f"For a network that gives {says} and x = 1, 2, 3, 6, after layer {layer}"
        close(seen["mean"], np.array(mean), "mean", claim, feature=None)
        close(seen["var"], np.array(var), "var", claim, feature=None)


@activation_moments.value("images: height and width count as batch")
def _(ask: Session) -> None:
    """A pooling of a network that is nothing else gives pixels that are easy to see."""
    x = np.zeros((2, 2, 4, 3))
    x[0, 0, ::2], x[1, 1, 1::2] = [[1.0, 2, 3], [5, 6, 7]], [[8.0, 8, 8], [4, 0, 2]]
    seen = ask({"layers": [["pool"]]}, x, 0)
    claim = "For two channels, whose pooled pixels are 1, 2, 3, 5, 6, 7 and 8, 8, 8, 4, 0, 2"
    close(seen["mean"], np.array([4.0, 5.0]), "mean", claim, feature=None)
    close(seen["var"], np.array([28 / 6, 62 / 6]), "var", claim, feature=None)


# --- noise --------------------------------------------------------------------------------------------------


def noised(
    function: Callable,
    a: np.ndarray,
    seed: int,
    calls: int,
    n_mu: float,
    n_sigma: float,
    r_mu: float,
    r_sigma: float,
) -> Seen:
    """What ``function(a, rng, …)`` returns when it is called so many times with one generator.

    Returns
    -------
    seen : dict
        ``out``: (calls, *a.shape), and ``traits``: for many units of constant activations, what is typical of the
        noise in numbers so coarse that chance plays no part. They tell mistakes apart in whatever order the
        generator is asked; nobody is judged by them.
    """
    rng, outs = np.random.default_rng(seed), []
    for _ in range(calls):
        out = function(a, rng, n_mu, n_sigma, r_mu, r_sigma)
        if out is None or out is ...:
            return out
        if not isinstance(out, np.ndarray) or out.dtype.kind != "f" or out.shape != a.shape:
            return {"out": out, "traits": np.zeros(TRAITS)}
        outs.append(out.copy())
    telling = a.shape[1] >= MANY and np.ptp(a) == 0
    traits = _traits(np.stack(outs)) if telling else np.zeros(TRAITS)
    return {"out": np.stack(outs), "traits": traits.astype(a.dtype)}


MANY = 500  # units, from which on chance plays no part in coarse numbers
TRAITS = 6


def _traits(out: np.ndarray) -> np.ndarray:
    """Coarse numbers of the noise on constant activations.

    Whether its centre is off 0; how far units are apart, values of a unit, examples of a unit, and two calls; and the
    kurtosis, which tells uniform from normal.
    """
    rows = np.moveaxis(out.astype(np.float64), 2, 0)  # (units, calls, N, …)
    units, examples = rows.shape[0], rows.shape[2]
    first = rows[:, 0].reshape(units, -1)
    means, away = first.mean(axis=1), first - first.mean()
    sizes = (
        means.std(),
        _spread_of_rows(first),
        _spread_of_rows(rows[:, 0].reshape(units, examples, -1).mean(axis=2)),
        np.sqrt(np.mean((rows[:, -1] - rows[:, 0]) ** 2)),
        (away**4).mean() / max((away**2).mean() ** 2, 1e-300),
    )
    off = np.abs(means.mean()) > 6 * means.std() / np.sqrt(units) + 1e-12
    return np.array([float(off), *map(_half_octaves, sizes)]) + 0.0  # no negative zeros


def _spread_of_rows(rows: np.ndarray) -> float:
    return float(np.sqrt(rows.var(axis=1, ddof=1).mean())) if rows.shape[1] > 1 else 0.0


def _half_octaves(size: float) -> float:
    return float(np.round(2 * np.log2(min(size, 1e9)))) if size > 1e-9 else -99.0


# Constants for which n_mu/√3, (n_sigma - 1)/√12, r_mu/√3 and r_sigma are in the middle of a step.
N_MU, N_SIGMA, R_MU, R_SIGMA = np.sqrt(3.0), 1 + np.sqrt(12) / 4, np.sqrt(3.0) / 4, 0.5
NOISE = ("a", "seed", "calls", "n_mu", "n_sigma", "r_mu", "r_sigma")

noisy_batchnorm = Exercise(
    "noisy_batchnorm",
    stage="06_covariate_shift",
    arguments=NOISE,
    returns=lambda a, seed, calls, *constants: {"out": (calls, *a.shape), "traits": (TRAITS,)},
    mapping=True,
    harness=noised,
    examples=lambda ask: [
        (np.ones(shape), 1, 2, 0.5, 1.25, 0.1, 0.1) for shape in ((5, 3), (3, 3), (1, 4), (2, 3, 4, 5))
    ],
    topics=(
        "μ of every unit: centre, spread, range",
        "σ of every unit: from 1 upwards",
        "the spread within a unit; r_sigma is a standard deviation",
        "one μ and one σ per unit, for images too",
        "new noise at every call, from rng and nowhere else",
        "what is scaled and what is shifted",
        "whether a is left alone",
    ),
)
FLAT, WIDE_UNITS = (4, 3000), (2, 700, 2, 4)


def _no_noise(ask: Session, a: np.ndarray, **constants: float) -> np.ndarray:
    """``out`` of a single call with the constants named, and no noise otherwise."""
    given = {"n_mu": 0.0, "n_sigma": 1.0, "r_mu": 0.0, "r_sigma": 0.0} | constants
    return ask(a, 2, 1, *given.values())["out"][0]


def _mean_near(values: np.ndarray, want: float, deviation: float, name: str, claim: str) -> None:
    """Six standard errors; ``deviation`` is that of one value."""
    got, margin = float(values.mean()), 6 * deviation / np.sqrt(values.size)
    if not abs(got - want) <= margin:
        raise Failure(f"{claim}: expected {name} = {want:.4g} ± {margin:.2g}, saw {got:.4g}")


def _rows(out: np.ndarray) -> np.ndarray:
    """(units, values)."""
    return np.moveaxis(out, 1, 0).reshape(out.shape[1], -1)


@noisy_batchnorm.invariant("without noise, a comes out")
def _(ask: Session) -> None:
    for a in (batch(5, 3), batch(5, 3).astype(np.float32), np.ones((2, 3, 2, 2))):
        claim = "With n_mu = r_mu = r_sigma = 0 and n_sigma = 1 the output is a"
        close(_no_noise(ask, a), a, "out", claim, feature=None)


@noisy_batchnorm.invariant("all values of a unit share one shift and one scale")
def _(ask: Session) -> None:
    for shape, what in (
        ((8, 4), "examples of a feature"),
        ((3, 4, 2, 5), "examples and pixels of a channel"),
    ):
        rows = _rows(_no_noise(ask, np.ones(shape), n_mu=2.0, n_sigma=3.0))
        claim = f"With r_mu = r_sigma = 0 all {what} get the same noise"
        close(rows, np.tile(rows[:, :1], rows.shape[1]), "out", claim, feature=None)
        if np.ptp(rows[:, 0]) == 0:
            raise Failure(
                "The units have noise of their own: expected different numbers, saw the same for all"
            )


@noisy_batchnorm.invariant("every value of a unit has its own spread")
def _(ask: Session) -> None:
    for shape in ((8, 4), (3, 4, 2, 5)):
        for name in ("r_mu", "r_sigma"):
            rows = _rows(_no_noise(ask, np.ones(shape), **{name: 0.5}))
            if np.unique(rows).size < rows.size:
                claim = f"With {name} = 0.5 and a of shape {shape} every value has noise of its own"
                raise Failure(f"{claim}: expected {rows.size} numbers, saw {np.unique(rows).size}")


@noisy_batchnorm.invariant("the noise is new at every call, and comes from rng alone")
def _(ask: Session) -> None:
    a = np.ones((5, 3))
    out = ask(a, 3, 3, 0.5, 1.25, 0.1, 0.1)["out"]
    if np.array_equal(out[0], out[1]) or np.array_equal(out[1], out[2]):
        raise Failure("Two calls with one generator: expected other noise in the second, saw the same")
    claim = "With a generator of the same seed everything repeats itself"
    close(ask(a, 3, 3, 0.5, 1.25, 0.1, 0.1)["out"], out, "out", claim, feature=None)
    units = [ask(a, 3, 3, 0.5, 1.25, 0.0, 0.0)["out"][call, 0] for call in range(2)]
    if np.array_equal(*units):
        raise Failure("Two calls with one generator: expected other μ and σ in the second, saw the same")


@noisy_batchnorm.value("a is scaled first and shifted afterwards")
def _(ask: Session) -> None:
    a = np.array([-3.0, 0.0, 5.0])[:, None] * np.ones(3000)
    out = _no_noise(ask, a, n_mu=2.0, n_sigma=3.0)
    claim = "With r_mu = r_sigma = 0 a unit is a straight line in a: the value at 5, from those at -3 and 0"
    close(out[2], out[1] + 5 * (out[1] - out[0]) / 3, "out", claim, scale=20.0)
    scale = (out[1] - out[0]) / 3
    claim = "With n_mu = 2, n_sigma = 3"
    _mean_near(scale, 2.0, 1 / np.sqrt(3), "the mean of the scales", claim)
    _mean_near(out[1] ** 2, 4 / 3, 1.2, "the mean square of what becomes of a = 0", claim)
    claim = "With n_mu = 2, n_sigma = 3, where the shift of a unit says nothing about its scale"
    _mean_near(out[1] * (scale - 2), 0.0, 2 / 3, "the mean of shift times (scale - 2)", claim)


@noisy_batchnorm.value("the shifts of the units")
def _(ask: Session) -> None:
    for shape in (FLAT, WIDE_UNITS):
        mu = _rows(_no_noise(ask, np.zeros(shape), n_mu=2.0))[:, 0]
        claim = f"For a = 0 of shape {shape} with n_mu = 2 and no other noise"
        _mean_near(mu, 0.0, 2 / np.sqrt(3), "the mean of the shifts", claim)
        _mean_near(mu**2, 4 / 3, 1.2, "their mean square", claim)
        if np.abs(mu).max() > 2:
            raise Failure(f"{claim}: expected shifts within ±2, saw {np.abs(mu).max():.3g}")


@noisy_batchnorm.value("the scales of the units")
def _(ask: Session) -> None:
    for shape in (FLAT, WIDE_UNITS):
        sigma = _rows(_no_noise(ask, np.ones(shape), n_sigma=3.0))[:, 0]
        claim = f"For a = 1 of shape {shape} with n_sigma = 3 and no other noise"
        _mean_near(sigma, 2.0, 1 / np.sqrt(3), "the mean of the scales", claim)
        _mean_near((sigma - 2) ** 2, 1 / 3, 0.3, "their variance", claim)
        if sigma.min() < 1 or sigma.max() > 3:
            raise Failure(f"{claim}: expected scales from 1 to 3, saw {sigma.min():.3g} to {sigma.max():.3g}")


@noisy_batchnorm.value("the spread within a unit")
def _(ask: Session) -> None:
    for name, unit, deviation, kurtosis in (("r_mu", 0.0, 0.6 / np.sqrt(3), 1.8), ("r_sigma", 1.0, 0.6, 3.0)):
        for shape in (FLAT, WIDE_UNITS):
            out = _no_noise(ask, np.full(shape, unit), **{name: 0.6})
            claim = f"For a = {unit:g} of shape {shape} with {name} = 0.6 and no other noise"
            _mean_near(out, unit, deviation, "the mean", claim)
            error = deviation**2 * np.sqrt(kurtosis - 1)
            _mean_near((out - unit) ** 2, deviation**2, error, "the variance", claim)


# --- internal covariate shift -------------------------------------------------------------------------------

internal_covariate_shift = Exercise(
    "internal_covariate_shift",
    stage="06_covariate_shift",
    arguments=("network", "x", "y", "layer", "lr"),
    returns=_shift_of,
    mapping=True,
    harness=shift,
    examples=lambda ask: [
        (warm(mode="test"), *small_batch(), 3, 0.01),
        (warm(), *small_batch(5), 6, 0.01),
        (*picturing(), 4, 0.1),
    ],
    topics=(
        "Definition 2.1 on small networks, number by number",
        "which parameters move: all before the layer, and none from it on",
        "the direction and the size of the update",
        "the same batch, in train mode",
        "images, layers with gamma and beta, float32",
        "whether parameters, gradient, mode and running statistics are afterwards what they were, even after an error",
    ),
)

# h₁ = W₁x + b₁, h₂ = γh₁ + β, h₃ = W₂h₂ + b₂, out = W₃h₃ + b₃ with x = 1: h = 1, 2, 3 and out = 6. With target 5 the
# gradients are 8, 8 (W₁, b₁), 4, 4 (γ, β), 8, 4 (W₂, b₂), 6, 2 (W₃, b₃). After a step of 1/16: W₁, b₁ = 1/2, -1/2 and
# γ, β = 7/4, -1/4, so h = 0, -1/4, 3/4 and out = 3/2, and the gradient by W₂, b₂ is 7/2, -14.
CHAIN = {
    "layers": [["affine", 1, 1], ["scale", 1], ["affine", 1, 1], ["affine", 1, 1]],
    "loss": "squared",
    "parameters": np.array([1.0, 0, 2, 0, 1, 1, 2, 0]),
}
CHAIN_X, CHAIN_Y = np.array([[1.0]]), np.array([[5.0]])
CHAIN_L2 = float(np.hypot(4.5, 18))
CHAIN_COSINE = float((8 * 3.5 - 4 * 14) / np.hypot(8, 4) / np.hypot(3.5, 14))
# With target 7 everything points the other way: W₁, b₁ = 3/2, 1/2, γ, β = 9/4, 1/4, h = 2, 19/4, 23/4, out = 23/2.
# The gradient by W₂, b₂ was -8, -4, and is 18 (19/4, 1).
OTHER_Y = np.array([[7.0]])
OTHER_L2 = float(np.hypot(85.5 + 8, 18 + 4))
OTHER_COSINE = float(-(8 * 85.5 + 4 * 18) / np.hypot(8, 4) / np.hypot(85.5, 18))


@internal_covariate_shift.invariant("before the first layer there is nothing that moves")
def _(ask: Session) -> None:
    for network, x, y in ((small(), *small_batch()), picturing()):
        seen = ask(network, x, y, 0, 0.1)
        close(seen["l2"], np.zeros(()), "l2", "For the first layer of a network", scale=1.0)
        close(seen["cosine"], np.ones(()), "cosine", "For the first layer of a network")


@internal_covariate_shift.invariant("without a step there is no shift")
def _(ask: Session) -> None:
    for layer in (1, 6):
        seen = ask(small(), *small_batch(), layer, 0.0)
        close(seen["l2"], np.zeros(()), "l2", f"With lr = 0, for layer {layer}", scale=1.0)
        close(seen["cosine"], np.ones(()), "cosine", f"With lr = 0, for layer {layer}")


@internal_covariate_shift.invariant("a small step ten times as long: a length ten times as large")
def _(ask: Session) -> None:
    for layer in (1, 6):
        short, long = (ask(small(), *small_batch(), layer, lr)["l2"] for lr in (1e-6, 1e-5))
        close(long, 10 * short, "l2", f"For layer {layer} with lr = 1e-5, by that with lr = 1e-6", rtol=1e-2)
        if not short > 0:
            raise Failure(f"For layer {layer} the layers before it move: expected l2 above 0, saw 0")


@internal_covariate_shift.invariant("the cosine is one, whatever the unit of the loss")
def _(ask: Session) -> None:
    """With a loss 100 times as large and a step of 1/100 the same happens to the parameters."""
    layers = [["affine", 4, 5], ["tanh"], ["affine", 5, 3]]
    x, y = small_batch()
    plain = {"layers": layers, "loss": "squared", "seed": 3}
    start = network_from(plain).parameters
    tenfold = {
        **plain,
        "parameters": np.concatenate([start[:25], 10 * start[25:]]),
    }  # out and target times 10
    small_, large = ask(plain, x, y, 2, 0.01), ask(tenfold, x, 10 * y, 2, 0.0001)
    for seen in (small_, large):
        if not -1 <= seen["cosine"] <= 1 + 1e-9:
            raise Failure(f"For a cosine: expected a number from -1 to 1, saw {float(seen['cosine']):.4g}")
    close(large["cosine"], small_["cosine"], "cosine", "With a loss times 100 and lr / 100")
    close(
        large["l2"],
        10 * small_["l2"],
        "l2",
        "With a loss times 100 and lr / 100, so that this gradient is 10 times as long",
    )


@internal_covariate_shift.invariant("the order of the examples in the batch does not matter")
def _(ask: Session) -> None:
    x, y = small_batch()
    order = np.array([3, 0, 5, 1, 4, 2])
    want, got = ask(small(), x, y, 3, 0.01), ask(small(), x[:, order], y[:, order], 3, 0.01)
    for name in ("l2", "cosine"):
        close(got[name], want[name], name, "With the examples in another order", feature=None)


_add_afterwards(internal_covariate_shift, (*small_batch(), 3, 0.01), ("l2", "cosine"))


@internal_covariate_shift.invariant("the parameters are put back to the last digit, however long the step")
def _(ask: Session) -> None:
    _as_before(ask, warm(), (*small_batch(), 6, 1e13), "parameters", "After a call with lr = 10¹³")


@internal_covariate_shift.invariant("the network is put back, also where the second pass fails")
def _(ask: Session) -> None:
    network, rest = warm(fails_at=2, mode="test"), (*small_batch(), 3, 0.01)
    claim = "After an error in the second forward pass"
    for what in ("parameters", "gradient", "train mode"):
        _as_before(ask, network, rest, what, claim)


@internal_covariate_shift.value("a chain of single numbers, worked out by hand")
def _(ask: Session) -> None:
    chain = (
        "For h₁ = W₁x + b₁, h₂ = γh₁ + β, h₃ = W₂h₂ + b₂, out = W₃h₃ + b₃ at (1, 0), (2, 0), (1, 1), (2, 0)"
    )
    for target, l2, cosine in ((CHAIN_Y, CHAIN_L2, CHAIN_COSINE), (OTHER_Y, OTHER_L2, OTHER_COSINE)):
        seen = ask(CHAIN, CHAIN_X, target, 2, 1 / 16)
        claim = f"{chain} with x = 1, target {target[0, 0]:g} and lr = 1/16, for the layer of W₂ and b₂"
        close(seen["l2"], np.asarray(l2), "l2", claim)
        close(seen["cosine"], np.asarray(cosine), "cosine", claim)
    seen = ask(CHAIN, CHAIN_X, np.array([[6 - 2.0**-20]]), 2, 1 / 1024)
    claim = (
        f"{chain} with x = 1, lr = 1/1024 and a target that is all but met, so that all gradients are small"
    )
    close(seen["cosine"], np.ones(()), "cosine", claim, rtol=1e-5)
