"""What holds for every function: inputs untouched, float32 kept, any memory layout, sources that travel."""

import inspect

import bnlab.validate
import bnlab_solutions as bn
import numpy as np
import pytest
from bnlab_autograder.curriculum import STAGES

NAMES = [name for stage in STAGES[:5] for name in stage.exercises + stage.given]
SHARED = {  # gamma in a cache, buffers in a bn_param, the upstream gradient as the gradient of the last nodes
    "batchnorm_forward": {"row", "column"},
    "spatial_batchnorm_forward": {"row"},
    "layernorm_forward": {"row"},
    "spatial_groupnorm_forward": {"four"},
    "batchnorm_backward_steps": {"dflat"},
}


def call(name, a):
    """Call ``name`` on the arrays ``a`` and return every array that comes out."""
    flat, image, row, column, four = a["flat"], a["image"], a["row"], a["column"], a["four"]
    buffers = {"running_mean": row, "running_var": column}
    train, test = {"mode": "train", **buffers}, {"mode": "test", **buffers}
    calls = {
        "standardize": lambda: bn.standardize(image, -1),
        "relative_error": lambda: bn.relative_error(flat, a["dflat"]),
        "numerical_gradient": lambda: bn.numerical_gradient(np.sin, flat, a["dflat"]),
        "batch_statistics": lambda: bn.batch_statistics(flat),
        "batchnorm_train": lambda: bn.batchnorm_train(flat, row, row, 0.1),
        "update_running": lambda: bn.update_running(row, column, 0.7),
        "batchnorm_forward": lambda: (
            [bn.batchnorm_forward(flat, row, row, p) for p in (train, test, {"mode": "train"})] + [train]
        ),
        "fold_batchnorm": lambda: bn.fold_batchnorm(flat, row, row, row, row, column, 0.1),
        "recalibrate": lambda: bn.recalibrate([flat, flat[:2]]),
        "batchnorm_forward_steps": lambda: bn.batchnorm_forward_steps(flat, row, row, 0.1),
        "batchnorm_backward_steps": lambda: bn.batchnorm_backward_steps(
            a["dflat"], bn.batchnorm_forward_steps(flat, row, row, 0.1), row
        ),
        "batchnorm_backward": lambda: bn.batchnorm_backward(
            a["dflat"], frozen(bn.batchnorm_forward(flat, row, row, train)[1])
        ),
        "batchnorm_backward_alt": lambda: bn.batchnorm_backward_alt(
            a["dflat"], frozen(bn.batchnorm_forward(flat, row, row, train)[1])
        ),
        "batchnorm_backward_test": lambda: bn.batchnorm_backward_test(a["dflat"], row, column, 0.1),
        "project_out": lambda: bn.project_out(a["dflat"], flat),
        "spatial_batchnorm_forward": lambda: [bn.spatial_batchnorm_forward(image, row, row, train), train],
        "spatial_batchnorm_backward": lambda: bn.spatial_batchnorm_backward(
            a["dimage"], frozen(bn.spatial_batchnorm_forward(image, row, row, train)[1])
        ),
        "layernorm_forward": lambda: bn.layernorm_forward(flat, row, row, {}),
        "layernorm_backward": lambda: bn.layernorm_backward(
            a["dflat"], frozen(bn.layernorm_forward(flat, row, row, {})[1])
        ),
        "spatial_groupnorm_forward": lambda: bn.spatial_groupnorm_forward(image, four, four, 2, {}),
        "spatial_groupnorm_backward": lambda: bn.spatial_groupnorm_backward(
            a["dimage"], frozen(bn.spatial_groupnorm_forward(image, four, four, 2, {})[1])
        ),
    }
    return leaves(calls[name]())


def leaves(value):
    """Every array inside nested tuples, lists and dictionaries."""
    if isinstance(value, np.ndarray | float):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for item in value for leaf in leaves(item)] if isinstance(value, tuple | list) else []


def frozen(cache):
    """The cache with its arrays write-protected."""
    for leaf in leaves(cache):
        leaf.flags.writeable = False
    return cache


def arrays(dtype=np.float64, whole=False):
    """One of each kind of argument; flat (5, 4), image (3, 4, 2, 5)."""
    rng = np.random.default_rng(7)
    shapes = {"flat": (5, 4), "dflat": (5, 4), "image": (3, 4, 2, 5), "dimage": (3, 4, 2, 5)}
    shapes |= {"row": (4,), "column": (4,), "four": (1, 4, 1, 1)}
    made = {name: rng.normal(1, 3, shape) for name, shape in shapes.items()}
    made["column"] = np.abs(made["column"]) + 1
    return {name: (np.rint(a) if whole else a).astype(dtype) for name, a in made.items()}


@pytest.mark.parametrize("name", NAMES)
def test_inputs_stay_as_they_are(name):
    given = arrays()
    before = {key: a.copy() for key, a in given.items()}
    for a in given.values():
        a.flags.writeable = False  # an attempt to write raises
    first, second = call(name, given), call(name, given)
    assert all(np.array_equal(given[key], before[key]) for key in given)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("relative_error", "numerical_gradient")])
def test_float32_stays_float32(name):
    single, double = call(name, arrays(np.float32)), call(name, arrays())
    assert [a.dtype for a in single] == [np.float32] * len(double)
    for a, b in zip(single, double, strict=True):
        assert a == pytest.approx(b, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_memory_layout_does_not_matter(name):
    given = arrays()
    odd = {key: np.repeat(a, 2, axis=-1)[..., ::2] for key, a in given.items()}
    odd = {key: a if a.ndim < 2 else np.asfortranarray(a)[::-1][::-1] for key, a in odd.items()}
    assert not odd["image"].flags.c_contiguous
    for a, b in zip(call(name, odd), call(name, given), strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8])
@pytest.mark.parametrize("name", NAMES)
def test_integers_are_numbers_like_others(name, dtype):
    given = {key: np.abs(a) for key, a in arrays(whole=True).items()}
    whole = {key: a.astype(dtype) for key, a in given.items()}
    for a, b in zip(call(name, whole), call(name, given), strict=True):
        assert np.asarray(a).dtype == np.float64
        assert np.array_equal(a, b)


@pytest.mark.parametrize("name", NAMES)
def test_results_share_no_memory_with_inputs(name):
    given = arrays()
    for result in call(name, given):
        shared = [key for key, a in given.items() if np.shares_memory(result, a)]
        assert set(shared) <= SHARED.get(name, set()), f"{name} hands out {shared}"


@pytest.mark.parametrize("name", NAMES)
def test_source_can_be_pasted_into_a_notebook(name, monkeypatch):
    """It needs NumPy, ``bnlab.validate`` and its siblings only, and does there what it does here."""
    want = call(name, arrays())
    siblings = {other: getattr(bn, other) for other in NAMES if other != name}
    notebook = {"np": np, **vars(bnlab.validate), **siblings}
    exec(inspect.getsource(getattr(bn, name)), notebook)
    monkeypatch.setattr(bn, name, notebook[name])
    assert all(np.array_equal(a, b) for a, b in zip(call(name, arrays()), want, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_docstring_has_a_contract_and_a_calculus(name):
    function = getattr(bn, name)
    contract, _, calculus = inspect.getdoc(function).partition("\nNotes\n-----\n")
    for section in ("Parameters\n-------", "Returns\n-------"):
        assert section in contract
    for parameter in inspect.signature(function).parameters:
        assert parameter in contract.partition("Parameters")[2]
    assert calculus or name == "batchnorm_forward_steps"  # it is given, so there is no answer to explain
    assert not any(sign in contract for sign in ("sqrt", "**", " / "))


def test_the_package_exports_every_function():
    assert set(NAMES) <= set(bn.__all__)
