"""Where jobs are executed and judged: a pool of judges on this machine."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TypeVar

from bnlab_autograder.grading.job import Job, Verdict
from bnlab_autograder.grading.judge import Judge, JudgeFailed, JudgeUnavailable

Tag = TypeVar("Tag")


def default_workers() -> int:
    """As many judges as there are processors to use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LazyPool:
    """A pool that is made when the first job comes: a run in which nothing has changed starts none."""

    def __init__(self, make: Callable[[], AbstractContextManager]):
        self._make = make
        self._stack = ExitStack()

    def __enter__(self) -> LazyPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def map(self, jobs: Iterable[tuple[Tag, Job]]) -> Iterator[tuple[Tag, Verdict | JudgeFailed]]:
        source = iter(jobs)
        first = next(source, None)
        if first is not None:
            pool = self._stack.enter_context(self._make())
            yield from pool.map(itertools.chain([first], source))


class LocalPool:
    """Judges in processes of their own, each served by a thread."""

    def __init__(self, hidden: Path, mutants: Path, *, workers: int | None = None, tier: str | None = None):
        self.workers = workers or default_workers()
        self._local = threading.local()
        self._judges: list[Judge] = []
        self._make = lambda: Judge(hidden, mutants, tier=tier)
        self._threads = ThreadPoolExecutor(self.workers, thread_name_prefix="judge")

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for judge in self._judges:
            judge.close()

    def map(self, jobs: Iterable[tuple[Tag, Job]]) -> Iterator[tuple[Tag, Verdict | JudgeFailed]]:
        """The verdict of each job, in the order in which they come. Jobs are drawn only as they can be served.

        Raises JudgeUnavailable if no judge can be started.
        """
        source, running = iter(jobs), {}
        while True:
            while len(running) < 2 * self.workers and (drawn := next(source, None)) is not None:
                tag, job = drawn
                running[self._threads.submit(self._judge, job)] = tag
            if not running:
                return
            done: set[Future] = wait(running, return_when=FIRST_COMPLETED).done
            for future in done:
                yield running.pop(future), future.result()

    def _judge(self, job: Job) -> Verdict | JudgeFailed:
        judge = getattr(self._local, "judge", None)
        if judge is None:
            judge = self._local.judge = self._make()
            self._judges.append(judge)
        try:
            return judge.judge(job)
        except JudgeUnavailable:
            raise
        except JudgeFailed as problem:
            return problem
