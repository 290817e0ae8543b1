"""The helpers that check arguments, which students may use as well."""

import numpy as np
import pytest
from bnlab.validate import divisor, floats, number, one_of, training_cache


class TestFloats:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128])
    def test_floats_pass_as_they_are(self, dtype):
        x = np.ones((2, 3), dtype)
        assert floats("x", x, ("N", 3)) is x

    def test_conversions(self):
        assert floats("x", [[1, 2]]).dtype == np.float64
        assert floats("x", np.array([True, False])).tolist() == [1.0, 0.0]
        assert floats("x", np.ones((1, 3)), (3,)).shape == (3,)
        assert floats("x", np.ones((1, 3)), ("N", "D")).shape == (1, 3)
        assert floats("x", 2.0, ()).shape == ()

    @pytest.mark.parametrize(
        ("value", "shape", "message"),
        [
            (np.ones((2, 3)), ("N", 4), r"w should have shape \(N, 4\), but its shape is \(2, 3\)"),
            (np.ones((2, 3)), (3,), r"w should have shape \(3,\), but its shape is \(2, 3\)"),
            (np.ones(3), ("N", "D"), r"w should have shape \(N, D\), but its shape is \(3,\)"),
            (np.ones((0, 3)), ("N", "D"), r"w should have shape \(N, D\), but its shape is \(0, 3\)"),
            ("text", None, "w should hold numbers, but its dtype is"),
            (None, ("D",), "w should hold numbers, but its dtype is object"),
        ],
    )
    def test_refusals(self, value, shape, message):
        with pytest.raises(ValueError, match=message):
            floats("w", value, shape)


def test_number():
    assert type(number("eps", np.float64(1e-5))) is float
    assert type(number("eps", 1)) is float
    with pytest.raises(ValueError, match="momentum should lie between 0 and 1, but is 2"):
        number("momentum", 2, 0, 1)
    with pytest.raises(ValueError, match="eps should lie between 0 and inf, but is nan"):
        number("eps", float("nan"), low=0)
    for value in (None, "tiny", np.ones(2), {}):
        with pytest.raises(ValueError, match="eps should be a number, but is"):
            number("eps", value)


def test_one_of():
    assert one_of("mode", "test", ("train", "test")) == "test"
    for value in ("TEST", None, 1, np.zeros(2)):
        with pytest.raises(ValueError, match="mode should be 'train' or 'test', but is"):
            one_of("mode", value, ("train", "test"))


def test_divisor():
    assert type(divisor("G", np.int64(3), 6)) is int
    for value in (4, 0, -2, 1.5, "2", None, True):
        with pytest.raises(ValueError, match="G should be a whole number that divides the length, 6, but is"):
            divisor("G", value, 6)


def test_training_cache():
    assert training_cache((1, 2)) == (1, 2)
    with pytest.raises(ValueError, match="train mode"):
        training_cache(None)
