"""The network engine: gradients in float64, layouts, shapes, modes and hooks."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from bnlab import nn
from bnlab_solutions import batchnorm_backward, batchnorm_forward
from bnlab_solutions.fast import fast_batchnorm


def rows(channels):
    return nn.Normalisation(channels, batchnorm_forward, batchnorm_backward, bn_param={"eps": 1e-5})


IMAGE, VECTOR = (2, 4, 6, 5), (3, 7)
CASES = {
    "affine": ([nn.Affine(3, 4)], VECTOR),
    "affine on images": ([nn.Affine(48, 4, bias=False)], IMAGE),
    "convolution": ([nn.Convolution(2, 3)], IMAGE),
    "convolution, one column": ([nn.Convolution(2, 3, bias=False)], (2, 4, 1, 5)),
    "convolution, one row": ([nn.Convolution(2, 3)], (2, 1, 4, 5)),
    "pool": ([nn.MaxPool()], IMAGE),
    "relu": ([nn.ReLU()], VECTOR),
    "tanh": ([nn.Tanh()], IMAGE),
    "norm of vectors": ([rows(3)], VECTOR),
    "norm of images": ([rows(2)], IMAGE),
    "norm in the engine's layout": ([fast_batchnorm(2)], IMAGE),
    "all": (
        [
            nn.Convolution(2, 3),
            rows(3),
            nn.ReLU(),
            nn.MaxPool(),
            nn.Affine(18, 4),
            fast_batchnorm(4),
            nn.Tanh(),
            nn.Affine(4, 3),
        ],
        IMAGE,
    ),
}


def slope(f, array, h=1e-6):
    """Central differences of f() by each entry of ``array``, which is moved in place."""
    result = np.empty_like(array)
    for i in np.ndindex(array.shape):
        kept = array[i]
        array[i] = kept + h
        up = f()
        array[i] = kept - h
        result[i] = (up - f()) / (2 * h)
        array[i] = kept
    return result


@pytest.mark.parametrize("name", CASES)
def test_gradients(name):
    layers, shape = CASES[name]
    rng = np.random.default_rng(1)
    net = nn.Network(layers, seed=3, dtype=np.float64)
    net.parameters += 0.3 * rng.standard_normal(net.parameters.shape)
    x = rng.standard_normal(shape)
    dout = rng.standard_normal(net.forward(x).shape)
    dx = net.backward(dout, need_dx=True).copy()
    gradient = net.gradient.copy()

    def loss():
        return np.vdot(dout, net.forward(x))

    np.testing.assert_allclose(dx, slope(loss, x), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(gradient, slope(loss, net.parameters), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("loss", [nn.softmax_cross_entropy, nn.squared_loss])
def test_losses(loss):
    rng = np.random.default_rng(2)
    out = rng.standard_normal((4, 6))
    target = rng.integers(0, 4, 6) if loss is nn.softmax_cross_entropy else rng.standard_normal((4, 6))
    np.testing.assert_allclose(
        loss(out, target)[1], slope(lambda: loss(out, target)[0], out), rtol=1e-6, atol=1e-8
    )


def test_cross_entropy_survives_large_logits():
    loss, dlogits = nn.softmax_cross_entropy(np.array([[1e4], [0.0]]), np.array([1]))
    assert loss == 1e4
    np.testing.assert_array_equal(dlogits, [[1.0], [-1.0]])


def test_convolution_is_the_sum_of_its_definition():
    rng = np.random.default_rng(3)
    x, layer = rng.standard_normal((2, 4, 5, 3)), nn.Convolution(2, 3)
    net = nn.Network([layer], dtype=np.float64)
    layer.params["b"][:] = [[1], [2], [3]]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    want = layer.params["b"].reshape(3, 1, 1, 1) + sum(
        np.einsum("oc,chwn->ohwn", layer.params["W"][:, i, j], padded[:, i : i + 4, j : j + 5])
        for i in range(3)
        for j in range(3)
    )
    np.testing.assert_allclose(net.forward(x), want, atol=1e-12)


@pytest.mark.parametrize("height", [1, 2, 5, 6])
@pytest.mark.parametrize("rows", [1, 2, 4])
def test_bands_of_any_height_give_the_same_convolution(monkeypatch, rows, height):
    rng = np.random.default_rng(5)
    x, dout = rng.standard_normal((2, height, 3, 4)), rng.standard_normal((3, height, 3, 4))

    def results():
        net = nn.Network([nn.Convolution(2, 3)], dtype=np.float64)
        net.parameters[-3:] = 1, 2, 3
        return [net.forward(x), net.backward(dout, need_dx=True), net.gradient]

    whole = results()
    monkeypatch.setattr(nn.Convolution, "BAND", rows * 3 * (2 + 3) * 3 * 4 * 8)
    for got, want in zip(results(), whole, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-12)


def test_threads_do_not_share_what_a_convolution_works_in():
    rng = np.random.default_rng(6)
    x, dout = rng.standard_normal((3, 16, 16, 32)), rng.standard_normal((8, 16, 16, 32))

    def passes(seed):
        net = nn.Network([nn.Convolution(3, 8)], seed=seed, dtype=np.float64)
        return [(net.forward(x), net.backward(dout, need_dx=True).copy()) for _ in range(10)]

    alone = [passes(seed) for seed in range(2)]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(passes, range(2)))
    for got, want in zip(together, alone, strict=True):
        for (out, dx), (wanted_out, wanted_dx) in zip(got, want, strict=True):
            np.testing.assert_array_equal(out, wanted_out)
            np.testing.assert_array_equal(dx, wanted_dx)


@pytest.mark.parametrize("outputs", [3, 64])  # few outputs are computed in blocks of columns, many at once
def test_a_large_batch_is_computed_like_its_parts(outputs):
    rng = np.random.default_rng(4)
    x, dout = rng.standard_normal((2, 4, 4, 32)), rng.standard_normal((outputs, 4, 4, 32))
    net = nn.Network([nn.Convolution(2, outputs)], dtype=np.float64)
    out, dx = net.forward(x), net.backward(dout, need_dx=True).copy()
    gradient, parts = net.gradient.copy(), 0
    for part in (slice(0, 5), slice(5, 32)):
        np.testing.assert_allclose(net.forward(x[..., part]), out[..., part], atol=1e-12)
        np.testing.assert_allclose(net.backward(dout[..., part], need_dx=True), dx[..., part], atol=1e-12)
        parts = parts + net.gradient
    np.testing.assert_allclose(parts, gradient, atol=1e-11)


def test_numpy_is_set_as_before_after_a_pass_that_fails():
    before = np.setbufsize(4096)
    with pytest.raises(ValueError, match="features per example"):
        nn.Network([nn.Affine(3, 4)]).forward(np.zeros((2, 5)))
    assert np.setbufsize(before) == 4096


def test_of_equal_entries_one_gets_the_gradient_of_a_pool():
    net = nn.Network([nn.MaxPool()])
    net.forward(np.zeros((1, 2, 2, 1)))
    dx = net.backward(np.ones((1, 1, 1, 1), np.float32), need_dx=True)
    np.testing.assert_array_equal(dx.ravel(), [1, 0, 0, 0])


def test_rows_and_engine_layouts_agree_in_training():
    rng = np.random.default_rng(4)
    x, labels = rng.standard_normal((2, 4, 4, 8)), rng.integers(0, 3, 8)
    results = []
    for norm in (rows, fast_batchnorm):
        net = nn.Network([nn.Convolution(2, 4), norm(4), nn.ReLU(), nn.Affine(64, 3)], dtype=np.float64)
        sgd = nn.SGD(net, 0.1, momentum=0.9)
        for _ in range(5):
            net.loss_and_gradient(x, labels)
            sgd.step()
        net.mode = "test"
        results.append((net.parameters, net.forward(x)))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_running_statistics_move_in_train_mode_only_and_can_be_kept():
    net = nn.Network([rows(3)])
    x = np.random.default_rng(5).standard_normal((3, 9)) + 4
    with net.running_statistics_kept():
        net.forward(x)
    assert "running_mean" not in net.layers[0].bn_param or not net.layers[0].bn_param["running_mean"].any()
    net.forward(x)
    moved = net.layers[0].bn_param["running_mean"].copy()
    np.testing.assert_allclose(moved, 0.1 * x.mean(axis=1), rtol=1e-5)
    net.mode = "test"
    net.forward(x)
    np.testing.assert_array_equal(net.layers[0].bn_param["running_mean"], moved)


def test_float32_stays_and_seeds_decide():
    def make(seed):
        return nn.Network([nn.Convolution(2, 3, "he"), rows(3), nn.ReLU(), nn.Affine(48, 3)], seed=seed)

    net = make(1)
    with net.recording(0, -1) as seen:
        out = net.forward(np.ones((2, 4, 4, 5)))
        net.forward(np.zeros((2, 4, 4, 5)))
    assert {a.dtype for made in seen.values() for a in made} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(seen[3][0], out)
    assert seen[0][0].any()
    assert not seen[0][1].any()
    assert not net.hooks
    np.testing.assert_array_equal(net.parameters, make(1).parameters)
    assert (net.parameters != make(2).parameters).any()


@pytest.mark.parametrize(
    ("init", "std"), [("he", (2 / 200) ** 0.5), ("glorot", (2 / 500) ** 0.5), (0.3, 0.3)]
)
def test_scale_of_initial_weights(init, std):
    layer = nn.Affine(200, 300, init)
    nn.Network([layer])
    assert abs(layer.params["W"].std() / std - 1) < 0.02


def test_momentum_by_hand():
    net = nn.Network([nn.Affine(1, 1)], dtype=np.float64)
    net.parameters[:], sgd = 0, nn.SGD(net, 0.5, momentum=0.5)
    for _ in range(2):
        net.gradient[:] = 2
        sgd.step()
    np.testing.assert_allclose(net.parameters, -0.5 * (2 + 3))


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (nn.Affine(3, 2), (4, 5), "3 features"),
        (nn.Convolution(3, 2), (2, 4, 4, 1), r"\(3, H, W, N\)"),
        (nn.MaxPool(), (2, 3, 4, 1), "even H and W"),
        (rows(3), (2, 5), "3 channels"),
    ],
)
def test_wrong_shapes_are_named(layer, shape, words):
    with pytest.raises(ValueError, match=words):
        nn.Network([layer]).forward(np.zeros(shape))


def test_wrong_gradients_labels_and_pairs_are_named():
    net = nn.Network([nn.ReLU()])
    net.forward(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="dout should have shape"):
        net.backward(np.zeros((3, 2)), need_dx=True)
    with pytest.raises(ValueError, match="between 0 and 1"):
        nn.softmax_cross_entropy(np.zeros((2, 1)), np.array([2]))
    bad = nn.Normalisation(2, lambda x, *_: (x.T, None), None)
    with pytest.raises(ValueError, match=r"out should have shape \(3, 2\)"):
        nn.Network([bad]).forward(np.zeros((2, 3)))


def test_images_there_and_back():
    x = np.arange(120).reshape(2, 3, 4, 5)
    assert nn.to_engine(x).shape == (3, 4, 5, 2)
    np.testing.assert_array_equal(nn.from_engine(nn.to_engine(x)), x)
