"""Sample bugs to practise on. Each is made of a correct implementation by calling it with something wrong.

They are no more than samples: grading uses others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

Functions = Mapping[str, Callable]


@dataclass(frozen=True)
class Sample:
    """One bug. ``planted(functions)`` gives the functions with the bug among them."""

    topic: str
    says: str
    planted: Callable[[Functions], dict[str, Callable]]


def _forward(change: Callable[..., tuple[Any, Any]]) -> Callable[[Functions], dict[str, Callable]]:
    """A bug in both forward passes: ``change(plain, x, gamma, beta, bn_param)`` is what happens instead."""

    def planted(functions: Functions) -> dict[str, Callable]:
        def around(plain: Callable) -> Callable:
            return lambda x, gamma, beta, bn_param: change(plain, x, gamma, beta, bn_param)

        wrong = {name: around(f) for name, f in functions.items() if name.endswith("forward")}
        return {**functions, **wrong}

    return planted


def _backward(change: Callable[..., tuple[Any, ...]]) -> Callable[[Functions], dict[str, Callable]]:
    """A bug in both backward passes: ``change(plain, dout, cache)`` is what happens instead."""

    def planted(functions: Functions) -> dict[str, Callable]:
        def around(plain: Callable) -> Callable:
            return lambda dout, cache: change(plain, dout, cache)

        wrong = {name: around(f) for name, f in functions.items() if name.endswith("backward")}
        return {**functions, **wrong}

    return planted


def _with(bn_param: dict, **settings: Any) -> dict:
    """A copy with other settings, whose running statistics go back into the caller's dictionary afterwards."""
    return {**bn_param, **settings}


def _returned(bn_param: dict, used: dict) -> None:
    for key in ("running_mean", "running_var"):
        if key in used:
            bn_param[key] = used[key]


def _eps_ignored(plain: Callable, x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
    used = _with(bn_param, eps=1e-5)
    answer = plain(x, gamma, beta, used)
    _returned(bn_param, used)
    return answer


def _momentum_swapped(plain: Callable, x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
    used = _with(bn_param, momentum=1 - bn_param.get("momentum", 0.9))
    answer = plain(x, gamma, beta, used)
    _returned(bn_param, used)
    return answer


def _batch_in_test(plain: Callable, x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
    if bn_param.get("mode") == "test":
        return plain(x, gamma, beta, _with(bn_param, mode="train"))
    return plain(x, gamma, beta, bn_param)


def _unscaled_in_test(plain: Callable, x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
    if bn_param.get("mode") == "test":
        gamma, beta = np.ones_like(gamma), np.zeros_like(beta)
    return plain(x, gamma, beta, bn_param)


def _input_centred(plain: Callable, x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
    answer = plain(x, gamma, beta, bn_param)
    if bn_param.get("mode") == "train" and x.dtype.kind == "f":
        x -= x.mean(axis=0)
    return answer


def _gamma_missing_in_dx(functions: Functions) -> dict[str, Callable]:
    """The cache is that of a pass with gamma = 1."""

    def around(plain: Callable) -> Callable:
        def call(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
            _, cache = plain(x, np.ones_like(gamma), beta, _with(bn_param))
            out, _ = plain(x, gamma, beta, bn_param)
            return out, cache

        return call

    return {**functions, **{name: around(f) for name, f in functions.items() if name.endswith("forward")}}


def _averaged(plain: Callable, dout: Any, cache: Any) -> tuple[Any, ...]:
    dx, dgamma, dbeta = plain(dout, cache)
    return dx, dgamma / len(dout), dbeta / len(dout)


def _channels_mixed(functions: Functions) -> dict[str, Callable]:
    """The table of the pixels is made by ``reshape`` alone."""

    def forward(x: Any, gamma: Any, beta: Any, bn_param: dict) -> tuple[Any, Any]:
        table = np.asarray(x).reshape(-1, np.shape(x)[1])
        out, cache = functions["batchnorm_forward"](table, gamma, beta, bn_param)
        return out.reshape(np.shape(x)), cache

    def backward(dout: Any, cache: Any) -> tuple[Any, ...]:
        table = np.asarray(dout).reshape(-1, np.shape(dout)[1])
        dx, dgamma, dbeta = functions["batchnorm_backward"](table, cache)
        return dx.reshape(np.shape(dout)), dgamma, dbeta

    return {**functions, "spatial_batchnorm_forward": forward, "spatial_batchnorm_backward": backward}


SAMPLES: dict[str, Sample] = {
    "eps ignored": Sample("eps", "The caller's eps is ignored, the default is used.", _forward(_eps_ignored)),
    "momentum swapped": Sample(
        "running statistics",
        "momentum and 1 − momentum change places.",
        _forward(_momentum_swapped),
    ),
    "batch in test mode": Sample(
        "test mode", "Test mode uses the statistics of the batch.", _forward(_batch_in_test)
    ),
    "unscaled in test mode": Sample(
        "test mode", "In test mode gamma and beta are forgotten.", _forward(_unscaled_in_test)
    ),
    "gamma missing in dx": Sample("backward", "gamma is missing in dx.", _gamma_missing_in_dx),
    "averaged": Sample("backward", "dgamma and dbeta are averages over the batch.", _backward(_averaged)),
    "input centred": Sample("arguments", "The caller's x is centred in place.", _forward(_input_centred)),
    "channels mixed": Sample("images", "The channels of images are mixed up.", _channels_mixed),
}
