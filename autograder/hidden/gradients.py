"""What cases about backward passes share: a backward is paired with the same course's forward, and may be right for it.

A student's forward may be slightly wrong. A backward that misses the reference keeps its points if it is what that very
forward asks for: either its derivative, measured along random directions, or the formula applied to what it normalises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from bnlab_autograder.grading.cases import UNEXCUSED, Mismatch, expect_close, returns

Gradients = dict[str, object]

NAMES = ("dx", "dgamma", "dbeta")
MOVED_BY = {"dx": "x", "dgamma": "gamma", "dbeta": "beta"}
# eps is too small to matter wherever it stands, and still a forward that divides by the variance leaves normalised
# data whose part in dx can be seen.
BLIND = {"spread": 30.0, "eps": 1e-8}
STEP = 1e-5  # relative to the spread of what is moved
DIRECTIONS = 3
STRETCH = 1e6


@dataclass(frozen=True)
class Setting:
    """The arguments of a forward pass: x, gamma, beta, and what follows them."""

    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    rest: tuple

    def neutral(self) -> Setting:
        return replace(self, gamma=np.ones_like(self.gamma), beta=np.zeros_like(self.beta))

    def double(self) -> Setting:
        """The same numbers in float64."""
        x, gamma, beta = (np.asarray(array, np.float64) for array in (self.x, self.gamma, self.beta))
        return replace(self, x=x, gamma=gamma, beta=beta)


@dataclass(frozen=True)
class Norm:
    """A forward pass, and which entries share a mean: ``means(values, rest)`` keeps or repeats the axes it averages."""

    forward: str
    means: Callable[[np.ndarray, tuple], np.ndarray]
    feature: int  # the axis whose entries are compared on a scale of their own


def group_means(values: np.ndarray, rest: tuple) -> np.ndarray:
    """(N, C, H, W), every entry replaced by the mean of its group; ``rest`` starts with the number of groups."""
    means = values.reshape(len(values), rest[0], -1).mean(axis=2, keepdims=True)
    return np.repeat(means, values.shape[1] // rest[0], axis=1)[..., None]


BATCH = Norm("batchnorm_forward", lambda values, rest: values.mean(axis=0, keepdims=True), 1)
SPATIAL = Norm(
    "spatial_batchnorm_forward", lambda values, rest: values.mean(axis=(0, 2, 3), keepdims=True), 1
)
LAYER = Norm("layernorm_forward", lambda values, rest: values.mean(axis=1, keepdims=True), 0)
GROUP = Norm("spatial_groupnorm_forward", group_means, 1)


def forward(course: object, norm: Norm, setting: Setting) -> tuple[object, object]:
    """(out, cache) for copies of the arguments."""
    return run(course, norm, *deepcopy((setting.x, setting.gamma, setting.beta, *setting.rest)))


def run(course: object, norm: Norm, *arguments: object) -> tuple[object, object]:
    """(out, cache) for the arguments themselves."""
    return returns(getattr(course, norm.forward)(*arguments), 2, f"{norm.forward} returns (out, cache)")


def backward(course: object, name: str, dout: np.ndarray, cache: object) -> Gradients:
    """``{"dx": …, "dgamma": …, "dbeta": …}``; ``dout`` is handed over as it is."""
    values = returns(getattr(course, name)(dout, cache), 3, f"{name} returns (dx, dgamma, dbeta)")
    return dict(zip(NAMES, values, strict=True))


def gradients(course: object, norm: Norm, name: str, setting: Setting, dout: np.ndarray) -> Gradients:
    """What the backward pass ``name`` makes of ``dout`` after the forward pass of the same course."""
    _, cache = forward(course, norm, setting)
    return backward(course, name, dout.copy(), cache)


def expect_gradients(
    student: object,
    reference: object,
    rng: np.random.Generator,
    norm: Norm,
    name: str,
    setting: Setting,
    dout: np.ndarray,
    *,
    which: Iterable[str] = ("dx",),
    through: Mapping[str, Callable[[], Gradients]] | None = None,
    got: Gradients | None = None,
) -> None:
    """Pass if the gradients ``which`` agree with the reference, or are right for the student's own forward.

    through: for each other backward pass that this one may rest on, what it should be given the student's own.
    got: what the student's pass returned, if it has been called already.
    """
    got = gradients(student, norm, name, setting, dout) if got is None else got
    want = gradients(reference, norm, name, setting, dout)
    for each in which:

        def suits_forward(each: str = each) -> np.ndarray:
            return suits_own_forward(student, norm, setting, dout, each, got[each], rng)

        inherits = {norm.forward: suits_forward}
        for source, own in (through or {}).items():
            inherits[source] = lambda own=own, each=each: own()[each]
        feature = norm.feature if each == "dx" else None
        expect_close(got[each], want[each], name=each, feature=feature, inherits=inherits)


@contextmanager
def excusing_forward(student: object, norm: Norm, setting: Setting) -> Iterator[None]:
    """Let an error pass if the student's forward pass ends in one by itself: then there is no cache to judge with."""
    try:
        yield
    except Exception:
        try:
            forward(student, norm, setting)
        except Exception as own:
            if getattr(own, "type_name", type(own).__name__) in UNEXCUSED:
                raise
            expect_close(
                np.zeros(1), np.ones(1), inherits={norm.forward: lambda: np.zeros(1)}
            )  # noted as inherited
        else:
            raise


def suits_own_forward(
    student: object,
    norm: Norm,
    setting: Setting,
    dout: np.ndarray,
    name: str,
    got: object,
    rng: np.random.Generator,
) -> np.ndarray:
    """What the gradient ``name`` should be given the student's own forward; a Mismatch if that is not ``got``."""
    rtol = 1e-4 if setting.x.dtype == np.float32 else 1e-6
    setting, dout = setting.double(), dout.astype(np.float64)
    for asked in own_formula(norm, setting, dout, own_x_hat(student, norm, setting))[name]:
        if _is_close(got, asked, rtol):
            return asked
    expect_stretchable(student, norm, setting)
    expect_slopes(student, norm, setting, dout, name, got, rng, rtol)
    return np.asarray(got)


def _is_close(got: object, want: np.ndarray, rtol: float) -> bool:
    try:
        expect_close(got, want, feature=None, rtol=rtol)
    except Mismatch:
        return False
    return True


def own_x_hat(student: object, norm: Norm, setting: Setting) -> np.ndarray:
    """The student's normalised data, if they are the right ones but for a factor and a shift."""
    x_hat = output(student, norm, setting.neutral())
    centred, own = (values - norm.means(values, setting.rest) for values in (setting.x, x_hat))
    factor = norm.means(own * centred, setting.rest) / norm.means(centred**2, setting.rest)
    if not (factor > 0).all() or not (np.abs(own - factor * centred) <= 1e-6 * np.abs(own).max()).all():
        raise Mismatch("the forward pass normalises something else")
    return x_hat


def expect_stretchable(student: object, norm: Norm, setting: Setting) -> None:
    """A Mismatch unless the student's output stays bounded when x grows.

    The derivative of a forward pass whose statistics are constants would excuse a backward that takes them for such.
    """
    stretched = output(student, norm, replace(setting.neutral(), x=STRETCH * setting.x))
    if not np.abs(stretched).max() < 1e3 * np.sqrt(setting.x.size):
        raise Mismatch("the forward pass does not normalise")


def output(student: object, norm: Norm, setting: Setting) -> np.ndarray:
    out, _ = forward(student, norm, setting)
    if not isinstance(out, np.ndarray) or out.shape != setting.x.shape or not np.isfinite(out).all():
        raise Mismatch(f"{norm.forward} returns something else than an array of numbers of the shape of x")
    return out


def own_formula(
    norm: Norm, setting: Setting, dout: np.ndarray, x_hat: np.ndarray
) -> dict[str, list[np.ndarray]]:
    """The gradients in terms of ``x_hat`` and the factor by which it was scaled, as most students compute them.

    Where ``x_hat`` is not centred three ways for dx part: one line, node by node, and one direction at a time.
    """

    def means(values: np.ndarray) -> np.ndarray:
        return norm.means(values, setting.rest)

    centred = setting.x - means(setting.x)
    factor = means(x_hat * centred) / means(centred**2)
    gamma = setting.gamma.reshape(1, -1, 1, 1) if setting.x.ndim == 4 else setting.gamma
    grad = gamma * dout
    shared = (0, 2, 3) if setting.x.ndim == 4 else 0
    rest = grad - means(grad)
    dx = factor * (rest - x_hat * means(grad * x_hat))
    return {
        "dx": [dx, dx - means(dx), factor * (rest - x_hat * means(rest * x_hat))],
        "dgamma": [(dout * x_hat).sum(axis=shared).reshape(setting.gamma.shape)],
        "dbeta": [dout.sum(axis=shared).reshape(setting.beta.shape)],
    }


def expect_slopes(
    student: object,
    norm: Norm,
    setting: Setting,
    dout: np.ndarray,
    name: str,
    got: object,
    rng: np.random.Generator,
    rtol: float,
) -> None:
    """A Mismatch unless ``got`` predicts how the student's forward answers to small steps in random directions."""
    moved = MOVED_BY[name]
    value = getattr(setting, moved)
    if not isinstance(got, np.ndarray) or got.shape not in (value.shape, (1, *value.shape)):
        raise Mismatch(f"{name} has another shape")
    got = got.reshape(value.shape)
    spread = (
        np.sqrt(norm.means((value - norm.means(value, setting.rest)) ** 2, setting.rest))
        if name == "dx"
        else 1.0
    )
    for _ in range(DIRECTIONS):
        direction = spread * rng.normal(size=value.shape)
        ahead, behind = (
            output(student, norm, replace(setting, **{moved: value + sign * STEP * direction}))
            for sign in (1, -1)
        )
        slope = np.sum((ahead - behind) * dout) / (2 * STEP)
        parts = got * direction
        if not abs(parts.sum() - slope) <= rtol * np.sqrt((parts**2).sum()):
            raise Mismatch(f"{name} is not the derivative of the student's own forward")


def expect_moving(dx: object, want: np.ndarray, name: str = "dx") -> np.ndarray:
    """``dx``, if it has the shape of ``want`` and is not next to zero in a feature: identities hold for zeros, too."""
    expect_close(dx, want, name=name, rtol=np.inf)
    if not (np.abs(dx).max(axis=0) > 1e-3 * np.abs(want).max(axis=0)).all():
        raise Mismatch(f"{name} is zero")
    return dx
