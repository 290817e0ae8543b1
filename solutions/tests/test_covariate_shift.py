"""Definition 2.1 by hand on a chain of two numbers, Algorithm 1 by its moments, networks that are left alone."""

import bnlab_solutions as bn
import numpy as np
import pytest
from bnlab.nn import Affine, Convolution, MaxPool, Network, Normalisation, ReLU, deep_linear, squared_loss
from bnlab_solutions.covariate_shift import activation_moments, internal_covariate_shift, noisy_batchnorm


def with_norms(dtype=np.float64):
    def norm():
        return Normalisation(5, bn.batchnorm_forward, bn.batchnorm_backward_alt)

    layers = [Affine(4, 5), norm(), ReLU(), Affine(5, 5), norm(), ReLU(), Affine(5, 3)]
    return Network(layers, dtype=dtype, seed=3)


def state(network):
    running = [value for layer in network.layers for value in getattr(layer, "bn_param", {}).values()]
    return [network.parameters.copy(), network.gradient.copy(), network.mode, *map(np.copy, running)]


@pytest.fixture
def labelled(rng):
    return rng.normal(size=(4, 9)), rng.integers(3, size=9)


def test_a_chain_of_two_numbers():
    network = Network(
        [Affine(1, 1, bias=False), Affine(1, 1, bias=False)], dtype=np.float64, loss=squared_loss
    )
    network.parameters[:] = a, b = 2.0, 3.0  # (b a x - y)²
    x, y = np.array([[1.0]]), np.array([[2.0]])
    da, db = 2 * (b * a - 2) * b, 2 * (b * a - 2) * a
    assert internal_covariate_shift(network, x, y, 0, 0.1) == pytest.approx((0, 1))
    moved = a - 0.1 * da
    l2, cosine = internal_covariate_shift(network, x, y, 1, 0.1)
    assert l2 == pytest.approx(abs(2 * (b * moved - 2) * moved - db))
    assert cosine == pytest.approx(np.sign(db * 2 * (b * moved - 2) * moved))


def test_against_two_networks(labelled):
    """G' is the gradient of a second network with the parameters that it should have."""
    x, y = labelled
    network = with_norms()
    _, gradient = network.loss_and_gradient(x, y)
    gradient = gradient.copy()
    for layer in (1, 3, 4, 6):
        second = with_norms()
        start = network.slices[layer].start
        second.parameters[:start] -= 0.3 * gradient[:start]
        new = second.loss_and_gradient(x, y)[1][network.slices[layer]]
        old = gradient[network.slices[layer]]
        l2, cosine = internal_covariate_shift(network, x, y, layer, 0.3)
        assert l2 == pytest.approx(np.linalg.norm(new - old))
        assert cosine == pytest.approx(new @ old / np.sqrt((new @ new) * (old @ old)))


def test_in_the_deep_linear_network_it_grows_with_the_rate(rng):
    network, x = deep_linear(depth=4), rng.normal(size=(10, 30))
    y = rng.normal(size=(10, 10)) @ x
    small, large = (internal_covariate_shift(network, x, y, network.weighted[2], lr) for lr in (1e-9, 1e-6))
    assert large[0] == pytest.approx(1000 * small[0], rel=0.05)
    assert 1 - 1e-8 < small[1] <= 1 + 1e-12
    assert large[1] < small[1]


@pytest.mark.parametrize("mode", ["train", "test"])
def test_the_network_is_left_as_it_was(labelled, mode):
    x, y = labelled
    network = with_norms()
    network.loss_and_gradient(3 * x + 1, y)
    want = internal_covariate_shift(network, x, y, 3, 0.3), activation_moments(network, x, 3)
    network.mode = mode
    before = state(network)
    got = internal_covariate_shift(network, x, y, 3, 0.3), activation_moments(network, x, 3)
    assert not network.hooks
    for one, other in zip(before, state(network), strict=True):
        assert np.array_equal(one, other)
    assert got[0] == want[0], "always statistics of the batch"
    assert np.array_equal(got[1], want[1])


def test_it_is_restored_after_an_error(labelled):
    x, y = labelled
    network = with_norms()
    network.forward(x)
    network.mode = "test"
    before = state(network)
    passes = []

    def fails(index, out):
        passes.append(index)
        if passes.count(0) == 2:
            raise RuntimeError("the second pass")

    network.hooks.append(fails)
    with pytest.raises(RuntimeError):
        internal_covariate_shift(network, x, y, 6, 0.3)
    for one, other in zip(before, state(network), strict=True):
        assert np.array_equal(one, other)


def test_float32_is_float64_in_short(labelled):
    x, y = labelled
    double, single = (internal_covariate_shift(with_norms(t), x, y, 6, 0.3) for t in (np.float64, np.float32))
    assert single == pytest.approx(double, rel=1e-4)


def test_moments_of_images_and_of_features(rng, close):
    x = rng.normal(size=(2, 4, 4, 7)) + 1
    network = Network([Convolution(2, 3), ReLU(), MaxPool(), Affine(12, 5)], dtype=np.float64)
    with network.recording(0, 2, 3) as seen:
        network.forward(x)
    for layer, axes in ((0, (1, 2, 3)), (2, (1, 2, 3)), (-1, 1)):
        out = seen[layer % 4][0]
        mean, var = activation_moments(network, x, layer)
        close(mean, out.mean(axis=axes))
        close(var, out.var(axis=axes))


def test_after_bn_the_moments_are_beta_and_gamma_squared(labelled, close):
    network = with_norms()
    gamma, beta = network.layers[1].params.values()
    gamma[:], beta[:] = (1, -2, 3, 0.5, 2), (0, 1, -1, 2, 5)
    mean, var = activation_moments(network, 1e3 * labelled[0], 1)
    close(mean, beta)
    close(var, gamma**2, 1e-6)


def drawn(rng, shape, calls, constants):
    """s and m, (calls, *shape) each: the noise is linear in a."""
    seeds = rng.integers(2**32, size=calls)
    m = np.array([noisy_batchnorm(np.zeros(shape), np.random.default_rng(s), *constants) for s in seeds])
    return np.array(
        [noisy_batchnorm(np.ones(shape), np.random.default_rng(s), *constants) for s in seeds]
    ) - m, m


def expect_mean(values, want, deviation):
    """Six standard errors."""
    assert abs(values.mean() - want) < 6 * deviation / np.sqrt(values.size)


@pytest.mark.parametrize("shape", [(50, 6), (2, 6, 5, 5)])
def test_algorithm_1_has_its_moments(rng, shape):
    n_mu, n_sigma, r_mu, r_sigma = 2.0, 1.5, 0.4, 0.3
    s, m = (
        np.moveaxis(v, 2, 1).reshape(400, 6, 50)
        for v in drawn(rng, shape, 400, (n_mu, n_sigma, r_mu, r_sigma))
    )
    mu, sigma = m.mean(axis=2), s.mean(axis=2)
    expect_mean(mu, 0, n_mu / np.sqrt(3))
    expect_mean(mu**2, n_mu**2 / 3 + r_mu**2 / 3 / 50, n_mu**2 * np.sqrt(1 / 5 - 1 / 9))
    expect_mean(m.var(axis=2, ddof=1), r_mu**2 / 3, r_mu**2 / 3 * np.sqrt(2 / 49))
    expect_mean(sigma, (1 + n_sigma) / 2, 0.2)
    expect_mean((sigma - (1 + n_sigma) / 2) ** 2, (n_sigma - 1) ** 2 / 12 + r_sigma**2 / 50, 0.03)
    expect_mean(s.var(axis=2, ddof=1), r_sigma**2, r_sigma**2 * np.sqrt(2 / 49))
    within = np.abs(m - mu[..., None]).max()
    assert within < 2 * r_mu, "uniform, so there is an end to it"


def test_units_and_calls_do_not_share_their_noise(rng):
    _, m = drawn(rng, (40, 6), 300, (1.0, 1.5, 0.0, 0.0))
    assert np.ptp(m, axis=1).max() == 0, "one shift for all values of a unit"
    correlations = np.corrcoef(m[:, 0].T) - np.eye(6)
    assert np.abs(correlations).max() < 6 / np.sqrt(300)
    one = np.random.default_rng(0)
    first, second = (noisy_batchnorm(np.ones((4, 3)), one, 0.5, 1.25, 0.1, 0.1) for _ in range(2))
    assert not np.array_equal(first, second)


def test_without_noise_nothing_happens(rng):
    a = rng.normal(size=(3, 2, 2, 2)).astype(np.float32)
    out = noisy_batchnorm(a, rng, 0, 1, 0, 0)
    assert out.dtype == np.float32
    assert np.array_equal(out, a)
