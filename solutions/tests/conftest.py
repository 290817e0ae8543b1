"""Oracles that share no code with the solutions: complex steps for gradients, plain sums for values."""

import math

import numpy as np
import pytest


def complex_step_gradient(f, x, dout):
    """The gradient of ``sum(f(x) * dout)``, exact to rounding: for analytic f a step i·h cancels nothing."""
    x = np.array(x, dtype=np.complex128)
    grad = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        moved = x.copy()
        moved[i] += 1e-40j
        grad[i] = np.sum(f(moved) * dout).imag / 1e-40
    return grad


def slow_batchnorm(x, gamma, beta, eps):
    """BN of (N, D), feature by feature in Python numbers; returns (out, mean, var)."""
    out, means, variances = np.empty(np.shape(x)), [], []
    for j, column in enumerate(np.asarray(x, dtype=float).T.tolist()):
        mean = math.fsum(column) / len(column)
        var = math.fsum((value - mean) ** 2 for value in column) / len(column)
        out[:, j] = [gamma[j] * (value - mean) / math.sqrt(var + eps) + beta[j] for value in column]
        means.append(mean)
        variances.append(var)
    return out, np.array(means), np.array(variances)


def assert_close(got, want, tolerance=1e-10):
    """Equal shapes, and no entry off by more than ``tolerance`` times the largest of ``want``."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape
    assert np.isfinite(got).all()
    assert np.abs(got - want).max() <= tolerance * max(np.abs(want).max(), 1e-300)


@pytest.fixture
def rng():
    return np.random.default_rng(2015)


@pytest.fixture(name="complex_step")
def complex_step_fixture():
    return complex_step_gradient


@pytest.fixture(name="slow_batchnorm")
def slow_batchnorm_fixture():
    return slow_batchnorm


@pytest.fixture(name="close")
def close_fixture():
    return assert_close


@pytest.fixture
def problem(rng):
    """x, gamma, beta, dout of an awkward batch: several scales, one feature far away, gamma of both signs."""
    x = rng.normal(size=(7, 4)) * [1, 0.01, 30, 2] + [0, 5, -200, 1]
    return x, np.array([1.5, -2.0, 0.3, -0.7]), rng.normal(size=4), rng.normal(size=(7, 4))


@pytest.fixture
def images(rng):
    """x, gamma, beta, dout with N, C, H, W all different, channels that differ, gamma of both signs."""
    scale, shift = rng.uniform(0.2, 4, (6, 1, 1)), rng.normal(0, 5, (6, 1, 1))
    x = rng.normal(size=(3, 6, 4, 5)) * scale + shift
    return x, np.array([1.5, -2.0, 0.3, -0.7, 1.0, 0.2]), rng.normal(size=6), rng.normal(size=x.shape)
