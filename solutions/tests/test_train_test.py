"""Stage 02: modes, buffers, folding, recalibration."""

import numpy as np
import pytest
from bnlab_solutions import (
    batch_statistics,
    batchnorm_forward,
    batchnorm_train,
    fold_batchnorm,
    recalibrate,
    update_running,
)
from hypothesis import given, settings
from hypothesis import strategies as st


class TestUpdateRunning:
    def test_values(self):
        running, sample = np.array([10.0, 0.0]), np.array([20.0, 4.0])
        assert update_running(running, sample, 0.9) == pytest.approx([11, 0.4])
        assert update_running(running, sample, 1).tolist() == [10, 0]
        assert update_running(running, sample, 0).tolist() == [20, 4]
        assert update_running(running, sample, 1) is not running

    @pytest.mark.parametrize("momentum", [-0.1, 1.1, "often", None])
    def test_momentum_is_between_0_and_1(self, momentum):
        with pytest.raises(ValueError, match="momentum should"):
            update_running(np.zeros(2), np.ones(2), momentum)


class TestBatchnormForward:
    @pytest.mark.parametrize("eps", [1e-5, 0.3])
    def test_train_mode(self, problem, close, slow_batchnorm, eps):
        x, gamma, beta, _ = problem
        bn_param = {
            "mode": "train",
            "eps": eps,
            "momentum": 0.75,
            "running_mean": np.arange(4.0),
            "running_var": np.arange(4.0) + 2,
        }
        out, _ = batchnorm_forward(x, gamma, beta, bn_param)
        want, mean, var = slow_batchnorm(x, gamma, beta, eps)
        for j in range(4):
            close(out[:, j], want[:, j])
        close(bn_param["running_mean"], 0.75 * np.arange(4.0) + 0.25 * mean, 1e-14)
        close(bn_param["running_var"], 0.75 * (np.arange(4.0) + 2) + 0.25 * var, 1e-14)

    def test_defaults(self, problem, close):
        x, gamma, beta, _ = problem
        bn_param = {"mode": "train"}
        out, _ = batchnorm_forward(x, gamma, beta, bn_param)
        mean, var = batch_statistics(x)
        close(out, batchnorm_train(x, gamma, beta, 1e-5), 1e-14)
        close(bn_param["running_mean"], 0.1 * mean, 1e-14)
        close(bn_param["running_var"], 0.1 * var, 1e-14)
        assert set(bn_param) == {"mode", "running_mean", "running_var"}
        out, cache = batchnorm_forward(x, gamma, beta, {"mode": "test"})  # buffers of zeros
        close(out, gamma * x / np.sqrt(1e-5) + beta, 1e-14)
        assert cache is None

    def test_test_mode_uses_the_buffers_and_leaves_them(self, problem, close):
        x, gamma, beta, _ = problem
        mean, var = np.array([1.0, 2.0, -3.0, 0.5]), np.array([4.0, 0.1, 2.0, 1.0])
        bn_param = {"mode": "test", "eps": 0.3, "running_mean": mean, "running_var": var}
        before = dict(bn_param)
        out, cache = batchnorm_forward(x, gamma, beta, bn_param)
        close(out, gamma * (x - mean) / np.sqrt(var + 0.3) + beta, 1e-14)
        assert cache is None
        assert bn_param.keys() == before.keys()
        assert all(bn_param[key] is before[key] for key in before)
        alone, _ = batchnorm_forward(x[2:3], gamma, beta, bn_param)
        assert np.array_equal(alone, out[2:3])

    def test_buffers_are_new_arrays(self, problem):
        x, gamma, beta, _ = problem
        shared = np.zeros(4)
        layers = [{"mode": "train", "running_mean": shared, "running_var": shared} for _ in range(2)]
        batchnorm_forward(x, gamma, beta, layers[0])
        assert (shared == 0).all()
        assert layers[0]["running_mean"] is not layers[0]["running_var"]
        assert layers[1]["running_mean"] is shared

    def test_many_steps_reach_the_truth(self, rng):
        bn_param = {"mode": "train", "momentum": 0.9}
        x = rng.normal(3, 2, (40, 2))
        for _ in range(300):
            batchnorm_forward(x, np.ones(2), np.zeros(2), bn_param)
        mean, var = batch_statistics(x)
        assert bn_param["running_mean"] == pytest.approx(mean)
        assert bn_param["running_var"] == pytest.approx(var)

    @pytest.mark.parametrize("bn_param", [{}, {"mode": "eval"}, {"mode": None}, {"mode": True}])
    def test_unknown_mode(self, problem, bn_param):
        x, gamma, beta, _ = problem
        with pytest.raises(ValueError, match="mode should be 'train' or 'test', but is"):
            batchnorm_forward(x, gamma, beta, bn_param)

    @pytest.mark.parametrize("name", ["running_mean", "running_var"])
    def test_buffers_of_another_length(self, problem, name):
        x, gamma, beta, _ = problem
        with pytest.raises(ValueError, match=rf"{name} should have shape \(4,\)"):
            batchnorm_forward(x, gamma, beta, {"mode": "train", name: np.zeros(5)})

    def test_a_row_is_taken_for_a_vector(self, problem, close):
        x, gamma, beta, _ = problem
        bn_param = {"mode": "train", "running_mean": np.ones((1, 4))}
        batchnorm_forward(x, gamma[None], beta, bn_param)
        assert bn_param["running_mean"].shape == (4,)


class TestFoldBatchnorm:
    def test_same_function(self, rng, close):
        W, b, z = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=(8, 5))
        gamma, beta, mean, var = (
            rng.normal(size=3),
            rng.normal(size=3),
            rng.normal(size=3),
            rng.uniform(0, 3, 3),
        )
        bn_param = {"mode": "test", "eps": 0.2, "running_mean": mean, "running_var": var}
        want, _ = batchnorm_forward(z @ W + b, gamma, beta, bn_param)
        W_folded, b_folded = fold_batchnorm(W, b, gamma, beta, mean, var, 0.2)
        close(z @ W_folded + b_folded, want, 1e-13)

    def test_wrong_shape_is_named(self):
        with pytest.raises(ValueError, match=r"mean should have shape \(3,\), but its shape is \(5,\)"):
            fold_batchnorm(np.ones((5, 3)), np.ones(3), np.ones(3), np.ones(3), np.ones(5), np.ones(3), 0.1)


class TestRecalibrate:
    @settings(deadline=None, derandomize=True)
    @given(
        st.lists(st.integers(1, 9), min_size=1, max_size=6), st.sampled_from([0.0, 1e6]), st.integers(0, 99)
    )
    def test_as_if_all_rows_stood_in_one_array(self, sizes, offset, seed):
        rows = np.random.default_rng(seed).normal(size=(sum(sizes), 3)) * [1, 10, 0] + offset
        pieces = (piece for piece in np.split(rows, np.cumsum(sizes)[:-1]))
        mean, var = recalibrate(pieces)
        np.testing.assert_allclose(mean, rows.mean(axis=0), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(var, rows.var(axis=0), rtol=1e-7, atol=1e-9)

    def test_batches_that_differ_in_their_means(self):
        mean, var = recalibrate([np.zeros((2, 1)), np.full((2, 1), 10.0)])
        assert (mean.tolist(), var.tolist()) == ([5.0], [25.0])

    @pytest.mark.parametrize(
        ("batches", "message"),
        [
            ([], "batches should hold at least one batch"),
            (
                [np.ones((2, 3)), np.ones((2, 4))],
                r"batch should have shape \(N, 3\), but its shape is \(2, 4\)",
            ),
            ([np.ones((2, 3)), np.ones((2, 1))], r"batch should have shape \(N, 3\)"),
            (np.ones((4, 3)), r"batch should have shape \(N, D\), but its shape is \(3,\)"),
            ([np.ones((0, 3))], r"batch should have shape \(N, D\)"),
        ],
    )
    def test_wrong_batches(self, batches, message):
        with pytest.raises(ValueError, match=message):
            recalibrate(batches)
