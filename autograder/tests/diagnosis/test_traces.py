"""What a recorder writes down, and when two traces are alike."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from bnlab_autograder.diagnosis.traces import Recorder, Table, Trace

X = np.array([[1.0, 2.0], [3.0, 6.0], [5.0, 4.0]])


def traced(calls, *, nudged: bool = False, **functions) -> Trace:
    """The trace of a case that makes ``calls(recorder)``."""
    (exercise,) = functions
    recorder = Recorder(SimpleNamespace(**functions), exercise, "case", nudged=nudged)
    calls(recorder)
    return recorder.ended(passed=True)


def alike(one: Trace, other: Trace) -> bool:
    seen = Table([one], [one]).compare(other)
    return bool(seen.right.all()) and not seen.beyond


def statistics(course) -> None:
    course.batch_statistics(X.copy())


def training(course) -> None:
    course.batchnorm_forward(X.copy(), np.ones(2), np.zeros(2), {"mode": "train"})


def forward(out, mean=(3.0, 4.0), cache=None):
    def batchnorm_forward(x, gamma, beta, bn_param):
        bn_param["running_mean"] = np.array(mean)
        return out, cache

    return batchnorm_forward


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        ((X.mean(axis=0), X.var(axis=0)), True),
        ([X.mean(axis=0), X.var(axis=0)], True),
        ((X.mean(axis=0, keepdims=True), X.var(axis=0, keepdims=True)), True),
        ((X.mean(axis=0).astype(np.float32), X.var(axis=0).astype(np.float32)), True),
        ((X.mean(axis=0), X.var(axis=0) * (1 + 1e-12)), True),
        ((X.mean(axis=0), X.var(axis=0) * (1 + 1e-6)), False),
        ((X.mean(axis=0), X.var(axis=0) * [1, np.nan]), False),
        ((X.mean(axis=0), None), False),
        ((X.mean(axis=0), X.var()), False),
        (X.mean(axis=0), False),
        (None, False),
    ],
)
def test_answers_are_alike_in_value_whatever_their_form(answer, same) -> None:
    right = traced(statistics, batch_statistics=lambda x: (x.mean(axis=0), x.var(axis=0)))
    assert alike(right, traced(statistics, batch_statistics=lambda x: answer)) is same


def test_a_cache_belongs_to_the_student() -> None:
    one, other = (traced(training, batchnorm_forward=forward(X, cache=cache)) for cache in ((1, 2), {"x": X}))
    assert alike(one, other)


def test_running_buffers_are_seen_and_zeros_are_none() -> None:
    trace = traced(training, batchnorm_forward=forward(X))
    assert not alike(trace, traced(training, batchnorm_forward=forward(X, mean=(3.0, 5.0))))
    assert alike(trace, traced(training, batchnorm_forward=forward(X, mean=((3.0, 4.0),))))
    empty = traced(training, batchnorm_forward=lambda *_: (X, None))
    assert alike(empty, traced(training, batchnorm_forward=forward(X, mean=(0.0, 0.0))))


def test_a_changed_argument_is_seen_whatever_it_holds_now() -> None:
    def changes_by(amount):
        def batch_statistics(x):
            x += amount
            return X.mean(axis=0), X.var(axis=0)

        return traced(statistics, batch_statistics=batch_statistics)

    assert alike(changes_by(1.0), changes_by(2.0))
    assert not alike(changes_by(0.0), changes_by(1.0))


def test_an_error_goes_on_and_is_known_by_its_type() -> None:
    def raising(error):
        def calls(course):
            with pytest.raises(type(error)):
                statistics(course)

        def batch_statistics(x):
            raise error

        return traced(calls, batch_statistics=batch_statistics)

    assert alike(raising(ValueError("one")), raising(ValueError("another")))
    assert not alike(raising(ValueError("one")), raising(KeyError("one")))


def test_where_digits_cancel_an_answer_is_known_by_its_size() -> None:
    def far(course) -> None:
        course.batch_statistics(X + 1e6)

    def cancelling(x):
        return x.mean(axis=0), (x**2).mean(axis=0) - x.mean(axis=0) ** 2

    def cancelling_otherwise(x):
        mean = x.sum(axis=0) / len(x)
        return mean, np.einsum("nd,nd->d", x, x) / len(x) - mean * mean

    def right(x):
        return x.mean(axis=0), x.var(axis=0)

    rows = [{"batch_statistics": f} for f in (right, cancelling)]
    table = Table([traced(far, **row) for row in rows], [traced(far, nudged=True, **row) for row in rows])
    assert table.noisy[1].any()
    assert not table.noisy[0].any()
    otherwise = table.compare(traced(far, batch_statistics=cancelling_otherwise))
    assert otherwise.like[1].all()
    assert not otherwise.right.all()
    assert not table.compare(traced(far, batch_statistics=right)).like[1].all()
    assert (
        not table.compare(traced(far, batch_statistics=lambda x: (x.mean(axis=0), x.std(axis=0))))
        .like[1]
        .all()
    )
