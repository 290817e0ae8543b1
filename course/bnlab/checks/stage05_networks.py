"""Visible checks of stage 05."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.checks.data import (
    TABLE,
    TABLE_BETA,
    TABLE_EPS,
    TABLE_GAMMA,
    TABLE_MEAN,
    TABLE_OUT,
    TABLE_VAR,
    WIDE,
    batch,
    images,
    scale_and_shift,
    upstream,
)
from bnlab.checks.exercise import Exercise, Session
from bnlab.checks.expect import Failure, Unimplemented, close, describe, pair
from bnlab.checks.slopes import TOLERANCE, rate
from bnlab.nn import Layer, network_from, to_engine

Seen = dict[str, np.ndarray]


def at_work(BatchNorm: type[Layer], network: dict[str, Any], calls: list[dict[str, Any]]) -> Seen:
    """What a network does in which layers of the class ``BatchNorm`` are at work.

    Parameters
    ----------
    BatchNorm : class
    network : dict
        As for ``network_from``, with ``["norm", channels]`` among the layers; ``eps`` and ``momentum`` are theirs.
    calls : list of dict
        ``{"forward": x, "mode": …}``, ``{"backward": dout}`` or ``{"initialise": seed}``, one after the other; with
        ``layer`` it is that layer alone that is called, with ``kept`` the running statistics are to be kept, with
        ``need_dx`` False nobody wants dx.

    Returns
    -------
    seen : dict of str to ndarray
        ``out of call 1``, ``dx of call 2``, ``dgamma of layer 0 in call 2``, as the network's ``gradient`` has it,
        and so on; at the end ``running_mean of layer 0`` and ``running_var of layer 0``.
    """

    def norm(channels: int) -> Layer:
        return _watched(BatchNorm(channels, network["eps"], network["momentum"]))

    made = network_from(network, norm=norm)
    seen: Seen = {}
    for number, call in enumerate(calls, 1):
        if "forward" in call:
            seen[f"out of call {number}"] = _copy(_forward(made, call))
        elif "initialise" in call:
            for layer in made.layers:
                layer.initialise(np.random.default_rng(call["initialise"]))
        else:
            dx = _backward(made, call)
            if call.get("need_dx", True):
                seen[f"dx of call {number}"] = _copy(dx)
            for place in range(len(made.layers)) if "layer" not in call else [call["layer"]]:
                for name, gradient in _gradients(made, place):
                    seen[f"d{name} of layer {place} in call {number}"] = gradient
    for place, (kind, *_) in enumerate(network["layers"]):
        if kind == "norm":
            for name in ("running_mean", "running_var"):
                seen[f"{name} of layer {place}"] = _copy(getattr(made.layers[place], name))
    return seen


def _watched(layer: Layer) -> Layer:
    """The layer itself; what its passes return has to be an array of the shape of what they get."""
    if layer is None or layer is ...:
        raise NotImplementedError
    for name in ("forward", "backward"):
        setattr(layer, name, _same_shape(name, getattr(layer, name)))
    return layer


def _same_shape(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def checked(array: np.ndarray, *more: Any) -> Any:
        value = call(array, *more)
        if name == "backward" and more and not more[0]:
            return value  # may be anything
        if value is None or value is ...:
            raise NotImplementedError(name)
        if not isinstance(value, np.ndarray) or value.shape != array.shape:
            seen = describe(value)
            raise TypeError(f"{name} should return an array of shape {array.shape}, but it returned {seen}")
        return value

    return checked


def _forward(network: Any, call: dict[str, Any]) -> Any:
    if "layer" in call:
        return network.layers[call["layer"]].forward(call["forward"], call["mode"])
    network.mode = call["mode"]
    if not call.get("kept"):
        return network.forward(call["forward"])
    with network.running_statistics_kept():
        return network.forward(call["forward"])


def _backward(network: Any, call: dict[str, Any]) -> Any:
    if "layer" in call:
        return network.layers[call["layer"]].backward(call["backward"])
    return network.backward(call["backward"], need_dx=call.get("need_dx", True))


def _gradients(network: Any, place: int) -> list[tuple[str, np.ndarray]]:
    """The gradients of a layer's parameters by name, cut out of the network's vector."""
    found, start = [], network.slices[place].start
    for name, shape in network.layers[place].shapes.items():
        end = start + math.prod(shape)
        found.append((name, network.gradient[start:end].reshape(shape).copy()))
        start = end
    return found


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


class Through(Layer):
    """Lets everything through: with it in place of BN a network has the same shapes."""

    def __init__(self, channels: int, eps: float, momentum: float):
        super().__init__()
        self.shapes = {"gamma": (channels,), "beta": (channels,)}
        self.running_mean = self.running_var = np.zeros(channels)

    def forward(self, x: np.ndarray, mode: str = "train") -> np.ndarray:
        return x

    def backward(self, dout: np.ndarray, need_dx: bool = True) -> np.ndarray:
        return dout


def _shapes(network: dict[str, Any], calls: list[dict[str, Any]]) -> dict[str, tuple[int, ...] | None]:
    return {name: array.shape for name, array in at_work(Through, network, calls).items()}


# --- networks and calls -------------------------------------------------------------------------------------


def alone(C: int = 4, eps: float = 0.3, momentum: float = 0.75, **more: Any) -> dict[str, Any]:
    """A network of one layer, with gamma and beta away from 1 and 0."""
    network = {"layers": [["norm", C]], "eps": eps, "momentum": momentum}
    return {**network, "parameters": np.concatenate(scale_and_shift(C)), **more}


def deep(parameters: np.ndarray | None = None) -> dict[str, Any]:
    """Two layers of BN, each behind an affine one."""
    layers = [["affine", 4, 5], ["norm", 5], ["tanh"], ["affine", 5, 3], ["norm", 3]]
    return {"layers": layers, "eps": 0.3, "momentum": 0.75, "seed": 3, "parameters": parameters}


def flat(N: int = 6, C: int = 4, seed: int = 0) -> np.ndarray:
    """(C, N)."""
    return to_engine(batch(N, C, seed))


def pictures(N: int = 2, C: int = 4, H: int = 3, W: int = 5, seed: int = 0) -> np.ndarray:
    """(C, H, W, N): distinct channels."""
    return to_engine(images(N, C, H, W, seed))


def train(x: np.ndarray, **more: Any) -> dict[str, Any]:
    return {"forward": x, "mode": "train", **more}


def test(x: np.ndarray, **more: Any) -> dict[str, Any]:
    return {"forward": x, "mode": "test", **more}


def back(dout: np.ndarray, **more: Any) -> dict[str, Any]:
    return {"backward": dout, **more}


def rows(x: np.ndarray) -> np.ndarray:
    """(C, …) → (C, M)."""
    return x.reshape(len(x), -1)


STATISTICS = ("running_mean", "running_var")
INPUTS = (flat(), flat(3, 5), pictures(), pictures(3, 3, 3, 3))

BatchNorm = Exercise(
    "BatchNorm",
    stage="05_networks",
    arguments=("network", "calls"),
    returns=_shapes,
    mapping=True,
    harness=at_work,
    examples=lambda ask: [(alone(len(x)), [train(x), test(x[..., :1])]) for x in INPUTS],
    topics=(
        "flat activations and images with distinct channels, N ≠ C ≠ H ≠ W",
        "test mode with eps = 0.3 and warm buffers, in a network of several layers",
        "whether layers keep their statistics apart, and keep them when they are asked to",
        "where the gradients of gamma and beta arrive",
        "to which forward pass a backward pass belongs",
        "the gradient of a bias before BN",
        "float32, and whether x and dout are left alone",
    ),
)


def _same_statistics(got: Seen, want: Seen, claim: str, layer: int = 0, of: int = 0) -> None:
    for name in STATISTICS:
        close(got[f"{name} of layer {layer}"], want[f"{name} of layer {of}"], name, claim, feature=None)


@BatchNorm.invariant("before training: gamma 1, beta 0, running statistics 0")
def _(ask: Session) -> None:
    seen = ask(alone(parameters=None), [])
    for name in STATISTICS:
        close(seen[f"{name} of layer 0"], np.zeros(4), name, "Before the first step", scale=1.0)
    out = ask(alone(eps=1e-5, parameters=None), [train(WIDE * flat())])["out of call 1"]
    close(out.mean(axis=1), np.zeros(4), "mean of channel", "Before the first step beta is 0", scale=1.0)
    close(out.std(axis=1), np.ones(4), "std of channel", "Before the first step gamma is 1")


@BatchNorm.invariant("a layer that is initialised again is in the state before training")
def _(ask: Session) -> None:
    again = {"initialise": 0}
    seen = ask(alone(), [train(flat()), again])
    for name in STATISTICS:
        close(seen[f"{name} of layer 0"], np.zeros(4), name, "When initialise is called again", scale=1.0)
    want = ask(alone(parameters=None), [train(flat())])["out of call 1"]
    got = ask(alone(), [train(3 * flat(seed=1)), again, train(flat())])["out of call 3"]
    close(got, want, "out", "After initialise has been called again", feature=0)


@BatchNorm.invariant("train mode: every channel of out has mean beta, and those of the network")
def _(ask: Session) -> None:
    _, beta = scale_and_shift()
    for eps in (1e-5, 1.0):
        for x in (flat(), pictures()):
            mean = rows(ask(alone(eps=eps), [train(x)])["out of call 1"]).mean(axis=1)
            claim = f"With eps = {eps:g} and beta written into the network's parameters"
            close(mean, beta, "mean of channel", claim, scale=1.0)


@BatchNorm.invariant("train mode: for widely spread channels out has standard deviation |gamma|")
def _(ask: Session) -> None:
    gamma, _ = scale_and_shift()
    for x in (flat(), pictures()):
        spread = rows(ask(alone(eps=1e-5), [train(WIDE * x)])["out of call 1"]).std(axis=1)
        claim = f"For x times {WIDE:g} and gamma written into the network's parameters"
        close(spread, np.abs(gamma), "std of channel", claim)


@BatchNorm.invariant("images are examples of pixels: laid out flat they give the same")
def _(ask: Session) -> None:
    for x in INPUTS[2:]:
        network, calls = alone(len(x)), [train(x), test(x)]
        seen = ask(network, calls)
        want = ask(network, [{**call, "forward": rows(x)} for call in calls])
        for call in ("out of call 1", "out of call 2"):
            claim = f"For images of shape {x.shape}, against the same numbers as {rows(x).shape}"
            close(rows(seen[call]), want[call], "out", claim, feature=0)
        _same_statistics(seen, want, f"For images of shape {x.shape}")


@BatchNorm.invariant("momentum 1 keeps the running statistics, momentum 0 takes those of the batch")
def _(ask: Session) -> None:
    seen = ask(alone(momentum=1.0), [train(flat()), train(flat(seed=1))])
    for name in STATISTICS:
        close(seen[f"{name} of layer 0"], np.zeros(4), name, "With momentum 1 after two steps", scale=1.0)
    seen = ask(alone(3, momentum=0.0), [train(flat(5, 3)), train(to_engine(TABLE))])
    for name, want in zip(STATISTICS, (TABLE_MEAN, TABLE_VAR), strict=True):
        claim = "With momentum 0, after a table of mean (2, 5, -2) and variance (1, 6, 13)"
        close(seen[f"{name} of layer 0"], want, name, claim, feature=None)


@BatchNorm.invariant("train mode: out does not depend on what came before")
def _(ask: Session) -> None:
    seen = ask(alone(), [train(flat()), train(flat(seed=1)), train(flat())])
    close(seen["out of call 3"], seen["out of call 1"], "out", "The same batch once more", feature=0)


@BatchNorm.invariant("two layers keep their statistics apart")
def _(ask: Session) -> None:
    pair_of = {**alone(), "layers": [["norm", 4], ["norm", 4]], "parameters": None}
    first, second = flat(), 3 * flat(seed=1) + 1
    both = ask(pair_of, [call for _ in range(2) for call in (train(first, layer=0), train(second, layer=1))])
    for layer, x in enumerate((first, second)):
        by_itself = ask(alone(parameters=None), [train(x), train(x)])
        claim = f"Layer {layer} of two that are trained in turn should end as if it were alone"
        _same_statistics(both, by_itself, claim, layer)


@BatchNorm.invariant("test mode: no example depends on its batch-mates, in any layer")
def _(ask: Session) -> None:
    x = flat(8, seed=2)
    for network, claim in (
        (alone(), "In test mode"),
        (deep(), "In a network with two layers of BN in test mode"),
    ):
        seen = ask(network, [train(flat()), test(x), test(x[:, :3]), test(x[:, 5:6])])
        close(
            seen["out of call 3"],
            seen["out of call 2"][:, :3],
            "out",
            f"{claim}, for 3 of 8 examples",
            feature=0,
        )
        close(
            seen["out of call 4"],
            seen["out of call 2"][:, 5:6],
            "out",
            f"{claim}, for one of 8",
            feature=None,
        )


@BatchNorm.invariant("test mode: the running statistics are read and never written")
def _(ask: Session) -> None:
    before = ask(alone(), [train(flat())])
    after = ask(alone(), [train(flat()), test(flat(seed=1)), test(flat(seed=1))])
    _same_statistics(after, before, "A call in test mode should change nothing")
    close(after["out of call 3"], after["out of call 2"], "out", "The same question asked twice", feature=0)


@BatchNorm.invariant("train mode with the running statistics kept")
def _(ask: Session) -> None:
    usual = ask(alone(), [train(flat()), train(flat(seed=1))])
    kept = ask(alone(), [train(flat()), train(flat(seed=1), kept=True)])
    claim = "Within running_statistics_kept() a call in train mode"
    close(
        kept["out of call 2"],
        usual["out of call 2"],
        "out",
        f"{claim} should give what it usually gives",
        feature=0,
    )
    _same_statistics(kept, ask(alone(), [train(flat())]), f"{claim} should leave them")
    later = ask(alone(), [train(flat(), kept=True), train(flat(seed=1))])
    _same_statistics(later, ask(alone(), [train(flat(seed=1))]), "After the block they should move as usual")


@BatchNorm.invariant("float32 works")
def _(ask: Session) -> None:
    x = pictures()
    want = ask(alone(), [train(x), test(x)])
    got = ask(alone(dtype="float32"), [train(x.astype(np.float32)), test(x.astype(np.float32))])
    for name, array in want.items():
        feature = 0 if array.ndim > 1 else None
        claim = "float32 should give nearly the same as float64"
        close(got[name], array, name, claim, feature=feature, rtol=1e-4)


@BatchNorm.value("train mode: a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    network = {**alone(3, TABLE_EPS), "parameters": np.concatenate([TABLE_GAMMA, TABLE_BETA])}
    for x, out in (
        (TABLE.T, TABLE_OUT.T),
        (TABLE.T.reshape(3, 1, 2, 2), TABLE_OUT.T.reshape(3, 1, 2, 2)),
    ):
        seen = ask(network, [train(np.ascontiguousarray(x))])
        close(
            seen["out of call 1"], out, "out", "With eps = 3 it should come out in whole numbers", feature=0
        )
        for name, want in zip(STATISTICS, (TABLE_MEAN / 4, TABLE_VAR / 4), strict=True):
            claim = "With momentum 0.75 after one step"
            close(seen[f"{name} of layer 0"], want, name, claim, feature=None)


@BatchNorm.value("test mode: a table with a large eps, worked out by hand")
def _(ask: Session) -> None:
    network = alone(3, TABLE_EPS, 0.0, parameters=np.concatenate([TABLE_GAMMA, TABLE_BETA]))
    x = np.array([[6.0, 2.0], [7.0, 3.0], [-5.0, 4.0]])
    out = ask(network, [train(to_engine(TABLE)), test(x)])["out of call 2"]
    claim = "With running_mean (2, 5, -2), running_var (1, 6, 13) and eps = 3"
    close(out, np.array([[18.0, 10.0], [16.0, 24.0], [21.0, 48.0]]), "out", claim, feature=0)


def _gradients_of(ask: Session, network: dict, x: np.ndarray, dout: np.ndarray) -> Seen:
    try:
        return ask(network, [train(x), back(dout)])
    except Unimplemented:
        raise Failure("BatchNorm.backward is not implemented yet") from None


@BatchNorm.value("the gradients of gamma and beta arrive in the network, and predict what a change does")
def _(ask: Session) -> None:
    for x in (flat(3, 3), pictures(1, 3, 2, 2)):
        dout, parameters = upstream(*x.shape), alone(3)["parameters"]
        seen = _gradients_of(ask, alone(3), x, dout)

        def loss(moved: np.ndarray, x: np.ndarray = x, dout: np.ndarray = dout) -> float:
            return float(np.sum(ask(alone(3, parameters=moved), [train(x)])["out of call 1"] * dout))

        slopes = np.array([rate(loss, parameters, direction) for direction in np.eye(6)])
        for name, want in (("dbeta", slopes[3:]), ("dgamma", slopes[:3])):
            claim = "In the network's gradient, judged by how your forward pass answers to its parameters"
            close(seen[f"{name} of layer 0 in call 2"], want, name, claim, feature=None, rtol=TOLERANCE)


def _dx_predicts(ask: Session, x: np.ndarray, eps: float, does: str, direction_of: Any) -> None:
    network, dout = alone(len(x), eps), upstream(*x.shape)
    dx = _gradients_of(ask, network, x, dout)["dx of call 2"]
    rng = np.random.default_rng(7)

    def loss(moved: np.ndarray) -> float:
        return float(np.sum(ask(network, [train(moved)])["out of call 1"] * dout))

    size = abs(rate(loss, x, rng.normal(size=x.shape)))
    for c, channel in enumerate(x):
        direction = np.zeros_like(x)
        direction[c] = direction_of(channel, rng)
        measured, expected = rate(loss, x, direction), float(np.sum(dx * direction))
        tolerance = TOLERANCE * max(abs(measured), size)
        if not abs(expected - measured) <= tolerance:
            wanted, seen = pair(0.0 if abs(measured) < tolerance else measured, expected)
            raise Failure(
                f"With eps = {eps:g}, {does} channel {c} of x, of shape {x.shape}, changes the loss Σ out·dout of "
                f"your forward pass at the rate {wanted}, but your dx predicts {seen}"
            )


@BatchNorm.value("dx predicts what shifting a channel does")
def _(ask: Session) -> None:
    _dx_predicts(ask, flat(), 1.0, "shifting", lambda channel, rng: np.ones_like(channel))


@BatchNorm.value("dx predicts what stretching a channel about its mean does")
def _(ask: Session) -> None:
    _dx_predicts(ask, flat(), 1.0, "stretching", lambda channel, rng: channel - channel.mean())


@BatchNorm.value("dx predicts what any change of a channel does")
def _(ask: Session) -> None:
    for x, eps in ((flat(), 1.0), (pictures(3, 2, 2, 1, seed=2), 0.3)):
        moves = "moving the entries at random in"
        _dx_predicts(ask, x, eps, moves, lambda channel, rng: rng.normal(size=channel.shape))


def _same_gradients(got: Seen, number: int, want: Seen, claim: str, layer: int = 0) -> None:
    for name in ("dx", "dgamma", "dbeta"):
        place = "" if name == "dx" else f" of layer {layer} in call {number}"
        ours = f"dx of call {number}" if name == "dx" else f"{name}{place}"
        alone_ = "dx of call 2" if name == "dx" else f"{name} of layer 0 in call 2"
        close(got[ours], want[alone_], name, claim, feature=None)


@BatchNorm.value("a backward pass belongs to the last forward pass of its own layer")
def _(ask: Session) -> None:
    x, other, dout = flat(), 3 * flat(seed=1) + 1, upstream(4, 6)
    want = ask(alone(), [train(x), back(dout)])
    got = ask(alone(), [train(other), train(x), back(dout)])
    _same_gradients(got, 3, want, "When another batch went forward before, nothing should change")
    network = {
        **alone(),
        "layers": [["norm", 4], ["norm", 4]],
        "parameters": np.tile(alone()["parameters"], 2),
    }
    calls = [train(x, layer=0), train(other, layer=1), back(dout, layer=0)]
    claim = "When another layer works in between, nothing should change"
    _same_gradients(ask(network, calls), 3, want, claim)


@BatchNorm.value("gradients are written anew in each backward pass")
def _(ask: Session) -> None:
    x, dout = flat(), upstream(4, 6)
    want = ask(alone(), [train(x), back(dout)])
    got = ask(alone(), [train(3 * flat(seed=1)), back(upstream(4, 6, seed=2)), train(x), back(dout)])
    _same_gradients(got, 4, want, "After an earlier backward pass")
    got = ask(alone(), [train(x), back(upstream(4, 6, seed=2)), back(dout)])
    _same_gradients(got, 3, want, "When the backward pass before belonged to the same forward pass")


@BatchNorm.value("the gradients of gamma and beta are written, also where nobody wants dx")
def _(ask: Session) -> None:
    for x in (flat(), pictures()):
        dout = upstream(*x.shape)
        want = ask(alone(), [train(x), back(dout)])
        got = ask(alone(), [train(x), back(dout, need_dx=False)])
        for name in ("dgamma", "dbeta"):
            ours = f"{name} of layer 0 in call 2"
            close(got[ours], want[ours], name, "With need_dx = False", feature=None)


@BatchNorm.value("a network of two such layers: every entry of its gradient, and 0 for a bias before BN")
def _(ask: Session) -> None:
    x, dout = flat(7, seed=4), upstream(3, 7)
    layers = {0: ("W", "b"), 1: ("gamma", "beta"), 3: ("W", "b"), 4: ("gamma", "beta")}
    parameters = np.random.default_rng(5).normal(size=4 * 5 + 5 + 10 + 5 * 3 + 3 + 6)
    seen = _gradients_of(ask, deep(parameters), x, dout)
    names = [f"d{name} of layer {layer} in call 2" for layer, several in layers.items() for name in several]
    predicted = np.concatenate([seen[name].ravel() for name in names])

    def loss(moved: np.ndarray) -> float:
        return float(np.sum(ask(deep(moved), [train(x)])["out of call 1"] * dout))

    for name in (names[1], names[5]):
        claim = "A bias before BN is taken away with the mean, so its gradient is 0"
        close(seen[name], np.zeros_like(seen[name]), name, claim, scale=float(np.abs(predicted).max()))
    rng = np.random.default_rng(16)
    for _ in range(4):
        direction = rng.normal(size=parameters.shape)
        measured = rate(loss, parameters, direction)
        claim = "When all parameters of the network move along a random direction"
        got, want = np.array(predicted @ direction), np.array(measured)
        close(got, want, "the rate", claim, scale=float(np.linalg.norm(predicted)), rtol=TOLERANCE)


@BatchNorm.value("a backward pass after a forward pass in test mode raises ValueError")
def _(ask: Session) -> None:
    calls = [train(flat()), test(flat()), back(upstream(4, 6))]
    ask.refuses("For backward after a forward pass in test mode", alone(), calls)


@BatchNorm.value("dout is left as it was")
def _(ask: Session) -> None:
    for x in (flat(), pictures()):
        ask.pure(alone(), [train(x), back(upstream(*x.shape))])
