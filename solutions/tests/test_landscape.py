"""The landscape on networks whose curvature is known, norms against plain sums, the theorem against complex steps."""

import math

import bnlab_solutions as bn
import numpy as np
import pytest
from bnlab.nn import Affine, Network, Normalisation, ReLU, squared_loss
from bnlab_solutions.fast import walk_along_gradient
from bnlab_solutions.landscape import (
    effective_smoothness,
    gradient_predictiveness,
    loss_along_gradient,
    lp_normalize,
    lp_normalize_backward,
    theorem_4_1_sides,
)

STEPS = np.array([0.05, 0.001, 0.02, 1e-7])


def quadratic(rng):
    """An affine layer with squared loss: the loss is a quadratic in W, b. Returns also its Hessian."""
    network = Network([Affine(3, 2)], dtype=np.float64, loss=squared_loss)
    network.parameters[:] = rng.normal(size=8)
    x, y = rng.normal(size=(3, 7)), rng.normal(size=(2, 7))
    rows = np.concatenate([x, np.ones((1, 7))])
    per_output = 2 * rows @ rows.T  # the second derivatives by one row of [W b]
    order = [0, 1, 2, 6, 3, 4, 5, 7]  # parameters are W row by row, then b
    hessian = np.zeros((8, 8))
    hessian[np.ix_(order, order)] = np.kron(np.eye(2), per_output)
    return network, x, y, hessian


def with_norm(dtype=np.float64):
    norm = Normalisation(5, bn.batchnorm_forward, bn.batchnorm_backward_alt)
    return Network([Affine(4, 5), norm, ReLU(), Affine(5, 3)], dtype=dtype, seed=3)


def state(network):
    running = [value for layer in network.layers for value in getattr(layer, "bn_param", {}).values()]
    return [network.parameters.copy(), network.gradient.copy(), network.mode, *map(np.copy, running)]


def test_a_quadratic_has_the_curvature_of_its_hessian(rng, close):
    network, x, y, hessian = quadratic(rng)
    loss, gradient = network.loss_and_gradient(x, y)
    g, bent = gradient.copy(), hessian @ gradient
    close(loss_along_gradient(network, x, y, STEPS), loss - STEPS * (g @ g) + STEPS**2 / 2 * (g @ bent))
    close(gradient_predictiveness(network, x, y, STEPS), STEPS * np.linalg.norm(bent), 1e-8)
    want = np.linalg.norm(bent) / np.linalg.norm(g)
    assert effective_smoothness(network, x, y, STEPS[:3]) == pytest.approx(want, rel=1e-10)
    assert effective_smoothness(network, x, y, STEPS) == pytest.approx(want, rel=1e-6)
    assert want <= np.linalg.eigvalsh(hessian).max()


def test_along_an_eigenvector_beta_is_its_eigenvalue(rng):
    network, x, y, hessian = quadratic(rng)
    values, vectors = np.linalg.eigh(hessian)
    lowest = np.linalg.solve(hessian, -network.loss_and_gradient(x, y)[1]) + network.parameters
    network.parameters[:] = lowest + vectors[:, 2]
    assert effective_smoothness(network, x, y, np.array([0.3, 0.1])) == pytest.approx(values[2], rel=1e-9)


def test_a_dead_network_has_no_smoothness(rng):
    network = Network([Affine(3, 4), ReLU()], dtype=np.float64, loss=squared_loss, seed=3)
    network.parameters[-4:] = -100
    x, y = rng.normal(size=(3, 6)), rng.normal(size=(4, 6))
    with np.errstate(all="raise"):  # a NaN on purpose, not one that was left over
        assert np.isnan(effective_smoothness(network, x, y, STEPS[:3]))
        assert np.isnan(walk_along_gradient(network, x, y, STEPS[:3])[2])


@pytest.mark.parametrize("measure", [loss_along_gradient, gradient_predictiveness, effective_smoothness])
def test_the_network_is_left_as_it_was(rng, measure):
    network, x, y = with_norm(), rng.normal(size=(4, 9)), rng.integers(3, size=9)
    network.forward(x)
    network.loss_and_gradient(3 * x + 1, y)
    for mode in ("train", "test"):
        network.mode = mode
        before = state(network)
        in_mode = measure(network, x, y, STEPS)
        for one, other in zip(before, state(network), strict=True):
            assert np.array_equal(one, other)
    network.mode = "train"
    assert np.array_equal(measure(network, x, y, STEPS), in_mode), "always statistics of the batch"


@pytest.mark.parametrize("measure", [loss_along_gradient, gradient_predictiveness, effective_smoothness])
def test_restored_after_overflow_and_errors(rng, measure):
    network, x, y, _ = quadratic(rng)
    before = state(network)
    far = np.array([1e-3, 1e300, 0.1])
    with np.errstate(over="ignore", invalid="ignore"):
        assert not np.isfinite(measure(network, x, y, far)).all()
    calls = iter(range(100))

    def breaks(index, out):
        if next(calls) == 2:
            raise ArithmeticError

    network.hooks.append(breaks)
    with pytest.raises(ArithmeticError):
        measure(network, x, y, STEPS)
    for one, other in zip(before, state(network), strict=True):
        assert np.array_equal(one, other)


def test_order_of_steps_and_precision(rng, close):
    x, y = rng.normal(size=(4, 9)), rng.integers(3, size=9)
    steps = np.array([0.5, 0.1, 2.0, 0.0])
    for measure in (loss_along_gradient, gradient_predictiveness):
        values = measure(with_norm(), x, y, steps)
        close(measure(with_norm(), x, y, steps[::-1]), values[::-1])
        close(measure(with_norm(np.float32), x, y, steps), values, 1e-4)
    assert values[-1] == 0
    singly = [effective_smoothness(with_norm(), x, y, steps[i : i + 1]) for i in range(3)]
    assert effective_smoothness(with_norm(), x, y, steps[:3]) == max(singly)


@pytest.mark.parametrize("p", [1, 2, 3, 1.5, np.inf])
def test_lp_normalize(rng, close, p):
    x = rng.normal(size=(7, 4)) * [1, 0.01, 30, 2] + [0, 5, -200, 1]
    want = np.empty_like(x)
    for j, column in enumerate(x.T.tolist()):
        mean = math.fsum(column) / 7
        if p == np.inf:
            norm = max(abs(value) for value in column)
        else:
            norm = (math.fsum(abs(value) ** p for value in column) / 7) ** (1 / p)
        want[:, j] = [(value - mean) / norm for value in column]
    close(lp_normalize(x, p), want)
    close(lp_normalize(np.tile(x, (3, 1)), p)[:7], want)
    close(lp_normalize(1000 * x, p), want)


def test_lp_normalize_of_constants_integers_and_float32():
    x = np.array([[3.0, 0.0, 1.0], [3.0, 0.0, 5.0]])
    for p in (1, 2, np.inf):
        out = lp_normalize(x, p)
        assert np.array_equal(out[:, :2], np.zeros((2, 2)))
        assert np.array_equal(lp_normalize(x.astype(int), p), out)
        assert lp_normalize(x.astype(np.float32), p).dtype == np.float32
    with pytest.raises(ValueError, match="p should lie"):
        lp_normalize(x, 0.5)


@pytest.mark.parametrize("p", [1, 2, 3, np.inf])
def test_lp_normalize_backward(rng, close, p):
    x, dout = rng.normal(size=(7, 4)) * [1, 0.1, 30, 2] + [0, 1, -20, 1], rng.normal(size=(7, 4))
    slope = bn.numerical_gradient(lambda x: lp_normalize(x, p), x, dout, 1e-6)
    close(lp_normalize_backward(dout, x, p), slope, 1e-6)
    still = np.zeros((7, 1))
    assert np.isfinite(lp_normalize_backward(dout[:, :1], still, p)).all()


@pytest.mark.parametrize("m", [3, 5, 64])
def test_theorem_4_1(rng, close, complex_step, m):
    y, dout = rng.normal(size=(m, 4)) * [1, 0.1, 30, 2] + [0, 1, -20, 1], rng.normal(size=(m, 4))
    gamma = np.array([1.5, -2.0, 0.3, -0.7])

    def batchnorm(y):
        centred = y - y.mean(axis=0)
        return gamma * centred / np.sqrt((centred**2).mean(axis=0))

    left, right = theorem_4_1_sides(dout, y, gamma)
    want = (complex_step(batchnorm, y, dout) ** 2).sum(axis=0)
    close(left, want, 1e-9)
    close(right, left, 1e-9)
    y_hat = (y - y.mean(axis=0)) / y.std(axis=0)
    more = (gamma / y.std(axis=0) * (dout * y_hat).sum(axis=0)) ** 2 * (1 / np.sqrt(m) - 1 / m)
    assert (left > right - more).all(), "the printed constant is violated"


def test_theorem_4_1_two_examples_keep_nothing(rng):
    y, dout, gamma = rng.normal(size=(2, 4)), rng.normal(size=(2, 4)), np.ones(4)
    for side in theorem_4_1_sides(dout, y, gamma):
        assert (np.abs(side) < 1e-12 * (dout**2).sum(axis=0) / y.var(axis=0)).all()
