"""Stage 04 against complex steps, the flat versions, and the identities between the norms."""

import numpy as np
import pytest
from bnlab_solutions import (
    batchnorm_forward,
    layernorm_backward,
    layernorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)

GROUPS = pytest.mark.parametrize("G", [1, 2, 3, 6])


def four_axes(v):
    return v.reshape(1, -1, 1, 1)


class TestSpatialBatchnorm:
    def test_a_channel_is_the_feature_of_all_its_pixels(self, images, close, slow_batchnorm):
        x, gamma, beta, _ = images
        bn_param = {"mode": "train", "eps": 0.1, "momentum": 0.5}
        out, _ = spatial_batchnorm_forward(x, gamma, beta, bn_param)
        assert out.shape == x.shape
        for c in range(6):
            pixels = x[:, c].reshape(-1, 1)
            want, mean, var = slow_batchnorm(pixels, gamma[c : c + 1], beta[c : c + 1], 0.1)
            close(out[:, c], want.reshape(3, 4, 5))
            assert bn_param["running_mean"][c] == pytest.approx(0.5 * mean[0])
            assert bn_param["running_var"][c] == pytest.approx(0.5 * var[0])

    def test_gradients(self, images, close, complex_step):
        x, gamma, beta, dout = images
        x, dout = x[:2, :, :2, :3], dout[:2, :, :2, :3]

        def forward(x, gamma, beta):
            return spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})

        dx, dgamma, dbeta = spatial_batchnorm_backward(dout, forward(x, gamma, beta)[1])
        close(dx, complex_step(lambda v: forward(v, gamma, beta)[0], x, dout))
        close(dgamma, complex_step(lambda v: forward(x, v, beta)[0], gamma, dout))
        close(dbeta, complex_step(lambda v: forward(x, gamma, v)[0], beta, dout))

    def test_test_mode(self, images, close):
        x, gamma, beta, _ = images
        mean, var = np.arange(6.0), np.arange(1.0, 7)
        bn_param = {"mode": "test", "eps": 0.3, "running_mean": mean, "running_var": var}
        out, cache = spatial_batchnorm_forward(x, gamma, beta, bn_param)
        want = four_axes(gamma) * (x - four_axes(mean)) / np.sqrt(four_axes(var) + 0.3) + four_axes(beta)
        close(out, want, 1e-13)
        assert bn_param["running_mean"] is mean
        with pytest.raises(ValueError, match="cache is None"):
            spatial_batchnorm_backward(x, cache)

    def test_one_pixel_is_the_flat_version(self, problem, close):
        x, gamma, beta, _ = problem
        spatial, _ = spatial_batchnorm_forward(x[:, :, None, None], gamma, beta, {"mode": "train"})
        flat, _ = batchnorm_forward(x, gamma, beta, {"mode": "train"})
        close(spatial[:, :, 0, 0], flat, 1e-14)

    def test_wrong_shapes_are_named(self, images):
        x, gamma, beta, _ = images
        with pytest.raises(ValueError, match=r"x should have shape \(N, C, H, W\)"):
            spatial_batchnorm_forward(x[0], gamma, beta, {"mode": "train"})
        with pytest.raises(ValueError, match=r"gamma should have shape \(6,\)"):
            spatial_batchnorm_forward(x, four_axes(gamma), beta, {"mode": "train"})


class TestLayernorm:
    def test_rows_are_normalised(self, problem, close):
        x, gamma, beta, _ = problem
        out, _ = layernorm_forward(x, gamma, beta, {"eps": 0.2})
        for row, got in zip(x, out, strict=True):
            close(got, gamma * (row - row.mean()) / np.sqrt(row.var() + 0.2) + beta)
        default, _ = layernorm_forward(x, gamma, beta, {})
        close(default, layernorm_forward(x, gamma, beta, {"eps": 1e-5})[0], 1e-15)

    @pytest.mark.parametrize("eps", [1e-5, 1.0])
    def test_gradients(self, rng, problem, close, complex_step, eps):
        _, gamma, beta, dout = problem
        x = rng.normal(1, 2, (7, 4))

        def forward(x, gamma, beta):
            return layernorm_forward(x, gamma, beta, {"eps": eps})

        dx, dgamma, dbeta = layernorm_backward(dout, forward(x, gamma, beta)[1])
        close(dx, complex_step(lambda v: forward(v, gamma, beta)[0], x, dout))
        close(dgamma, complex_step(lambda v: forward(x, v, beta)[0], gamma, dout))
        close(dbeta, complex_step(lambda v: forward(x, gamma, v)[0], beta, dout))
        np.testing.assert_allclose(dx.sum(axis=1), 0, atol=1e-12)

    def test_is_batchnorm_of_the_transpose(self, problem, close):
        x, *_ = problem
        out, _ = layernorm_forward(x, np.ones(4), np.zeros(4), {"eps": 0.1})
        want, _ = batchnorm_forward(x.T, np.ones(7), np.zeros(7), {"mode": "train", "eps": 0.1})
        close(out, want.T, 1e-13)

    def test_one_feature_and_constant_rows_give_beta(self):
        out, cache = layernorm_forward(np.array([[3.0], [4.0]]), np.ones(1), np.array([7.0]), {})
        assert out.tolist() == [[7], [7]]
        assert layernorm_backward(np.ones((2, 1)), cache)[0].tolist() == [[0], [0]]

    def test_modes_and_buffers_do_not_matter(self, problem, close):
        x, gamma, beta, _ = problem
        odd = {"eps": 0.1, "mode": "test", "running_mean": np.ones(4), "momentum": 0.3}
        before = dict(odd)
        close(
            layernorm_forward(x, gamma, beta, odd)[0],
            layernorm_forward(x, gamma, beta, {"eps": 0.1})[0],
            1e-15,
        )
        assert odd.keys() == before.keys()


class TestSpatialGroupnorm:
    @GROUPS
    def test_groups_are_normalised(self, images, close, G):
        x, gamma, beta, _ = images
        out, _ = spatial_groupnorm_forward(x, four_axes(gamma), four_axes(beta), G, {"eps": 0.2})
        size = 6 // G
        for n in range(3):
            for g in range(G):
                channels = slice(g * size, (g + 1) * size)
                values = x[n, channels]
                x_hat = (values - values.mean()) / np.sqrt(values.var() + 0.2)
                close(out[n, channels], gamma[channels, None, None] * x_hat + beta[channels, None, None])

    @GROUPS
    def test_gradients(self, images, close, complex_step, G):
        x, gamma, beta, dout = images
        x, dout, gamma, beta = x[:2, :, :2, :3], dout[:2, :, :2, :3], four_axes(gamma), four_axes(beta)

        def forward(x, gamma, beta):
            return spatial_groupnorm_forward(x, gamma, beta, G, {"eps": 0.5})

        dx, dgamma, dbeta = spatial_groupnorm_backward(dout, forward(x, gamma, beta)[1])
        assert dgamma.shape == dbeta.shape == (1, 6, 1, 1)
        close(dx, complex_step(lambda v: forward(v, gamma, beta)[0], x, dout))
        close(dgamma, complex_step(lambda v: forward(x, v, beta)[0], gamma, dout))
        close(dbeta, complex_step(lambda v: forward(x, gamma, v)[0], beta, dout))

    def test_one_group_is_layernorm_of_the_whole_image(self, images, close):
        x, gamma, beta, dout = images
        out, cache = spatial_groupnorm_forward(x, four_axes(gamma), four_axes(beta), 1, {"eps": 0.1})
        gamma_flat, beta_flat = np.repeat(gamma, 20), np.repeat(beta, 20)
        want, want_cache = layernorm_forward(x.reshape(3, -1), gamma_flat, beta_flat, {"eps": 0.1})
        close(out, want.reshape(x.shape), 1e-13)
        dx, dgamma, _ = spatial_groupnorm_backward(dout, cache)
        want_dx, want_dgamma, _ = layernorm_backward(dout.reshape(3, -1), want_cache)
        close(dx, want_dx.reshape(x.shape), 1e-12)
        close(dgamma.ravel(), want_dgamma.reshape(6, 20).sum(axis=1), 1e-12)

    def test_one_channel_per_group_is_batchnorm_of_each_image(self, images, close):
        x, gamma, beta, dout = images
        out, cache = spatial_groupnorm_forward(x, four_axes(gamma), four_axes(beta), 6, {"eps": 0.1})
        dx, *_ = spatial_groupnorm_backward(dout, cache)
        for n in range(3):
            one, one_cache = spatial_batchnorm_forward(
                x[n : n + 1], gamma, beta, {"mode": "train", "eps": 0.1}
            )
            close(out[n : n + 1], one, 1e-13)
            close(dx[n : n + 1], spatial_batchnorm_backward(dout[n : n + 1], one_cache)[0], 1e-12)

    def test_does_not_depend_on_the_other_images(self, images):
        x, gamma, beta, _ = images
        out, _ = spatial_groupnorm_forward(x, four_axes(gamma), four_axes(beta), 2, {})
        alone, _ = spatial_groupnorm_forward(x[1:2], four_axes(gamma), four_axes(beta), 2, {})
        assert np.array_equal(alone, out[1:2])

    @pytest.mark.parametrize("G", [0, 4, 12, -1, 2.0, None])
    def test_group_counts_that_do_not_divide(self, images, G):
        x, gamma, beta, _ = images
        with pytest.raises(
            ValueError, match="G should be a whole number that divides the number of channels, 6"
        ):
            spatial_groupnorm_forward(x, four_axes(gamma), four_axes(beta), G, {})

    def test_wrong_shapes_are_named(self, images):
        x, gamma, beta, dout = images
        with pytest.raises(
            ValueError, match=r"gamma should have shape \(1, 6, 1, 1\), but its shape is \(6,\)"
        ):
            spatial_groupnorm_forward(x, gamma, four_axes(beta), 2, {})
        _, cache = spatial_groupnorm_forward(x, four_axes(gamma), four_axes(beta), 2, {})
        with pytest.raises(ValueError, match=r"dout should have shape \(3, 6, 4, 5\)"):
            spatial_groupnorm_backward(dout[:, :, :1], cache)
