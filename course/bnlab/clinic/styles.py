"""A correct implementation in other styles, all of which keep the contract. A good test lets them pass.

Each is made of a correct one by what stands around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Functions = Mapping[str, Callable]

STATISTICS = ("running_mean", "running_var")


def _around(functions: Functions, forward: Callable, backward: Callable | None = None) -> dict[str, Callable]:
    """``forward(plain)`` and ``backward(plain)`` give the functions that stand in for the plain ones."""
    made = dict(functions)
    for name, function in functions.items():
        if name.endswith("forward"):
            made[name] = forward(function)
        elif backward is not None:
            made[name] = backward(function)
    return made


def further_keys(functions: Functions) -> dict[str, Callable]:
    """Keeps notes of its own in ``bn_param``, and a dictionary as cache."""

    def forward(plain: Callable) -> Callable:
        def call(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
            out, cache = plain(x, gamma, beta, bn_param)
            bn_param["calls"] = bn_param.get("calls", 0) + 1
            return out, {"kept": cache}

        return call

    return _around(functions, forward, lambda plain: lambda dout, cache: plain(dout, cache["kept"]))


def filled_in_place(functions: Functions) -> dict[str, Callable]:
    """Fills the caller's running arrays instead of putting new ones in their place."""

    def forward(plain: Callable) -> Callable:
        def call(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
            arrays = {key: bn_param[key] for key in STATISTICS if isinstance(bn_param.get(key), np.ndarray)}
            out, cache = plain(x, gamma, beta, bn_param)
            for key, array in arrays.items():
                if array.dtype.kind == "f":
                    array[...] = bn_param[key]
                    bn_param[key] = array
            return out, cache

        return call

    return _around(functions, forward)


def examples_reversed(functions: Functions) -> dict[str, Callable]:
    """Adds the examples up in another order: the last digits differ."""

    def forward(plain: Callable) -> Callable:
        def call(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
            out, cache = plain(np.asarray(x)[::-1], gamma, beta, bn_param)
            return out[::-1], cache

        return call

    def backward(plain: Callable) -> Callable:
        def call(dout: Any, cache: Any) -> tuple[Any, ...]:
            dx, *rest = plain(np.asarray(dout)[::-1], cache)
            return dx[::-1], *rest

        return call

    return _around(functions, forward, backward)


def nothing_kept_from_test_mode(functions: Functions) -> dict[str, Callable]:
    """Its outputs share no memory with anything, and test mode leaves no cache."""

    def forward(plain: Callable) -> Callable:
        def call(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
            out, cache = plain(x, gamma, beta, bn_param)
            return out.copy(), cache if bn_param["mode"] == "train" else None

        return call

    return _around(functions, forward)


STYLES: dict[str, Callable[[Functions], dict[str, Callable]]] = {
    "a dictionary as cache, further keys in bn_param": further_keys,
    "the caller's running arrays are filled in place": filled_in_place,
    "the examples are added up in another order": examples_reversed,
    "no cache in test mode": nothing_kept_from_test_mode,
}
