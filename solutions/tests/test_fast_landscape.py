"""The second form of what stage 07 teaches equals the first."""

import bnlab_solutions.landscape as first
import numpy as np
import pytest
from bnlab import nn
from bnlab_solutions import fast


@pytest.mark.parametrize("p", [1, 2, np.inf])
@pytest.mark.parametrize("shape", [(4, 7), (1, 300), (3, 4, 5, 2)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 1e-4)])
def test_lp_normalisation(p, shape, dtype, tolerance):
    rng = np.random.default_rng(0)
    layer = fast.fast_lp_normalisation(shape[0], p)
    net = nn.Network([layer], dtype=dtype, loss=lambda out, dout: (0.0, dout))
    for _ in range(2):  # the second time in buffers that are dirty
        x, dout = (rng.normal(size=shape).astype(dtype) + dtype(0.5) for _ in range(2))
        x[0] *= 0 if len(x) > 1 else 1  # a channel of zeros
        net.parameters[:] = rng.normal(size=2 * len(x))
        gamma, beta = net.parameters.reshape(2, -1)
        rows, drows = x.reshape(len(x), -1).T, dout.reshape(len(x), -1).T
        out = first.lp_normalize(rows, p)
        assert np.abs(net.forward(x).reshape(len(x), -1).T - (gamma * out + beta)).max() < tolerance * 10
        dx = net.backward(dout, need_dx=True).reshape(len(x), -1).T
        want = first.lp_normalize_backward(drows * gamma, rows, p)
        assert np.abs(dx - want).max() < tolerance * 10 * np.abs(want).max()
        assert np.abs(net.gradient - [*(drows * out).sum(axis=0), *drows.sum(axis=0)]).max() < tolerance * 100


def test_other_p_have_no_fast_form():
    with pytest.raises(ValueError, match="p should be"):
        fast.fast_lp_normalisation(3, 4)


def test_a_walk_is_three_functions():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 20)), rng.integers(0, 3, 20)
    net = nn.mlp([6, 5, 4, 3], normalise=fast.fast_batchnorm, dtype=np.float64)
    net.mode, steps = "test", np.array([2.0, 0.1, 1.0])
    net.gradient[:] = 7
    before = net.parameters.copy()
    losses, changes, beta, length = fast.walk_along_gradient(net, x, y, steps)
    assert np.array_equal(net.parameters, before)
    assert (net.mode, set(net.gradient)) == ("test", {7})
    assert np.allclose(losses, first.loss_along_gradient(net, x, y, steps), rtol=1e-12)
    assert np.allclose(changes, first.gradient_predictiveness(net, x, y, steps), rtol=1e-12)
    assert np.isclose(beta, first.effective_smoothness(net, x, y, steps), rtol=1e-12)
    net.mode = "train"
    assert np.isclose(length, np.linalg.norm(net.loss_and_gradient(x, y)[1]), rtol=1e-12)
