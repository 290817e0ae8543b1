"""Runs the conditions of figures, each in a process with one thread, and gathers what they return."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from typing import Any

from bnlab.data import DataUnavailable, cifar10

from bnlab_autograder.figures.figure import Condition, Figure, Outcome

__all__ = ["ConditionFailed", "Runner"]

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
Tell = Callable[
    [str, float, int, int], None
]  # name of a condition, its seconds, how many are done, of how many


class ConditionFailed(RuntimeError):
    """A condition raised an error; the message says which one and what."""


class Runner:
    """A pool of processes, and the results so far: figures that share a condition run it once.

    Parameters
    ----------
    workers : int, optional
        Processes at a time; as many as there are processors unless told, and 0 runs everything in this process.
    """

    def __init__(self, workers: int | None = None):
        self.workers = processors() if workers is None else workers
        self._pool: ProcessPoolExecutor | None = None
        self._known: dict[Condition, tuple[Mapping[str, Any], float]] = {}
        self._before = {name: os.environ.get(name) for name in ONE_THREAD}

    def __enter__(self) -> Runner:
        if self.workers:
            # New interpreters, not forks: NumPy reads the number of its threads when it is imported.
            os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
            self._pool = ProcessPoolExecutor(self.workers, multiprocessing.get_context("spawn"))
        return self

    def __exit__(self, *exception: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            for name, value in self._before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})

    def run(
        self,
        figure: Figure,
        setting: str = "quick",
        seeds: Sequence[int] = (0,),
        changes: Mapping[str, Any] | None = None,
        tell: Tell = lambda *_: None,
    ) -> Outcome:
        """All conditions of ``figure`` for all seeds; ``changes`` replace single settings."""
        settings, notes = with_data_at_hand({**figure.settings[setting], **(changes or {})})
        asked = {seed: figure.conditions(settings, seed) for seed in seeds}
        names = {
            one: f"{name}, seed {seed}" if len(seeds) > 1 else name
            for seed, conditions in asked.items()
            for name, one in conditions.items()
        }
        started = time.monotonic()
        for done, (one, result) in enumerate(self._results(names, figure), start=1):
            self._known[one] = result
            tell(names[one], result[1], done, len(names))
        return Outcome(
            figure=figure,
            setting=setting,
            settings=settings,
            seeds=list(seeds),
            runs=[{name: self._known[one][0] for name, one in asked[seed].items()} for seed in seeds],
            seconds=time.monotonic() - started,
            cpu_seconds=sum(self._known[one][1] for one in names),
            notes=notes,
        )

    def _results(self, names: Mapping[Condition, str], figure: Figure) -> Iterable[tuple[Condition, tuple]]:
        """Each condition with its result as soon as there is one."""
        for one in names:
            if one in self._known:
                yield one, self._known[one]
        new = [one for one in names if one not in self._known]
        if self._pool is None:
            yield from ((one, self._finished(figure, names[one], lambda one=one: _timed(one))) for one in new)
            return
        futures: dict[Future, Condition] = {self._pool.submit(_timed, one): one for one in new}
        try:
            for future in as_completed(futures):
                one = futures[future]
                yield one, self._finished(figure, names[one], future.result)
        finally:
            for future in futures:
                future.cancel()

    @staticmethod
    def _finished(figure: Figure, name: str, result: Callable[[], tuple]) -> tuple:
        try:
            return result()
        except Exception as problem:
            kind = type(problem).__name__
            raise ConditionFailed(f"figure {figure.name}, {name}: {kind}: {problem}") from problem


def processors() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def with_data_at_hand(settings: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The settings, with images made from a seed where CIFAR-10 cannot be had; then also a note that says so."""
    if settings.get("data") != "cifar10":
        return settings, ()
    try:
        cifar10()  # here, so that the processes find it downloaded
    except (DataUnavailable, ImportError) as problem:
        note = f"procedural images stand in for CIFAR-10: {problem}"
        return settings | {"data": "procedural"}, (note,)
    return settings, ()


def _timed(one: Condition) -> tuple[Mapping[str, Any], float]:
    """What the condition returns, and its seconds of CPU time."""
    started = time.process_time()
    result = one()
    return result, time.process_time() - started
