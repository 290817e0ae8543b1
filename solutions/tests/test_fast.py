"""The second form equals the first."""

import bnlab_solutions as bn
import numpy as np
import pytest
from bnlab_solutions import fast

SHAPES = [(4, 7), (5, 1), (1, 300), (40, 64), (6, 2**15), (3, 4, 5, 2)]  # (C, M); (C, H, W, N)


def first_form(x, gamma, beta, bn_param, dout):
    """The reference on the transposed problem: (out, dx, dgamma, dbeta) in the layout of the engine."""
    rows, drows = x.reshape(len(x), -1).T, dout.reshape(len(x), -1).T
    out, cache = bn.batchnorm_forward(rows, gamma, beta, bn_param)
    dx, dgamma, dbeta = bn.batchnorm_backward(drows, cache)
    return out.T.reshape(x.shape), dx.T.reshape(x.shape), dgamma, dbeta


def problem(shape, dtype, offset=2.0, seed=0):
    rng = np.random.default_rng(seed)
    x, dout = (rng.normal(size=shape) + offset).astype(dtype), rng.normal(size=shape).astype(dtype)
    return x, rng.normal(size=shape[0]).astype(dtype), rng.normal(size=shape[0]).astype(dtype), dout


def assert_near(got, want, tolerance):
    assert got.dtype == want.dtype
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= tolerance * max(np.abs(want).max(), 1e-3)


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-11), (np.float32, 1e-4)])
@pytest.mark.parametrize("shape", SHAPES)
class TestEqual:
    def test_train_mode(self, shape, dtype, tolerance):
        x, gamma, beta, dout = problem(shape, dtype)
        ours, theirs = ({"mode": "train", "eps": 0.1, "running_mean": gamma} for _ in range(2))
        layer = fast.ChannelMajorBatchNorm()
        for _ in range(2):  # the second time in buffers that are dirty
            out = layer.forward(x, gamma, beta, ours)
            want_out, *want = first_form(x, gamma, beta, theirs, dout)
            assert_near(out, want_out, tolerance)
            for got, expected in zip(layer.backward(dout), want, strict=True):
                assert_near(got, expected, tolerance)
        for key in ("running_mean", "running_var"):
            assert_near(ours[key], theirs[key], tolerance)

    def test_test_mode(self, shape, dtype, tolerance):
        x, gamma, beta, dout = problem(shape, dtype)
        frozen = {"mode": "test", "eps": 0.1, "running_mean": beta, "running_var": gamma**2}
        before = dict(frozen)
        layer = fast.ChannelMajorBatchNorm()
        want, _ = bn.batchnorm_forward(x.reshape(len(x), -1).T, gamma, beta, frozen)
        assert_near(layer.forward(x, gamma, beta, frozen), want.T.reshape(shape), tolerance)
        assert all(frozen[key] is before[key] for key in before)
        dx, dgamma, dbeta = layer.backward(dout)
        rows = dout.reshape(len(x), -1).T
        assert_near(dx, bn.batchnorm_backward_test(rows, gamma, gamma**2, 0.1).T.reshape(shape), tolerance)
        x_hat = (x.reshape(len(x), -1).T - beta) / np.sqrt(gamma**2 + dtype(0.1))
        assert_near(dgamma, (rows * x_hat).sum(axis=0), 10 * tolerance)
        assert_near(dbeta, rows.sum(axis=0), tolerance)


@pytest.mark.parametrize("block", [1, 2**12, 2**30])
def test_blocks_change_nothing(monkeypatch, block):
    monkeypatch.setattr(fast.ChannelMajorBatchNorm, "BLOCK", block)
    x, gamma, beta, dout = problem((37, 50), np.float64)
    layer = fast.ChannelMajorBatchNorm()
    want_out, want_dx, *_ = first_form(x, gamma, beta, {"mode": "train"}, dout)
    assert_near(layer.forward(x, gamma, beta, {"mode": "train"}), want_out, 1e-12)
    assert_near(layer.backward(dout)[0], want_dx, 1e-11)


def test_far_from_zero():
    for dtype, offset, tolerance in ((np.float64, 1e6, 1e-7), (np.float32, 100, 1e-3)):
        x, gamma, beta, dout = problem((5, 4000), dtype, offset)
        double = [a.astype(np.float64) for a in (x, gamma, beta)]
        want_out, *want = first_form(*double, {"mode": "train"}, dout.astype(np.float64))
        layer = fast.ChannelMajorBatchNorm()
        out = layer.forward(x, gamma, beta, {"mode": "train"}).copy()
        for got, expected in zip([out, *layer.backward(dout)], [want_out, *want], strict=True):
            assert_near(got, expected.astype(dtype), tolerance)


def test_own_results_may_come_back():
    """The same object twice in a row, and an upstream gradient that was written over ``out``."""
    x, gamma, beta, dout = problem((4, 50), np.float64)
    layer = fast.ChannelMajorBatchNorm()
    once = layer.forward(x, gamma, beta, {"mode": "train"})
    x2 = once.copy()
    want_out, want_dx, *_ = first_form(x2, gamma, beta, {"mode": "train"}, dout)
    out = layer.forward(once, gamma, beta, {"mode": "train"})
    assert_near(out, want_out, 1e-12)
    out[:] = dout
    assert_near(layer.backward(out)[0], want_dx, 1e-11)


def test_inputs_stay_and_the_buffer_is_reused():
    x, gamma, beta, dout = problem((4, 50), np.float64)
    for a in (x, gamma, beta, dout):
        a.flags.writeable = False
    layer = fast.ChannelMajorBatchNorm()
    out, (dx, *_) = layer.forward(x, gamma, beta, {"mode": "train"}), layer.backward(dout)
    assert np.shares_memory(out, layer.forward(x, gamma, beta, {"mode": "train"}))
    assert np.shares_memory(out, dx)
    other_shape = layer.forward(x[:, :30], gamma, beta, {"mode": "train"})
    assert other_shape.shape == (4, 30)


def test_odd_memory_and_dtypes():
    x, gamma, beta, dout = problem((4, 50), np.float32)
    layer = fast.ChannelMajorBatchNorm()
    want = layer.forward(x, gamma, beta, {"mode": "train"}).copy()
    out = layer.forward(np.asfortranarray(x), gamma.astype(np.float64), beta, {"mode": "train"})
    assert_near(out, want, 1e-6)
    assert layer.backward(dout.astype(np.float64)[:, ::-1])[0].dtype == np.float32


def test_refusals():
    x, gamma, beta, dout = problem((4, 50), np.float64)
    layer = fast.ChannelMajorBatchNorm()
    with pytest.raises(ValueError, match="mode should be"):
        layer.forward(x, gamma, beta, {})
    with pytest.raises(ValueError, match=r"gamma should have shape \(4,\)"):
        layer.forward(x, np.ones(50), beta, {"mode": "train"})
    layer.forward(x, gamma, beta, {"mode": "train"})
    with pytest.raises(ValueError, match=r"dout should have shape \(4, 50\)"):
        layer.backward(dout.T)


def test_buffers_start_on_a_cache_line():
    for shape in ((3, 5), (1, 1), (100, 7)):
        array = fast.aligned(shape, np.float32)
        assert array.ctypes.data % 64 == 0
        assert (array.shape, array.dtype, array.flags.c_contiguous) == (shape, np.float32, True)
