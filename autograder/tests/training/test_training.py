"""Training loops: what they record, that they repeat, and that measuring leaves no trace."""

import numpy as np
import pytest
from bnlab import data, nn
from bnlab.training import accuracy, batches, train
from bnlab_solutions.fast import fast_batchnorm


@pytest.fixture(scope="module")
def digits():
    found = data.digits()
    return nn.to_engine(found.x_train.reshape(len(found.x_train), -1)), found.y_train


def net(norm=fast_batchnorm, seed=0):
    return nn.mlp([64, 20, 10], normalise=norm, seed=seed)


def test_it_learns_and_says_so(digits):
    network = net()
    history = train(network, *digits, steps=60, rate=0.2, every=20, probe=lambda step, *_: step * 2)
    assert history.losses.shape == history.accuracies.shape == (60,)
    assert history.accuracies[-10:].mean() > 0.8 > 0.3 > history.accuracies[:2].mean()
    assert accuracy(network, *digits) > 0.8
    assert (history.probed_at, history.probed) == ([0, 20, 40], [0, 40, 80])
    assert not history.diverged


def test_equal_seeds_repeat_it(digits):
    one, two, other = (train(net(), *digits, steps=5, rate=0.1, seed=seed).losses for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert not np.allclose(one, other)


def test_a_probe_sees_the_batch_before_the_update(digits):
    seen = []

    def probe(step, network, x, y):
        with network.running_statistics_kept():
            seen.append(network.loss_and_gradient(x, y)[0])

    history = train(net(), *digits, steps=6, rate=0.1, every=1, probe=probe)
    np.testing.assert_allclose(seen, history.losses)
    np.testing.assert_allclose(history.losses, train(net(), *digits, steps=6, rate=0.1).losses)


def test_a_rate_too_high_ends_in_nan(digits):
    history = train(nn.mlp([64, 20, 20, 10], activation=None), *digits, steps=50, rate=1e8)
    assert history.diverged
    assert np.isnan(history.losses[-1])


def test_regression_on_everything():
    line = data.linear_regression(examples=50, width=3)
    x, y = nn.to_engine(line.x_train), nn.to_engine(line.y_train)
    network = nn.deep_linear(depth=2, width=3)
    history = train(network, x, y, steps=30, rate=1e-3, batch=len(line.x_train))
    assert (np.diff(history.losses) < 0).all()
    assert np.isnan(history.accuracies).all()


def test_an_epoch_takes_each_example_once():
    draws = batches(10, 3, seed=0)
    epochs = [np.concatenate([next(draws) for _ in range(3)]) for _ in range(2)]
    assert all(len(set(epoch)) == 9 for epoch in epochs)
    assert not np.array_equal(*epochs)


def test_accuracy_in_pieces_in_test_mode(digits):
    x, y = digits
    network = net()
    train(network, x, y, steps=20, rate=0.1)
    network.mode = "test"
    expected = np.mean(network.forward(x).argmax(axis=0) == y)
    network.mode = "train"
    assert accuracy(network, x, y, batch=97) == pytest.approx(expected)
    assert network.mode == "train"
