"""``bn``, the implementation that a test gets: four functions that live elsewhere, and of which only behaviour is seen.

A *call* is a function ``call(name, arguments) -> answer`` that has the four functions at its disposal. `Implementation`
makes it look like functions. In the notebook the call is made of functions that you have; in grading it goes to
another process, and nothing of what stands behind it can be read.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

FUNCTIONS = (
    "batchnorm_forward",
    "batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_batchnorm_backward",
)
NUMBERS = "biuf"  # kinds of dtypes
PLAIN = (str, bool, int, float, type(None))

Call = Callable[[str, list], dict[str, Any]]


class Cache:
    """What a forward pass hands to its backward pass. There is nothing to be seen in it."""

    __slots__ = ("number",)

    def __init__(self, number: int):
        self.number = number

    def __repr__(self) -> str:
        return "<cache>"


class Implementation:
    """An implementation of batch normalisation, as tests see it.

    Parameters
    ----------
    call : callable
        ``served(functions)``, or what stands for it.
    """

    def __init__(self, call: Call):
        self._call = call

    @classmethod
    def of(cls, **functions: Callable) -> Implementation:
        """The implementation that consists of these four functions."""
        return cls(served(functions))

    def batchnorm_forward(self, x: Any, gamma: Any, beta: Any, bn_param: Any) -> tuple[Any, Cache]:
        """x: (N, D); gamma, beta: (D,). As in notebook 02."""
        return self._forward("batchnorm_forward", x, gamma, beta, bn_param)

    def batchnorm_backward(self, dout: Any, cache: Cache) -> tuple[Any, ...]:
        """dout: (N, D). As in notebook 03: (dx, dgamma, dbeta)."""
        return self._ask("batchnorm_backward", dout, cache)

    def spatial_batchnorm_forward(self, x: Any, gamma: Any, beta: Any, bn_param: Any) -> tuple[Any, Cache]:
        """x: (N, C, H, W); gamma, beta: (C,). As in notebook 04."""
        return self._forward("spatial_batchnorm_forward", x, gamma, beta, bn_param)

    def spatial_batchnorm_backward(self, dout: Any, cache: Cache) -> tuple[Any, ...]:
        """dout: (N, C, H, W). As in notebook 04: (dx, dgamma, dbeta)."""
        return self._ask("spatial_batchnorm_backward", dout, cache)

    def _forward(self, name: str, *arguments: Any) -> tuple[Any, Cache]:
        out, number = self._ask(name, *arguments)
        return out, Cache(number)

    def _ask(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        sent = [item.number if isinstance(item, Cache) else item for item in arguments]
        answer = self._call(name, sent)
        if "error" in answer:
            raise _error(answer["error"])(f"{name} raised {answer['error']}")
        for place, change in answer["changes"]:
            _write_back(arguments[place], change)
        return tuple(answer["value"])


def served(functions: Mapping[str, Callable], most_numbers: float = np.inf) -> Call:
    """A call that is answered by ``functions``.

    They get copies of the arguments; what they change in them goes back with the answer, so that it makes no
    difference where they live. ``most_numbers``: how many array entries one may send in all.
    """
    caches: list[tuple[str, Any]] = []
    left = most_numbers

    def call(name: str, arguments: list) -> dict[str, Any]:
        nonlocal left
        try:
            left -= sum(map(_size, arguments)) + 100
            if left < 0:
                raise MemoryError
            mine, before = ([_copy(item) for item in arguments] for _ in range(2))
            if name.endswith("backward"):
                made_by, cache = caches[mine[1]] if _is_place(mine[1], caches) else ("", None)
                if made_by != name.replace("backward", "forward"):
                    raise ValueError
                value = tuple(functions[name](mine[0], cache))
            elif name in FUNCTIONS:
                out, cache = functions[name](*mine)
                caches.append((name, cache))
                value = out, len(caches) - 1
            else:
                raise AttributeError
        except Exception as error:
            return {"error": type(error).__name__}
        changes = [
            [place, _change(was, now)]
            for place, (was, now) in enumerate(zip(before, mine, strict=True))
            if _differ(was, now)
        ]
        return {"value": [_copy(item) for item in value], "changes": changes}

    return call


def _error(name: str) -> type[Exception]:
    """The built-in exception of that name; others are RuntimeErrors here."""
    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, Exception) else RuntimeError


def _is_place(value: Any, items: list) -> bool:
    return type(value) is int and 0 <= value < len(items)


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return value.size if isinstance(value, np.ndarray) else 0


def _copy(value: Any) -> Any:
    """A copy of plain data; an array keeps the order of its axes in memory. TypeError for anything else."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in NUMBERS:
            raise TypeError
        return np.array(value, order="K", subok=False)
    if isinstance(value, np.generic) and value.dtype.kind in NUMBERS:
        return value.item() if value.dtype == np.float64 else np.array(value)[()]
    if isinstance(value, dict):
        return {str(key): _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copy(item) for item in value]
    if isinstance(value, PLAIN):
        return value
    raise TypeError


def _differ(was: Any, now: Any) -> bool:
    if isinstance(was, np.ndarray) and isinstance(now, np.ndarray):
        return was.dtype != now.dtype or not np.array_equal(was, now, equal_nan=was.dtype.kind == "f")
    if isinstance(was, dict) and isinstance(now, dict):
        return was.keys() != now.keys() or any(_differ(was[key], now[key]) for key in was)
    return type(was) is not type(now) or was != now


def _change(was: Any, now: Any) -> Any:
    """What has become of an argument; of a dictionary only the entries that have changed."""
    if not isinstance(now, dict):
        return _copy(now)
    changed = {key: _copy(now[key]) for key in now if key not in was or _differ(was[key], now[key])}
    return {"set": changed, "gone": [key for key in was if key not in now]}


def _write_back(argument: Any, change: Any) -> None:
    if isinstance(argument, dict):
        argument.update(change["set"])
        for key in change["gone"]:
            argument.pop(key, None)
    elif isinstance(argument, np.ndarray) and np.shape(change) == argument.shape:
        argument[...] = change
