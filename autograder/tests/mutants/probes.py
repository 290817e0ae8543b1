"""Legal inputs for every exercise, and what a course answers to them.

A probe calls one exercise of a course (a namespace of functions) and yields pairs (label, answer). Two
courses behave alike on an exercise if their answers do. The inputs are those that the contracts allow and
ordinary checks leave out: large eps, warm buffers, gamma far from one, N != D, channels that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from bnlab.clinic import FUNCTIONS, SAMPLES, STYLES, served
from bnlab.diagnosis.probes import PROBES as DIAGNOSED
from bnlab.diagnosis.witness import Witness
from bnlab_autograder.diagnosis.bank import load_bank, namespace
from bnlab_autograder.grading.at_home import at_home
from bnlab_autograder.grading.cases import Mismatch, describe, expect_close, tracing

Course = SimpleNamespace
Answers = dict[str, object]


@dataclass(frozen=True)
class Raised:
    """What a course answers where it raises."""

    error: str


def answers(course: dict[str, Any], exercise: str) -> Answers:
    """All answers of ``course`` to the probe of ``exercise``, tuples and dicts taken apart."""
    found: Answers = {}
    with np.errstate(all="ignore"):
        for label, answer in PROBES[exercise](SimpleNamespace(**course)):
            found.update(_leaves(label, answer))
    return found


def differences(got: Answers, want: Answers, rtol: float) -> dict[str, str]:
    """Where two courses differ, and how: ``{label: sentence}``."""
    labels = [*want, *(label for label in got if label not in want)]
    compared = {label: _difference(got.get(label), want.get(label), rtol) for label in labels}
    return {label: text for label, text in compared.items() if text}


def alike(one: Answers, other: Answers) -> bool:
    """Whether two courses, right or wrong, give the same answers."""
    return one.keys() == other.keys() and all(_same(one[label], other[label]) for label in one)


def remarks(got: Answers, want: Answers, rtol: float) -> set[str]:
    """The codes of what is tolerated with a remark."""
    with tracing() as trace:
        differences(got, want, rtol)
    return set(trace.remarks)


def _same(one: object, other: object) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (
            one.shape == other.shape
            and one.dtype == other.dtype
            and np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)
        )
    return type(one) is type(other) and bool(one == other)


def _leaves(label: str, answer: object) -> Iterator[tuple[str, object]]:
    if isinstance(answer, dict):
        for key, item in answer.items():
            yield from _leaves(f"{label}[{key}]", item)
    elif isinstance(answer, tuple | list):
        for position, item in enumerate(answer):
            yield from _leaves(f"{label}[{position}]", item)
    else:
        yield label, answer


def _difference(got: object, want: object, rtol: float) -> str | None:
    if not isinstance(want, np.ndarray | float | np.floating):
        return None if type(got) is type(want) and got == want else f"{_shown(got)} for {_shown(want)}"
    if not np.isfinite(want).all():
        raise AssertionError("the reference itself is not finite here: no legal input")
    want = np.asarray(want)
    try:
        expect_close(
            got,
            want,
            name="it",
            feature=1 if want.ndim == 4 else -1,
            rtol=rtol if want.dtype == np.float64 else None,
        )
    except Mismatch as problem:
        return str(problem)
    return None


def _shown(answer: object) -> str:
    return repr(answer) if isinstance(answer, str | bool | Raised) else describe(answer)


def _attempt(function: Callable, *arguments: Any) -> object:
    try:
        return function(*arguments)
    except Exception as error:  # whatever a course may raise is its answer
        return Raised(type(error).__name__)


def _call(function: Callable, *arguments: Any) -> dict[str, object]:
    """The result for copies of the arguments, and whether arrays among them are afterwards what they were."""
    given = [item.copy(order="K") if isinstance(item, np.ndarray) else item for item in arguments]
    result = _attempt(function, *given)
    arrays = [(old, new) for old, new in zip(arguments, given, strict=True) if isinstance(old, np.ndarray)]
    return {"result": result, "arguments intact": all(np.array_equal(old, new) for old, new in arrays)}


def _batch(seed: int = 0, N: int = 7, D: int = 5) -> np.ndarray:
    """Features of different centre and spread."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, D)) * np.linspace(0.2, 3.0, D) + np.linspace(-2.0, 4.0, D)


def _scales(D: int = 5) -> tuple[np.ndarray, np.ndarray]:
    return np.linspace(-1.5, 2.3, D), np.linspace(0.7, -0.9, D)


def _scales_for(x: np.ndarray) -> list[np.ndarray]:
    return _single(*_scales()) if x.dtype == np.float32 else list(_scales())


def _images(seed: int = 0, N: int = 2, C: int = 4, H: int = 3, W: int = 5) -> np.ndarray:
    x = _batch(seed, N * H * W, C).reshape(N, H, W, C)
    return np.ascontiguousarray(x.transpose(0, 3, 1, 2)) + np.linspace(0, 1, W)


def _upstream(shape: tuple[int, ...], seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape) + 0.3


def _single(*arrays: np.ndarray) -> list[np.ndarray]:
    return [array.astype(np.float32) for array in arrays]


EDGE_BATCHES = {
    "ordinary": _batch(),
    "square": _batch(1, 5, 5),
    "fewer examples than features": _batch(2, 3, 5),
    "small spread": 0.01 * _batch(3),
    "one constant feature": np.where(np.arange(5) == 2, 3.0, _batch(4)),
    "far from zero": 1e6 + _batch(5),
    "integers": np.random.default_rng(6).integers(-4, 9, size=(7, 5)),
    "a single example": _batch(7, 1, 5),
    "columns in one piece": _batch(8, 5, 7).T,
    "single precision": _batch(9).astype(np.float32),
}


def standardize(c: Course) -> Iterator[tuple[str, object]]:
    x = _batch()
    cube = _batch(1, 12, 5).reshape(3, 4, 5)
    for axis in (0, 1, -1):
        yield f"matrix, axis {axis}", _call(c.standardize, x, axis)
        yield f"cube, axis {axis}", _call(c.standardize, cube, axis)
    yield "cube, axes 0 and 2", _call(c.standardize, cube, (0, 2))
    yield "square, axis 1", _call(c.standardize, x[:5], 1)
    yield "small numbers", _call(c.standardize, 1e-6 * x, 0)
    yield "tiny numbers", _call(c.standardize, 2.0**-40 * x, 0)
    yield "integers", _call(c.standardize, EDGE_BATCHES["integers"], 0)
    yield "single precision", _call(c.standardize, EDGE_BATCHES["single precision"], 0)
    yield "one constant column", _call(c.standardize, np.where(np.arange(5) == 2, 3.0, x), 0)


def relative_error(c: Course) -> Iterator[tuple[str, object]]:
    a = _batch()
    b = a + 1e-3 * _upstream(a.shape)
    pairs = {
        "two matrices": (a, b),
        "two cubes": (a.reshape(1, 7, 5), b.reshape(1, 7, 5)),
        "all too small": (a - 0.5, a),
        "negative numbers": (-np.abs(a) - 1, -np.abs(a) - 1.5),
        "large numbers": (1e3 * a, 1e3 * b),
        "noise around zero": (np.array([1.0, 1e-12]), np.array([1.0, 2e-12])),
        "zeros and numbers": (np.zeros_like(a), a),
        "numbers and zeros": (a, np.zeros_like(a)),
        "zeros": (np.zeros((2, 3)), np.zeros((2, 3))),
        "one entry": (np.array([2.0]), np.array([-3.0])),
        "a matrix and a row": (a, b[0]),
    }
    for label, pair in pairs.items():
        yield label, _call(c.relative_error, *pair)


def numerical_gradient(c: Course) -> Iterator[tuple[str, object]]:
    x = 0.3 * _batch(0, 3, 4)
    W = _upstream((4, 2), 3)
    functions = {
        "matrix product": lambda x: np.tanh(x @ W),
        "row softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
        "cubes": lambda x: x**3,
        "its argument itself": lambda x: x,
        "a view": lambda x: x.T,
    }
    for label, f in functions.items():
        for h in (1e-3, 0.1):
            dout = _upstream(f(x).shape)
            yield f"{label}, h = {h}", _call(c.numerical_gradient, f, x, dout, h)
    yield "a vector", _call(c.numerical_gradient, np.sin, x[0], dout[:, 0], 1e-3)
    yield "single precision", _call(c.numerical_gradient, np.sin, *_single(x), np.ones(x.shape), 1e-3)
    yield "an upstream row", _call(c.numerical_gradient, np.sin, x, np.ones(x.shape[1]), 1e-3)
    integers = np.array([[1, 2, -3], [0, 4, 1]])
    yield "integers", _call(c.numerical_gradient, np.sin, integers, _upstream((2, 3)), 1e-3)


def batch_statistics(c: Course) -> Iterator[tuple[str, object]]:
    for label, x in EDGE_BATCHES.items():
        yield label, _call(c.batch_statistics, x)


def batchnorm_train(c: Course) -> Iterator[tuple[str, object]]:
    for label, x in EDGE_BATCHES.items():
        for eps in (1e-3, 1.0):
            yield f"{label}, eps = {eps}", _call(c.batchnorm_train, x, *_scales_for(x), eps)


def update_running(c: Course) -> Iterator[tuple[str, object]]:
    running, sample = _batch()[0], _batch()[1]
    for momentum in (0.0, 0.3, 0.9, 1.0):
        yield f"momentum {momentum}", _call(c.update_running, running, sample, momentum)


def batchnorm_forward(c: Course) -> Iterator[tuple[str, object]]:
    def forward(x: np.ndarray, param: dict, mode: str) -> dict[str, object]:
        param["mode"] = mode
        # Whether zeros are written down where there were no buffers is a matter of taste in test mode.
        keys = _buffers() if mode == "train" else [key for key in _buffers() if key in param]
        called = _call(lambda *a: c.batchnorm_forward(*a, param)[0], x, *_scales_for(x))
        buffers = {key: np.array(param[key]) for key in keys if key in param}
        return {**called, **buffers}

    for label, x in EDGE_BATCHES.items():
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        yield f"{label}, train", forward(x, {"eps": 1.0, "momentum": 0.7, **_buffers(dtype=dtype)}, "train")
        yield f"{label}, small eps, train", forward(x, {"eps": 1e-3, **_buffers(dtype=dtype)}, "train")
        yield f"{label}, test", forward(x, {"eps": 0.3, **_buffers(dtype=dtype)}, "test")
        yield f"{label}, no buffers, train", forward(x, {"eps": 0.3}, "train")
    yield "no buffers, test", forward(_batch(), {"eps": 0.3}, "test")
    yield "eps 0, train", forward(_batch(), {"eps": 0.0, **_buffers()}, "train")
    yield "momentum 0, train", forward(_batch(), {"eps": 0.3, "momentum": 0.0, **_buffers()}, "train")
    yield "an unknown mode", forward(_batch(), {"eps": 0.3, **_buffers()}, "evaluate")
    first, second = {"eps": 0.3, **_buffers()}, {"eps": 0.3}
    for round_ in range(2):
        yield f"first layer, train {round_}", forward(_batch(round_), first, "train")
        yield f"second layer, train {round_}", forward(3 * _batch(round_) + 1, second, "train")
    for round_ in range(2):
        yield f"first layer, test {round_}", forward(_batch(9), first, "test")
        yield f"second layer, test {round_}", forward(_batch(9), second, "test")


def _buffers(D: int = 5, dtype: type = np.float64) -> dict[str, np.ndarray]:
    mean, var = np.linspace(-1.0, 2.0, D, dtype=dtype), np.linspace(0.1, 5.0, D, dtype=dtype)
    return {"running_mean": mean, "running_var": var}


def fold_batchnorm(c: Course) -> Iterator[tuple[str, object]]:
    gamma, beta = _scales()
    mean, var = _buffers().values()
    b = np.linspace(1.0, -1.3, 5)  # not the negative of mean
    for label, W in {"wide": _upstream((3, 5)), "square": _upstream((5, 5))}.items():
        for eps in (1e-5, 0.5):
            yield f"{label}, eps = {eps}", _call(c.fold_batchnorm, W, b, gamma, beta, mean, var, eps)
    yield "a dead unit", _call(c.fold_batchnorm, W, b, gamma, beta, mean, np.where(b > 0, var, 0.0), 0.5)


def recalibrate(c: Course) -> Iterator[tuple[str, object]]:
    x = _batch(0, 20, 5) + np.linspace(0, 3, 20)[:, None]
    pieces = np.split(x, [4, 5, 13])
    yield "a list", _call(c.recalibrate, [piece.copy() for piece in pieces])
    yield "a generator", _call(c.recalibrate, (piece.copy() for piece in pieces))
    yield "another order", _call(c.recalibrate, [piece.copy() for piece in pieces[::-1]])
    yield "far from zero", _call(c.recalibrate, [1e6 + piece for piece in pieces])
    yield "one batch", _call(c.recalibrate, [x.copy()])
    yield "nothing", _call(c.recalibrate, [])
    yield "batches that do not fit", _call(c.recalibrate, [x, x[:, :1]])
    yield "single rows", _call(c.recalibrate, (row[None] for row in x.copy()))


def batchnorm_backward_steps(c: Course) -> Iterator[tuple[str, object]]:
    gamma, beta = _scales()
    for label in ("ordinary", "square", "small spread"):
        for eps in (1e-3, 1.0):
            x = EDGE_BATCHES[label]
            steps = c.batchnorm_forward_steps(x, gamma, beta, eps)
            before = {name: value.copy() for name, value in steps.items()}
            yield f"{label}, eps = {eps}", _call(c.batchnorm_backward_steps, _upstream(x.shape), steps, gamma)
            same = all(np.array_equal(before[name], steps[name]) for name in before)
            yield f"{label}, eps = {eps}, nodes intact", same


def _backward_of_batchnorm(exercise: str) -> Callable[[Course], Iterator[tuple[str, object]]]:
    def probe(c: Course) -> Iterator[tuple[str, object]]:
        gamma, beta = _scales()
        for label in ("ordinary", "square", "fewer examples than features", "small spread"):
            for eps in (1e-3, 1.0):
                x = EDGE_BATCHES[label].copy()
                param = {"mode": "train", "eps": eps, "momentum": 0.7, **_buffers()}
                _, cache = c.batchnorm_forward(x, gamma, beta, param)
                buffers = {key: np.array(param[key]) for key in _buffers()}
                yield f"{label}, eps = {eps}", _call(getattr(c, exercise), _upstream(x.shape), cache)
                same = all(np.array_equal(buffers[key], param[key]) for key in buffers)
                yield f"{label}, eps = {eps}, buffers intact", same
        x, gamma, beta = _single(_batch(), gamma, beta)
        _, cache = c.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.3})
        yield "float32", _call(getattr(c, exercise), *_single(_upstream(x.shape)), cache)

    return probe


def batchnorm_backward_test(c: Course) -> Iterator[tuple[str, object]]:
    gamma, _ = _scales()
    running_var = np.array([0.1, 4.0, 0.0, 1.0, 9.0])
    for N in (7, 5, 1):
        arguments = (_upstream((N, 5)), gamma, running_var)
        yield f"{N} examples", _call(c.batchnorm_backward_test, *arguments, 0.7)
        yield f"{N} examples, float32", _call(c.batchnorm_backward_test, *_single(*arguments), 0.7)


def project_out(c: Course) -> Iterator[tuple[str, object]]:
    for label in ("ordinary", "square", "one constant feature"):
        x = EDGE_BATCHES[label]
        for eps in (1e-5, 1.0):
            xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)
            yield f"{label}, eps = {eps}", _call(c.project_out, _upstream(x.shape), xhat)


def spatial_batchnorm_forward(c: Course) -> Iterator[tuple[str, object]]:
    for shape in ((2, 4, 3, 5), (4, 4, 4, 4), (2, 3, 6, 5)):
        C = shape[1]
        gamma, beta = _scales(C)
        param = {"eps": 0.3, "momentum": 0.7, **_buffers(C)}

        def forward(*arguments: np.ndarray, param: dict = param) -> object:
            return c.spatial_batchnorm_forward(*arguments, param)[0]

        for number, mode in enumerate(("train", "train", "test", "test")):
            param["mode"] = mode
            yield f"{shape}, call {number}", _call(forward, _images(number, *shape), gamma, beta)
            yield f"{shape}, call {number}, buffers", {key: np.array(param[key]) for key in _buffers()}


def spatial_batchnorm_backward(c: Course) -> Iterator[tuple[str, object]]:
    for shape in ((2, 4, 3, 5), (4, 4, 4, 4)):
        gamma, beta = _scales(shape[1])
        param = {"mode": "train", "eps": 0.3, **_buffers(shape[1])}
        _, cache = c.spatial_batchnorm_forward(_images(0, *shape), gamma, beta, param)
        yield f"{shape}", _call(c.spatial_batchnorm_backward, _upstream(shape), cache)


def layernorm_forward(c: Course) -> Iterator[tuple[str, object]]:
    constant_row = _batch(4)
    constant_row[2] = 3.0
    batches = EDGE_BATCHES | {"one constant example": constant_row}
    for label, x in batches.items():
        param = {"eps": 0.3}
        for order in (1, -1):
            called = _call(lambda *a, p=param: c.layernorm_forward(*a, p)[0], x[::order], *_scales_for(x))
            yield f"{label}, order {order}", called
    test = {"mode": "test", "eps": 1e-3}
    yield "called test", _call(lambda *a: c.layernorm_forward(*a, test)[0], _batch(), *_scales())


def layernorm_backward(c: Course) -> Iterator[tuple[str, object]]:
    for label in ("ordinary", "square", "fewer examples than features", "small spread"):
        x = EDGE_BATCHES[label].copy()
        for eps in (1e-3, 1.0):
            _, cache = c.layernorm_forward(x, *_scales(), {"eps": eps})
            yield f"{label}, eps = {eps}", _call(c.layernorm_backward, _upstream(x.shape), cache)


GROUPED = (((2, 4, 3, 5), 2), ((2, 4, 3, 5), 1), ((2, 4, 3, 5), 4), ((3, 6, 2, 2), 3), ((6, 6, 6, 6), 2))


def _channelwise(C: int) -> list[np.ndarray]:
    return [array.reshape(1, C, 1, 1) for array in _scales(C)]


def spatial_groupnorm_forward(c: Course) -> Iterator[tuple[str, object]]:
    for shape, G in GROUPED:

        def forward(*arguments: np.ndarray, G: int = G) -> object:
            return c.spatial_groupnorm_forward(*arguments, G, {"eps": 0.3})[0]

        arguments = [_images(0, *shape), *_channelwise(shape[1])]
        yield f"{shape}, {G} groups", _call(forward, *arguments)
        yield f"{shape}, {G} groups, float32", _call(forward, *_single(*arguments))
    arguments = [_images(0, 2, 4, 3, 5), *_channelwise(4)]
    yield (
        "3 groups of 4 channels",
        _attempt(lambda: c.spatial_groupnorm_forward(*arguments, 3, {"eps": 0.3})[0]),
    )


def spatial_groupnorm_backward(c: Course) -> Iterator[tuple[str, object]]:
    for shape, G in GROUPED:
        _, cache = c.spatial_groupnorm_forward(_images(0, *shape), *_channelwise(shape[1]), G, {"eps": 0.3})
        yield f"{shape}, {G} groups", _call(c.spatial_groupnorm_backward, _upstream(shape), cache)


def BatchNorm(c: Course) -> Iterator[tuple[str, object]]:
    at_work = at_home(c.BatchNorm, "BatchNorm")
    flat, other, pictures = (
        _batch(0, 9, 4).T.copy(),
        3 * _batch(1, 9, 4).T + 1,
        np.moveaxis(_images(), 0, -1).copy(),
    )

    def made_of(
        *layers: list, eps: float = 0.3, start: bool = False, dtype: str = "float64"
    ) -> dict[str, Any]:
        sizes = {"norm": lambda C: 2 * C, "affine": lambda i, o: (i + 1) * o, "tanh": lambda: 0}
        size = sum(sizes[kind](*of) for kind, *of in layers)
        parameters = None if start else np.linspace(-1.5, 2.3, size)
        settings = {"eps": eps, "momentum": 0.6, "dtype": dtype}
        return {"layers": [list(layer) for layer in layers], "parameters": parameters, **settings}

    def forward(x: np.ndarray, mode: str = "train", **more: Any) -> dict[str, Any]:
        return {"forward": x, "mode": mode, **more}

    def back(x: np.ndarray, **more: Any) -> dict[str, Any]:
        return {"backward": _upstream(x.shape).astype(x.dtype), **more}

    def go(network: dict[str, Any], *calls: dict[str, Any]) -> dict[str, object]:
        given = deepcopy(calls)
        result = _attempt(at_work, network, list(given))
        intact = all(
            np.array_equal(a[key], b[key])
            for a, b in zip(calls, given, strict=True)
            for key in _ARRAYS & a.keys()
        )
        return {"result": result, "arguments intact": intact}

    one, two = ("norm", 4), (("norm", 4), ("norm", 4))
    deep = ("affine", 4, 5), ("norm", 5), ("tanh",), ("affine", 5, 3), ("norm", 3)
    yield "at the start", go(made_of(one, start=True), forward(flat))
    for label, x in {"flat": flat, "images": pictures}.items():
        yield f"{label}, train", go(made_of(one), forward(x), back(x))
        yield (
            f"{label}, both modes",
            go(made_of(one), forward(x), forward(x[..., :1], "test"), forward(x, "test")),
        )
    yield (
        "single precision",
        go(made_of(one, dtype="float32"), forward(*_single(pictures)), back(*_single(pictures))),
    )
    yield "kept", go(made_of(one), forward(flat), forward(other, kept=True), forward(other))
    yield (
        "two layers",
        go(made_of(*two), *(forward(x, layer=i) for _ in "12" for i, x in enumerate((flat, other)))),
    )
    yield (
        "one of two layers back",
        go(made_of(*two), forward(flat, layer=0), forward(other, layer=1), back(flat, layer=0)),
    )
    yield "forward twice", go(made_of(one), forward(other), forward(flat), back(flat))
    yield "back twice", go(made_of(one), forward(other), back(other), forward(flat), back(flat))
    yield "back again", go(made_of(one), forward(flat), back(other), back(flat))
    yield "nobody wants dx", go(made_of(one), forward(flat), back(flat) | {"need_dx": False})
    yield "initialised again", go(made_of(one), forward(flat), {"initialise": 0})
    yield "back after test", go(made_of(one), forward(flat), forward(other, "test"), back(flat))
    yield (
        "a network",
        go(made_of(*deep), forward(flat), back(flat[:3]), forward(other, "test"), forward(flat, "test")),
    )


_ARRAYS = {"forward", "backward"}


def TestBatchNorm(c: Course) -> Iterator[tuple[str, object]]:
    run = at_home(c.TestBatchNorm, "TestBatchNorm")
    for label, functions in _implementations().items():
        yield label, _attempt(lambda functions=functions: bool(run(served(functions))["failed"]))


BUGS = (
    "forward_running_var_starts_at_one",
    "forward_averages_std",
    "backward_gamma_twice",
    "backward_variance_constant",
)


def _implementations() -> dict[str, dict[str, Callable]]:
    """Right ones in several styles, and broken ones."""
    right = _functions(namespace(None))
    bank = load_bank(Path(__file__).parents[2] / "mutants")
    return {
        "right": right,
        **{style: made(right) for style, made in STYLES.items()},
        **{name: sample.planted(right) for name, sample in SAMPLES.items()},
        **{name: _functions(namespace(bank[name])) for name in BUGS},
    }


def _functions(course: dict[str, Any]) -> dict[str, Callable]:
    return {name: course[name] for name in FUNCTIONS}


WALKS = "loss_along_gradient", "gradient_predictiveness", "effective_smoothness"


def _walks_of(exercise: str) -> Callable[[Course], Iterator[tuple[str, object]]]:
    """A bowl, a curved network, a kink, a slope between two plains; steps of all kinds, passes that fail."""
    x, y = _batch(0, 7, 4).T / 2, _batch(1, 7, 3).T / 2
    one = np.ones((1, 1))
    curved = {
        "layers": [["affine", 4, 5], ["scale", 5], ["tanh"], ["affine", 5, 3]],
        "loss": "squared",
        "seed": 3,
    }
    warm = {**curved, "seen": 2 * x + 1}
    linear = {**warm, "layers": [["affine", 4, 5], ["affine", 5, 3]]}
    bowl = {"layers": [["affine", 4, 3]], "loss": "squared", "seed": 4}
    far = {**bowl, "parameters": np.linspace(-60.0, 80.0, 15)}
    unit = {"layers": [["affine", 1, 1], ["relu"]], "loss": "squared", "parameters": np.array([1.0, 0.0])}
    slope = {**unit, "layers": [["affine", 1, 1], ["tanh"]], "parameters": np.array([3.0, 0.0])}

    def probe(c: Course) -> Iterator[tuple[str, object]]:
        def walk(network: dict[str, Any], x: np.ndarray, y: np.ndarray, *steps: float) -> object:
            given = deepcopy((network, x, y, np.array(steps)))
            seen = _attempt(at_home(getattr(c, exercise), exercise), *given)
            if isinstance(seen, dict):
                seen.pop("forward passes")
                seen = {
                    name: item for name, item in seen.items() if "overflows" not in network or " " in name
                }
            intact = all(np.array_equal(*pair) for pair in zip((x, y, steps), given[1:], strict=True))
            return {"result": seen, "arguments intact": intact}

        yield "bowl", walk(bowl, x, y, 0.02, 0.005, 0.04, 0.01)
        yield "far up the bowl", walk(far, x, y, 0.02, 0.005, 0.04)
        yield "small gradient", walk(bowl, 2.0**-20 * x, 2.0**-20 * y, 0.001, 0.01)
        yield "curved", walk(warm, x, y, 0.02, 0.08, 0.005, 0.04)
        yield "cold", walk(curved, x, y, 0.02, 0.08)
        yield "one step", walk(warm, x, y, 0.08)
        yield "long", walk(warm, x, y, 4.0, 64.0)
        yield "test mode", walk({**warm, "mode": "test"}, x, y, 0.02, 0.08, 0.005)
        yield "kink", walk(unit, one, -one, 0.25, 0.15, 0.0625)
        yield "dead", walk({**unit, "parameters": np.array([1.0, -2.0]), "dead": True}, one, -one, 0.25, 0.5)
        yield "slope between plains", walk(slope, one, -one, 32.0, 48.0, 20.0, 256.0)
        yield "fails", walk({**warm, "fails_at": 3}, x, y, 0.02, 0.08, 0.005, 0.04)
        yield "overflows", walk({**linear, "overflows": True}, x, y, 0.01, 1e160, 1e306)
        given = deepcopy(({**linear, "overflows": True}, x, y, np.array([0.01, 1e306, 0.02])))
        seen = _attempt(at_home(getattr(c, exercise), exercise), *given)
        values = [seen[name][2] for name in ("losses", "changes") if isinstance(seen, dict) and name in seen]
        yield "beside an overflow", values
        yield "told to keep", walk({**warm, "update": False}, x, y, 0.02, 0.08)

    return probe


def lp_normalize(c: Course) -> Iterator[tuple[str, object]]:
    edges = {name: x for name, x in EDGE_BATCHES.items() if name != "far from zero"}
    zeros = np.where(np.arange(5) == 2, 0.0, _batch(4))
    for label, x in {**edges, "negative": -np.abs(_batch()) - 1, "a feature of zeros": zeros}.items():
        for p in (1, 2, 3, 1.5, 12, np.inf):
            yield f"{label}, p = {p}", _call(c.lp_normalize, x, p)


def theorem_4_1_sides(c: Course) -> Iterator[tuple[str, object]]:
    for label, y in {
        "ordinary": _batch(),
        "square": _batch(1, 5, 5),
        "many examples": _batch(2, 60, 5),
        "small spread": 1e-4 * _batch(3),
    }.items():
        yield label, _call(c.theorem_4_1_sides, _upstream(y.shape, seed=11), y, _scales()[0] + 0.1)


class _Kept(Witness):
    """Keeps the results of every call, and the words about it; of random results what is typical of them."""

    def __init__(self, exercise: str, function: Callable):
        super().__init__(exercise, function, {})
        self.kept: list[tuple[str, object]] = []

    def quietly(self, *arguments: Any, note: Callable[[str], None] = lambda text: None) -> Any:
        words: list[str] = []
        results = super().quietly(*arguments, note=lambda text: (words.append(text), note(text)))
        number = len(self.kept)
        typical = {"traits": results["traits"]} if "traits" in (results or {}) else results
        self.kept.append((f"call {number}", {**(typical or {}), "in words": "; ".join(words)}))
        return results


def _as_diagnosed(exercise: str) -> Callable[[Course], Iterator[tuple[str, object]]]:
    """The calls by which mistakes are told from each other."""

    def probe(c: Course) -> Iterator[tuple[str, object]]:
        see = _Kept(exercise, getattr(c, exercise))
        DIAGNOSED[exercise](see)
        yield from see.kept
        yield "in words", "; ".join(item for item in see.signature.items if isinstance(item, str))

    return probe


def _noise(c: Course) -> Iterator[tuple[str, object]]:
    """As diagnosed, and what the scales do to the shifts, and where the scales lie, to the nearest half."""
    yield from _as_diagnosed("noisy_batchnorm")(c)

    def noised(value: float, *constants: float) -> object:
        a = np.full((4, 3000), value)
        return _attempt(c.noisy_batchnorm, a, np.random.default_rng(38), *constants)

    shifts = [noised(0.0, 0.5, n_sigma, 0.1, 0.1) for n_sigma in (1.25, 3.0)]
    plain = all(isinstance(out, np.ndarray) for out in shifts)
    yield "shifts are not scaled", plain and bool(np.allclose(*shifts))
    scales = noised(1.0, 0.0, 2.0, 0.0, 0.0)
    lines = np.tile([[0.0], [1.0]], 3000)
    out = _attempt(c.noisy_batchnorm, lines, np.random.default_rng(38), 2.0, 3.0, 0.0, 0.0)
    tied = isinstance(out, np.ndarray) and abs(np.corrcoef(out[0], out[1] - out[0])[0, 1]) > 0.5
    yield "shift and scale are tied", bool(tied)
    yield "mean scale", round(2 * float(np.mean(scales))) / 2 if isinstance(scales, np.ndarray) else None


PROBES: dict[str, Callable[[Course], Iterator[tuple[str, object]]]] = {
    probe.__name__: probe
    for probe in (
        standardize,
        relative_error,
        numerical_gradient,
        batch_statistics,
        batchnorm_train,
        update_running,
        batchnorm_forward,
        fold_batchnorm,
        recalibrate,
        batchnorm_backward_steps,
        batchnorm_backward_test,
        project_out,
        spatial_batchnorm_forward,
        spatial_batchnorm_backward,
        layernorm_forward,
        layernorm_backward,
        spatial_groupnorm_forward,
        spatial_groupnorm_backward,
        BatchNorm,
        lp_normalize,
        theorem_4_1_sides,
        TestBatchNorm,
    )
} | {name: _backward_of_batchnorm(name) for name in ("batchnorm_backward", "batchnorm_backward_alt")}
PROBES |= {
    name: _as_diagnosed(name)
    for name in ("activation_moments", "noisy_batchnorm", "internal_covariate_shift")
}
PROBES["noisy_batchnorm"] = _noise
PROBES |= {name: _walks_of(name) for name in WALKS}
