"""The layer of stage 05: in a network, beside PyTorch, and beside what carries the functions into the engine."""

import bnlab_solutions as bn
import numpy as np
import pytest
from bnlab.nn import SGD, Affine, Convolution, MaxPool, Network, Normalisation, ReLU, Tanh, squared_loss
from bnlab_solutions import BatchNorm


def alone(channels=4, eps=0.3, momentum=0.75, dtype=np.float64):
    """A network of one such layer, with gamma and beta away from 1 and 0."""
    network = Network([BatchNorm(channels, eps, momentum)], dtype=dtype)
    network.parameters[:] = np.linspace(-2, 3, 2 * channels)
    return network


def filled(network, rng):
    network.parameters += 0.3 * rng.normal(size=network.parameters.shape)
    return network


@pytest.mark.parametrize("shape", [(4, 7), (4, 3, 2, 5)])
def test_forward_and_running_statistics(rng, close, slow_batchnorm, shape):
    network, x = alone(), rng.normal(1, 3, shape)
    layer = network.layers[0]
    out, mean, var = slow_batchnorm(x.reshape(4, -1).T, network.parameters[:4], network.parameters[4:], 0.3)
    close(network.forward(x), out.T.reshape(shape))
    close(layer.running_mean, 0.25 * mean)
    close(layer.running_var, 0.25 * var)
    network.mode = "test"
    kept = layer.running_mean.copy()
    column = (-1,) + (1,) * (len(shape) - 1)
    centred = x - layer.running_mean.reshape(column)
    scale = network.parameters[:4] / np.sqrt(layer.running_var + 0.3)
    close(network.forward(x), centred * scale.reshape(column) + network.parameters[4:].reshape(column))
    assert np.array_equal(layer.running_mean, kept)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        (lambda: [Affine(5, 4), BatchNorm(4, 0.1), Tanh(), Affine(4, 3), BatchNorm(3, 0.5)], (5, 6)),
        (
            lambda: [Convolution(2, 3), BatchNorm(3, 0.1), ReLU(), MaxPool(), Affine(6, 4), BatchNorm(4)],
            (2, 4, 2, 5),
        ),
    ],
    ids=["flat", "images"],
)
def test_gradient_of_a_network(rng, layers, shape):
    network = filled(Network(layers(), dtype=np.float64, loss=squared_loss), rng)
    x = rng.normal(size=shape)
    target = rng.normal(size=network.forward(x).shape)
    network.loss_and_gradient(x, target)
    gradient, found = network.gradient.copy(), np.empty_like(network.gradient)
    for i, value in enumerate(network.parameters.tolist()):
        losses = []
        for step in (1e-6, -1e-6):
            network.parameters[i] = value + step
            losses.append(squared_loss(network.forward(x), target)[0])
        network.parameters[i] = value
        found[i] = (losses[0] - losses[1]) / 2e-6
    assert np.abs(found - gradient).max() < 1e-6 * np.abs(gradient).max()
    bias = network.layers[0].grads["b"]
    assert np.abs(bias).max() < 1e-12 * np.abs(gradient).max(), "a bias before BN has no effect"


def test_training_reaches_gamma_and_beta(rng):
    network = Network([Affine(5, 4), BatchNorm(4)], loss=squared_loss)
    x, y = rng.normal(size=(5, 20)), rng.normal(size=(4, 20))
    before = network.loss_and_gradient(x, y)[0]
    SGD(network, 0.01).step()
    layer = network.layers[1]
    assert np.shares_memory(layer.params["gamma"], network.parameters)
    assert (layer.params["gamma"] != 1).all()
    assert network.loss_and_gradient(x, y)[0] < before


def test_layers_keep_apart_and_statistics_can_be_kept(rng, close):
    network = Network([BatchNorm(4), ReLU(), BatchNorm(4)], dtype=np.float64)
    first, second = network.layers[0], network.layers[2]
    assert network.parameters.tolist() == 2 * [1, 1, 1, 1, 0, 0, 0, 0]
    with network.running_statistics_kept():
        network.forward(rng.normal(size=(4, 9)))
    assert not first.running_mean.any()
    assert not second.running_var.any()
    x, other = rng.normal(size=(4, 9)), rng.normal(3, 1, (4, 9))
    dout = rng.normal(size=(4, 9))
    first.forward(x)
    want = first.backward(dout)
    first.forward(x)
    second.forward(other)
    close(first.backward(dout), want)
    close(second.running_mean, 0.1 * other.mean(axis=1))


def test_backward_needs_a_forward_in_train_mode(rng):
    layer = alone().layers[0]
    for prepare in (lambda x: None, lambda x: (layer.forward(x), layer.forward(x, "test"))):
        prepare(rng.normal(size=(4, 5)))
        with pytest.raises(ValueError, match="train mode"):
            layer.backward(rng.normal(size=(4, 5)))


@pytest.mark.parametrize("shape", [(4, 7), (4, 3, 2, 5)])
def test_agrees_with_normalisation_in_float32(rng, shape):
    ours = Network([BatchNorm(4)])
    pair = bn.batchnorm_forward, bn.batchnorm_backward_alt
    theirs = Network([Normalisation(4, *pair)])
    x, dout = (rng.normal(size=shape).astype(np.float32) for _ in range(2))
    for network in (ours, theirs):
        network.parameters[:] = np.arange(1, 9)
    assert ours.forward(x).dtype == np.float32
    assert np.array_equal(ours.forward(x), theirs.forward(x))
    assert np.array_equal(ours.backward(dout, need_dx=True), theirs.backward(dout, need_dx=True))
    assert np.array_equal(ours.gradient, theirs.gradient)


def test_a_network_of_images_beside_torch(rng, close):
    torch = pytest.importorskip("torch")
    network = Network([BatchNorm(3, 0.2), ReLU()], dtype=np.float64)
    network.parameters[:] = [1.5, -2, 0.5, 0.1, -0.3, 0.7]
    x, dout = rng.normal(2, 3, (3, 4, 2, 5)), rng.normal(size=(3, 4, 2, 5))
    inputs = [
        torch.tensor(a, requires_grad=True) for a in (np.moveaxis(x, -1, 0), *np.split(network.parameters, 2))
    ]
    out = torch.relu(torch.nn.functional.batch_norm(inputs[0], None, None, *inputs[1:], True, eps=0.2))
    dx, *parameters = torch.autograd.grad(out, inputs, torch.tensor(np.moveaxis(dout, -1, 0).copy()))
    close(network.forward(x), np.moveaxis(out.detach().numpy(), 0, -1))
    close(network.backward(dout, need_dx=True), np.moveaxis(dx.numpy(), 0, -1))
    close(network.gradient, np.concatenate([p.numpy() for p in parameters]))
