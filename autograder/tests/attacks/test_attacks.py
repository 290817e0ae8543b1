"""Attacks on the judge. Each is graded as part of a half-solved notebook; then we look whether it got anywhere.

On two benches each attack has a notebook of its own. On the others those share one that leave each other alone.

Not tried: aarch64 (of its filter only what it decides, in tests/sandbox/test_seccomp.py), kernels whose Landlock has an
ABI below that of this machine, SELinux and AppArmor, and real containers: only their system calls' profile is in force.
"""

from __future__ import annotations

import pytest

from .cells import ATTACKS
from .stand import BENCHES, WITHOUT_WALLS

ONE_BY_ONE = ("A-user", "B-root")  # here also those are tried that the judge is to stop, and not a wall
TOGETHER = 6
TYPING_ERRORS = (
    "NameError",
    "SyntaxError",
    "IndentationError",
)  # of ours: an attack that does not run attacks nothing


def shares(attack):
    """Whether an attack leaves others in the same notebook alone."""
    return not attack.harms_itself and not attack.is_answer and attack.category != "exhausting"


def on(bench):
    """Keeps what is tried on one bench in one process, where tests are spread by groups."""
    return pytest.mark.xdist_group(f"attacks-{bench.name}")


def groups():
    """Benches with what is tried on each at once."""
    at_walls = [attack for attack in ATTACKS if attack.meets_walls]
    sharing = [attack for attack in at_walls if shares(attack)]
    together = [sharing[k : k + TOGETHER] for k in range(0, len(sharing), TOGETHER)]
    together += [[attack] for attack in at_walls if not shares(attack)]
    for bench in BENCHES:
        for group in [[attack] for attack in ATTACKS] if bench.name in ONE_BY_ONE else together:
            more = f"-and-{len(group) - 1}-more" if len(group) > 1 else ""
            yield pytest.param(bench, group, id=f"{bench.name}-{group[0].name}{more}", marks=on(bench))


@pytest.mark.parametrize(("bench", "attacks"), list(groups()))
def test_the_attack_fails(stand_of, bench, attacks):
    result = stand_of(bench).attack(*attacks)
    assert not result.reached, f"{[attack.goal for attack in attacks]}: {result.reached}"
    assert result.data["tier"] == bench.tier
    points = result.data["points"]
    assert points is not None, result.data["findings"]
    for attack in attacks:
        assert points == attack.earns or (attack.harms_itself and points < attack.earns), points
        assert attack.harms_itself or result.cell_error not in TYPING_ERRORS, result.shown[-1000:]


REAL = [attack for attack in ATTACKS if attack.without_walls]


@on(WITHOUT_WALLS)
@pytest.mark.parametrize("attack", REAL, ids=lambda attack: attack.name)
def test_without_walls_it_succeeds(stand_of, attack):
    """The walls stop it, and not a mistake in its cell. One before it may have left a judge that does not answer."""

    def succeeds(stand) -> bool:
        try:
            return attack.sign in stand.attack(attack, followed=False).reached
        except TimeoutError:
            return False

    assert succeeds(stand_of(WITHOUT_WALLS)) or succeeds(stand_of(WITHOUT_WALLS, anew=True))
