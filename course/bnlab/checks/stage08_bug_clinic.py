"""Visible checks of stage 08: do the tests pass where they should, and fail where they should?"""

from __future__ import annotations

from collections.abc import Callable

from bnlab.checks.exercise import Exercise, Session
from bnlab.checks.expect import Failure
from bnlab.clinic.implementation import FUNCTIONS, Call, served
from bnlab.clinic.samples import SAMPLES
from bnlab.clinic.styles import STYLES
from bnlab.clinic.suite import UNWRITTEN, run_tests

TestBatchNorm = Exercise(
    "TestBatchNorm",
    stage="08_bug_clinic",
    arguments=("call", "names"),
    returns=lambda call, names=None: {"tests": None, "failed": ()},
    mapping=True,
    harness=run_tests,
    examples=lambda ask: [(served(functions(ask)),)],
    helpers=FUNCTIONS,
    topics=(
        "20 bugs that you have not seen: eps, train mode, running statistics, test mode, backward, arguments, images",
        "whether your tests pass on correct implementations in several styles",
        "whether they say the same each time that they are run",
    ),
)


def functions(ask: Session) -> dict[str, Callable]:
    """The correct implementation that the exercise is checked with."""
    return {name: session.function for name, session in ask.helper.items()}


def failures(ask: Session, call: Call) -> dict[str, str]:
    """The tests that fail on an implementation, and their messages."""
    found = ask(call)["tests"]
    return {name: how for name, how in found.items() if how not in ("", UNWRITTEN)}


@TestBatchNorm.shape("there are tests")
def _(ask: Session) -> None:
    found = ask(served(functions(ask)))["tests"]
    empty = [name for name, how in found.items() if how == UNWRITTEN]
    if empty:
        names = " and ".join(filter(None, [", ".join(empty[:-1]), empty[-1]]))
        ask.notes["unwritten"] = f"{names} {'is' if len(empty) == 1 else 'are'} not written yet."


@TestBatchNorm.invariant("all tests pass on a correct implementation")
def _(ask: Session) -> None:
    for name, how in failures(ask, served(functions(ask))).items():
        raise Failure(
            f"{name} should pass on a correct implementation, but it raised {how}. In grading such a test counts for "
            "nothing."
        )


@TestBatchNorm.invariant("and on a correct one in another style")
def _(ask: Session) -> None:
    for style, made in STYLES.items():
        for name, how in failures(ask, served(made(functions(ask)))).items():
            raise Failure(
                f"{name} should pass on a correct implementation of another style ({style}), but it raised {how}"
            )


@TestBatchNorm.invariant("they say the same when they are run again")
def _(ask: Session) -> None:
    for planted in (dict, *(sample.planted for sample in list(SAMPLES.values())[:3])):
        one, other = (set(failures(ask, served(planted(functions(ask))))) for _ in range(2))
        if one != other:
            raise Failure(
                f"{sorted(one ^ other)[0]} should say the same each time, but a second run went another way. Give "
                "every generator of random numbers a seed, and let no test rest on what another has left behind."
            )


@TestBatchNorm.value("a bug is found")
def _(ask: Session) -> None:
    if not any(failures(ask, served(sample.planted(functions(ask)))) for sample in SAMPLES.values()):
        raise Failure(
            f"your tests should fail on some of {len(SAMPLES)} broken implementations, but each of them went through."
        )


@TestBatchNorm.value("every sample bug is found")
def _(ask: Session) -> None:
    alive = [s for s in SAMPLES.values() if not failures(ask, served(s.planted(functions(ask))))]
    if alive:
        more = f", and {len(alive) - 1} more of {len(SAMPLES)} with it" if len(alive) > 1 else ""
        bug = alive[0].says.rstrip(".")
        raise Failure(
            f'a test should fail on the sample bug "{bug}" ({alive[0].topic}), but it went unnoticed{more}.'
        )
