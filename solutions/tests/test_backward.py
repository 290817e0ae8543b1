"""Stage 03 against complex steps, and the geometry that BN's backward pass is known to have."""

import numpy as np
import pytest
from bnlab_solutions import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_backward_steps,
    batchnorm_backward_test,
    batchnorm_forward,
    batchnorm_forward_steps,
    batchnorm_train,
    project_out,
)
from hypothesis import given, settings
from hypothesis import strategies as st

BOTH = pytest.mark.parametrize("backward", [batchnorm_backward, batchnorm_backward_alt])
NODES = {"mu", "xmu", "sq", "var", "std", "inv_std", "xhat", "scaled", "out"}


class TestBackward:
    @BOTH
    @pytest.mark.parametrize("eps", [1e-5, 1.0])
    def test_against_complex_steps(self, problem, close, complex_step, backward, eps):
        x, gamma, beta, dout = problem
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
        dx, dgamma, dbeta = backward(dout, cache)
        want = complex_step(lambda x: batchnorm_train(x, gamma, beta, eps), x, dout)
        for j in range(4):  # per feature: they differ in scale by a thousand
            close(dx[:, j], want[:, j])
        close(dgamma, complex_step(lambda gamma: batchnorm_train(x, gamma, beta, eps), gamma, dout))
        close(dbeta, complex_step(lambda beta: batchnorm_train(x, gamma, beta, eps), beta, dout))

    @BOTH
    @settings(deadline=None, derandomize=True)
    @given(st.integers(1, 8), st.integers(1, 5), st.floats(1e-3, 3), st.integers(0, 99))
    def test_two_directions(self, backward, N, D, eps, seed):
        rng = np.random.default_rng(seed)
        x, gamma, dout = rng.normal(2, 3, (N, D)), rng.normal(size=D), rng.normal(size=(N, D))
        _, cache = batchnorm_forward(x, gamma, np.zeros(D), {"mode": "train", "eps": eps})
        x_hat = batchnorm_train(x, np.ones(D), np.zeros(D), eps)
        dx, dgamma, dbeta = backward(dout, cache)
        var = x.var(axis=0)
        left = gamma * eps / (var + eps) ** 1.5 * (dout * x_hat).sum(axis=0)
        np.testing.assert_allclose(dx.sum(axis=0), 0, atol=1e-10)
        np.testing.assert_allclose((dx * x_hat).sum(axis=0), left, atol=1e-10)
        np.testing.assert_allclose(dgamma, (dout * x_hat).sum(axis=0), atol=1e-10)
        np.testing.assert_allclose(dbeta, dout.sum(axis=0), atol=1e-12)

    @BOTH
    def test_linear_in_dout_and_zero_for_gamma_0(self, problem, close, backward):
        x, gamma, beta, dout = problem
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
        close(backward(-3 * dout, cache)[0], -3 * backward(dout, cache)[0])
        _, cache = batchnorm_forward(x, 0 * gamma, beta, {"mode": "train"})
        assert (backward(dout, cache)[0] == 0).all()

    @BOTH
    def test_single_example_and_constant_feature(self, close, backward, rng):
        _, cache = batchnorm_forward(np.array([[5.0, -2.0]]), np.ones(2), np.ones(2), {"mode": "train"})
        dx, dgamma, dbeta = backward(np.array([[1.0, 2.0]]), cache)
        assert (dx.tolist(), dgamma.tolist(), dbeta.tolist()) == ([[0, 0]], [0, 0], [1, 2])
        dout = rng.normal(size=(6, 1))
        _, cache = batchnorm_forward(
            np.full((6, 1), 4.0), np.array([2.0]), np.ones(1), {"mode": "train", "eps": 0.25}
        )
        close(backward(dout, cache)[0], 4 * (dout - dout.mean()))

    @BOTH
    def test_far_from_zero(self, close, backward, rng):
        x, dout = rng.normal(size=(9, 3)), rng.normal(size=(9, 3))
        near, far = (
            backward(dout, batchnorm_forward(x + offset, np.ones(3), np.ones(3), {"mode": "train"})[1])[0]
            for offset in (0, 1e6)
        )
        close(far, near, 1e-8)

    @BOTH
    def test_refusals(self, problem, backward):
        x, gamma, beta, dout = problem
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "test"})
        with pytest.raises(ValueError, match="cache is None: run the forward pass in train mode"):
            backward(dout, cache)
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train"})
        with pytest.raises(ValueError, match=r"dout should have shape \(7, 4\), but its shape is \(4, 7\)"):
            backward(dout.T, cache)


class TestSteps:
    def test_forward_nodes(self, problem, close):
        x, gamma, beta, _ = problem
        steps = batchnorm_forward_steps(x, gamma, beta, 0.2)
        assert steps.keys() == NODES
        close(steps["out"], batchnorm_train(x, gamma, beta, 0.2), 1e-14)

    @pytest.mark.parametrize("eps", [1e-5, 1.0])
    def test_every_gradient_is_that_of_its_node(self, problem, close, complex_step, eps):
        """Each node is moved while the ones before it stay: its gradient is that of what follows."""
        x, gamma, beta, dout = problem
        steps = batchnorm_forward_steps(x, gamma, beta, eps)
        grads = batchnorm_backward_steps(dout, steps, gamma)
        assert grads.keys() == {f"d{node}" for node in NODES} | {"dx", "dgamma", "dbeta"}

        def rest(**moved):
            node = {"gamma": gamma} | steps | moved
            if {"x", "mu"} & moved.keys():
                node["mu"] = moved.get("mu", node.get("x", x).mean(axis=0))
                node["xmu"] = node.get("x", x) - node["mu"]
            if {"x", "mu", "xmu"} & moved.keys():
                node["sq"] = node["xmu"] ** 2
            if {"x", "mu", "xmu", "sq"} & moved.keys():
                node["var"] = node["sq"].mean(axis=0)
            if {"x", "mu", "xmu", "sq", "var"} & moved.keys():
                node["std"] = np.sqrt(node["var"] + eps)
            if {"x", "mu", "xmu", "sq", "var", "std"} & moved.keys():
                node["inv_std"] = 1 / node["std"]
            xhat = moved.get("xhat", node["xmu"] * node["inv_std"])
            return moved.get("out", moved.get("scaled", node["gamma"] * xhat) + moved.get("beta", beta))

        values = steps | {"x": x, "gamma": gamma, "beta": beta}
        for name, value in values.items():
            got, want = grads[f"d{name}"], complex_step(lambda v, name=name: rest(**{name: v}), value, dout)
            assert got.shape == value.shape
            for j in range(4):
                close(got[..., j], want[..., j])

    def test_same_as_the_short_forms(self, problem, close):
        x, gamma, beta, dout = problem
        grads = batchnorm_backward_steps(dout, batchnorm_forward_steps(x, gamma, beta, 0.1), gamma)
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.1})
        for got, want in zip(
            batchnorm_backward(dout, cache), (grads[k] for k in ("dx", "dgamma", "dbeta")), strict=True
        ):
            close(got, want, 1e-13)


class TestBackwardTest:
    def test_against_complex_steps(self, problem, close, complex_step):
        x, gamma, beta, dout = problem
        frozen = {"mode": "test", "eps": 0.3, "running_mean": np.ones(4), "running_var": np.arange(1.0, 5)}
        want = complex_step(lambda x: batchnorm_forward(x, gamma, beta, dict(frozen))[0], x, dout)
        close(batchnorm_backward_test(dout, gamma, frozen["running_var"], 0.3), want, 1e-13)

    def test_wrong_shape_is_named(self):
        with pytest.raises(ValueError, match=r"running_var should have shape \(4,\)"):
            batchnorm_backward_test(np.ones((7, 4)), np.ones(4), np.ones(7), 0.1)


class TestProjectOut:
    @settings(deadline=None, derandomize=True)
    @given(st.integers(1, 8), st.integers(1, 4), st.floats(0, 3), st.integers(0, 99))
    def test_orthogonal_idempotent_and_only_what_was_asked(self, N, D, eps, seed):
        rng = np.random.default_rng(seed)
        x, dout = rng.normal(size=(N, D)), rng.normal(size=(N, D))
        xhat = (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps + 1e-9)
        out = project_out(dout, xhat)
        np.testing.assert_allclose(out.sum(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose((out * xhat).sum(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(project_out(out, xhat), out, atol=1e-12)
        removed = dout - out  # lies in the plane of 1 and xhat: nothing else is lost
        for j in range(D):
            plane = np.stack([np.ones(N), xhat[:, j]], axis=1)
            fit = plane @ np.linalg.lstsq(plane, removed[:, j], rcond=None)[0]
            np.testing.assert_allclose(fit, removed[:, j], atol=1e-10)

    def test_it_is_the_backward_pass_for_eps_0(self, problem, close):
        x, gamma, beta, dout = problem
        _, cache = batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.0})
        xhat = batchnorm_train(x, np.ones(4), np.zeros(4), 0.0)
        dx = batchnorm_backward_alt(dout, cache)[0]
        want = gamma / x.std(axis=0) * project_out(dout, xhat)
        for j in range(4):
            close(dx[:, j], want[:, j])

    @pytest.mark.parametrize("dtype", [np.float64, np.float32])
    def test_zero_column(self, rng, dtype):
        dout, xhat = rng.normal(size=(5, 2)).astype(dtype), np.zeros((5, 2), dtype)
        xhat[:, 1] = [-1, 1, 0, 2, -2]
        out = project_out(dout, xhat)
        np.testing.assert_allclose(out[:, 0], dout[:, 0] - dout[:, 0].mean(), rtol=1e-6)
        assert np.isfinite(out).all()
