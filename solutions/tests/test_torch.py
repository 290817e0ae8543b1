"""Every norm beside PyTorch, in float64, to 1e-10."""

import bnlab_solutions as bn
import numpy as np
import pytest
from bnlab_solutions.fast import ChannelMajorBatchNorm

torch = pytest.importorskip("torch")
F = torch.nn.functional


def with_gradients(function, x, gamma, beta, dout):
    """``out, dx, dgamma, dbeta`` of ``function(x, gamma, beta)`` by PyTorch's own differentiation."""
    inputs = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    out = function(*inputs)
    gradients = torch.autograd.grad(out, inputs, torch.tensor(dout))
    return [a.detach().numpy() for a in (out, *gradients)]


@pytest.mark.parametrize("eps", [1e-5, 1.0])
@pytest.mark.parametrize("backward", [bn.batchnorm_backward, bn.batchnorm_backward_alt])
def test_batchnorm(problem, close, eps, backward):
    x, gamma, beta, dout = problem
    want = with_gradients(lambda x, g, b: F.batch_norm(x, None, None, g, b, True, eps=eps), *problem)
    out, cache = bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": eps})
    for got, expected in zip((out, *backward(dout, cache)), want, strict=True):
        for j in range(4):
            close(got[..., j], expected[..., j])


def test_running_statistics_up_to_the_convention(problem, close):
    """PyTorch's momentum is one minus ours, and it remembers the unbiased variance."""
    x, gamma, beta, _ = problem
    mean, var = np.arange(4.0), np.arange(1.0, 5)
    theirs = torch.tensor(mean), torch.tensor(var)
    F.batch_norm(torch.tensor(x), *theirs, training=True, momentum=0.3)
    ours = {"mode": "train", "momentum": 0.7, "running_mean": mean, "running_var": var}
    bn.batchnorm_forward(x, gamma, beta, ours)
    close(ours["running_mean"], theirs[0].numpy())
    close((ours["running_var"] - 0.7 * var) * 7 / 6 + 0.7 * var, theirs[1].numpy())


def test_test_mode(problem, close):
    x, gamma, beta, dout = problem
    mean, var = np.arange(4.0), np.arange(1.0, 5)
    buffers = torch.tensor(mean), torch.tensor(var)
    want = with_gradients(lambda x, g, b: F.batch_norm(x, *buffers, g, b, False, eps=0.3), *problem)
    bn_param = {"mode": "test", "eps": 0.3, "running_mean": mean, "running_var": var}
    close(bn.batchnorm_forward(x, gamma, beta, bn_param)[0], want[0])
    close(bn.batchnorm_backward_test(dout, gamma, var, 0.3), want[1])
    layer = ChannelMajorBatchNorm()
    close(layer.forward(x.T, gamma, beta, bn_param).T, want[0])
    dx, *parameters = layer.backward(dout.T)
    for got, expected in zip((dx.T, *parameters), want[1:], strict=True):
        close(got, expected)


def test_spatial_batchnorm_and_its_fast_form(images, close):
    x, gamma, beta, dout = images
    want = with_gradients(lambda x, g, b: F.batch_norm(x, None, None, g, b, True, eps=0.1), *images)
    out, cache = bn.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.1})
    for got, expected in zip((out, *bn.spatial_batchnorm_backward(dout, cache)), want, strict=True):
        close(got, expected)
    layer = ChannelMajorBatchNorm()
    out = layer.forward(np.moveaxis(x, 0, -1), gamma, beta, {"mode": "train", "eps": 0.1}).copy()
    dx, *parameters = layer.backward(np.moveaxis(dout, 0, -1))
    for got, expected in zip(
        (np.moveaxis(out, -1, 0), np.moveaxis(dx, -1, 0), *parameters), want, strict=True
    ):
        close(got, expected)


@pytest.mark.parametrize("eps", [1e-5, 1.0])
def test_layernorm(problem, close, eps):
    x, gamma, beta, dout = problem
    want = with_gradients(lambda x, g, b: F.layer_norm(x, (4,), g, b, eps), *problem)
    out, cache = bn.layernorm_forward(x, gamma, beta, {"eps": eps})
    for got, expected in zip((out, *bn.layernorm_backward(dout, cache)), want, strict=True):
        close(got, expected)


@pytest.mark.parametrize("G", [1, 2, 3, 6])
def test_groupnorm(images, close, G):
    x, gamma, beta, dout = images
    want = with_gradients(lambda x, g, b: F.group_norm(x, G, g, b, 0.1), *images)
    shape = (1, 6, 1, 1)
    out, cache = bn.spatial_groupnorm_forward(x, gamma.reshape(shape), beta.reshape(shape), G, {"eps": 0.1})
    dx, dgamma, dbeta = bn.spatial_groupnorm_backward(dout, cache)
    for got, expected in zip((out, dx, dgamma.ravel(), dbeta.ravel()), want, strict=True):
        close(got, expected)


def test_numerical_gradient(problem, close):
    x, gamma, beta, dout = problem
    x = x - x.mean(axis=0)
    want = with_gradients(lambda x, g, b: torch.tanh(x) * g + b, x, gamma, beta, dout)[1]
    close(bn.numerical_gradient(lambda v: np.tanh(v) * gamma + beta, x, dout), want, 1e-9)
