"""The codec: what arrives is what was sent, and what no honest sender sends is refused."""

from __future__ import annotations

import socket
import struct
import time

import msgpack
import numpy as np
import pytest
from bnlab_autograder.sandbox import wire
from bnlab_autograder.sandbox.wire import Channel, Decoder, Encoder, Handle, ProtocolError, UnsendableError
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


def refuse(value: object) -> Handle:
    raise TypeError(type(value).__name__)


def round_trip(value, *, exact_strides=False):
    tree, segments = Encoder(refuse, exact_strides=exact_strides).encode(value)
    received = [np.frombuffer(bytearray(segment), np.uint8) for segment in segments]
    return Decoder(lambda handle: handle, exact_strides=exact_strides).decode(tree, received)


def decode(tree: bytes, segments=()):
    return Decoder(lambda handle: handle).decode(tree, list(segments))


def packed(value) -> bytes:
    return msgpack.packb(value, use_bin_type=True)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
)
KEYS = st.text() | st.integers() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4) | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_plain_values_arrive_as_they_are(value):
    assert repr(round_trip(value)) == repr(value)


DTYPES = hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.floating_dtypes() | hnp.complex_number_dtypes()


@given(hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_side=5, min_side=0), fill=st.nothing()))
def test_arrays_keep_type_shape_and_bytes(array):
    copy = round_trip(array)
    assert type(copy) is np.ndarray
    assert (copy.dtype, copy.shape) == (array.dtype, array.shape)
    assert copy.tobytes() == array.tobytes()
    assert copy.flags.writeable


BASE = np.arange(720.0).reshape(6, 10, 12)


@pytest.mark.parametrize(
    "array",
    [
        BASE.T,
        BASE.transpose(1, 0, 2),
        np.asfortranarray(BASE),
        BASE[::2, 1:-1, ::3],
        BASE[::-1, :, ::-2],
        np.broadcast_to(np.arange(3.0), (4, 3)),
        BASE[:, :0],
    ],
    ids=["transposed", "permuted", "Fortran", "strided", "reversed", "broadcast", "empty"],
)
def test_student_code_meets_the_same_memory_order(array):
    copy = round_trip(array, exact_strides=True)
    np.testing.assert_array_equal(copy, array)
    assert copy.flags.c_contiguous == array.flags.c_contiguous
    assert copy.flags.writeable == array.flags.writeable
    if array.size:
        assert copy.strides == array.strides


def test_gaps_between_elements_hold_nothing():
    secret = np.full((4, 4), 42.0)
    assert round_trip(secret[:, ::2], exact_strides=True).base.view(float).sum() == 8 * 42


@pytest.mark.parametrize("array", [BASE.T, BASE[::2, ::2]])
def test_from_student_code_arrays_arrive_compact(array):
    copy = round_trip(array)
    np.testing.assert_array_equal(copy, array)
    assert copy.base.nbytes == array.nbytes


def test_numpy_scalars_stay_scalars():
    for scalar in (np.float32(1.5), np.bool_(True), np.int8(-3), np.complex64(2j), np.float64("nan")):
        copy = round_trip(scalar)
        assert type(copy) is type(scalar)
        np.testing.assert_equal(copy, scalar)


def test_only_exact_types_are_plain_data():
    class Float(float):
        pass

    class List(list):
        pass

    masked, record = np.ma.array([1.0]), np.array([object()])
    dates, texts = np.array(["2020-01-01"], "M8[D]"), np.array(["a"])
    for value in (Float(1), List(), masked, record, dates, texts, {1}, range(3), object()):
        with pytest.raises(TypeError):
            Encoder(refuse).encode(value)


def test_an_encoder_refuses_what_a_decoder_would():
    cyclic: list = []
    cyclic.append(cyclic)
    for value in (cyclic, [0] * (wire.MAX_PARTS + 1), "x" * (wire.MAX_TREE + 1)):
        with pytest.raises(UnsendableError):
            Encoder(refuse).encode(value)
    deepest: object = 0
    for _ in range(wire.MAX_DEPTH - 5):
        deepest = (deepest,)
    assert round_trip({"value": deepest})["value"] == deepest


def extension(code: int, *content) -> bytes:
    return packed(msgpack.ExtType(code, packed(content)))


@pytest.mark.parametrize(
    "tree",
    [
        b"",
        b"\xc1",
        b"\x91" * 100_000 + b"\xc0",
        packed([1]) + b"\x00",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\x7f\xff\xff\xff",
        b"\xc6\xff\xff\xff\xffabc",
        b"\xa3ab",
        b"\xa2\xff\xfe",
        packed({1: 2}),
        packed({"a": msgpack.Timestamp(1)}),
        packed({"a": msgpack.ExtType(1, bytes(300))})[:-1],
        packed([{}] * (wire.MAX_PARTS + 1)),
        packed(msgpack.ExtType(99, b"")),
        packed(msgpack.ExtType(wire.CALLBACK, packed(0))),
        packed(msgpack.ExtType(wire.ARGUMENT, packed(0))),
        packed(msgpack.ExtType(wire.TUPLE, packed({}))),
        packed(msgpack.ExtType(wire.INT, b"\x01" * 4000)),
        packed(msgpack.ExtType(wire.COMPLEX, b"12")),
        extension(wire.HANDLE, "x", 1),
        extension(wire.SCALAR, "<f8", b"1234"),
        extension(wire.SCALAR, "O", b"12345678"),
        extension(wire.ARRAY, "|O", [1], None, None, True, b"12345678"),
        extension(wire.ARRAY, "V8", [1], None, None, True, b"12345678"),
        extension(wire.ARRAY, "f8,f8", [1], None, None, True, b"1234567812345678"),
        extension(wire.ARRAY, "<f8", [2], None, None, True, b"12345678"),
        extension(wire.ARRAY, "<f8", [-1, -1], None, None, True, b"12345678"),
        extension(wire.ARRAY, "<f8", [2**40, 2**40], None, None, True, b""),
        extension(wire.ARRAY, "<f8", [True], None, None, True, b"12345678"),
        extension(wire.ARRAY, "<f8", [1], [1], None, True, b"12345678"),
        extension(wire.ARRAY, "<f8", [1], None, [0], True, b"12345678"),
        extension(wire.ARRAY, "<f8", [1], None, None, True, 0),
        extension(wire.ARRAY, "|b1", [1], None, None, True, b"\x02"),
        extension(wire.PAIRS, 1),
        extension(wire.PAIRS, [1], 2),
    ],
)
def test_what_is_no_frame_is_refused(tree):
    with pytest.raises(ProtocolError):
        decode(tree)


def test_nested_extensions_share_one_budget():
    inner = msgpack.ExtType(wire.TUPLE, packed([0] * 50_000))
    with pytest.raises(ProtocolError):
        decode(packed([inner] * 5))
    nested = packed(0)
    for _ in range(200):
        nested = packed(msgpack.ExtType(wire.TUPLE, b"\x91" + nested))
    with pytest.raises(ProtocolError):
        decode(nested)


def test_colliding_keys_do_not_stall_the_decoder():
    pairs = [part for index in range(wire.MAX_PAIRS) for part in (index << 44, 0)]  # equal in all lower bits
    started = time.perf_counter()
    many = [msgpack.ExtType(wire.PAIRS, packed(pairs))] * (wire.MAX_PARTS // (2 * wire.MAX_PAIRS + 2) - 1)
    assert len(decode(packed(many))) == len(many)
    too_many = [part for index in range(wire.MAX_PAIRS + 1) for part in (index, 0)]
    with pytest.raises(ProtocolError):
        decode(packed(msgpack.ExtType(wire.PAIRS, packed(too_many))))
    assert time.perf_counter() - started < 3


def test_a_segment_is_used_once_and_in_order():
    data = np.zeros(8192, np.uint8)
    array = msgpack.ExtType(wire.ARRAY, packed(("|u1", [8192], None, None, True, 0)))
    assert decode(packed([array]), [data])[0].size == 8192
    with pytest.raises(ProtocolError):
        decode(packed([array, array]), [data])


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Channel(ours, max_segment_bytes=1000), theirs


def test_a_channel_puts_frames_together_from_crumbs(pair):
    channel, theirs = pair
    frame = struct.pack("<IIQ", 3, 1, 5) + b"abc" + b"12345"
    for byte in frame:
        assert channel.receive() is None
        theirs.send(bytes([byte]))
    tree, (segment,) = channel.receive()
    assert (tree, segment.tobytes()) == (b"abc", b"12345")
    theirs.close()
    with pytest.raises(EOFError):
        channel.receive()


@pytest.mark.parametrize(
    "frame",
    [struct.pack("<II", 2**31, 0), struct.pack("<II", 0, 2**31), struct.pack("<IIQ", 0, 1, 2**62)],
)
def test_a_channel_refuses_lengths_before_it_reserves_memory(pair, frame):
    channel, theirs = pair
    theirs.send(frame)
    with pytest.raises(ProtocolError):
        channel.receive()


def test_sending_to_who_does_not_read_ends_in_time(pair):
    channel, _ = pair
    with pytest.raises(TimeoutError):
        channel.send(b"", [memoryview(bytes(50_000_000))], time.monotonic() + 0.1)
