"""Stage 00 against direct formulas and known derivatives."""

import math

import numpy as np
import pytest
from bnlab_solutions import numerical_gradient, relative_error, standardize
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

reals = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
arrays = hnp.arrays(np.float64, hnp.array_shapes(max_dims=3, max_side=5), elements=reals)


class TestStandardize:
    @settings(deadline=None, derandomize=True)
    @given(
        hnp.arrays(np.float64, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=reals),
        st.data(),
    )
    def test_mean_0_and_std_1_or_all_0(self, x, data):
        axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
        out = standardize(x, axis)
        assert out.shape == x.shape
        for before, after in zip(
            np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]).tolist(),
            np.moveaxis(out, axis, -1).reshape(-1, x.shape[axis]).tolist(),
            strict=True,
        ):
            if len(set(before)) == 1:
                assert set(after) == {0}
            else:
                mean = math.fsum(after) / len(after)
                assert abs(mean) < 1e-6
                assert math.fsum((v - mean) ** 2 for v in after) / len(after) == pytest.approx(1, rel=1e-6)
                assert np.array_equal(np.argsort(before, kind="stable"), np.argsort(after, kind="stable"))

    @pytest.mark.parametrize("value", [0.1, 1e6 + 0.1, 1e-30, -7.0])
    def test_constant_slice_is_exactly_0_whatever_its_mean_rounds_to(self, value):
        x = np.column_stack([np.full(7, value), np.arange(7.0)])
        out = standardize(x, 0)
        assert (out[:, 0] == 0).all()
        assert out[:, 1].std() == pytest.approx(1)

    def test_nothing_is_added_for_tiny_slices(self):
        assert standardize(np.array([0.0, 1e-12]), 0).tolist() == pytest.approx([-1, 1])

    def test_tuple_of_axes(self, rng, close):
        x = rng.normal(3, 2, (2, 3, 4))
        want = (x - x.mean(axis=(0, -1), keepdims=True)) / x.std(axis=(0, -1), keepdims=True)
        close(standardize(x, (0, -1)), want)

    def test_integers(self):
        assert standardize(np.array([[1, 5], [3, 5]]), 0).tolist() == [[-1, 0], [1, 0]]


class TestRelativeError:
    @settings(deadline=None, derandomize=True)
    @given(arrays, st.floats(1e-3, 1e3), st.data())
    def test_symmetric_and_blind_to_scale(self, a, factor, data):
        b = data.draw(hnp.arrays(np.float64, a.shape, elements=reals))
        error = relative_error(a, b)
        assert type(error) is float
        assert 0 <= error <= 2
        assert error == relative_error(b, a)
        assert relative_error(factor * a, factor * b) == pytest.approx(error, rel=1e-9, abs=1e-12)
        assert relative_error(a, a) == 0

    def test_values(self):
        assert relative_error(np.zeros((2, 2)), np.zeros((2, 2))) == 0.0
        assert relative_error(np.zeros(3), np.array([0, 1e-12, 0])) == 1.0
        assert relative_error([1.0, -4.0], [1.5, -3.0]) == 0.25
        assert relative_error(np.array([1, 2], dtype=np.uint8), np.array([2, 1], dtype=np.uint8)) == 0.5

    def test_nan_is_not_hidden(self):
        assert math.isnan(relative_error([1.0, math.nan], [1.0, 2.0]))

    def test_shapes_must_agree(self):
        with pytest.raises(ValueError, match=r"b should have shape \(2, 3\), but its shape is \(3,\)"):
            relative_error(np.zeros((2, 3)), np.zeros(3))


class TestNumericalGradient:
    def test_known_derivatives(self, rng, close):
        x, dout = rng.normal(size=(2, 3, 2)), rng.normal(size=(2, 3, 2))
        close(numerical_gradient(np.sin, x, dout), np.cos(x) * dout, 1e-9)

    def test_output_of_another_shape(self, rng, close):
        A, x, dout = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=(5, 2))
        close(numerical_gradient(lambda x: A @ x, x, dout), A.T @ dout, 1e-9)
        close(numerical_gradient(lambda x: (x**2).sum(), x, 3.0), 6 * x, 1e-9)

    def test_step_is_used(self):
        # (x + h)^3 - (x - h)^3 = 2 h (3 x^2 + h^2)
        assert numerical_gradient(lambda x: x**3, np.array([2.0]), np.array([1.0]), h=0.5)[0] == 12.25

    def test_integers_and_float32_are_checked_in_float64(self):
        for x in (np.array([1, 2]), np.array([1, 2], dtype=np.float32)):
            grad = numerical_gradient(np.square, x, np.ones(2))
            assert grad.dtype == np.float64
            assert grad == pytest.approx([2, 4])

    def test_x_is_safe_from_f_and_f_may_reuse_a_buffer(self):
        x, buffer = np.array([1.0, 2.0, 3.0]), np.empty(3)
        before = x.copy()

        def rude(v):
            np.multiply(v, v, out=buffer)
            v[:] = np.nan
            return buffer

        assert numerical_gradient(rude, x, np.ones(3)) == pytest.approx(2 * before)
        assert numerical_gradient(lambda v: v, x, np.ones(3)) == pytest.approx(np.ones(3))
        assert np.array_equal(x, before)

    def test_non_contiguous_input(self, rng, close):
        x = rng.normal(size=(6, 4))[::2, ::-1].T
        close(numerical_gradient(np.exp, x, np.ones(x.shape)), np.exp(x), 1e-9)

    def test_dout_of_another_shape_is_refused(self):
        with pytest.raises(ValueError, match="dout should have shape"):
            numerical_gradient(np.sin, np.ones((2, 3)), np.ones(3))
