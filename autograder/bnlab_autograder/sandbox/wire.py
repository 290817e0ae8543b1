"""Frames between the trusted side and a student's process: msgpack with a few extension types, never pickle.

A frame is a header (length of the tree, number of segments), the lengths of the segments, the tree, the segments.
The tree is msgpack; large arrays lie outside of it as raw segments, so that they are neither copied nor walked.

Decoding is strict, because whoever sends may lie: before anything is built, ``_measure`` walks the tree and refuses
what is too deep, has too many parts, or claims more bytes than there are. Dictionaries whose keys are not strings
are kept small, since integers can be chosen such that their hashes collide.
"""

from __future__ import annotations

import math
import re
import select
import socket
import struct
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

MAX_PARTS = 200_000  # objects in a frame, arrays counting as one
MAX_DEPTH = 24  # of lists and dictionaries within each other, and of tuples within each other
MAX_PAIRS = 1000  # of a dictionary whose keys are not all strings
MAX_KEY_LENGTH = 8  # of a tuple that is a key
MAX_INT_BYTES = 512
MAX_SEGMENTS = 4096
MAX_TREE = 8 << 20
INLINE = 4096  # smaller arrays travel within the tree

ARRAY, TUPLE, SCALAR, INT, HANDLE, COMPLEX, PAIRS, ARGUMENT, CALLBACK, NAME = range(1, 11)

HEADER = struct.Struct("<II")
DTYPE = re.compile(r"[<>|][biufc]\d{1,2}")
KINDS = "biufc"
MAX_DIMENSIONS = 32
MAX_PADDING = 8  # how many times larger than its numbers a strided array's memory may be


class ProtocolError(Exception):
    """The other side sent something that is no frame."""


class UnsendableError(ValueError):
    """A value that cannot be sent."""


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays in the student's process."""

    id: int
    type_name: str


@dataclass(frozen=True)
class CallbackId:
    """Stands for a function that stays on the trusted side."""

    id: int


@dataclass(frozen=True)
class Name:
    """Stands for what a dotted name, of the notebook or of an object, means in the student's process."""

    target: Handle | None
    name: str


class Encoder:
    """Turns values into a tree and segments.

    Parameters
    ----------
    opaque : callable
        Gives the Handle, Name or CallbackId for an object that is not plain data, or raises.
    arguments : dict
        ``id(object) -> index`` of objects that the other side has, too; they are sent as a reference.
    exact_strides : bool
        Whether arrays keep their strides, gaps included, and not only the order of their axes in memory.
    """

    def __init__(
        self,
        opaque: Callable[[Any], Handle | Name | CallbackId],
        arguments: dict[int, int] | None = None,
        *,
        exact_strides: bool = False,
    ):
        self.opaque = opaque
        self.arguments = arguments or {}
        self.segments: list[memoryview] = []
        self.parts = 0
        self.exact_strides = exact_strides

    def encode(self, value: Any) -> tuple[bytes, list[memoryview]]:
        tree = _packed(self._plain(value, 0))
        if len(tree) > MAX_TREE:
            raise UnsendableError("the value is too large")
        return tree, self.segments

    @staticmethod
    def content(value: list | dict) -> Any:
        """Marks ``value`` to be sent as it is, even if the other side has it."""
        return _Content(value)

    def _plain(self, value: Any, depth: int) -> Any:
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise UnsendableError(f"the value has more than {MAX_PARTS} parts")
        if depth > MAX_DEPTH - 4:  # the message around it needs some, too
            raise UnsendableError("the value is nested too deeply")
        kind = type(value)
        if value is None or kind is bool or kind is float or kind is str or kind is bytes:
            return value
        if kind is int:
            return self._int(value)
        if kind is _Content:
            value, kind = value.value, type(value.value)
        elif id(value) in self.arguments:
            return msgpack.ExtType(ARGUMENT, _packed(self.arguments[id(value)]))
        if kind is list:
            return [self._plain(item, depth + 1) for item in value]
        if kind is tuple:
            return msgpack.ExtType(TUPLE, _packed([self._plain(item, depth + 1) for item in value]))
        if kind is dict:
            return self._dict(value, depth)
        if kind is np.ndarray and value.dtype.kind in KINDS:
            return msgpack.ExtType(ARRAY, self._array(value))
        if _is_number(value):
            return msgpack.ExtType(SCALAR, _packed((value.dtype.str, value.tobytes())))
        if kind is complex:
            return msgpack.ExtType(COMPLEX, struct.pack("<dd", value.real, value.imag))
        return self._opaque(value)

    def _opaque(self, value: Any) -> msgpack.ExtType:
        stand_in = value if isinstance(value, Handle) else self.opaque(value)
        if isinstance(stand_in, CallbackId):
            return msgpack.ExtType(CALLBACK, _packed(stand_in.id))
        if isinstance(stand_in, Name):
            target = None if stand_in.target is None else stand_in.target.id
            return msgpack.ExtType(NAME, _packed((target, stand_in.name)))
        return msgpack.ExtType(HANDLE, _packed((stand_in.id, stand_in.type_name)))

    def _int(self, value: int) -> Any:
        if -(2**63) <= value < 2**64:
            return value
        length = value.bit_length() // 8 + 1
        if length > MAX_INT_BYTES:
            return self._opaque(value)
        return msgpack.ExtType(INT, value.to_bytes(length, "little", signed=True))

    def _dict(self, value: dict, depth: int) -> Any:
        if all(type(key) is str for key in value):
            return {key: self._plain(item, depth + 1) for key, item in value.items()}
        if not _are_keys(value):
            return self._opaque(value)
        pairs = [part for item in value.items() for part in item]
        return msgpack.ExtType(PAIRS, _packed([self._plain(part, depth + 1) for part in pairs]))

    def _array(self, array: np.ndarray) -> bytes:
        order = None
        strides = None
        if not array.flags.c_contiguous:
            order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
            if self.exact_strides and not array.transpose(order).flags.c_contiguous:
                strides = _affordable(array)
            array = array.transpose(order)
        shape, writeable = array.shape, bool(array.flags.writeable)
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        if flat.size <= INLINE:
            where = flat.tobytes()
        else:
            where = len(self.segments)
            self.segments.append(memoryview(flat))
        return _packed((array.dtype.str, shape, order, strides, writeable, where))


@dataclass(frozen=True)
class _Content:
    value: Any


class Decoder:
    """Builds values from a tree and segments, and raises ProtocolError for whatever is not as ``Encoder`` sends it.

    Parameters
    ----------
    handle, callback, name, argument : callable
        Give the object for a Handle, for a CallbackId, for a Name, and for the index of an argument.
    exact_strides : bool
        Whether arrays may prescribe their strides; not for values from a student's process.
    """

    def __init__(
        self,
        handle: Callable[[Handle], Any],
        callback: Callable[[CallbackId], Any] | None = None,
        name: Callable[[Name], Any] | None = None,
        argument: Callable[[int], Any] | None = None,
        *,
        exact_strides: bool = False,
    ):
        self.handle, self.callback, self.name, self.argument = handle, callback, name, argument
        self.exact_strides = exact_strides
        self.segments: list[np.ndarray] = []
        self.parts = 0
        self.used_segments = 0
        self.depth = 0

    def decode(self, tree: bytes, segments: list[np.ndarray]) -> Any:
        self.segments, self.parts, self.used_segments, self.depth = segments, 0, 0, 0
        try:
            return self._unpack(tree)
        except ProtocolError:
            raise
        except Exception as problem:
            raise ProtocolError(f"{type(problem).__name__}: {problem}"[:200]) from None

    def _unpack(self, tree: bytes) -> Any:
        self.parts = _measure(tree, self.parts)
        self.depth += 1
        _require(self.depth <= MAX_DEPTH, "too deep")
        value = msgpack.unpackb(tree, ext_hook=self._extension, strict_map_key=True, max_ext_len=MAX_TREE)
        self.depth -= 1
        return value

    def _extension(self, code: int, data: bytes) -> Any:
        match code:
            case 1:
                return self._array(data)
            case 2:
                return tuple(self._sequence(data))
            case 3:
                return self._scalar(data)
            case 4 if len(data) <= MAX_INT_BYTES:
                return int.from_bytes(data, "little", signed=True)
            case 5:
                number, type_name = _small(data)
                _require(type(number) is int and type(type_name) is str, "handle")
                return self.handle(Handle(number, type_name))
            case 6:
                return complex(*struct.unpack("<dd", data))
            case 7:
                return self._pairs(data)
            case 8 if self.argument:
                return self.argument(_index(data))
            case 9 if self.callback:
                return self.callback(CallbackId(_index(data)))
            case 10 if self.name:
                target, name = _small(data)
                return self.name(Name(None if target is None else Handle(target, ""), name))
        raise ProtocolError(f"extension {code}")

    def _sequence(self, data: bytes) -> list:
        value = self._unpack(data)
        _require(type(value) is list, "sequence")
        return value

    def _pairs(self, data: bytes) -> dict:
        parts = self._sequence(data)
        keys, values = parts[::2], parts[1::2]
        _require(len(keys) == len(values), "pairs")
        _require(_are_keys(keys), "keys")
        return dict(zip(keys, values, strict=True))

    def _scalar(self, data: bytes) -> np.generic:
        dtype, raw = _small(data)
        return _numbers(dtype, (), np.frombuffer(raw, np.uint8))[()]

    def _array(self, data: bytes) -> np.ndarray:
        dtype, shape, order, strides, writeable, where = _small(data)
        _require(type(shape) is list and len(shape) <= MAX_DIMENSIONS, "shape")
        if type(where) is bytes:
            raw = np.frombuffer(bytearray(where), np.uint8)
        else:
            _require(type(where) is int and where == self.used_segments < len(self.segments), "segment")
            raw = self.segments[where]
            self.used_segments += 1
        array = _numbers(dtype, tuple(shape), raw)
        if order is not None:
            _require(type(order) is list and sorted(order) == list(range(array.ndim)), "order")
            array = array.transpose(np.argsort(order))
        if strides is not None:
            _require(self.exact_strides, "strides")
            array = _strided(array, strides)
        if writeable is False:
            array.flags.writeable = False
        return array


def mutable_parts(value: Any) -> Iterator[Any]:
    """Arrays, lists and dictionaries within ``value`` that can be sent, in the same order on both sides."""
    if type(value) in (list, tuple):
        if type(value) is list:
            yield value
        for item in value:
            yield from mutable_parts(item)
    elif type(value) is dict:
        if not all(type(key) is str for key in value) and not _are_keys(value):
            return
        yield value
        for item in value.values():
            yield from mutable_parts(item)
    elif type(value) is np.ndarray and value.dtype.kind in KINDS:
        yield value


def _packed(value: Any) -> bytes:
    return msgpack.packb(value, use_bin_type=True, unicode_errors="replace")


def _small(data: bytes) -> Any:
    _require(len(data) <= INLINE + 1024, "header")
    return msgpack.unpackb(data)


def _require(condition: bool, what: str) -> None:
    if not condition:
        raise ProtocolError(what)


def _index(data: bytes) -> int:
    index = _small(data)
    _require(type(index) is int and index >= 0, "index")
    return index


def _are_keys(keys: Collection) -> bool:
    return len(keys) <= MAX_PAIRS and all(map(_is_key, keys))


def _is_key(key: Any) -> bool:
    if type(key) is tuple:
        return (
            len(key) <= MAX_KEY_LENGTH
            and not any(type(item) is tuple for item in key)
            and all(map(_is_key, key))
        )
    return key is None or type(key) in (bool, int, float, str, bytes) or _is_number(key)


def _is_number(value: Any) -> bool:
    return isinstance(value, np.generic) and type(value).__module__ == "numpy" and value.dtype.kind in KINDS


def _numbers(dtype: Any, shape: tuple, raw: np.ndarray) -> np.ndarray:
    """The array of these bytes, if dtype and shape agree with their number."""
    _require(type(dtype) is str and DTYPE.fullmatch(dtype) is not None, "dtype")
    kind = np.dtype(dtype)
    size = kind.itemsize
    for length in shape:
        _require(type(length) is int and 0 <= length < 2**48, "shape")
        size *= length
    _require(size == raw.size, "size")
    if kind.kind == "b":
        _require(not size or raw.max() <= 1, "bool")
    return raw.view(kind).reshape(shape)


def _span(shape: tuple, strides: list[int], itemsize: int) -> tuple[int, int]:
    """The bytes of memory that such an array spans, and the offset of its first element."""
    reach = [(length - 1) * stride for length, stride in zip(shape, strides, strict=True)]
    below = -sum(step for step in reach if step < 0)
    return below + sum(step for step in reach if step > 0) + itemsize, below


def _affordable(array: np.ndarray) -> list[int] | None:
    strides = list(array.strides)
    if not array.size or _span(array.shape, strides, array.itemsize)[0] > MAX_PADDING * array.nbytes + INLINE:
        return None
    return strides


def _strided(array: np.ndarray, strides: list[int]) -> np.ndarray:
    """A copy of ``array`` that lies in memory with these strides."""
    span, first = _span(array.shape, strides, array.itemsize)
    memory = np.zeros(span, np.uint8)
    copy = np.ndarray(array.shape, array.dtype, memory, first, strides)
    copy[...] = array
    return copy


def _widths() -> tuple[list[int], dict[int, tuple[str, int]]]:
    """How msgpack's first byte tells what follows: bytes in all, or (what is counted, bytes of the count)."""
    fixed = [0] * 256
    for byte in (*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3):
        fixed[byte] = 1
    for byte in range(0xA0, 0xC0):
        fixed[byte] = 1 + (byte & 0x1F)
    for byte, width in zip(range(0xCA, 0xD9), (5, 9, 2, 3, 5, 9, 2, 3, 5, 9, 3, 4, 6, 10, 18), strict=True):
        fixed[byte] = width
    counted = {0xC4: ("bytes", 1), 0xC5: ("bytes", 2), 0xC6: ("bytes", 4)}
    counted |= {0xC7: ("extension", 1), 0xC8: ("extension", 2), 0xC9: ("extension", 4)}
    counted |= {0xD9: ("bytes", 1), 0xDA: ("bytes", 2), 0xDB: ("bytes", 4)}
    counted |= {0xDC: ("array", 2), 0xDD: ("array", 4), 0xDE: ("map", 2), 0xDF: ("map", 4)}
    return fixed, counted


FIXED, COUNTED = _widths()


def _measure(tree: bytes, parts: int) -> int:
    """Walk ``tree`` without building it; returns the number of its parts, added to ``parts``.

    Raises ProtocolError if there are too many, if they are too deep, or if the lengths do not add up.
    """
    position, end = 0, len(tree)
    open_items = [1]
    while open_items:
        if not open_items[-1]:
            open_items.pop()
            continue
        open_items[-1] -= 1
        parts += 1
        if parts > MAX_PARTS or position >= end:
            raise ProtocolError("too many parts" if parts > MAX_PARTS else "short tree")
        byte = tree[position]
        width = FIXED[byte]
        if width:
            if 0xD4 <= byte <= 0xD8:
                _check_code(tree[position + 1 : position + 2])
            position += width
            continue
        if 0x80 <= byte < 0xA0:
            items = byte & 0x0F if byte >= 0x90 else 2 * (byte & 0x0F)
            position += 1
        else:
            what, count_bytes = COUNTED[byte]
            count = int.from_bytes(tree[position + 1 : position + 1 + count_bytes], "big")
            position += 1 + count_bytes
            if what == "bytes":
                position += count
                continue
            if what == "extension":
                _check_code(tree[position : position + 1])
                position += 1 + count
                continue
            items = count if what == "array" else 2 * count
        if items > end - position:
            raise ProtocolError("more items than bytes")
        open_items.append(items)
        if len(open_items) > MAX_DEPTH:
            raise ProtocolError("too deep")
    if position != end:
        raise ProtocolError("lengths do not add up")
    return parts


def _check_code(code: bytes) -> None:
    """Codes below zero are msgpack's own, which it would decode without asking us."""
    _require(code < b"\x80", "extension")


class Channel:
    """Sends and receives frames over a stream socket, which may be blocking or not."""

    def __init__(self, sock: socket.socket, *, max_segment_bytes: int, max_tree: int = MAX_TREE):
        self.sock = sock
        self.max_segment_bytes, self.max_tree = max_segment_bytes, max_tree
        self._frames = self._read()

    def send(self, tree: bytes, segments: list[memoryview], deadline: float = math.inf) -> None:
        """Send a frame. Raises TimeoutError if the other side has not taken it in by ``deadline`` (monotonic)."""
        lengths = struct.pack(f"<{len(segments)}Q", *map(len, segments))
        for piece in (HEADER.pack(len(tree), len(segments)) + lengths + tree, *segments):
            rest = memoryview(piece)
            while rest:
                try:
                    rest = rest[self.sock.send(rest) :]
                except BlockingIOError:
                    self._await_room(deadline)

    def receive(self) -> tuple[bytes, list[np.ndarray]] | None:
        """The next frame; None if the socket is not blocking, and there is none yet. Raises EOFError at the end."""
        return next(self._frames)

    def close(self) -> None:
        self.sock.close()

    def _await_room(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        poll = select.poll()
        poll.register(self.sock, select.POLLOUT)
        if left <= 0 or not poll.poll(min(left, 3600) * 1000):
            raise TimeoutError

    def _read(self) -> Iterator[tuple[bytes, list[np.ndarray]] | None]:
        """Yields frames, and None whenever it would have to wait."""
        while True:
            header = yield from self._exactly(bytearray(HEADER.size))
            tree_length, count = HEADER.unpack(header)
            _require(tree_length <= self.max_tree and count <= MAX_SEGMENTS, "frame length")
            body = yield from self._exactly(bytearray(8 * count + tree_length))
            lengths = struct.unpack_from(f"<{count}Q", body)
            _require(sum(lengths) <= self.max_segment_bytes, "segment length")
            segments = []
            for length in lengths:
                segments.append((yield from self._exactly(np.empty(length, np.uint8))))
            yield bytes(body[8 * count :]), segments

    def _exactly(self, buffer: Any) -> Iterator[None]:
        rest = memoryview(buffer)
        while rest:
            try:
                received = self.sock.recv_into(rest)
            except BlockingIOError:
                yield None
                continue
            if not received:
                raise EOFError
            rest = rest[received:]
        return buffer
