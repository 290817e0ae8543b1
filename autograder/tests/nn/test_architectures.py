"""The networks of the experiments: their shapes, where their layers stand, equal weights, and noise."""

import numpy as np
import pytest
from bnlab import nn
from bnlab_solutions.fast import fast_batchnorm


def test_the_vgg_of_the_course():
    net = nn.vgg(normalise=fast_batchnorm)
    assert net.forward(np.zeros((3, 16, 16, 2))).shape == (10, 2)
    assert [type(net.layers[i]) for i in net.weighted] == [nn.Convolution] * 6 + [nn.Affine] * 2
    assert [net.layers[i].channels for i in net.norms] == [8, 8, 16, 16, 32, 32, 32]
    assert net.preactivations == [*net.norms, net.weighted[-1]]


def test_without_norms():
    net = nn.vgg()
    assert net.norms == []
    assert net.preactivations == net.weighted


@pytest.mark.parametrize("make", [nn.vgg, lambda **k: nn.mlp([6, 5, 4], **k), nn.deep_linear])
def test_norms_leave_initial_weights_as_they_are(make):
    plain, normed = make(seed=3), make(seed=3, normalise=fast_batchnorm)
    for i, j in zip(plain.weighted, normed.weighted, strict=True):
        np.testing.assert_array_equal(plain.layers[i].params["W"], normed.layers[j].params["W"])
        assert np.any(plain.layers[i].params["W"])


def test_several_layers_as_norm():
    net = nn.mlp([6, 5, 4, 3], normalise=lambda c: [fast_batchnorm(c), nn.Noise(lambda a, rng: a)])
    assert [type(net.layers[i]) for i in net.norms] == [nn.Noise, nn.Noise]
    assert net.preactivations == [2, 6, 8]


def test_an_mlp_may_be_linear_or_tanh():
    assert not any(
        isinstance(layer, nn.ReLU | nn.Tanh) for layer in nn.mlp([2, 3, 4], activation=None).layers
    )
    assert isinstance(nn.mlp([2, 3, 4], activation="tanh").layers[1], nn.Tanh)
    with pytest.raises(ValueError, match="'relu' or 'tanh'"):
        nn.mlp([2, 3, 4], activation="gelu")


def test_the_scale_of_weights_reaches_every_layer():
    net = nn.mlp([200, 200, 200, 200], init=0.01)
    stds = [net.layers[i].params["W"].std() for i in net.weighted]
    np.testing.assert_allclose(stds, 0.01, rtol=0.05)


def test_a_deep_linear_network_is_a_product_of_matrices():
    net, x = nn.deep_linear(depth=4, width=3, seed=1), np.random.default_rng(0).standard_normal((3, 5))
    product = np.linalg.multi_dot([net.layers[i].params["W"] for i in reversed(net.weighted)])
    np.testing.assert_allclose(net.forward(x), product @ x)
    assert net.loss(x, x)[0] == 0
    assert len(nn.deep_linear().weighted) == 25


def wild(a, rng):
    """Linear noise with a mean, per unit and per entry."""
    return a * rng.normal(1, 0.5, a.shape) + rng.uniform(-1, 3, a.shape)


@pytest.mark.parametrize("shape", [(4, 6), (2, 3, 5, 6)])
def test_noise_hands_the_function_batches_first_and_has_its_gradient(shape):
    layer, rng = nn.Noise(wild, seed=5), np.random.default_rng(0)
    x, dout = rng.standard_normal(shape), rng.standard_normal(shape)
    batch_first = np.moveaxis(x, -1, 0)
    expected = wild(batch_first, np.random.default_rng(5))
    np.testing.assert_allclose(layer.forward(x), np.moveaxis(expected, 0, -1))
    scale = np.random.default_rng(5).normal(1, 0.5, batch_first.shape)
    np.testing.assert_allclose(layer.backward(dout), dout * np.moveaxis(scale, 0, -1))


def test_noise_is_new_at_each_step_and_off_in_test_mode():
    layer, x = nn.Noise(wild), np.ones((2, 3))
    first = layer.forward(x).copy()
    assert not np.allclose(first, layer.forward(x))
    np.testing.assert_array_equal(layer.forward(x, "test"), x)
    np.testing.assert_array_equal(layer.backward(2 * x), 2 * x)


def test_noise_repeats_itself_for_probes_and_training_takes_no_notice():
    probed, other, x = nn.Noise(wild, 1), nn.Noise(wild, 1), np.ones((2, 3))
    probed.update = False
    seen = [probed.forward(x).copy() for _ in range(2)]
    np.testing.assert_array_equal(*seen)
    probed.update = True
    np.testing.assert_array_equal(probed.forward(x), other.forward(x))


def test_noise_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"should have shape \(3, 2\)"):
        nn.Noise(lambda a, rng: a[:1]).forward(np.ones((2, 3)))
