"""Gradient checks: a backward pass against what the student's own forward pass does when its input moves.

The loss is Σ out · dout with a random dout. A gradient is right if it predicts how fast the loss changes when
the input moves along any direction; some directions tell more about a mistake than others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bnlab.checks.data import single
from bnlab.checks.exercise import Exercise, Session
from bnlab.checks.expect import Failure, close, pair

TOLERANCE = 1e-6
STEP = 1e-5


@dataclass(frozen=True)
class Setting:
    """A forward pass and an upstream gradient."""

    says: str  # what is special about it
    x: np.ndarray
    gamma: np.ndarray
    beta: np.ndarray
    dout: np.ndarray
    forward: Callable[[Session, np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, Any]]  # (out, cache)
    blocks: Sequence[
        tuple[str, Any]
    ]  # parts of x that share statistics: what they are called, and their index


def rate(loss: Callable[[np.ndarray], float], at: np.ndarray, direction: np.ndarray) -> float:
    """How fast the loss changes when ``at`` moves along ``direction``."""
    ahead, behind = (loss(at + step * direction) for step in (STEP, -STEP))
    return (ahead - behind) / (2 * STEP)


def after(forward_name: str, settings: Callable[[], Sequence[Setting]]) -> Callable[[Session], list[tuple]]:
    """Example arguments of a backward pass: an upstream gradient, and the cache of a forward pass."""

    def examples(ask: Session) -> list[tuple]:
        found = []
        for setting in settings():
            _, cache = setting.forward(ask.helper[forward_name], setting.x, setting.gamma, setting.beta)
            found.append((setting.dout, cache))
        return found

    return examples


def backward_checks(
    exercise: Exercise, forward_name: str, part: str, settings: Callable[[], Sequence[Setting]]
) -> None:
    """Hang the checks of a backward pass on ``exercise``; ``part`` says what shares statistics ("column")."""

    article = "an" if part[0] in "aeiou" else "a"

    def forward_of(ask: Session) -> Session:
        return ask.helper[forward_name]

    def gradients(ask: Session, setting: Setting) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        _, cache = setting.forward(forward_of(ask), setting.x, setting.gamma, setting.beta)
        return ask(setting.dout, cache)

    def loss(ask: Session, setting: Setting, **moved: np.ndarray) -> float:
        given = {"x": setting.x, "gamma": setting.gamma, "beta": setting.beta, **moved}
        out, _ = setting.forward(forward_of(ask), given["x"], given["gamma"], given["beta"])
        return float(np.sum(out * setting.dout))

    def of_parameter(name: str, position: int) -> Callable[[Session], None]:
        def body(ask: Session) -> None:
            for setting in settings():
                predicted = gradients(ask, setting)[position]
                parameter = getattr(setting, name)
                directions = np.eye(parameter.size).reshape(-1, *parameter.shape)
                measured = [
                    rate(lambda moved: loss(ask, setting, **{name: moved}), parameter, direction)  # noqa: B023
                    for direction in directions
                ]
                close(
                    predicted,
                    np.array(measured).reshape(parameter.shape),
                    f"d{name}",
                    f"{setting.says}, judged by how your forward pass answers to {name}",
                    feature=None,
                    rtol=TOLERANCE,
                )

        return body

    def of_input(does: str, moves: Callable[[np.ndarray, np.random.Generator], np.ndarray]) -> Callable:
        def body(ask: Session) -> None:
            for setting in settings():
                rng = np.random.default_rng(7)
                predicted = gradients(ask, setting)[0]
                largest = 0.0
                for name, index in setting.blocks:
                    values = setting.x[index]
                    size = 0.0
                    for direction in (rng.normal(size=values.shape), moves(values, rng)):
                        whole = np.zeros_like(setting.x)
                        whole[index] = direction
                        measured = rate(lambda x: loss(ask, setting, x=x), setting.x, whole)  # noqa: B023
                        size, expected = max(size, abs(measured)), float(np.sum(predicted * whole))
                    largest = max(largest, size)
                    tolerance = TOLERANCE * max(size, 1e-3 * largest)
                    if not abs(expected - measured) <= tolerance:
                        measured = 0.0 if abs(measured) < tolerance else measured
                        wanted, seen = pair(measured, expected)
                        raise Failure(
                            f"{setting.says}, {does} {name} changes the loss Σ out·dout of your forward pass "
                            f"at the rate {wanted}, but your dx predicts {seen}"
                        )

        return body

    exercise.invariant("dbeta predicts what a change of beta does")(of_parameter("beta", 2))
    exercise.invariant("dgamma predicts what a change of gamma does")(of_parameter("gamma", 1))
    exercise.invariant(f"dx predicts what shifting a whole {part} does")(
        of_input("shifting", lambda values, rng: np.ones_like(values))
    )
    exercise.invariant(f"dx predicts what stretching {article} {part} about its mean does")(
        of_input("stretching", lambda values, rng: values - values.mean())
    )
    exercise.value(f"dx predicts what any change of {article} {part} does")(
        of_input("moving the entries at random in", lambda values, rng: rng.normal(size=values.shape))
    )

    @exercise.invariant("each cache belongs to its own forward pass")
    def _(ask: Session) -> None:
        setting = settings()[0]
        alone = gradients(ask, setting)
        _, cache = setting.forward(forward_of(ask), setting.x, setting.gamma, setting.beta)
        setting.forward(forward_of(ask), 3 * setting.x[::-1] + 1, setting.beta, setting.gamma)
        for name, got, want in zip(("dx", "dgamma", "dbeta"), ask(setting.dout, cache), alone, strict=True):
            close(
                got,
                want,
                name,
                "When another batch goes forward in between, nothing should change",
                feature=None,
            )

    @exercise.invariant("float32 works")
    def _(ask: Session) -> None:
        setting = settings()[0]
        want = gradients(ask, setting)
        x, gamma, beta, dout = single(setting.x, setting.gamma, setting.beta, setting.dout)
        _, cache = setting.forward(forward_of(ask), x, gamma, beta)
        for name, got, wanted in zip(("dx", "dgamma", "dbeta"), ask(dout, cache), want, strict=True):
            close(
                got,
                wanted,
                name,
                "In float32 the gradients should be nearly those of float64",
                feature=None,
                rtol=1e-4,
            )
