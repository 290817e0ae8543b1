"""Tests as loops and with pytest.mark.parametrize; comparisons by numpy.testing."""

import numpy as np
import pytest
from bnlab_solutions import *

LAYERS = {"train": (6, 4), "small": (3, 2)}


def batch(N, D, seed, centre=0.0):
    return centre + np.random.default_rng(seed).normal(size=(N, D)) * np.linspace(0.3, 3, D)


class TestBatchNorm:
    @pytest.mark.parametrize("centre", [0.0, 7.0, pytest.param(1e6, id="far")])
    @pytest.mark.parametrize(("N", "D"), list(LAYERS.values()))
    def test_output(self, bn, N, D, centre):
        x, gamma, beta = batch(N, D, 1, centre), np.linspace(-2, 3, D), np.linspace(1, -1, D)
        want = gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + 0.7) + beta
        kept = x.copy()
        out, _ = bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.7})
        np.testing.assert_array_equal(x, kept)
        np.testing.assert_allclose(out, want, atol=1e-6)

    @pytest.mark.parametrize("start", [None, 2.0])
    def test_buffers(self, bn, start):
        x, param = batch(5, 3, 2, 1.0), {"mode": "train", "eps": 0.7, "momentum": 0.6}
        before = np.zeros(3) if start is None else start + np.arange(3.0)
        if start is not None:
            param |= {"running_mean": before.copy(), "running_var": 2 * before}
        bn.batchnorm_forward(x.copy(), np.ones(3), np.zeros(3), param)
        for key, old, new in (("mean", before, x.mean(0)), ("var", 2 * before, x.var(0))):
            np.testing.assert_allclose(np.ravel(param[f"running_{key}"]), 0.6 * old + 0.4 * new, rtol=1e-9)

    def test_frozen(self, bn):
        x, gamma, beta = batch(4, 3, 3), np.array([2.0, -1, 0.5]), np.array([1.0, 2, 3])
        mean, var = np.array([1.0, -2, 3]), np.array([0.5, 1, 4])
        param = {"mode": "test", "eps": 0.7, "running_mean": mean.copy(), "running_var": var.copy()}
        out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, param)
        np.testing.assert_allclose(out, gamma * (x - mean) / np.sqrt(var + 0.7) + beta, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(np.ravel(param["running_mean"]), mean)
        np.testing.assert_array_equal(np.ravel(param["running_var"]), var)

    @pytest.mark.parametrize("spelling", ["Train", "eval", ""])
    def test_modes(self, bn, spelling):
        with pytest.raises(ValueError):  # noqa: PT011
            bn.batchnorm_forward(batch(4, 3, 3), np.ones(3), np.zeros(3), {"mode": spelling, "eps": 0.7})

    def test_gradients(self, bn):
        x, dout = batch(5, 3, 4), batch(5, 3, 5)
        gamma, beta = np.array([2.0, -1, 0.5]), np.array([1.0, 2, 3])

        def forward(x, gamma, beta):
            return bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.7})

        _, cache = forward(x, gamma, beta)
        kept = dout.copy()
        dx, dgamma, dbeta = bn.batchnorm_backward(dout, cache)
        np.testing.assert_array_equal(dout, kept)
        close = {"rtol": 1e-5, "atol": 1e-6}
        np.testing.assert_allclose(
            dx, numerical_gradient(lambda x: forward(x, gamma, beta)[0], x, dout), **close
        )
        wanted = numerical_gradient(lambda gamma: forward(x, gamma, beta)[0], gamma, dout)
        np.testing.assert_allclose(np.ravel(dgamma), wanted, **close)
        np.testing.assert_allclose(np.ravel(dbeta), dout.sum(0), **close)

    def test_pictures(self, bn):
        x = np.random.default_rng(6).normal(size=(2, 3, 4, 5)) * np.array([1, 3, 0.2])[
            :, None, None
        ] + np.arange(5)
        dout = np.random.default_rng(7).normal(size=x.shape)
        gamma, beta = np.array([2.0, -1, 0.5]), np.array([1.0, 2, 3])
        param = {"mode": "train", "eps": 0.7}
        out, cache = bn.spatial_batchnorm_forward(x.copy(), gamma, beta, param)
        dx, dgamma, _ = bn.spatial_batchnorm_backward(dout.copy(), cache)
        for c in range(3):
            pixels = x[:, c].reshape(-1, 1)
            param = {"mode": "train", "eps": 0.7}
            flat, flat_cache = bn.batchnorm_forward(pixels, gamma[c : c + 1], beta[c : c + 1], param)
            np.testing.assert_allclose(out[:, c].ravel(), flat.ravel(), rtol=1e-9, atol=1e-9)
            flat_dx, flat_dgamma, _ = bn.batchnorm_backward(dout[:, c].reshape(-1, 1), flat_cache)
            np.testing.assert_allclose(dx[:, c].ravel(), flat_dx.ravel(), rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(np.ravel(dgamma)[c], np.ravel(flat_dgamma)[0], rtol=1e-9)
