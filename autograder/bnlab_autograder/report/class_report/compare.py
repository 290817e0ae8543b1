"""A report beside an earlier one: another term, another version, or the same class before."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

Z = 1.96  # standard errors on either side of a 95 % interval


def compare(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """The change of every exercise and mistake of the stages that both reports have; both as ``--json`` prints them."""
    before = {one["stage"]: one for one in then["stages"]}
    stages = [stage_change(one, before[one["stage"]]) for one in now["stages"] if one["stage"] in before]
    return {
        "course": then["course"],
        "made": then["made"],
        "stages": stages,
        "only_now": [one["stage"] for one in now["stages"] if one["stage"] not in before],
        "only_then": sorted(set(before) - {one["stage"] for one in now["stages"]}),
    }


def stage_change(now: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """What has changed in one stage: in shares of points for exercises, in shares of the class for mistakes."""
    before = {one["exercise"]: one for one in then["exercises"]}
    return {
        "stage": now["stage"],
        "title": now["title"],
        "releases": {"now": now["releases"], "then": then["releases"]},
        "whole": change(now["scores"], then["scores"]),
        "exercises": [
            {"exercise": one["exercise"], **change(one, before.get(one["exercise"]))}
            for one in now["exercises"]
        ],
        "gone": [name for name in before if name not in {one["exercise"] for one in now["exercises"]}],
        "mistakes": _mistakes(now, then),
    }


def change(now: Mapping[str, Any], then: Mapping[str, Any] | None) -> dict[str, Any]:
    """Two distributions of points as shares of the most, and their difference with a 95 % interval (Welch)."""
    a, b = _share(now), _share(then)
    found = {"now": a, "then": b, "difference": None, "interval": None, "beyond_chance": False}
    if a["share"] is None or b["share"] is None:
        return found
    difference = a["share"] - b["share"]
    interval = None
    if a["sd"] is not None and b["sd"] is not None:
        reach = Z * math.sqrt(a["sd"] ** 2 / a["n"] + b["sd"] ** 2 / b["n"])
        interval = [difference - reach, difference + reach]
    return {
        **found,
        "difference": difference,
        "interval": interval,
        "beyond_chance": _beyond_chance(interval, difference),
    }


def _share(scores: Mapping[str, Any] | None) -> dict[str, Any]:
    if not scores or not scores["n"] or not scores["max"]:
        return {"n": 0, "share": None, "sd": None}
    sd = scores["sd"] / scores["max"] if scores["sd"] is not None else None
    return {"n": scores["n"], "share": scores["mean"] / scores["max"], "sd": sd}


def _mistakes(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[dict[str, Any]]:
    a, b = now["scores"]["n"], then["scores"]["n"]
    counts = {m["mistake"]: [m, m["count"], 0] for m in now["mistakes"]}
    for m in then["mistakes"]:
        counts.setdefault(m["mistake"], [m, 0, 0])[2] = m["count"]
    found = []
    for name, (m, count_now, count_then) in counts.items():
        shares = (count_now / a if a else None), (count_then / b if b else None)
        difference = interval = None
        if None not in shares:
            difference = shares[0] - shares[1]
            interval = difference_interval(count_now, a, count_then, b)
        found.append(
            {
                "mistake": name,
                "title": m["title"],
                "now": {"count": count_now, "n": a, "share": shares[0]},
                "then": {"count": count_then, "n": b, "share": shares[1]},
                "difference": difference,
                "interval": interval,
                "beyond_chance": _beyond_chance(interval, difference),
            }
        )
    return sorted(found, key=lambda one: (-abs(one["difference"] or 0), one["mistake"]))


def difference_interval(x: int, n: int, y: int, m: int) -> list[float]:
    """A 95 % interval for the difference of two shares, x/n − y/m, after Newcombe: from Wilson's of each."""
    p, q = x / n, y / m
    (p_low, p_high), (q_low, q_high) = wilson(x, n), wilson(y, m)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return [low, high]


def wilson(x: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval for a share."""
    p, z2 = x / n, Z * Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    reach = Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return middle - reach, middle + reach


def _beyond_chance(interval: list[float] | None, difference: float) -> bool:
    """Whether a difference is more than chance explains."""
    return interval is not None and difference != 0 and (interval[0] > 0 or interval[1] < 0)
