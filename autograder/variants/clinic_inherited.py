"""Tests inherited from a base class, with setup_method; read-only arrays instead of copies."""

import numpy as np
import pytest
from bnlab_solutions import *


def slope(f, a, v, h=1e-5):
    return (f(a + h * v) - f(a - h * v)) / (2 * h)


class Cases:
    def setup_method(self):
        rng = np.random.default_rng(8)
        self.x = rng.normal(size=(7, 4)) * [0.2, 1, 2, 4] + [0, 1, 2, 3]
        self.dout, self.v = rng.normal(size=(2, 7, 4))
        self.gamma, self.beta = np.array([-1.0, 0.4, 2, 3]), np.array([0.5, -0.5, 1, 2])
        self.param = {"mode": "train", "eps": 1.0, "momentum": 0.7}
        for array in (self.x, self.dout, self.gamma, self.beta):
            array.flags.writeable = False

    def test_standardises(self, bn):
        for shift in (0, 1e6):
            x = self.x + shift
            out, _ = bn.batchnorm_forward(x, self.gamma, self.beta, self.param)
            x_hat = (out - self.beta) / self.gamma
            assert x_hat.mean(axis=0) == pytest.approx(0, abs=1e-6)
            assert x_hat.var(axis=0) == pytest.approx(x.var(axis=0) / (x.var(axis=0) + 1), rel=1e-6)


class TestBatchNorm(Cases):
    def test_remembers(self, bn):
        var = np.zeros(4)
        for x in (self.x, 2 * self.x, self.x - 1):
            bn.batchnorm_forward(x, self.gamma, self.beta, self.param)
            var = 0.7 * var + 0.3 * x.var(axis=0)
            assert np.ravel(self.param["running_var"]) == pytest.approx(var, rel=1e-9)
        mean = 0.3 * (0.49 * self.x + 0.7 * 2 * self.x + self.x - 1).mean(axis=0)
        assert np.ravel(self.param["running_mean"]) == pytest.approx(mean, rel=1e-9)

    def test_answers(self, bn):
        mean, var = np.array([1.0, 2, -3, 4]), np.array([0.5, 1, 2, 8])
        test = {"mode": "test", "eps": 1.0, "running_mean": mean.copy(), "running_var": var.copy()}
        want = self.gamma * (self.x - mean) / np.sqrt(var + 1) + self.beta
        for rows in (slice(None), slice(0, 1), slice(2, 5)):
            out, _ = bn.batchnorm_forward(self.x[rows], self.gamma, self.beta, test)
            assert out == pytest.approx(want[rows], rel=1e-9, abs=1e-9)

    def test_refuses(self, bn):
        try:
            bn.batchnorm_forward(self.x, self.gamma, self.beta, {"mode": "trian", "eps": 1.0})
        except ValueError:
            return
        pytest.fail("an unknown mode went through")

    def test_slopes(self, bn):
        def loss(x=self.x, gamma=self.gamma, beta=self.beta):
            return np.sum(bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 1.0})[0] * self.dout)

        _, cache = bn.batchnorm_forward(self.x, self.gamma, self.beta, self.param)
        dx, dgamma, dbeta = bn.batchnorm_backward(self.dout, cache)
        for v in (self.v, self.v[::-1], self.x):
            assert np.sum(dx * v) == pytest.approx(slope(lambda x: loss(x=x), self.x, v), rel=1e-5, abs=1e-6)
        for v in np.eye(4):
            steep, high = (
                slope(lambda g: loss(gamma=g), self.gamma, v),
                slope(lambda b: loss(beta=b), self.beta, v),
            )
            assert np.ravel(dgamma) @ v == pytest.approx(steep, rel=1e-5, abs=1e-6)
            assert np.ravel(dbeta) @ v == pytest.approx(high, rel=1e-5, abs=1e-6)

    def test_pictures(self, bn):
        rng = np.random.default_rng(9)
        x = rng.normal(size=(3, 4, 2, 5)) * np.array([0.2, 1, 2, 4])[:, None, None] + rng.normal(size=(2, 1))
        dout = rng.normal(size=x.shape)
        out, cache = bn.spatial_batchnorm_forward(x, self.gamma, self.beta, {"mode": "train", "eps": 1.0})
        mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
        want = self.gamma[:, None, None] * (x - mean) / np.sqrt(var + 1) + self.beta[:, None, None]
        assert out == pytest.approx(want, rel=1e-9, abs=1e-9)
        dx, _, dbeta = bn.spatial_batchnorm_backward(dout, cache)
        assert np.ravel(dbeta) == pytest.approx(dout.sum(axis=(0, 2, 3)), rel=1e-9)

        def loss(x):
            out, _ = bn.spatial_batchnorm_forward(x, self.gamma, self.beta, {"mode": "train", "eps": 1.0})
            return np.sum(out * dout)

        for v in rng.normal(size=(3, *x.shape)):
            assert np.sum(dx * v) == pytest.approx(slope(loss, x, v), rel=1e-5, abs=1e-6)
