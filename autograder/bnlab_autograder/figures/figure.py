"""What a figure consists of, and what comes out of one."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bnlab.plots.plot import Plot

__all__ = ["Condition", "Expectation", "Figure", "Outcome", "Verdict", "condition"]

Results = Mapping[str, Mapping[str, Any]]  # of one seed: what each condition returned
HOLDS, PARTLY, FAILS = "holds", "partly", "does not hold"


@dataclass(frozen=True)
class Condition:
    """A function of module level, and its arguments: hashable plain data."""

    function: Callable[..., Mapping[str, Any]]
    arguments: tuple[tuple[str, Any], ...]

    def __call__(self) -> Mapping[str, Any]:
        return self.function(**dict(self.arguments))


def condition(function: Callable[..., Mapping[str, Any]], **arguments: Any) -> Condition:
    """``function(**arguments)``, to be called later, in another process; lists become tuples."""
    plain = {name: tuple(a) if isinstance(a, list) else a for name, a in arguments.items()}
    return Condition(function, tuple(sorted(plain.items())))


@dataclass(frozen=True)
class Expectation:
    """A claim about an effect: that it lies above or below a number.

    ``says`` is what that means: "BN is ahead after 150 steps". The bounds leave a margin: what holds, holds clearly.
    """

    effect: str
    says: str
    above: float = -math.inf
    below: float = math.inf

    def met(self, value: float) -> bool:
        return self.above < value < self.below

    @property
    def bounds(self) -> str:
        """Such as "> 0.25"."""
        above = f"> {self.above:g}" if self.above > -math.inf else ""
        below = f"< {self.below:g}" if self.below < math.inf else ""
        return " and ".join(filter(None, (above, below)))


@dataclass(frozen=True)
class Verdict:
    """In how many seeds an expectation was met."""

    expectation: Expectation
    met: int
    of: int


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure; the docstring of the package says how to write one.

    Attributes
    ----------
    name : str
        As in ``bnlab figure NAME``: the paper's number, or words.
    title, shows, claim : str
        What stands above it; what it shows; what the paper, or common knowledge, claims.
    settings : dict
        "quick" and "full", and "tiny" for tests: plain keyword settings.
    conditions : callable
        ``conditions(settings, seed) -> {name: Condition}``.
    effects : callable
        ``effects(results, settings) -> {name: float}`` for the results of one seed.
    draw : callable
        ``draw(runs, settings) -> Plot`` with the results of each seed.
    expectations : tuple of Expectation
        The claim in numbers.
    remark : str
        What came out, in words; ``{name}`` is the median of that effect over the seeds.
    """

    name: str
    title: str
    shows: str
    claim: str
    settings: Mapping[str, Mapping[str, Any]]
    conditions: Callable[[Mapping[str, Any], int], Mapping[str, Condition]]
    effects: Callable[[Results, Mapping[str, Any]], Mapping[str, float]]
    draw: Callable[[Sequence[Results], Mapping[str, Any]], Plot]
    expectations: tuple[Expectation, ...] = ()
    remark: str = ""


@dataclass
class Outcome:
    """What came out of a figure: results and effects seed by seed."""

    figure: Figure
    setting: str
    settings: Mapping[str, Any]
    seeds: Sequence[int]
    runs: Sequence[Results]
    seconds: float  # on the clock
    cpu_seconds: float  # of all conditions, those that an earlier figure had already run included
    notes: Sequence[str] = field(default_factory=tuple)

    def __post_init__(self):
        found = [self.figure.effects(run, self.settings) for run in self.runs]
        self.per_seed = {name: [float(one[name]) for one in found] for name in found[0]}

    @property
    def effects(self) -> dict[str, float]:
        """The median over the seeds of each effect."""
        return {name: statistics.median(values) for name, values in self.per_seed.items()}

    @property
    def spread(self) -> dict[str, tuple[float, float]]:
        """The smallest and the largest of each effect over the seeds."""
        return {name: (min(values), max(values)) for name, values in self.per_seed.items()}

    @property
    def verdicts(self) -> list[Verdict]:
        return [
            Verdict(one, sum(map(one.met, self.per_seed[one.effect])), len(self.seeds))
            for one in self.figure.expectations
        ]

    @property
    def holds(self) -> str | None:
        """Whether the claim "holds", "partly" holds or "does not hold"; None where nothing is claimed.

        It holds if every expectation is met in every seed, and does not if none is met in more than half of them.
        """
        verdicts = self.verdicts
        if not verdicts:
            return None
        if all(one.met == one.of for one in verdicts):
            return HOLDS
        return PARTLY if any(one.met > one.of / 2 for one in verdicts) else FAILS

    @property
    def remark(self) -> str:
        return self.figure.remark.format_map(self.effects)

    def draw(self) -> Plot:
        return self.figure.draw(self.runs, self.settings)

    def to_dict(self) -> dict[str, Any]:
        """As in ``schemas/figure.schema.json``; what is not finite becomes null."""
        return {
            "schema": "bnlab-figure",
            "version": 1,
            "figure": self.figure.name,
            "title": self.figure.title,
            "setting": self.setting,
            "seeds": list(self.seeds),
            "seconds": round(self.seconds, 2),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "effects": _finite(self.effects),
            "spread": {name: [_number(v) for v in pair] for name, pair in self.spread.items()},
            "per_seed": {name: [_number(v) for v in values] for name, values in self.per_seed.items()},
            "claim": self.figure.claim,
            "holds": self.holds,
            "expectations": [
                {
                    "effect": one.expectation.effect,
                    "says": one.expectation.says,
                    "bounds": one.expectation.bounds,
                    "met": one.met,
                    "of": one.of,
                }
                for one in self.verdicts
            ],
            "remark": self.remark,
            "notes": list(self.notes),
        }


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _finite(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _number(value) for name, value in numbers.items()}
