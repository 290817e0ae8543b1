"""The inputs on which known mistakes differ from each other: public, fixed, and no others than the contracts allow.

Large eps and tiny spreads, warm buffers, gamma away from 1 and of both signs, features and channels that differ,
more examples than features and as many. Where digits cancel the numbers are noise, and only agreement is noted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bnlab.checks.data import batch, buffers, images, integers, scale_and_shift, upstream
from bnlab.clinic.implementation import served
from bnlab.clinic.samples import SAMPLES
from bnlab.diagnosis.witness import Witness, stored

PROBES: dict[str, Callable[[Witness], None]] = {}
NARROW = 2.0**-7  # a factor that makes an ordinary eps count
FAR = 2.0**17  # an offset that costs squares their digits; multiples of 1/64 survive it even in float32
LOW, MIDDLE, HIGH = 0.02, 0.05, 0.7  # of eps


def probe(*exercises: str) -> Callable[[Callable[[Witness], None]], Callable[[Witness], None]]:
    def add(function: Callable[[Witness], None]) -> Callable[[Witness], None]:
        PROBES.update(dict.fromkeys(exercises, function))
        return function

    return add


def ordinary() -> np.ndarray:
    return batch(7, 5, 11)


def square() -> np.ndarray:
    return batch(5, 5, 12)


# --- warm-up ------------------------------------------------------------------------------------------------


@probe("standardize")
def _(see: Witness) -> None:
    cube = batch(12, 5, 13).reshape(3, 4, 5)
    for label, x, axis in (
        ("columns", ordinary(), 0),
        ("rows", ordinary(), 1),
        ("cube", cube, 1),
        ("last axis", cube, -1),
        ("tiny", 2.0**-30 * ordinary(), 0),
    ):
        see(label, x, axis)
    see.edges()
    see("integers", integers(7, 5), 0)
    see("constant", np.where(np.arange(5) == 2, 5.0, ordinary()), 0)


@probe("relative_error")
def _(see: Witness) -> None:
    a, b = batch(3, 4, 14), 1.5 * batch(3, 4, 15) - 2
    for label, one, other in (
        ("two matrices", a, b),
        ("changed places", b, a),
        ("negative", -np.abs(a) - 1, -2 * np.abs(a) - 1),
        ("close", a, a + 2.0**-6 * b),
        ("vectors", a[0], b[0]),
        ("zeros and numbers", np.zeros((3, 4)), a),
    ):
        see(label, one, other)
    see.edges()
    see("zeros", np.zeros((3, 4)), np.zeros((3, 4)))
    see("unlike shapes", a, b[:1])


@probe("numerical_gradient")
def _(see: Witness) -> None:
    mix = np.array([[1.0, -2.0], [0.5, 1.5], [3.0, 0.25], [-1.0, 2.0]])
    x = np.random.default_rng(17).normal(
        size=(3, 4)
    )  # whoever steps forth and back does not end where it began
    see("another shape", lambda x: np.tanh(x @ mix / 8), x, upstream(3, 2, seed=18), 0.25)
    see("cubic", lambda x: x**3, x, upstream(3, 4, seed=19), 0.5)
    see("step not given", np.sin, x, upstream(3, 4, seed=19))
    see("vector", np.sin, x[0], upstream(4, seed=20), 1e-3)
    see("cube", np.sin, x.reshape(2, 3, 2), upstream(2, 3, 2, seed=22), 0.25)
    see.edges()
    see("the argument itself", lambda x: x, x, upstream(3, 4, seed=23), 0.25)
    see("integers", np.sin, integers(3, 2), upstream(3, 2, seed=24), 0.25)
    see("unlike shapes", np.sin, x, upstream(1, 4, seed=23), 0.25)


# --- forward ------------------------------------------------------------------------------------------------


@probe("batch_statistics")
def _(see: Witness) -> None:
    near = see("ordinary", ordinary())
    see("square", square())
    see("narrow", NARROW * ordinary())
    see.edges()
    see("integers", integers(7, 5))
    see("one example", batch(1, 5, 13))
    far = see.quietly(ordinary() + FAR)
    see.compare("far, var", _only("var", far), _only("var", near))


def _only(name: str, results: dict[str, np.ndarray] | None) -> dict[str, np.ndarray] | None:
    return {key: array for key, array in results.items() if key == name} if results is not None else None


@probe("batchnorm_train")
def _(see: Witness) -> None:
    gamma, beta = scale_and_shift(5)
    near = see("ordinary", ordinary(), gamma, beta, HIGH)
    see("low eps", ordinary(), gamma, beta, LOW)
    see("narrow", NARROW * ordinary(), gamma, beta, MIDDLE)
    see("square", square(), gamma, beta, HIGH)
    see.edges()
    see("integers", integers(7, 5), gamma, beta, HIGH)
    see("one example", batch(1, 5, 13), gamma, beta, HIGH)
    see.compare("far", see.quietly(ordinary() + FAR, gamma, beta, HIGH), near)


@probe("update_running")
def _(see: Witness) -> None:
    running, sample = batch(2, 5, 25)
    for momentum in (0.75, 0.2, 0.0, 1.0):
        see(f"momentum {momentum}", running, sample, momentum)


def _param(mode: str, eps: float = HIGH, D: int = 5, momentum: float = 0.7, **more: Any) -> dict[str, Any]:
    return {"mode": mode, "eps": eps, "momentum": momentum, **buffers(D), **more}


@probe("batchnorm_forward")
def _(see: Witness) -> None:
    gamma, beta = scale_and_shift(5)
    param = _param("train")
    near = see("train", ordinary(), gamma, beta, param)
    param["mode"] = "test"
    see("test after train", square(), gamma, beta, param)
    see("train, low eps", ordinary(), gamma, beta, _param("train", LOW, momentum=0.2))
    see("test", ordinary(), gamma, beta, _param("test"))
    see("test, low eps", ordinary(), gamma, beta, _param("test", LOW))
    see("train, narrow", NARROW * ordinary(), gamma, beta, _param("train", MIDDLE))
    small = NARROW**2 * buffers(5)["running_var"]
    see("test, narrow", NARROW * ordinary(), gamma, beta, _param("test", MIDDLE, running_var=small))
    see("train, square", square(), gamma, beta, _param("train"))
    see.edges()
    see("train, integers", integers(7, 5), gamma, beta, _param("train"))
    see("train, one example", batch(1, 5, 13), gamma, beta, _param("train"))
    see("test, one example", batch(1, 5, 13), gamma, beta, _param("test"))
    see("train, eps and momentum 0", NARROW * ordinary(), gamma, beta, _param("train", 0.0, momentum=0.0))
    see("test, eps 0", NARROW * ordinary(), gamma, beta, _param("test", 0.0, running_var=small))
    see("unknown mode", ordinary(), gamma, beta, _param("evaluate"))
    see.compare("far", see.quietly(ordinary() + FAR, gamma, beta, _param("train")), near)
    for mode in ("train", "test"):
        for label, x in (("absent", ordinary()), ("absent, integers", integers(7, 5))):
            absent = {"mode": mode, "eps": HIGH, "momentum": 0.7}
            zeros = {**absent, "running_mean": np.zeros(5), "running_var": np.zeros(5)}
            want, got = (see.quietly(x, gamma, beta, param) for param in (zeros, absent))
            see.compare(f"{mode}, {label}", got, want)
            if got is not None and mode == "train":
                see.compare(f"{mode}, {label}, buffers", stored(absent), stored(zeros))


@probe("fold_batchnorm")
def _(see: Witness) -> None:
    vectors = batch(1, 5, 26)[0], *scale_and_shift(5), *buffers(5).values()
    see("wide", batch(3, 5, 27), *vectors, HIGH)
    see("square", batch(5, 5, 28), *vectors, HIGH)
    see("low eps", batch(3, 5, 27), *vectors, LOW)


@probe("recalibrate")
def _(see: Witness) -> None:
    rows = batch(12, 4, 29) + np.arange(12)[:, None] / 2

    def pieces(offset: float = 0.0) -> list[np.ndarray]:
        return np.split(rows + offset, (2, 3, 8))

    near = see("list", pieces())
    see("one batch", [rows])
    see("equal sizes", np.split(rows, 3))
    see("narrow", [NARROW * piece for piece in pieces()])
    see.edges()
    see("generator", (piece for piece in pieces()))
    see("nothing", [])
    see.compare("far, var", _only("var", see.quietly(pieces(FAR))), _only("var", near))


# --- backward -----------------------------------------------------------------------------------------------


@probe("batchnorm_backward_steps")
def _(see: Witness) -> None:
    gamma, beta = scale_and_shift(5)
    for label, x, eps in (
        ("ordinary", ordinary(), HIGH),
        ("square", square(), LOW),
        ("narrow", NARROW * ordinary(), MIDDLE),
    ):
        steps = see.helper("batchnorm_forward_steps", x, gamma, beta, eps)
        see(label, upstream(*x.shape, seed=30), steps, gamma)


@probe("batchnorm_backward", "batchnorm_backward_alt")
def _(see: Witness) -> None:
    gamma, beta = scale_and_shift(5)
    for label, x, eps in (
        ("ordinary", ordinary(), HIGH),
        ("square", square(), LOW),
        ("narrow", NARROW * ordinary(), MIDDLE),
    ):
        param = _param("train", eps)
        _, cache = see.helper("batchnorm_forward", x, gamma, beta, param)
        before = stored(param)
        see(label, upstream(*x.shape, seed=30), cache)
        see.compare(f"{label}, buffers", stored(param), before)


@probe("batchnorm_backward_test")
def _(see: Witness) -> None:
    gamma, var = scale_and_shift(5)[0], buffers(5)["running_var"]
    see("ordinary", upstream(7, 5, seed=30), gamma, var, HIGH)
    see("square, low eps", upstream(5, 5, seed=31), gamma, var, LOW)
    see("one example", upstream(1, 5, seed=32), gamma, var, HIGH)


@probe("project_out")
def _(see: Witness) -> None:
    x, y = ordinary(), square()
    xhat, other = x - x.mean(axis=0), y - y.mean(axis=0)
    unit = xhat / np.sqrt((xhat**2).mean(axis=0))
    see("ordinary", upstream(7, 5, seed=30), xhat)
    see("long", upstream(7, 5, seed=30), 3 * unit)
    see("unit", upstream(7, 5, seed=30), unit)
    see("square", upstream(5, 5, seed=31), other)
    see.edges()
    see("a column of zeros", upstream(7, 5, seed=30), np.where(np.arange(5) == 2, 0.0, xhat))


# --- images and the relatives of BN -------------------------------------------------------------------------

SHAPES = (2, 4, 3, 5), (3, 2, 4, 1), (3, 3, 3, 3)


@probe("spatial_batchnorm_forward")
def _(see: Witness) -> None:
    for shape in SHAPES:
        x, (gamma, beta) = images(*shape, seed=33), scale_and_shift(shape[1])
        for mode in ("train", "test"):
            see(f"{mode}, {shape}", x, gamma, beta, _param(mode, D=shape[1]))
    narrow, (gamma, beta) = NARROW * images(seed=34), scale_and_shift(4)
    see("train, narrow", narrow, gamma, beta, _param("train", MIDDLE, 4))


@probe("spatial_batchnorm_backward")
def _(see: Witness) -> None:
    for shape in SHAPES:
        gamma, beta = scale_and_shift(shape[1])
        param = _param("train", D=shape[1])
        _, cache = see.helper("spatial_batchnorm_forward", images(*shape, seed=33), gamma, beta, param)
        see(f"{shape}", upstream(*shape, seed=35), cache)


@probe("layernorm_forward")
def _(see: Witness) -> None:
    gamma, beta = scale_and_shift(5)
    near = see("ordinary", ordinary(), gamma, beta, {"eps": HIGH})
    see("low eps", ordinary(), gamma, beta, {"eps": LOW})
    see("narrow", NARROW * ordinary(), gamma, beta, {"eps": MIDDLE})
    see("square", square(), gamma, beta, {"eps": HIGH})
    see.edges()
    see("integers", integers(7, 5), gamma, beta, {"eps": HIGH})
    see("one example", batch(1, 5, 13), gamma, beta, {"eps": HIGH})
    for mode in ("train", "test"):
        param = {"eps": HIGH, "mode": mode, "momentum": 0.7}
        for number in (1, 2):
            got = see.quietly(ordinary()[:: (-1) ** (number - 1)], gamma, beta, param)
            got = {name: array[:: (-1) ** (number - 1)] for name, array in got.items()} if got else got
            see.compare(f"{mode}, call {number}", got, near)
    see.compare("far", see.quietly(ordinary() + FAR, gamma, beta, {"eps": HIGH}), near)


@probe("layernorm_backward")
def _(see: Witness) -> None:
    gamma, beta = scale_and_shift(5)
    for label, x, eps in (
        ("ordinary", ordinary(), HIGH),
        ("square", square(), LOW),
        ("narrow", NARROW * ordinary(), MIDDLE),
    ):
        _, cache = see.helper("layernorm_forward", x, gamma, beta, {"eps": eps})
        see(label, upstream(*x.shape, seed=30), cache)


GROUPED = ((2, 4, 3, 5), 2), ((2, 4, 3, 5), 1), ((3, 6, 2, 1), 3), ((3, 3, 3, 3), 3)


def _of_channels(C: int) -> tuple[np.ndarray, np.ndarray]:
    gamma, beta = scale_and_shift(C)
    return gamma.reshape(1, C, 1, 1), beta.reshape(1, C, 1, 1)


@probe("spatial_groupnorm_forward")
def _(see: Witness) -> None:
    for shape, G in GROUPED:
        see(f"{shape}, {G}", images(*shape, seed=33), *_of_channels(shape[1]), G, {"eps": HIGH})
    see("narrow", NARROW * images(seed=34), *_of_channels(4), 2, {"eps": MIDDLE})
    see.edges()
    see("groups of unlike size", images(seed=34), *_of_channels(4), 3, {"eps": HIGH})


@probe("spatial_groupnorm_backward")
def _(see: Witness) -> None:
    for shape, G in GROUPED:
        x, parameters = images(*shape, seed=33), _of_channels(shape[1])
        _, cache = see.helper("spatial_groupnorm_forward", x, *parameters, G, {"eps": HIGH})
        see(f"{shape}, {G}", upstream(*shape, seed=35), cache)


# --- networks -----------------------------------------------------------------------------------------------


@probe("BatchNorm")
def _(see: Witness) -> None:
    def layers(C: int, count: int = 1, eps: float = HIGH, momentum: float = 0.7) -> dict[str, Any]:
        parameters = np.tile(np.concatenate(scale_and_shift(C)), count)
        made_of = {"layers": [["norm", C]] * count, "eps": eps, "momentum": momentum}
        return {**made_of, "parameters": parameters, "dtype": "float64"}

    def train(x: np.ndarray, **more: Any) -> dict[str, Any]:
        return {"forward": x, "mode": "train", **more}

    def back(shape: tuple[int, ...], seed: int = 30, **more: Any) -> dict[str, Any]:
        return {"backward": upstream(*shape, seed=seed), **more}

    def test(x: np.ndarray) -> dict[str, Any]:
        return {"forward": x, "mode": "test"}

    x, other = (np.ascontiguousarray(batch(7, 5, seed).T) for seed in (11, 12))
    pictures = np.ascontiguousarray(np.moveaxis(images(2, 4, 3, 5, seed=33), 0, -1))
    see("new", {**layers(5), "parameters": None}, [train(x)])
    see("train", layers(5), [train(x), back(x.shape)])
    see("images", layers(4), [train(pictures), back(pictures.shape)])
    see("train twice, low eps", layers(5, eps=LOW), [train(other), train(x), back(x.shape)])
    see("test", layers(5), [train(x), test(other), test(other[:, :2])])
    see("kept", layers(5), [train(other), train(x, kept=True), train(x)])
    see("two layers", layers(5, 2), [train(x, layer=0), train(other, layer=1), train(x, layer=0)])
    see(
        "two layers, one back",
        layers(5, 2),
        [train(x, layer=0), train(other, layer=1), back(x.shape, layer=0)],
    )
    see("twice back", layers(5), [train(x), back(x.shape), train(other), back(x.shape, seed=31)])
    see("back again", layers(5), [train(x), back(x.shape), back(x.shape, seed=31)])
    see("nobody wants dx", layers(5), [train(x), back(x.shape, need_dx=False)])
    see("initialised again", layers(5), [train(x), {"initialise": 0}])
    see.edges()
    see("back after test", layers(5), [train(x), test(other), back(x.shape)])


# --- covariate shift ----------------------------------------------------------------------------------------


def _watched_network(**more: Any) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Three layers with weights, gamma and beta between them; x (4, 7) and targets (3, 7)."""
    layers = [["affine", 4, 5], ["scale", 5], ["tanh"], ["affine", 5, 6], ["scale", 6], ["affine", 6, 3]]
    x, other = (np.ascontiguousarray(batch(7, 4, seed).T) / 2 for seed in (11, 12))
    y = upstream(3, 7, seed=36)
    return {"layers": layers, "loss": "squared", "seed": 5, "seen": (2 * other + 1, y), **more}, x, y


def _pictured_network() -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    layers = [["convolution", 2, 3], ["scale", 3], ["relu"], ["pool"], ["affine", 18, 4]]
    pictures = np.ascontiguousarray(np.moveaxis(images(7, 2, 4, 6, seed=33), 0, -1))
    return {"layers": layers, "loss": "cross-entropy", "seed": 5}, pictures, np.arange(7) % 4


@probe("activation_moments")
def _(see: Witness) -> None:
    network, x, _ = _watched_network()
    for layer in (0, 2, 3, 5):
        see(f"layer {layer}", network, x, layer)
    pictured, pictures, _ = _pictured_network()
    see("convolution", pictured, pictures, 0)
    see("pooled", pictured, pictures, 3)
    see("in test mode", {**network, "mode": "test"}, x, 3)
    see("told to keep", {**network, "update": False}, x, 3)
    see.edges()
    see("broken off", {**network, "mode": "test", "fails_at": 1}, x, 3)
    start = np.concatenate([np.ones(8), np.zeros(2)])
    straight = {"layers": [["affine", 4, 2]], "loss": "squared", "parameters": start}
    near = see.quietly(straight, x, 0)
    start[8:] = FAR
    see.compare("far", _only("var", see.quietly({**straight, "parameters": start}, x, 0)), _only("var", near))


@probe("internal_covariate_shift")
def _(see: Witness) -> None:
    network, x, y = _watched_network()
    for layer in (0, 3, 4, 5):
        see(f"layer {layer}", network, x, y, layer, 0.01)
    see("half the step", network, x, y, 5, 0.005)
    see("turned round", network, x, y, 5, 0.2)
    see("images", *_pictured_network(), 4, 0.1)
    see("in test mode", {**network, "mode": "test"}, x, y, 5, 0.01)
    see("told to keep", {**network, "update": False}, x, y, 5, 0.01)
    chain = {"layers": [["affine", 1, 1]] * 2, "loss": "squared", "parameters": np.array([1.0, 0, 1, 0])}
    see("small gradients", chain, np.ones((1, 1)), np.array([[1 - 2.0**-20]]), 1, 2.0**-10)
    see.edges()
    see("broken off", {**network, "mode": "test", "fails_at": 2}, x, y, 5, 0.01)
    see("a huge step", network, x, y, 5, 1e13)


@probe("noisy_batchnorm")
def _(see: Witness) -> None:
    """Random numbers differ from one right solution to the next; what is typical of them does not."""
    root = 3**0.5

    def typical(label: str, a: np.ndarray, calls: int = 2, **constants: float) -> None:
        given = {"n_mu": 0.0, "n_sigma": 1.0, "r_mu": 0.0, "r_sigma": 0.0} | constants
        see.signature.word(f"[{label}]")
        results = see.quietly(a, 37, calls, *given.values(), note=see.signature.word)
        if results is not None and "traits" in results:
            see.signature.array(results["traits"])

    for shape in ((4, 3000), (2, 700, 2, 4)):
        for unit in (0.0, 1.0):
            a = np.full(shape, unit)
            typical(f"{shape} μ, {unit}", a, n_mu=root)
            typical(f"{shape} r_mu, {unit}", a, r_mu=root)
            typical(f"{shape} σ, {unit}", a, n_sigma=1 + root)
            typical(f"{shape} r_sigma, {unit}", a, r_sigma=0.125)
        typical(f"{shape} μ and σ", np.full(shape, 16.0), n_mu=root, n_sigma=1 + root / 64)
    a = ordinary()
    none = see.quietly(a, 37, 1, 0.0, 1.0, 0.0, 0.0)
    see.compare("without noise", _only("out", none), {"out": a[None]})
    first, again = (see.quietly(a, 37, 2, 0.5, 1.25, 0.1, 0.1) for _ in range(2))
    see.compare("the same seed", _only("out", first), _only("out", again))


# --- the bug clinic -----------------------------------------------------------------------------------------


@probe("TestBatchNorm")
def _(see: Witness) -> None:
    def doubled_in_test(plain: Callable) -> Callable:
        def call(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
            out, cache = plain(x, gamma, beta, bn_param)
            return (2 * out + 1 if bn_param["mode"] == "test" else out), cache

        return call

    def one_per_cent_more(plain: Callable) -> Callable:
        def call(*given: Any) -> tuple[Any, Any]:
            out, cache = plain(*given)
            return 1.01 * out, cache

        return call

    def nothing_remembered(plain: Callable) -> Callable:
        return lambda x, gamma, beta, bn_param: plain(x, gamma, beta, dict(bn_param))

    def dx_doubled(plain: Callable) -> Callable:
        def call(*given: Any) -> tuple[Any, ...]:
            dx, *others = plain(*given)
            return 2 * dx, *others

        return call

    forward, backward = "batchnorm_forward", "batchnorm_backward"
    gross = {  # tell a test that is missing from one that looks at the wrong place
        "test mode": {name: doubled_in_test(see.helpers[name]) for name in (forward, f"spatial_{forward}")},
        "one per cent": {forward: one_per_cent_more(see.helpers[forward])},
        "nothing remembered": {forward: nothing_remembered(see.helpers[forward])},
        "dx doubled": {name: dx_doubled(see.helpers[name]) for name in (backward, f"spatial_{backward}")},
        "images": {f"spatial_{forward}": one_per_cent_more(see.helpers[f"spatial_{forward}"])},
    }
    see("a correct implementation", served(see.helpers))
    for name, sample in SAMPLES.items():
        see(name, served(sample.planted(see.helpers)))
    for name, wrong in gross.items():
        see(name, served({**see.helpers, **wrong}))


# --- the landscape of the loss ------------------------------------------------------------------------------


def _walks() -> list[tuple[str, dict[str, Any], np.ndarray, np.ndarray, np.ndarray]]:
    """Label, network, x, y and steps: a bowl, a curved network that has seen other batches, a kink, long steps."""
    x, y = np.ascontiguousarray(batch(7, 4, 41).T) / 2, batch(7, 3, 42).T / 2
    layers = [["affine", 4, 5], ["scale", 5], ["tanh"], ["affine", 5, 3]]
    curved = {"layers": layers, "loss": "squared", "seed": 3, "seen": 2 * x + 1}
    bowl = {"layers": [["affine", 4, 3]], "loss": "squared", "seed": 4}
    kink = {"layers": [["affine", 1, 1], ["relu"]], "loss": "squared", "parameters": np.array([1.0, 0.0])}
    slope = {**kink, "layers": [["affine", 1, 1], ["tanh"]], "parameters": np.array([3.0, 0.0])}
    steps = np.array([0.02, 0.005, 0.08, 0.01])
    one = np.ones((1, 1))
    return [
        ("bowl", bowl, x, y, steps / 8),
        ("curved", curved, x, y, steps),
        ("curved, one step", curved, x, y, steps[:1]),
        ("kink", kink, one, -one, np.array([0.25, 0.15, 0.0625])),
        ("slope between two plains", slope, one, -one, np.array([32.0, 48.0, 20.0, 256.0])),
        ("steep", {**bowl, "parameters": np.linspace(-60, 80, 15)}, x, y, steps / 8),
        ("long", curved, x, y, np.array([4.0, 64.0])),
        ("in test mode", {**curved, "mode": "test"}, x, y, steps),
        ("told to keep", {**curved, "update": False}, x, y, steps),
        ("flat", bowl, 2.0**-20 * x, 2.0**-20 * y, steps / 8),
        ("dead", {**kink, "parameters": np.array([1.0, -2.0]), "dead": True}, one, -one, steps),
    ]


@probe("loss_along_gradient", "gradient_predictiveness", "effective_smoothness")
def _(see: Witness) -> None:
    for label, network, x, y, steps in _walks():
        see(label, network, x, y, steps)
    _, network, x, y, steps = _walks()[1]
    see("breaks off", {**network, "fails_at": 3}, x, y, steps)
    linear = {**network, "layers": [["affine", 4, 5], ["affine", 5, 3]]}
    seen = see.quietly({**linear, "overflows": True}, x, y, np.array([0.01, 1e160, 1e306]))
    begun = see.quietly(linear, x, y, np.array([0.0]))
    for name in ("parameters afterwards", "gradient afterwards"):
        see.compare(f"overflow, {name}", _only(name, seen), _only(name, begun))
    short = see.quietly(linear, x, y, np.array([0.01, 0.02]))
    between = see.quietly({**linear, "overflows": True}, x, y, np.array([0.01, 1e306, 0.02]))
    for name in ("losses", "changes"):
        if between is not None and short is not None and np.shape(between.get(name)) == (3,):
            see.compare(f"beside an overflow, {name}", {name: between[name][::2]}, _only(name, short))


@probe("lp_normalize")
def _(see: Witness) -> None:
    for p in (1, 2, 3, 1.5, 12, np.inf):
        see(f"p = {p}", ordinary(), p)
        see(f"p = {p}, square", square() - 5, p)
        see(f"p = {p}, narrow", NARROW * ordinary(), p)
    see.edges()
    see("integers", integers(7, 5), 1)
    for p in (1, np.inf):
        see(f"p = {p}, a feature of zeros", np.where(np.arange(5) == 2, 0, ordinary()), p)
        see(f"p = {p}, constant and zeros", np.array([3.0, 0, 1, -2, 0]) * np.ones((4, 1)), p)


@probe("theorem_4_1_sides")
def _(see: Witness) -> None:
    gamma, _ = scale_and_shift(5)
    for label, y, seed in (
        ("ordinary", ordinary(), 30),
        ("square", square(), 31),
        ("large", batch(24, 5, 43), 44),
    ):
        see(label, upstream(*y.shape, seed=seed), y, gamma)
    see("narrow", upstream(7, 5, seed=30), NARROW * ordinary(), gamma)
