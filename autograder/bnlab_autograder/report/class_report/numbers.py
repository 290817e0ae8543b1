"""From a class to numbers: plain data, as ``bnlab report --json`` prints it. Nothing here reads a file."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from bnlab_autograder.report.class_report.entries import Entry
from bnlab_autograder.report.class_report.gather import StageClass, Submission
from bnlab_autograder.report.class_report.similar import groups, near_identical, tokens

BINS = 10  # of a distribution, below full marks
FEW = 30  # fewer make discrimination a guess
BELOW = -1.645  # times the square root of n, a correlation is negative for more than chance (5 %, one-sided)
FEWEST_FOR_ODD = 10  # of fewer nothing can be said about a case
GROUPS = 0.27  # the share of the class in the upper and in the lower group
LEAST_TOGETHER = 2  # students who made both of two mistakes
ALPHA = 0.05  # the share of chance finds that is put up with in what occurs together
SLOW_FACTOR, SLOW_SECONDS = 5.0, 3.0  # slow: so many times the median, and no less than so many seconds
UNNAMED = "most failures have no name"
EXAMPLES = 5
TOP = 3  # mistakes that a lecture has time for
EASY = 0.8  # an exercise that earned so much of its points needs no lecture

FAULTS = frozenset(
    {
        "unreadable",
        "no-notebook",
        "not-graded",
        "stopped",
        "missing-cell",
        "odd-answer",
        "duplicated-cell",
        "retyped-cell",
    }
)  # findings after which somebody should look
RAISED = re.compile(r"It raised ([A-Za-z_]\w*)")
ELSEWHERE = re.compile(r"What is off comes from |^\w+ calls \w+, which is not implemented$")


def stage_numbers(one: StageClass, page: Mapping[str, Entry]) -> dict[str, Any]:
    """Everything about one stage."""
    readable = [s for s in one.submissions if s.data["status"] == "graded"]
    exercises = exercise_numbers(readable)
    mistakes = mistake_numbers(readable, page)
    unexplained = unexplained_numbers(readable)
    cases = case_numbers(readable)
    return {
        "stage": one.stage,
        "title": one.title,
        **head(one),
        "monday": lecture(exercises, cases, mistakes, unexplained),
        "scores": score_numbers([s.data["points"] for s in readable], _most(one.submissions)),
        "by_hand": by_hand_numbers(readable),
        "exercises": exercises,
        "cases": cases,
        "mistakes": mistakes,
        "together": together({m["mistake"]: set(m["students"]) for m in mistakes}, len(readable)),
        "unexplained": unexplained,
        "attempts": attempt_numbers(one.submissions),
        "run": run_numbers(one.submissions),
        "alike": alike_numbers(one),
    }


def course_numbers(stages: Sequence[StageClass], page: Mapping[str, Entry]) -> dict[str, Any]:
    """What only shows across stages: mistakes of any stage, which occur together, and the points of each student."""
    readable = [s for one in stages for s in one.submissions if s.data["status"] == "graded"]
    mistakes = mistake_numbers(readable, page)
    n = len({s.student for s in readable})
    for mistake in mistakes:
        mistake["share"] = mistake["count"] / n
    return {
        "students": len({student for one in stages for student in one.students}),
        "graded": n,
        "mistakes": mistakes,
        "together": together({m["mistake"]: set(m["students"]) for m in mistakes}, n),
        "points": student_points(stages),
    }


def head(one: StageClass) -> dict[str, Any]:
    """The counts that come first."""
    graded = [s for s in one.submissions if s.data["points"] is not None]
    return {
        "students": len(one.students),
        "submitted": len(one.submitted),
        "graded": len(graded),
        "waiting": sorted(set(one.submitted) - {s.student for s in graded}),
        "untouched": sum(_untouched(s) for s in one.submissions if s.data["status"] == "graded"),
        "late": sum(s.late_seconds > 0 for s in one.submissions),
        "needs_hand": sum(s.needs_hand for s in one.submissions),
        "faulty": sum(bool(faults(s)) for s in one.submissions),
        "releases": dict(sorted(Counter(s.data["release"] for s in one.submissions).items())),
    }


def lecture(
    exercises: Sequence[Mapping[str, Any]],
    cases: Iterable[Mapping[str, Any]],
    mistakes: Sequence[Mapping[str, Any]],
    unexplained: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """What the next lecture should answer: a few mistakes, the hardest exercise, what has no name, odd cases."""
    hardest = min(exercises, key=lambda one: one["share"], default=None)
    hard = hardest is not None and hardest["share"] < EASY
    return {
        "mistakes": [{key: m[key] for key in ("mistake", "title", "count")} for m in mistakes[:TOP]],
        "easy": EASY,
        "hardest": {key: hardest[key] for key in ("exercise", "share")} if hard else None,
        "unexplained": {key: unexplained[0][key] for key in ("exercise", "count")} if unexplained else None,
        "odd": [
            {key: c[key] for key in ("exercise", "case", "odd")}
            for c in cases
            if c["odd"] not in ("", UNNAMED)
        ][:TOP],
    }


def _most(submissions: Iterable[Submission]) -> float:
    return max((s.data["max_points"] for s in submissions), default=0.0)


def _untouched(submission: Submission) -> bool:
    return all(e["status"] == "not implemented" for e in submission.data["exercises"])


# Scores


def score_numbers(points: Sequence[float], most: float) -> dict[str, Any]:
    """The distribution of points; the last of the counts is that of full marks."""
    values = np.array(points, float)
    if not values.size:
        return {
            "n": 0,
            "max": most,
            "mean": None,
            "sd": None,
            "quartiles": None,
            "full": 0,
            "zero": 0,
            "counts": [],
        }
    share = values / most if most else np.zeros_like(values)
    full = share >= 1
    counts = np.histogram(share[~full], bins=BINS, range=(0, 1))[0].tolist()
    return {
        "n": int(values.size),
        "max": most,
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if values.size > 1 else None,
        "quartiles": np.percentile(values, (25, 50, 75)).tolist(),
        "full": int(full.sum()),
        "zero": int((values == 0).sum()),
        "counts": [*counts, int(full.sum())],
    }


def by_hand_numbers(submissions: Iterable[Submission]) -> dict[str, Any] | None:
    """Points that people gave; None where there are none to give."""
    asked = [s for s in submissions if s.by_hand_max]
    if not asked:
        return None
    given = [s.by_hand for s in asked if s.by_hand is not None]
    return {
        "max": max(s.by_hand_max for s in asked),
        "given": len(given),
        "waiting": len(asked) - len(given),
        "mean": float(np.mean(given)) if given else None,
    }


def exercise_numbers(submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """Difficulty and discrimination of each exercise, over everybody whose notebook could be read."""
    table = _by_exercise(submissions)
    totals = np.array([s.data["points"] for s in submissions], float)
    found = []
    for name, scores in table.items():
        points = np.array([e["points"] for e in scores], float)
        most = max(e["max_points"] for e in scores)
        rest = totals - points if len(table) > 1 else None
        states = Counter(e["status"] for e in scores)
        found.append(
            {
                "exercise": name,
                "states": {k: states[k] for k in ("full", "partial", "zero", "not implemented")},
                **score_numbers(points, most),
                "share": float(points.mean() / most) if most else None,
                "correlation": correlation(points, rest),
                "upper_lower": upper_lower(points / (most or 1), rest),
            }
        )
    return found


def _by_exercise(submissions: Iterable[Submission]) -> dict[str, list[Mapping[str, Any]]]:
    table: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for submission in submissions:
        for exercise in submission.data["exercises"]:
            table[exercise["exercise"]].append(exercise)
    return table


def case_numbers(submissions: Sequence[Submission]) -> list[dict[str, Any]]:
    """Difficulty and discrimination of each hidden case, over those who have begun its exercise."""
    seen: dict[tuple[str, str], list[tuple[bool, float, bool, bool]]] = defaultdict(list)
    about: dict[tuple[str, str], Mapping[str, Any]] = {}
    for submission in submissions:
        total = submission.data["points"]
        for exercise in submission.data["exercises"]:
            if exercise["status"] == "not implemented":
                continue
            for case in exercise["cases"]:
                key = exercise["exercise"], case["name"]
                about[key] = case
                seen[key].append(
                    (case["passed"], total - case["points"], bool(exercise["diagnosis"]), _elsewhere(case))
                )
    found = []
    for (exercise, name), rows in seen.items():
        passed = np.array([row[0] for row in rows], float)
        rest = np.array([row[1] for row in rows])
        failed = [row for row in rows if not row[0]]
        one = {
            "exercise": exercise,
            "case": name,
            "topic": about[exercise, name]["topic"],
            "points": about[exercise, name]["max_points"],
            "n": len(rows),
            "passed": int(passed.sum()),
            "share": float(passed.mean()),
            "failed": len(failed),
            "elsewhere": sum(row[3] for row in failed),
            "unexplained": sum(not row[2] and not row[3] for row in failed),
            "correlation": correlation(passed, rest),
            "upper_lower": upper_lower(passed, rest),
        }
        found.append({**one, "odd": odd(one)})
    return found


def odd(case: Mapping[str, Any]) -> str:
    """Why somebody should look at a case; empty if nothing is odd."""
    if case["n"] >= FEWEST_FOR_ODD and case["failed"] == case["n"]:
        return "everybody fails it"
    if (
        case["n"] >= FEWEST_FOR_ODD
        and case["failed"] >= 3
        and case["correlation"] is not None
        and case["correlation"] * math.sqrt(case["n"]) < BELOW
    ):
        return "those who fail it do better elsewhere"
    if case["unexplained"] >= 3 and 2 * case["unexplained"] > case["failed"]:
        return UNNAMED
    return ""


def correlation(values: np.ndarray, rest: np.ndarray | None) -> float | None:
    """Pearson's r; for values that are 0 or 1 the point-biserial correlation. None where one does not vary."""
    if rest is None or len(values) < 3 or np.ptp(values) == 0 or np.ptp(rest) == 0:
        return None
    return float(np.clip(np.corrcoef(values, rest)[0, 1], -1, 1))


def upper_lower(share: np.ndarray, rest: np.ndarray | None) -> float | None:
    """The mean share of the best 27 % in everything else, less that of the weakest 27 %; None for small classes.

    Students with equal points are taken in equal parts, so that their order does not matter.
    """
    n = len(share)
    if rest is None or n < FEW:
        return None
    size = GROUPS * n
    upper, lower = _group(share, -rest, size), _group(share, rest, size)
    return float(upper - lower)


def _group(share: np.ndarray, order: np.ndarray, size: float) -> float:
    """The mean share of the first ``size`` in order; of those who are equal at the border, a part each."""
    total, room = 0.0, size
    for value in np.unique(order):
        members = share[order == value]
        taken = min(room, len(members))
        total += members.mean() * taken
        room -= taken
        if room <= 0:
            break
    return total / size


# Mistakes


def mistake_numbers(submissions: Sequence[Submission], page: Mapping[str, Entry]) -> list[dict[str, Any]]:
    """Which mistake how many made, the most frequent first."""
    students: dict[str, set[str]] = defaultdict(set)
    where: dict[str, Counter[str]] = defaultdict(Counter)
    lost: dict[str, list[float]] = defaultdict(list)
    messages: dict[str, str] = {}
    for submission in submissions:
        for exercise in submission.data["exercises"]:
            for mistake in exercise["diagnosis"]:
                name = mistake["mistake"]
                students[name].add(submission.student)
                where[name][exercise["exercise"]] += 1
                lost[name].append(exercise["max_points"] - exercise["points"])
                messages.setdefault(name, mistake["message"])
    n = len(submissions)
    return [
        {
            "mistake": name,
            "title": page[name].title if name in page else name.replace("-", " "),
            "sentence": page[name].sentence if name in page else messages[name],
            "message": messages[name],
            "count": len(who),
            "share": len(who) / n,
            "exercises": dict(where[name].most_common()),
            "lost": float(np.mean(lost[name])),
            "students": sorted(who),
        }
        for name, who in sorted(students.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def together(made: Mapping[str, set[str]], n: int) -> list[dict[str, Any]]:
    """Pairs of mistakes that the same students make more often than chance explains.

    How probable so many in common are if the two had nothing to do with each other says the hypergeometric
    distribution (Fisher's exact test, one-sided); over all pairs, Benjamini and Hochberg's rule keeps the share of
    chance finds below ALPHA.
    """
    tested = []
    for a, b in combinations(made, 2):
        both = len(made[a] & made[b])
        if both >= LEAST_TOGETHER:
            tested.append((chance(both, len(made[a]), len(made[b]), n), a, b, both))
    pairs = math.comb(len(made), 2)
    tested.sort()
    meant = max((k for k, (p, *_) in enumerate(tested, 1) if p <= ALPHA * k / pairs), default=0)
    found = []
    for p, a, b, both in tested[:meant]:
        expected = len(made[a]) * len(made[b]) / n
        found.append({"a": a, "b": b, "both": both, "expected": expected, "lift": both / expected, "p": p})
    return sorted(found, key=lambda pair: (-pair["both"], -pair["lift"], pair["a"], pair["b"]))


def chance(both: int, a: int, b: int, n: int) -> float:
    """The probability that at least ``both`` of ``a`` students are among ``b`` others of ``n``, drawn at random."""
    whole = math.comb(n, b)
    ways = sum(math.comb(a, k) * math.comb(n - a, b - k) for k in range(both, min(a, b) + 1))
    return ways / whole


def _elsewhere(case: Mapping[str, Any]) -> bool:
    """Whether a case fails because of another exercise."""
    return not case["passed"] and bool(ELSEWHERE.search(case["message"]))


class _Failure(NamedTuple):
    student: str
    lost: float
    seen: str
    message: str
    wording: str  # the answer without names, comments and layout


def unexplained_numbers(submissions: Iterable[Submission]) -> list[dict[str, Any]]:
    """Failures without a known mistake: who fails the same cases of an exercise may have made the same one."""
    patterns: dict[tuple[str, tuple[str, ...]], list[_Failure]] = defaultdict(list)
    for submission in submissions:
        for exercise in submission.data["exercises"]:
            failed = [case for case in exercise["cases"] if not case["passed"] and not _elsewhere(case)]
            if exercise["status"] == "not implemented" or exercise["diagnosis"] or not failed:
                continue
            name = exercise["exercise"]
            patterns[name, tuple(case["name"] for case in failed)].append(
                _Failure(
                    submission.student,
                    sum(case["max_points"] - case["points"] for case in failed),
                    seen(failed),
                    failed[0]["message"],
                    " ".join(tokens(submission.answers.get(name, ""))),
                )
            )
    found = [
        {
            "exercise": exercise,
            "cases": list(cases),
            "count": len(rows),
            "wordings": len({row.wording for row in rows}),
            "lost": float(np.mean([row.lost for row in rows])),
            "seen": dict(Counter(row.seen for row in rows).most_common()),
            "message": rows[0].message,
            "students": sorted(row.student for row in rows),
            "examples": _examples(rows),
        }
        for (exercise, cases), rows in patterns.items()
    ]
    return sorted(found, key=lambda one: (-one["count"], -one["lost"], one["exercise"], one["cases"]))


def seen(failed: Sequence[Mapping[str, Any]]) -> str:
    """In a word or two, how cases fail."""
    kinds = Counter(_kind(case["message"]) for case in failed)
    return kinds.most_common(1)[0][0]


def _kind(message: str) -> str:
    if raised := RAISED.search(message):
        return f"raised {raised[1]}"
    if "It took too long" in message:
        return "took too long"
    if "It did not come back" in message:
        return "ended the process"
    return "other values"


def _examples(rows: Sequence[_Failure]) -> list[str]:
    """Some students, one for each wording, the most frequent wordings first."""
    count = Counter(row.wording for row in rows)
    first = {row.wording: row.student for row in sorted(rows, key=lambda row: row.student, reverse=True)}
    return sorted(first.values(), key={v: (-count[k], v) for k, v in first.items()}.get)[:EXAMPLES]


# Attempts


def attempt_numbers(submissions: Sequence[Submission]) -> dict[str, Any]:
    """First grading beside the present one, for those whose submission or points have changed since.

    Who handed in how often is known from receipts (`bnlab collect`); without them, what changed is known from the log.
    """
    known = [s for s in submissions if s.attempts]
    again = [s for s in submissions if s.attempts > 1 or s.reasons]
    once = [s for s in submissions if not (s.attempts > 1 or s.reasons)]
    measured = [
        (s, sum(s.first[e["exercise"]] for e in exercises), sum(e["points"] for e in exercises))
        for s in again
        if (exercises := [e for e in s.data["exercises"] if s.first.get(e["exercise"]) is not None])
        and s.data["points"] is not None
    ]
    change = [now - first for _, first, now in measured]
    return {
        "receipts": bool(known),
        "handed_in": {str(k): v for k, v in sorted(Counter(s.attempts for s in known).items())},
        "again": len(again),
        "measured": len(measured),
        "reasons": dict(Counter(reason for s in submissions for reason in s.reasons).most_common()),
        "first_mean": float(np.mean([first for _, first, _ in measured])) if measured else None,
        "now_mean": float(np.mean([now for _, _, now in measured])) if measured else None,
        "better": sum(c > 0 for c in change),
        "same": sum(c == 0 for c in change),
        "worse": sum(c < 0 for c in change),
        "others_mean": _mean(s.data["points"] for s in once if s.data["points"] is not None),
        "exercises": _first_and_now(measured),
    }


def _mean(values: Iterable[float]) -> float | None:
    values = list(values)
    return float(np.mean(values)) if values else None


def _first_and_now(measured: Iterable[tuple[Submission, float, float]]) -> list[dict[str, Any]]:
    by_exercise: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for submission, *_ in measured:
        for exercise in submission.data["exercises"]:
            first = submission.first.get(exercise["exercise"])
            if first is not None:
                by_exercise[exercise["exercise"]].append((first, exercise["points"], exercise["max_points"]))
    return [
        {
            "exercise": name,
            "n": len(rows),
            "max": max(row[2] for row in rows),
            "first": float(np.mean([row[0] for row in rows])),
            "now": float(np.mean([row[1] for row in rows])),
        }
        for name, rows in by_exercise.items()
    ]


# Slow and faulty


def faults(submission: Submission) -> list[str]:
    """The codes of what somebody should look at."""
    codes = dict.fromkeys(f["code"] for f in submission.data["findings"] if f["code"] in FAULTS)
    if submission.data["status"] not in ("graded", *codes) and not codes:
        codes[submission.data["status"]] = None
    return list(codes)


def run_numbers(submissions: Sequence[Submission]) -> dict[str, Any]:
    """How long grading took, whose took long, and what was found odd."""
    used = [(s, s.data["usage"]) for s in submissions if s.data["usage"].get("seconds")]
    seconds = np.array([usage["seconds"] for _, usage in used])
    limit = max(SLOW_SECONDS, SLOW_FACTOR * float(np.median(seconds))) if used else None
    slow = sorted(
        ((s, usage) for s, usage in used if usage["seconds"] > limit),
        key=lambda row: (-row[1]["seconds"], row[0].student),
    )
    codes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for submission in submissions:
        for code, text in {f["code"]: f["text"] for f in submission.data["findings"]}.items():
            codes[code].append((submission.student, text))
    return {
        "n": len(used),
        "median": float(np.median(seconds)) if used else None,
        "p95": float(np.percentile(seconds, 95)) if used else None,
        "max": float(seconds.max()) if used else None,
        "cpu_seconds": float(sum(usage.get("cpu_seconds", 0) for _, usage in used)),
        "slow_limit": limit,
        "slow": [
            {
                "student": s.student,
                "seconds": usage["seconds"],
                "cpu_seconds": usage.get("cpu_seconds"),
                "peak_memory_mb": usage.get("peak_memory_mb"),
            }
            for s, usage in slow
        ],
        "findings": [
            {
                "code": code,
                "fault": code in FAULTS,
                "count": len(rows),
                "students": sorted(row[0] for row in rows),
                "example": rows[0][1],
            }
            for code, rows in sorted(codes.items(), key=lambda item: (-len(item[1]), item[0]))
        ],
        "faulty": [
            {
                "student": s.student,
                "status": s.data["status"],
                "points": s.data["points"],
                "codes": codes_of,
                "texts": [f["text"] for f in s.data["findings"] if f["code"] in FAULTS and f["text"]],
            }
            for s in submissions
            if (codes_of := faults(s))
        ],
    }


# Near-identical answers


def alike_numbers(one: StageClass) -> dict[str, Any]:
    """Groups of students whose answers are near-identical in something that few have."""
    by_exercise: dict[str, dict[str, str]] = defaultdict(dict)
    for submission in one.submissions:
        for exercise in submission.data["exercises"]:
            source = submission.answers.get(exercise["exercise"])
            if source and exercise["status"] != "not implemented":
                by_exercise[exercise["exercise"]][submission.student] = source
    given = list(one.released.values())
    pairs = [
        pair
        for name, answers in by_exercise.items()
        for pair in near_identical(answers, given, exercise=name)
    ]
    return {
        "compared": {name: len(answers) for name, answers in by_exercise.items()},
        "groups": [
            {
                "students": sorted({student for pair in group for student in (pair.a, pair.b)}),
                "exercises": sorted({pair.exercise for pair in group}),
                "pairs": [pair.to_dict() for pair in group],
            }
            for group in groups(pairs)
        ],
    }


# Students


def student_points(stages: Sequence[StageClass]) -> list[dict[str, Any]]:
    """A row per student: points in each stage, and what else is to be known."""
    rows: dict[str, dict[str, Any]] = {}
    for one in stages:
        for student in one.submitted:
            rows.setdefault(student, _row(student))["stages"].setdefault(one.stage, None)
        for s in one.submissions:
            row = rows.setdefault(s.student, _row(s.student))
            row["stages"][one.stage] = s.data["points"]
            row["late"] += s.late_seconds > 0
            row["needs_hand"] += s.needs_hand
            row["faulty"] += bool(faults(s))
            row["mistakes"] += len({m["mistake"] for e in s.data["exercises"] for m in e["diagnosis"]})
            row["points"] += s.data["points"] or 0
        for student in rows.keys() & one.names.keys():
            rows[student]["name"] = one.names[student]
    return sorted(rows.values(), key=lambda row: row["student"])


def _row(student: str) -> dict[str, Any]:
    return {
        "student": student,
        "name": "",
        "points": 0.0,
        "stages": {},
        "late": 0,
        "needs_hand": 0,
        "faulty": 0,
        "mistakes": 0,
    }
