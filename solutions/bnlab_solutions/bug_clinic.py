"""Stage 08: tests that find bugs in implementations of batch normalisation."""

import numpy as np
import pytest

from bnlab_solutions.warmup import relative_error


class TestBatchNorm:
    """Tests of batch normalisation.

    Every method ``test_…`` gets an implementation ``bn`` with the functions ``batchnorm_forward``,
    ``batchnorm_backward``, ``spatial_batchnorm_forward`` and ``spatial_batchnorm_backward`` of the notebooks 02 to 04.
    It fails, by any exception, if something is wrong with them, and passes on every correct implementation.

    The methods below are a proposal, one for each topic. Others may join them, under any name that starts with
    ``test_``.
    """

    def test_train_mode(self, bn):
        """The output in train mode.

        Notes
        -----
        Written out from the definition. An eps as large as the variance shows where it enters, a small batch shows
        N - 1, and a mean of 1e6 shows a variance that is the difference of two large numbers.
        """
        rng = np.random.default_rng(1)
        gamma, beta, eps = rng.normal(size=4), rng.normal(size=4), 0.5
        for centre in (3.0, 1e6):
            x = centre + rng.normal(size=(6, 4)) * [0.3, 1, 2, 3]
            out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, {"mode": "train", "eps": eps})
            centred, spread = x - x.mean(axis=0), np.sqrt(eps + x.var(axis=0))
            want = gamma * centred / spread + beta
            assert relative_error(out, want) < 1e-6

    def test_running_statistics(self, bn):
        """What train mode writes into the buffers: the first time, and when they already hold something.

        Notes
        -----
        Absent buffers are zeros. The momentum is far from 1/2 and from the default, and the two buffers hold
        different numbers.
        """
        rng = np.random.default_rng(2)
        x = 2 + rng.normal(size=(5, 3)) * [0.5, 1, 3]
        ones, zeros = np.ones(3), np.zeros(3)
        for start in ({}, {"running_mean": rng.normal(size=3), "running_var": rng.uniform(1, 4, size=3)}):
            bn_param = {"mode": "train", "eps": 0.5, "momentum": 0.8, **start}
            bn.batchnorm_forward(x.copy(), ones, zeros, bn_param)
            mean = 0.8 * start.get("running_mean", zeros) + 0.2 * x.mean(axis=0)
            var = 0.8 * start.get("running_var", zeros) + 0.2 * x.var(axis=0)
            assert relative_error(np.ravel(bn_param["running_mean"]), mean) < 1e-7
            assert relative_error(np.ravel(bn_param["running_var"]), var) < 1e-7

    def test_test_mode(self, bn):
        """The output in test mode, and what happens to the buffers.

        Notes
        -----
        The output follows from the buffers alone, and these stay what they were. Whatever a test-mode pass does to
        them shows in the second pass at the latest.
        """
        rng = np.random.default_rng(3)
        x, gamma, beta = rng.normal(size=(5, 3)), rng.normal(size=3), rng.normal(size=3)
        mean, var = rng.normal(size=3), rng.uniform(0.2, 4, size=3)
        bn_param = {"mode": "test", "eps": 0.5, "running_mean": mean.copy(), "running_var": var.copy()}
        want = gamma * (x - mean) / np.sqrt(var + 0.5) + beta
        for _ in range(2):
            out, _ = bn.batchnorm_forward(x.copy(), gamma, beta, bn_param)
            assert relative_error(out, want) < 1e-7
        assert relative_error(np.ravel(bn_param["running_mean"]), mean) == 0
        assert relative_error(np.ravel(bn_param["running_var"]), var) == 0

    def test_backward(self, bn):
        """The three gradients.

        Notes
        -----
        Along a random direction ``v`` the loss ``sum(out * dout)`` changes at the rate ``sum(gradient * v)``. Two
        directions for each gradient are enough: a wrong one would have to be orthogonal to both. ``dout`` is random,
        since BN sends the gradient of a sum to zero; gamma has both signs, and eps is large.
        """
        rng = np.random.default_rng(4)
        x, dout = rng.normal(size=(6, 4)) * [0.3, 1, 2, 3], rng.normal(size=(6, 4))
        given = [x, np.array([-1.5, 0.5, 2, 3]), rng.normal(size=4)]

        def loss(*arguments):
            out, _ = bn.batchnorm_forward(*arguments, {"mode": "train", "eps": 0.5})
            return np.sum(out * dout)

        _, cache = bn.batchnorm_forward(*given, {"mode": "train", "eps": 0.5})
        h = 1e-5
        for place, gradient in enumerate(bn.batchnorm_backward(dout.copy(), cache)):
            for v in rng.normal(size=(2, *given[place].shape)):
                up, down = (
                    loss(*[a + sign * h * v if i == place else a for i, a in enumerate(given)])
                    for sign in (1, -1)
                )
                assert np.sum(gradient * v) == pytest.approx((up - down) / (2 * h), rel=1e-6, abs=1e-6)

    def test_arguments(self, bn):
        """What is handed in, and what is refused.

        Notes
        -----
        Copies before the call, compared after it. A mode that does not exist is a ValueError.
        """
        rng = np.random.default_rng(5)
        x, dout, gamma, beta = (
            rng.normal(size=(5, 3)),
            rng.normal(size=(5, 3)),
            rng.normal(size=3),
            rng.normal(size=3),
        )
        before = [array.copy() for array in (x, gamma, beta, dout)]
        _, cache = bn.batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": 0.5})
        bn.batchnorm_backward(dout, cache)
        for array, copy in zip((x, gamma, beta, dout), before, strict=True):
            assert np.array_equal(array, copy)
        with pytest.raises(ValueError):  # noqa: PT011 (its words are up to each implementation)
            bn.batchnorm_forward(x, gamma, beta, {"mode": "evaluate", "eps": 0.5})

    def test_images(self, bn):
        """Images, forward and backward.

        Notes
        -----
        An image is a table with a row for every pixel: the flat functions on ``(N * H * W, C)`` have to give the
        same numbers. No two axes are of the same length, and the channels differ.
        """
        rng = np.random.default_rng(6)
        N, C, H, W = 2, 4, 3, 5
        x = (
            rng.normal(size=(N, C, H, W)) * np.array([0.3, 1, 2, 3])[:, None, None]
            + np.arange(C)[:, None, None]
        )
        dout, gamma, beta = rng.normal(size=x.shape), rng.normal(size=C), rng.normal(size=C)

        def table(images):
            return np.moveaxis(images, 1, -1).reshape(-1, C)

        ours, theirs = ({"mode": "train", "eps": 0.5, "momentum": 0.8} for _ in range(2))
        out, cache = bn.spatial_batchnorm_forward(x.copy(), gamma, beta, ours)
        want, flat_cache = bn.batchnorm_forward(table(x), gamma, beta, theirs)
        assert out.shape == x.shape
        assert relative_error(table(out), want) < 1e-7
        for key in ("running_mean", "running_var"):
            assert relative_error(np.ravel(ours[key]), np.ravel(theirs[key])) < 1e-7
        dx, *gradients = bn.spatial_batchnorm_backward(dout.copy(), cache)
        assert dx.shape == x.shape
        want, *wanted = bn.batchnorm_backward(table(dout), flat_cache)
        assert relative_error(table(dx), want) < 1e-7
        for got, expected in zip(gradients, wanted, strict=True):
            assert relative_error(np.ravel(got), np.ravel(expected)) < 1e-7
