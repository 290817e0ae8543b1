"""Stage 01 against sums in Python numbers."""

import numpy as np
import pytest
from bnlab_solutions import batch_statistics, batchnorm_train
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

batches = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 4)), elements=st.floats(-1e3, 1e3)
)


class TestBatchStatistics:
    def test_against_plain_sums(self, problem, close, slow_batchnorm):
        x, gamma, beta, _ = problem
        _, want_mean, want_var = slow_batchnorm(x, gamma, beta, 0.1)
        mean, var = batch_statistics(x)
        close(mean, want_mean, 1e-14)
        close(var, want_var, 1e-13)

    def test_far_from_zero(self, rng, close, slow_batchnorm):
        x = rng.normal(size=(50, 3)) + 1e6
        _, _, want = slow_batchnorm(x, np.ones(3), np.zeros(3), 0)
        close(batch_statistics(x)[1], want, 1e-9)

    def test_far_from_zero_in_float32(self, rng, close, slow_batchnorm):
        x = (rng.normal(size=(200, 3)) + 100).astype(np.float32)
        _, _, want = slow_batchnorm(x, np.ones(3), np.zeros(3), 0)
        close(batch_statistics(x)[1], want, 1e-5)

    def test_one_example(self):
        mean, var = batch_statistics(np.array([[3.0, -1.0]]))
        assert mean.tolist() == [3, -1]
        assert var.tolist() == [0, 0]

    @pytest.mark.parametrize("x", [np.zeros(3), np.zeros((2, 3, 4)), np.zeros((0, 3)), 1.0])
    def test_other_shapes_are_refused(self, x):
        with pytest.raises(ValueError, match=r"x should have shape \(N, D\), but its shape is"):
            batch_statistics(x)


class TestBatchnormTrain:
    @pytest.mark.parametrize("eps", [0.0, 1e-5, 1.0])
    def test_against_plain_sums(self, problem, close, slow_batchnorm, eps):
        x, gamma, beta, _ = problem
        out = batchnorm_train(x, gamma, beta, eps)
        for j, want in enumerate(slow_batchnorm(x, gamma, beta, eps)[0].T):
            close(out[:, j], want)

    @settings(deadline=None, derandomize=True)
    @given(batches, st.floats(0.1, 10), st.floats(-100, 100))
    def test_blind_to_shift_and_scale_of_a_feature(self, x, factor, shift):
        one, zero = np.ones(x.shape[1]), np.zeros(x.shape[1])
        want = batchnorm_train(x, one, zero, 0.5)
        moved = batchnorm_train(factor * x + shift, one, zero, 0.5 * factor**2)
        np.testing.assert_allclose(moved, want, atol=1e-8)

    @settings(deadline=None, derandomize=True)
    @given(batches, st.floats(1e-3, 10), st.randoms())
    def test_moments_and_order_of_rows(self, x, eps, random):
        gamma, beta = np.arange(1.0, x.shape[1] + 1), -np.arange(x.shape[1])
        out = batchnorm_train(x, gamma, beta, eps)
        var = x.var(axis=0)
        np.testing.assert_allclose(out.mean(axis=0), beta, atol=1e-9)
        np.testing.assert_allclose(out.var(axis=0), gamma**2 * var / (var + eps), atol=1e-9)
        rows = random.sample(range(len(x)), len(x))
        np.testing.assert_allclose(batchnorm_train(x[rows], gamma, beta, eps), out[rows], atol=1e-9)

    def test_constant_feature_and_single_example_give_beta(self):
        beta = np.array([7.0, -1.0])
        for x in (np.full((5, 2), 3.0), np.array([[123.0, -5.0]])):
            assert (batchnorm_train(x, np.ones(2), beta, 1e-5) == beta).all()

    def test_gamma_and_beta_can_undo_it(self, problem, close):
        x, *_ = problem
        mean, var = batch_statistics(x)
        close(batchnorm_train(x, np.sqrt(var + 0.3), mean, 0.3), x)

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"gamma": np.ones(3)}, r"gamma should have shape \(4,\), but its shape is \(3,\)"),
            ({"beta": np.ones((7, 4))}, r"beta should have shape \(4,\), but its shape is \(7, 4\)"),
            ({"gamma": 1.0}, r"gamma should have shape \(4,\)"),
            ({"x": np.ones(4)}, r"x should have shape \(N, D\)"),
            ({"eps": -1e-5}, "eps should lie between 0 and inf, but is -1e-05"),
            ({"x": np.full((2, 4), "a")}, "x should hold numbers"),
        ],
    )
    def test_wrong_arguments_are_named(self, changed, message):
        arguments = {"x": np.ones((7, 4)), "gamma": np.ones(4), "beta": np.ones(4), "eps": 1e-5} | changed
        with pytest.raises(ValueError, match=message):
            batchnorm_train(**arguments)
