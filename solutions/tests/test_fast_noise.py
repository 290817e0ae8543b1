"""The fast form of the noise has the distribution of the first."""

import numpy as np
import pytest
from bnlab.nn import Noise
from bnlab_solutions.covariate_shift import noisy_batchnorm
from bnlab_solutions.fast import FastNoise

CONSTANTS = {"n_mu": 0.5, "n_sigma": 1.25, "r_mu": 0.1, "r_sigma": 0.1}


def first(seed):
    return Noise(lambda a, rng: noisy_batchnorm(a, rng, **CONSTANTS), seed)


def moments(layer, x, calls=400):
    """Quantities of many calls: (name, calls × units) of what distinguishes noises of this kind."""
    shifts, scales = [], []
    for _ in range(calls):
        scale, shift = layer.drawn(x)
        shifts.append(shift.reshape(len(x), -1).copy())
        scales.append(scale.reshape(len(x), -1).copy())
    shifts, scales = np.array(shifts, float), np.array(scales, float)
    return {
        f"{what} of the {name}": value.ravel()
        for name, drawn in (("shift", shifts), ("scale", scales))
        for what, value in (
            ("mean", drawn.mean(axis=-1)),
            ("square of the mean", drawn.mean(axis=-1) ** 2),
            ("variance in a unit", drawn.var(axis=-1)),
            ("fourth moment in a unit", ((drawn - drawn.mean(axis=-1, keepdims=True)) ** 4).mean(axis=-1)),
        )
    }


@pytest.mark.parametrize("shape", [(4, 40), (4, 3, 2, 8)])
def test_the_same_in_distribution(shape):
    x = np.zeros(shape, np.float32)
    ours, theirs = moments(FastNoise(1), x), moments(first(2), x)
    for name in ours:
        error = np.sqrt((ours[name].var() + theirs[name].var()) / ours[name].size)
        assert abs(ours[name].mean() - theirs[name].mean()) < 6 * error, name


def test_units_get_noise_of_their_own():
    scale, shift = FastNoise(0).drawn(np.zeros((50, 200)))
    for drawn in (scale, shift):
        assert drawn.mean(axis=1).std() > 0.05
    assert abs(np.corrcoef(shift.mean(axis=1), scale.mean(axis=1))[0, 1]) < 0.6


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_layer_like_noise(dtype):
    layer, x = FastNoise(3), np.random.default_rng(0).standard_normal((2, 3, 4, 5)).astype(dtype)
    scale, shift = (part.copy() for part in FastNoise(3).drawn(x))
    out = layer.forward(x).copy()
    assert out.dtype == dtype
    np.testing.assert_allclose(out, scale * x + shift, rtol=1e-6)
    np.testing.assert_array_equal(layer.backward(x), scale * x)
    assert not np.allclose(out, layer.forward(x))
