"""Small made-up classes whose numbers can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterable

from bnlab_autograder.report.class_report.gather import StageClass, Submission

STAGE = "02_train_test"


def case(name, passed, worth=1.0, message="Look at it. Seen: other numbers."):
    return {
        "name": name,
        "passed": passed,
        "points": worth if passed else 0.0,
        "max_points": worth,
        "message": "" if passed else message,
        "topic": f"about {name}",
    }


def exercise(name, cases, mistakes=(), *, begun=True):
    """An exercise with its cases; ``mistakes`` are the names of those that were found in it."""
    earned, most = sum(c["points"] for c in cases), sum(c["max_points"] for c in cases)
    status = "full" if earned == most else "partial" if earned else "zero"
    return {
        "exercise": name,
        "points": earned,
        "max_points": most,
        "status": status if begun else "not implemented",
        "cases": cases,
        "remarks": [],
        "diagnosis": [
            {"mistake": m, "message": f"You did {m}.", "line": None, "link": f"mistakes.md#{m}"}
            for m in mistakes
        ],
    }


def marks(name, pattern, mistakes=(), **options):
    """An exercise with a case for each sign of ``pattern``, a point each: + is passed."""
    cases = [case(f"case_{k}", sign == "+") for k, sign in enumerate(pattern)]
    return exercise(name, cases, mistakes, **options)


def submission(student, *exercises, status="graded", findings=(), seconds=0.2, release="1.0.0", **more):
    data = {
        "schema": "bnlab-grade",
        "version": 1,
        "student": student,
        "stage": STAGE,
        "release": release,
        "points": None if status == "failed" else sum(e["points"] for e in exercises),
        "max_points": sum(e["max_points"] for e in exercises),
        "status": status,
        "tier": "A",
        "findings": [{"code": code, "text": text, "cell": None} for code, text in findings],
        "exercises": list(exercises),
        "usage": {"seconds": seconds, "cpu_seconds": seconds, "peak_memory_mb": 50.0} if seconds else {},
    }
    return Submission(student, data, **more)


def stage_of(submissions: Iterable[Submission], absent=(), submitted=None, **more) -> StageClass:
    submissions = tuple(submissions)
    here = tuple(s.student for s in submissions) if submitted is None else tuple(submitted)
    return StageClass(
        STAGE, "Training and testing", tuple(sorted({*here, *absent})), here, submissions, **more
    )
