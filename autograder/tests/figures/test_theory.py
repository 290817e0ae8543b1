"""The theorems hold as they are stated, on units that no setting has seen; and what they need, they need."""

import numpy as np
import pytest
from bnlab import nn
from bnlab_autograder.figures import theory
from bnlab_autograder.figures.run import Runner
from bnlab_solutions.fast import fast_batchnorm

THEOREMS = [one for one in theory.FIGURES if one.name != "theorem-4-1-size"]


@pytest.mark.parametrize("figure", THEOREMS, ids=lambda one: one.name)
def test_the_statement_holds(figure):
    with Runner(workers=0) as runner:
        outcome = runner.run(figure, "tiny", seeds=(71, 72))
    assert [(one.met, one.of) for one in outcome.verdicts] == [(2, 2)] * len(figure.expectations)


def test_gradients_of_random_layers():
    layer = theory.random_layers(1, seed=5, largest_m=8)[0]
    z, _ = layer.normalised()
    assert np.allclose(z, layer.gamma * layer.y_hat + layer.beta)
    direction, h = np.random.default_rng(0).normal(size=z.shape), 1e-6

    def loss(t):
        return layer.net.loss(layer.net.forward((z + t * direction).T), layer.labels)[0]

    assert np.isclose((layer.gradient(z) * direction).sum(), (loss(h) - loss(-h)) / (2 * h), rtol=1e-6)


def test_the_printed_constant_misses_by_what_the_constants_differ():
    found = theory.units_4_1(layers=20, seed=8)
    missed = found["left"] - found["printed"]
    assert (missed > 0).all()
    assert (abs(found["left"] - found["right"]) < 1e-12 * found["scale"]).all()


def test_a_network_with_bn_in_every_layer_is_the_one_without():
    found = theory.units_4_3(steps=20, seed=6)
    assert np.allclose(found["sigma"], found["by"], rtol=0, atol=1e-12 * abs(found["by"]).max())
    assert abs(found["variance"] - found["by"]).max() > 0.01


def test_what_goes_into_a_norm_and_the_gradient_behind_it():
    """Against the gradients that the network itself computes for gamma and beta."""
    net = nn.vgg((3, 4), 8, hidden=5, normalise=fast_batchnorm, dtype=np.float64)
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(3, 8, 8, 6)), rng.integers(0, 10, 6)
    found = theory.around(net, x, labels)
    net.loss_and_gradient(x, labels)
    assert list(found) == net.norms
    for index, (y, dout) in found.items():
        grads = net.layers[index].grads
        assert np.allclose(dout.sum(axis=0), grads["beta"])
        y_hat = (y - y.mean(axis=0)) / np.sqrt(y.var(axis=0) + 1e-5)
        assert np.allclose((dout * y_hat).sum(axis=0), grads["gamma"])


def test_the_subtracted_terms_are_small():
    small = {"data": "procedural", "count": 600, "channels": (4, 4), "hidden": 8, "init": "he", "batch": 32}
    found = theory.removed_while_training(**small, rate=0.1, steps=20, every=10, seed=3)
    results, removed = {"BN": found}, theory.effects_size({"BN": found}, {})
    assert found["removed"].shape == found["random"].shape == (2, 5)
    assert 0 < removed["largest_percent_removed_conv"] < 2
    assert 0.2 < removed["percent_removed_fc"] < 40
    assert np.isclose(results["BN"]["random"][0, -1], 2 / 32)


def test_a_share_is_what_projection_removes():
    """A gradient along 1 and ŷ alone is removed altogether, one orthogonal to both not at all."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 1))
    y_hat = (y - y.mean()) / y.std()
    norm = fast_batchnorm(1)
    norm.params = {"gamma": np.array([2.0])}
    inside = 3 * np.ones_like(y) + y_hat
    outside = rng.normal(size=y.shape)
    outside -= outside.mean() + y_hat * (outside * y_hat).mean()
    for dout, share in (
        (inside, 1),
        (outside, 0),
        (inside / np.linalg.norm(inside) + outside / np.linalg.norm(outside), 0.5),
    ):
        assert np.isclose(theory.shares(y, dout, norm)[0], share, atol=1e-12)
